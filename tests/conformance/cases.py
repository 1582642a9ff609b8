"""The cases of the conformance test: read from cases/*.yaml and spelled out one by one.

A case is one operation and what a Windows domain controller answers. README.md says how to write one.
"""

import pathlib

import yaml

HERE = pathlib.Path(__file__).resolve().parent
OPERATIONS = {"search", "add", "modify", "delete", "rename", "compare", "bind", "extended", "pages", "ranges"}
KEYS = OPERATIONS | {"case", "as", "over", "before", "expect", "source", "golden", "each", "controls", "watch", "save", "texts"}


def load():
    """Every case in order, named by its file and its own name."""
    found, names = [], set()
    for file in sorted((HERE / "cases").glob("*.yaml")):
        for written in yaml.safe_load(file.read_text(encoding="utf-8")):
            for case in spelled_out(written):
                check(case, file)
                case = {**case, "case": f"{file.stem[3:]}: {case['case']}"}
                if case["case"] in names:
                    raise SystemExit(f"{file.name}: two cases are named {case['case']}")
                names.add(case["case"])
                found.append(case)
    return found


def check(case, file):
    unknown = set(case) - KEYS
    if unknown or len(OPERATIONS & set(case)) != 1 or "expect" not in case or "source" not in case:
        raise SystemExit(f"{file.name}: {case.get('case')}: a case has one operation, expect and source; unknown keys: {unknown}")


def spelled_out(case):
    """`each: [a, b]` makes one case of every value; `~` stands for it wherever it is written."""
    for value in case.get("each", [None]):
        if value is None:
            yield case
            continue
        one = {key: put(part, value) for key, part in case.items() if key != "each"}
        one["case"] = f"{case['case']} {value}"
        yield one


def put(part, value):
    if isinstance(part, str):
        return part.replace("~", str(value))
    if isinstance(part, list):
        return [put(each, value) for each in part]
    if isinstance(part, dict):
        return {put(key, value): put(each, value) for key, each in part.items()}
    return part
