"""The third arm: what the transcripts in golden/ recorded for the same case.

A case names its place by `golden: "07: LABEL"` (the file's number, then the label, or a part of the command line that
nothing else in the file has); `golden: ["07: ...", values]` compares that field as well as the code.
"""

import base64
import pathlib
import re

HERE = pathlib.Path(__file__).resolve().parent
RESULT = re.compile(r"result: (\d+) \w+ \| dn=(.*?) \| msg=(.*)")


def blocks(number):
    """The transcript's lines, from each heading to the next."""
    file = next((HERE / "golden").glob(f"{number}-*.txt"))
    found, lines = [], []
    for line in file.read_text(encoding="utf-8").splitlines():
        if re.match(r">>> |\$ |#+ \S|(ADD|MOD|DEL|REN) |undelete  ", line) and not re.match(r"# (extended LDIF|LDAPv|base <|filter:|requesting:|search result|num|with |\S.*, .*local$)", line):
            lines = [line]
            found.append(lines)
        else:
            lines.append(line)
    return found


def answer(place):
    """What was recorded at a place: code, text and, where they were printed, entries, values and references."""
    number, _, label = place.partition(": ")
    written = blocks(number)
    hits = [n for n, block in enumerate(written) if matches(block[0], label)]
    if not hits:
        raise LookupError(f"no transcript {place}")
    lines = list(written[hits[0]])
    # a heading may be followed by the command that it announces
    for block in written[hits[0] + 1 : hits[0] + 4]:
        if lines[0].startswith("#") and not recorded(lines):
            lines += block
    told = recorded(lines)
    if told is None:
        raise LookupError(f"the transcript {place} has no result")
    return told


def matches(heading, label):
    bare = re.sub(r"^(>>> |#+ )", "", heading).strip()
    if heading.startswith("$"):
        # the label ends where a word does
        return re.search(re.escape(label) + r"(\s|$)", heading) is not None
    return label in (heading.split(" -> ")[0].strip(), bare, heading.strip())


def recorded(lines):
    told = {}
    if " -> " in lines[0] and (found := re.search(r" -> (\d+) \w+ \| matchedDN='(.*?)' \| (.*)", lines[0])):
        return {"code": int(found[1]), "matched": found[2], "text": found[3]}
    for line in lines:
        if found := RESULT.search(line):
            return {**told, **entries(lines), "code": int(found[1]), "matched": found[2], "text": found[3]}
        if found := re.match(r"\[rc=(\d+)\]", line):
            return {**told, "code": shell_code(lines, int(found[1])), **ldif(lines)}
        if found := re.search(r"(?:additional info|Additional information|^text): (.*)", line):
            told["text"] = found[1]
    return {**told, "code": shell_code(lines, None)} if shell_code(lines, None) is not None else None


def shell_code(lines, rc):
    """OpenLDAP's tools print LDAP's code in parentheses, or end with it."""
    for line in lines[1:]:
        if found := re.search(r"^(?:ldap_|Compare Result|Result: |result: |[A-Z][a-z]+ .*)[^()]*\((\d+)\)$", line) or re.match(r"result: (\d+) ", line):
            return int(found[1])
    return rc


def entries(lines):
    told = {"dns": [], "references": [], "values": {}}
    for line in lines:
        if found := re.match(r"    dn: (.*)", line):
            told["dns"].append(found[1])
        elif found := re.match(r"    entries: (\d+)", line):
            told["count"] = int(found[1])
        elif found := re.match(r"    searchResRef \['(.*)'\]", line):
            told["references"].append(found[1])
        elif (found := re.match(r"        ([\w;=*-]+): \[(.*)\]", line)) and len(told["dns"]) == 1:
            told["values"][found[1]] = sorted(plain(one) for one in re.findall(r"'(.*?)'(?:, |$)", found[2]))
    return {**told, "dns": sorted(told["dns"]), "references": sorted(told["references"])}


def plain(text):
    if not text.startswith("b64:"):
        return text
    raw = base64.b64decode(text[4:])
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return "hex:" + raw.hex()


def ldif(lines):
    """Attributes of the entry that a command printed."""
    found = {}
    for line in lines[1:]:
        if one := re.match(r"([A-Za-z][\w-]*(?:;range=\S+?)?)(::?) (.*)", line):
            value = base64.b64decode(one[3]) if one[2] == "::" else one[3].encode()
            try:
                text = value.decode()
            except UnicodeDecodeError:
                text = "hex:" + value.hex()
            found.setdefault(one[1], []).append(text)
    return {"values": {name: sorted(values) for name, values in found.items()}}
