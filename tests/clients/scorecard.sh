#!/usr/bin/env bash
# estate: --users 20 --seed 7 --defects clean
# What is known of defects, and how checkers and fixers do on dirty estates. (The estate around this test is not used.)
. "$(dirname "$0")/lib.sh"
F=$(readlink "/proc/$PPID/exe") W=$(mktemp -d); trap 'rm -rf "$W"' EXIT
# docs/checking.md, "What is planned"
has "a tool reads what is planned" "$(tr -d ' \n' <"$FORESTBED_PLAN")" '"max_group_members":250000,' TOOL-PLAN
eq "... and is told the same by the control API" "$(curl -s -H "Authorization: Bearer $FORESTBED_CONTROL_TOKEN" "$FORESTBED_CONTROL_URL/api/plan" | python3 -c 'import json,os,sys; print(json.load(sys.stdin) == json.load(open(os.environ["FORESTBED_PLAN"])))')" True TOOL-PLAN

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

"$F" scorecard --population small-business,merged-companies --defects school-rollover,everything --users 300 --json >"$W/all.json" 2>"$W/all.err"
eq "so they are where a plan must be known" $? 0 SCORECARD-TABLE
eq "... every row that settings decide is found" "$(value "$W/all.json" 'all(r["detection"]["with_settings"][0] == r["detection"]["with_settings"][1] > 0 for r in d["rows"])')" True SCORECARD-TABLE
eq "... and every row is repaired, or rightly left and reported" "$(value "$W/all.json" 'min(r["repairs"]["recall"] for r in d["rows"])')" 1.0 SCORECARD-TABLE
"$F" scorecard --from "$W/all.json,$W/card.json" --markdown --by profile,defect >"$W/tables.md"
has "tables of earlier runs" "$(cat "$W/tables.md")" '| merged-companies | everything | 1 |' SCORECARD-PARTS
has "... the seeds of a combination together" "$(cat "$W/tables.md")" '| default | idfix-classic | 2 |' SCORECARD-PARTS
has "... and what became of each defect" "$(cat "$W/tables.md")" '| GR02 | more than 50,000 members' SCORECARD-PARTS
"$F" scorecard --from "$W/card.json,$W/card.json" --markdown >"$W/out" 2>"$W/err"
eq "an estate that stands there twice is refused" $? 2 SCORECARD-PARTS

"$F" scorecard --defects idfix-classic --users 150 --against-rules idfix --markdown --by severity >"$W/sides.md" 2>/dev/null
has "IdFix's rules stand beside the documented ones" "$(cat "$W/sides.md")" '| severity | rows | found | ... found |' SCORECARD-PARTS

"$F" scorecard --defects idfix-classic --users 150 --rules idfix --json >"$W/idfix.json" 2>/dev/null
eq "IdFix's rules are not perfect: exit code" $? 1 SCORECARD-TABLE
eq "... they miss something and flag the innocent" "$(value "$W/idfix.json" 'all(r["detection"]["recall"] < 1 and r["detection"]["precision"] < 1 for r in d["rows"])')" True SCORECARD-TABLE
"$F" scorecard --defects idfix-classic --users 150 --against fixer=true --json >"$W/against.json" 2>"$W/err"
eq "a fixer that does nothing is compared" "$(value "$W/against.json" 'd["rows"][0]["comparison"] is not None if "comparison" in d["rows"][0] else "against" in json.dumps(d)')" True SCORECARD-TABLE
finish
