"""Steps that print PASS or FAIL, and witnesses of PARITY.md: what lib.sh is for shell."""

import os
import pathlib
import sys

REPO = pathlib.Path(__file__).resolve().parents[2]
FOLDER = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", REPO / "target")) / "parity"
ROWS = {line.split("|")[1].strip() for line in (REPO / "PARITY.md").read_text().splitlines() if line.startswith("| ")}


class Steps:
    def __init__(self, name):
        self.name, self.passed, self.failed = name, 0, 0

    def check(self, text, condition, *rows, detail=""):
        if not condition:
            self.failed += 1
            print(f"FAIL {self.name}: {text}" + (f": {detail!r}"[:600] if detail != "" else ""), flush=True)
            return False
        self.passed += 1
        print(f"PASS {self.name}: {text}", flush=True)
        FOLDER.mkdir(parents=True, exist_ok=True)
        for row in rows:
            if row not in ROWS:
                raise SystemExit(f"PARITY.md has no row {row}")
            file = FOLDER / row
            count = int(file.read_text().split("\t")[0]) if file.exists() else 0
            file.write_text(f"{count + 1}\ttests/clients/{self.name}\n")
        return True

    def finish(self):
        print(f"{self.passed} passed, {self.failed} failed")
        sys.exit(1 if self.failed or not self.passed else 0)
