#!/usr/bin/env bash
# estate: --users 20 --seed 7 --defects clean
# docs/coming-from-idfix.md step by step: every command of the page, in its order, in the lab that its first command
# opens. (The estate around this test is not used.)
set -u
. "$(dirname "$0")/lib.sh"
F=$(readlink "/proc/$PPID/exe") W=$(mktemp -d); trap 'rm -rf "$W"' EXIT
PAGE=$REPO/docs/coming-from-idfix.md
mkdir "$W/bin" "$W/desk" "$W/block"; ln -s "$F" "$W/bin/forestbed"
awk -v dir="$W/block" '/^```sh$/ { n++; on = 1; next } /^```/ { on = 0 } on { print > (dir "/" n ".sh") }' "$PAGE"
N=$(find "$W/block" -type f | wc -l)
eq "every block of the page is one of commands" "$(grep -c '^```' "$PAGE")" "$((2 * N))"

# what the reader types into the shell that the first command opens; what the test adds stands between the blocks
{
  echo "cd '$W/desk'; picture() { forestbed dump directory; }"
  for n in $(seq 2 "$N"); do
    echo "picture >'$W/before.$n'; . '$W/block/$n.sh' >'$W/out.$n' 2>'$W/err.$n'; echo \$? >'$W/code.$n'"
  done
  echo "picture >'$W/after'"
} >"$W/typed.sh"
OPEN=$(cat "$W/block/1.sh")
(cd "$W/desk" && env -u FORESTBED_CONTROL_URL -u FORESTBED_CONTROL_TOKEN PATH="$W/bin:$PATH" bash -c "$OPEN" <"$W/typed.sh" >"$W/lab.out" 2>&1)
eq "the lab opens and closes" $? 0
said() { cat "$W/out.$1" "$W/err.$1" 2>/dev/null; }
code() { cat "$W/code.$1" 2>/dev/null; }
same() { cmp -s "$W/$1" "$W/$2" && echo same || echo changed; }
# number of rows of a CSV file, and of those whose cell in a column is a value: file, [column, value]
rows() { python3 - "$@" <<'END'
import csv, sys
rows = list(csv.DictReader(open(sys.argv[1], newline='', encoding='utf-8')))
print(sum(len(sys.argv) < 3 or row[sys.argv[2]] == sys.argv[3] for row in rows))
END
}
more_than_none() { if [ "${1:-0}" -gt 0 ]; then echo some; else echo none; fi; }
HEADER=DISTINGUISHEDNAME,COMMONNAME,OBJECTCLASS,ATTRIBUTE,ERROR,VALUE,UPDATE,PROPOSEDACTION,ACTION

for n in $(seq 2 "$N"); do
  eq "block $n: $(head -c 60 "$W/block/$n.sh" | head -1)... ends with" "$(code "$n")" 0
done
has "1: the check says how many objects and errors" "$(said 3)" '[0-9]+ objects checked: [1-9][0-9]* errors'
eq "1: IdFix's columns" "$(head -1 "$W/desk/findings.csv" | tr -d '\r')" "$HEADER" CHECK-FROM-IDFIX
eq "1: ... with rows" "$(more_than_none "$(rows "$W/desk/findings.csv")")" some
eq "2: IdFix's own rows" "$(head -1 "$W/desk/idfix.csv" | tr -d '\r')" "$HEADER" CHECK-RULES-IDFIX
eq "2: ... in its words" "$(more_than_none "$(rows "$W/desk/idfix.csv" PROPOSEDACTION Edit)")" some CHECK-RULES-IDFIX
eq "3: an export says the same as the server" "$(rows "$W/desk/export.csv" severity error)" "$(said 3 | sed -n 's/.* checked: \([0-9]*\) errors.*/\1/p' | tail -1)" CHECK-FROM-IDFIX
has "4: a plan" "$(said 7)" '[1-9][0-9]* to change' CHECK-FROM-IDFIX
eq "1 to 4: nothing was written" "$(same before.3 before.8)" same
has "5: applied" "$(said 8)" '[1-9][0-9]* done' CHECK-FROM-IDFIX
eq "5: ... and the directory is another" "$(same before.8 before.9)" changed
eq "6: nothing is left that a rule could repair" "$(rows "$W/desk/left.csv" PROPOSEDACTION EDIT)" 0 CHECK-FROM-IDFIX
eq "6: a decision was written into IdFix's file" "$(rows "$W/desk/decided.csv" ACTION COMPLETE)" 1
eq "6: ... and leaves what it leaves" "$(same before.9 before.10)" same
eq "7: undone" "$(same before.8 after)" same CHECK-FROM-IDFIX
finish
