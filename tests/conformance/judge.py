"""Compares the arms: judge.py forestbed.jsonl samba.jsonl

Every field that a case expects is a check on each arm. forestbed has to answer as expected. Samba has to as well, unless
differences.tsv lists the field with what Samba answers instead and why Windows, and so forestbed, does not. A row that
is not needed, or no longer true, fails. The transcripts have to agree with what Samba is expected to answer. Diagnostic
texts are Windows's own and are checked on forestbed alone.
"""

import json
import os
import pathlib
import re
import sys

import cases
import golden

HERE = pathlib.Path(__file__).resolve().parent
# fewer checks than this on any arm mean that the body was not run
LEAST = 150
ROW = "LDAP-CONFORMANCE"
# fields whose order is not the server's to promise
UNORDERED = {"dns", "names", "references", "has", "lacks"}


def differences():
    """(case, field) -> the row, each with what Samba answers."""
    rows = {}
    for number, line in enumerate((HERE / "differences.tsv").read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("#") or not line:
            continue
        parts = line.split("\t")
        if len(parts) != 4 or not all(parts):
            raise SystemExit(f"differences.tsv:{number}: case, field, what Samba answers (JSON), reason")
        if (parts[0], parts[1]) in rows:
            raise SystemExit(f"differences.tsv:{number}: listed twice")
        rows[parts[0], parts[1]] = {"samba": json.loads(parts[2]), "reason": parts[3], "line": number}
    return rows


def settled(value, field):
    """A value in the one form in which two of them compare."""
    if isinstance(value, dict):
        return {key: settled(each, field) for key, each in value.items()}
    if isinstance(value, list) and (field in UNORDERED or field in ("values", "entries", "includes")):
        return sorted(str(each) for each in value)
    return value


class Judge:
    def __init__(self):
        self.passed, self.failed, self.counts, self.rows, self.used = 0, 0, {}, differences(), set()

    def check(self, arm, case, field, told, wanted):
        self.counts[arm] = self.counts.get(arm, 0) + 1
        if told == wanted:
            self.passed += 1
            return
        self.failed += 1
        print(f"FAIL {arm}: {case}: {field}: got {short(told)}, want {short(wanted)}")

    def case(self, case, forestbed, samba):
        name = case["case"]
        for arm, answer in (("forestbed", forestbed), ("samba", samba)):
            if wrong := answer.get("broken") or answer.get("before"):
                self.check(arm, name, "run", wrong, "an answer")
                return
        for field in case["expect"]:
            if field == "text":
                self.text(case, forestbed)
                continue
            # the arm that answers filled in the names that stand in braces
            wanted = settled(forestbed["wanted"][field], field)
            self.check("forestbed", name, field, settled(forestbed.get(field), field), wanted)
            told, wanted = settled(samba.get(field), field), settled(samba["wanted"][field], field)
            row = self.rows.get((name, field))
            if row:
                self.used.add((name, field))
                if row["samba"] == wanted:
                    self.check("samba", name, field, "a listed difference that is none", "a difference")
                wanted = settled(row["samba"], field)
                if isinstance(wanted, dict) and list(wanted) == ["any order"]:
                    # the same from run to run but for an order that follows Samba's own timing
                    told, wanted = sorted(told or []), sorted(wanted["any order"])
            self.check("samba", name, field, told, wanted)
            self.golden(case, field, wanted)

    def text(self, case, forestbed):
        text, wanted = forestbed["text"], case["expect"]["text"]
        self.check("forestbed", case["case"], "text", text if not re.search(wanted, text, re.DOTALL) else wanted, wanted)

    def golden(self, case, field, wanted):
        """What the transcript has of the field; names and values only of what it speaks of."""
        if "golden" not in case:
            return
        place, *fields = case["golden"] if isinstance(case["golden"], list) else [case["golden"]]
        if field != "code" and field not in fields:
            return
        told = golden.answer(place).get(field)
        if field == "values":
            told = {name: told.get(name) if wanted[name] != "*" else "*" for name in wanted}
        self.check("golden", case["case"], field, told, wanted)

    def end(self):
        for case, field in sorted(set(self.rows) - self.used):
            self.failed += 1
            print(f"FAIL differences.tsv:{self.rows[case, field]['line']}: no case {case!r} expects {field}")
        for arm in ("forestbed", "samba", "golden"):
            count = self.counts.get(arm, 0)
            print(f"{arm}: {count} checks")
            if count < LEAST:
                self.failed += 1
                print(f"FAIL {arm}: fewer than {LEAST} checks")
        print(f"{len(self.rows)} differences are listed")
        print(f"{self.passed} passed, {self.failed} failed")
        if not self.failed:
            witness(self.counts["forestbed"])
        return 1 if self.failed else 0


def witness(exchanges):
    """Records the row of PARITY.md, as the other tests with real clients do."""
    folder = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", HERE.parents[1] / "target")) / "parity"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ROW).write_text(f"{exchanges}\ttests/conformance/judge.py\n")


def short(value):
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    most = int(os.environ.get("CONFORMANCE_WIDTH", "400"))
    return text if len(text) <= most else text[:most] + "..."


def answers(file):
    lines = pathlib.Path(file).read_text(encoding="utf-8").splitlines()
    return {one["case"]: one["answer"] for one in map(json.loads, lines)}


def main(arguments):
    forestbed, samba = (answers(file) for file in arguments)
    judge, missing = Judge(), {"broken": "the case was not run"}
    for case in cases.load():
        judge.case(case, forestbed.get(case["case"], missing), samba.get(case["case"], missing))
    return judge.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
