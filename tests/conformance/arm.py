"""Runs the cases on one arm, in order, and prints one JSON line a case: what the server answered.

Run under `forestbed exec`, or with the same environment pointing at another directory server:
    arm.py > answers.jsonl
An answer holds what the case's expectation speaks of, in the same form, so that the two compare as they stand.
"""

import json
import re
import sys
import time

import cases
import controls
import ldap3
import seed
from directory import Directory
from ldap3.core.exceptions import LDAPException
from ldap3.core.results import RESULT_CODES
from ldap3.operation.bind import bind_operation
from ldap3.protocol.rfc4511 import Simple

# sortControlMissing, of which ldap3 has not heard
RESULT_CODES.setdefault(60, "sortControlMissing")
SCOPES = {"base": ldap3.BASE, "one": ldap3.LEVEL, "sub": ldap3.SUBTREE}
MODIFICATIONS = {"add": ldap3.MODIFY_ADD, "delete": ldap3.MODIFY_DELETE, "replace": ldap3.MODIFY_REPLACE, "increment": ldap3.MODIFY_INCREMENT}
# seconds that one case should take at most
SLOW = 5
# the mangled name of a deleted object
MANGLED = re.compile(r"(\\0ADEL:|\nDEL:)[0-9a-f-]{36}")


def values(written):
    """Values of an attribute: text, numbers, `hex:...` for octets, `pw:...` for a quoted password."""
    return [value(one) for one in (written if isinstance(written, list) else [written])]


def value(one):
    if isinstance(one, bool):
        return str(one).upper().encode()
    text = str(one)
    if text.startswith("hex:"):
        return bytes.fromhex(text[4:])
    if text.startswith("pw:"):
        return f'"{text[3:]}"'.encode("utf-16-le")
    return text.encode()


class Arm:
    def __init__(self):
        self.directory = Directory()

    def perform(self, case):
        """One operation; the connection whose `result` and `response` hold the answer."""
        case = self.directory.fill({key: part for key, part in case.items() if key != "expect"})
        who, over = case.get("as", "admin"), case.get("over", "ldap")
        if "bind" in case:
            return self.bind(case["bind"], over)
        connection = self.directory.connection(who, over)
        sent = controls.request(case.get("controls", []), self.directory.saved) or None
        if "search" in case or "pages" in case:
            self.search(connection, case.get("search") or case["pages"], sent)
        elif "add" in case:
            written = {name: values(each) for name, each in case["add"].items() if name != "dn"}
            connection.add(case["add"]["dn"], attributes=written, controls=sent)
        elif "modify" in case:
            self.modify(connection, case["modify"], sent)
        elif "delete" in case:
            connection.delete(case["delete"], controls=sent)
        elif "rename" in case:
            self.rename(connection, case["rename"], sent)
        elif "compare" in case:
            of = case["compare"]
            connection.compare(of["dn"], of["attribute"], value(of["value"]), controls=sent)
        elif "extended" in case:
            connection.extended(case["extended"], controls=sent)
        return connection

    def bind(self, of, over):
        connection = self.directory.fresh(over, str(of["name"]), of["password"] or "x")
        if of["password"]:
            connection.bind()
        else:
            nameless(connection)
        if "then" in of:
            result = dict(connection.result)
            connection.search(of["then"], "(objectClass=*)", ldap3.BASE, attributes=["1.1"])
            if result["result"] != 0:
                connection.result["message"] = result["message"]
        return connection

    def search(self, connection, of, sent):
        connection.search(
            of["base"],
            of.get("filter", "(objectClass=*)"),
            SCOPES[of.get("scope", "sub")],
            attributes=of.get("attributes", ["1.1"]),
            controls=sent,
            size_limit=of.get("size_limit", 0),
            types_only=of.get("types_only", False),
            paged_size=None,
        )

    def modify(self, connection, of, sent):
        changes = {}
        for kind, attributes in of.items():
            if kind == "dn":
                continue
            for name, written in attributes.items():
                changes.setdefault(name, []).append((MODIFICATIONS[kind], [] if written is None else values(written)))
        connection.modify(of["dn"], changes, controls=sent)

    def rename(self, connection, of, sent):
        connection.modify_dn(of["dn"], of["to"], delete_old_dn=of.get("delete_old", True), new_superior=of.get("under"), controls=sent)

    def answer(self, case):
        for step in case.get("before", []):
            done = self.perform(step)
            allowed = step.get("expect", {}).get("codes", [step.get("expect", {}).get("code", 0)])
            if done.result["result"] not in allowed:
                return {"before": f"{step}: {done.result['result']} {done.result['message']}"}
        watched = self.directory.fill(case.get("watch", []))
        stamps = [self.directory.read(dn, "uSNChanged") for dn in watched]
        if "pages" in case:
            return {"pages": self.pages(case), "wanted": case["expect"]}
        done = self.perform(case)
        if "save" in case:
            self.directory.saved[case["save"]] = controls.cookies(done.result.get("controls"))
        entries = [one for one in done.response or [] if one["type"] == "searchResEntry"]
        told = Told(done, entries, self.directory.fill(case["expect"]))
        if watched:
            now = [self.directory.read(dn, "uSNChanged") for dn in watched]
            told.watched = {dn: int(after) > int(before) for dn, before, after in zip(case["watch"], stamps, now)}
        return told.all()

    def pages(self, case):
        """Asks for page after page; how many entries each brought."""
        sizes, wanted = [], case["pages"]
        last = case.get("controls", [])
        self.directory.saved["page"] = b""
        while len(sizes) < 50:
            step = {**case, "controls": [*last, {"!paged": {"size": wanted["size"], "cookie": "page"}}]}
            done = self.perform(step)
            sizes.append(len([one for one in done.response or [] if one["type"] == "searchResEntry"]))
            self.directory.saved["page"] = controls.cookies(done.result.get("controls"))
            if done.result["result"] != 0 or not self.directory.saved["page"]:
                break
        return sizes


def nameless(connection):
    """A bind with a name and no password, which ldap3 itself would refuse: the server has to judge it."""
    request = bind_operation(3, "SIMPLE", connection.user, "x")
    request["authentication"]["simple"] = Simple("")
    connection.open()
    answer = connection.post_send_single_response(connection.send("bindRequest", request, None))
    connection.result = answer[0]


class Told:
    """What a server told, in the form of the expectation."""

    def __init__(self, done, entries, expect):
        self.done, self.entries, self.expect, self.watched = done, entries, expect, None

    def all(self):
        known = {
            "code": lambda: self.done.result["result"],
            "text": lambda: self.done.result["message"],
            "matched": lambda: self.done.result["dn"],
            "count": lambda: len(self.entries),
            "dns": lambda: sorted(shown(one["raw_dn"]) for one in self.entries),
            "sequence": lambda: [shown(one["raw_dn"]) for one in self.entries],
            "names": lambda: sorted(self.first()),
            "has": lambda: [name for name in self.expect["has"] if name in self.first()],
            "lacks": lambda: [name for name in self.expect["lacks"] if name not in self.first()],
            "values": lambda: {name: self.of(self.first(), name) for name in self.expect["values"]},
            "includes": lambda: {name: [one for one in wanted if one in self.of(self.first(), name, whole=True)] for name, wanted in self.expect["includes"].items()},
            "length": lambda: {name: len(self.first().get(name, [b""])[0]) for name in self.expect["length"]},
            "entries": self.changes,
            "references": lambda: sorted(url for one in self.done.response or [] if one["type"] == "searchResRef" for url in one["uri"]),
            "referral": lambda: self.done.result["referrals"],
            "controls": lambda: controls.response(self.done.result.get("controls")),
            "raised": lambda: self.watched,
            "numbers": lambda: {name: len(found) for name, found in self.first().items()},
        }
        told = {key: known[key]() for key in self.expect}
        return {"text": self.done.result["message"], **told, "wanted": self.expect}

    def first(self):
        return values_of(self.entries[0]) if self.entries else {}

    def of(self, attributes, name, whole=False):
        """The values of an attribute; only that there are any, where no more is expected; None where it is absent."""
        if name not in attributes:
            return [] if whole else None
        found = sorted(shown(one) for one in attributes[name])
        return "*" if self.expect.get("values", {}).get(name) == "*" and found else found

    def changes(self):
        """Every entry with all that it carries."""
        told = {}
        for one in self.entries:
            dn = shown(one["raw_dn"])
            wanted = self.expect["entries"].get(dn) or {}
            told[dn] = {
                name: "*" if wanted.get(name) == "*" and found else sorted(shown(each) for each in found)
                for name, found in values_of(one).items()
            }
        return told


def values_of(entry):
    """The attributes of an entry; one without values has an empty list."""
    return {name: found or [] for name, found in entry["raw_attributes"].items()}


def shown(raw):
    """Octets as text where they are text; names of deleted objects without their GUID."""
    try:
        text = raw.decode() if isinstance(raw, bytes) else raw
    except UnicodeDecodeError:
        return "hex:" + raw.hex()
    return MANGLED.sub(lambda found: found[1], text) if text.isprintable() or "DEL:" in text else "hex:" + raw.hex()


def main():
    arm = Arm()
    seed.plant(arm.directory)
    for case in cases.load():
        began = time.monotonic()
        try:
            answer = arm.answer(case)
        except (LDAPException, LookupError, OSError, ValueError, TypeError) as error:
            answer = {"broken": f"{type(error).__name__}: {error}"}
            for connection in arm.directory.open.values():
                connection.unbind()
            arm.directory.open.clear()
        print(json.dumps({"case": case["case"], "answer": answer}, ensure_ascii=False), flush=True)
        if time.monotonic() - began > SLOW:
            print(f"slow: {case['case']} took {time.monotonic() - began:.1f} s", file=sys.stderr)
    print(f"{len(cases.load())} cases were run", file=sys.stderr)


if __name__ == "__main__":
    main()
