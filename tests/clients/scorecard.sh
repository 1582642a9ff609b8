#!/usr/bin/env bash
# estate: --users 20 --seed 7 --defects clean
# What is known of defects, and how checkers and fixers do on dirty estates. (The estate around this test is not used.)
. "$(dirname "$0")/lib.sh"
F=$(readlink "/proc/$PPID/exe") W=$(mktemp -d); trap 'rm -rf "$W"' EXIT
unset FORESTBED_CONTROL_URL FORESTBED_CONTROL_TOKEN FORESTBED_REPORT_FILE
# value FILE EXPRESSION: a Python expression over the JSON in the file, which is d
value() { python3 -c 'import json,sys; d=json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$@"; }

"$F" defects --json >"$W/defects.json"
# preparation-rules.md section 5: 169 rows
eq "every row of the catalogue is listed" "$(value "$W/defects.json" 'len(d["defects"] if isinstance(d, dict) else d)')" 169 DEFECTS-LIST
has "a row is explained" "$("$F" defects explain PA26)" 'remove from non-owner' DEFECTS-LIST
has "profiles are listed" "$("$F" defects profiles)" 'school-rollover' DEFECTS-LIST
has "an unknown row is refused" "$("$F" defects explain ZZ99 2>&1)" "ZZ99" DEFECTS-LIST

"$F" scorecard --defects clean,idfix-classic --seeds 1,2 --users 150 --json >"$W/card.json" 2>"$W/card.err"
eq "the reference tools are perfect: exit code" $? 0 SCORECARD-TABLE
eq "a row for each profile and seed" "$(value "$W/card.json" 'len(d["rows"])')" 4 SCORECARD-TABLE
eq "detection recall" "$(value "$W/card.json" 'min(r["detection"]["recall"] for r in d["rows"])')" 1.0 SCORECARD-TABLE
eq "detection precision" "$(value "$W/card.json" 'min(r["detection"]["precision"] for r in d["rows"])')" 1.0 SCORECARD-TABLE
eq "repair recall" "$(value "$W/card.json" 'min(r["repairs"]["recall"] for r in d["rows"])')" 1.0 SCORECARD-TABLE
eq "collateral" "$(value "$W/card.json" 'sum(r["repairs"]["collateral"]["count"] for r in d["rows"])')" 0 SCORECARD-TABLE

"$F" scorecard --defects idfix-classic --users 150 --rules idfix --json >"$W/idfix.json" 2>/dev/null
eq "IdFix's rules are not perfect: exit code" $? 1 SCORECARD-TABLE
eq "... they miss something and flag the innocent" "$(value "$W/idfix.json" 'all(r["detection"]["recall"] < 1 and r["detection"]["precision"] < 1 for r in d["rows"])')" True SCORECARD-TABLE
"$F" scorecard --defects idfix-classic --users 150 --against fixer=true --json >"$W/against.json" 2>"$W/err"
eq "a fixer that does nothing is compared" "$(value "$W/against.json" 'd["rows"][0]["comparison"] is not None if "comparison" in d["rows"][0] else "against" in json.dumps(d)')" True SCORECARD-TABLE
finish
