#!/usr/bin/env bash
# estate: --users 60 --seed 11 --defects clean
# `forestbed fix` as a user has it: plan, apply, limit, undo, conflicts, crashes, decisions, LDIF files; against
# forestbed's domain controller and OpenLDAP's slapd, judged by ldapsearch.
set -u
. "$(dirname "$0")/lib.sh"
F=$(readlink "/proc/$PPID/exe") W=$(mktemp -d); trap 'rm -rf "$W"; [ -z "${SLAPD:-}" ] || kill "$SLAPD"' EXIT
control() { curl -sf --noproxy '*' -H "Authorization: Bearer $FORESTBED_CONTROL_TOKEN" -H 'Content-Type: application/json' "$@"; }
URL=$FORESTBED_LDAP_URL DN=$FORESTBED_BIND_DN PW=$FORESTBED_BIND_PASSWORD BASE=$FORESTBED_BASE_DN
PHOTO=thumbnailPhoto CLASSES='objectClass: user\n' MORE=30
. "$REPO/tests/clients/fix-common.sh"
seed >"$W/seed.ldif"
ldap ldapadd -f "$W/seed.ldif" >/dev/null || fail "the seed is taken"
picture >"$W/before"
unchanged() { picture | cmp -s - "$W/before" && echo same || echo changed; }
all=("${server[@]}" "${rules[@]}")

# --- plan, limit
PLAN=$(fix "${all[@]}"); eq "a dry run: exit code" $? 0 FIX-PLAN
has "... says what, from, to and why" "$(tr '\n' ' ' <<<"$PLAN")" 'userPrincipalName     - "ada@contoso.local"     \+ "ada@contoso.com"     UP15 error: ' FIX-PLAN
has "... counts" "$PLAN" '^35 objects looked at: 34 to change' FIX-PLAN
eq "... as JSON" "$(fix "${all[@]}" --json | python3 -c 'import json,sys; d=json.load(sys.stdin); print(d["format"], d["applied"], d["objects"], len(d["changes"]))')" "1 False 35 34" FIX-PLAN
eq "... and writes nothing" "$(unchanged)" same FIX-PLAN
OUT=$(fix "${all[@]}" --apply --undo "$W/limit.jsonl" --limit 33 2>&1); eq "34 objects over a limit of 33: exit code" $? 1 FIX-LIMIT
has "... says the number" "$OUT" 'refused: 34 objects are to be changed, the limit is 33; nothing was written' FIX-LIMIT
eq "... and writes nothing" "$(unchanged)" same FIX-LIMIT
OUT=$(fix "${all[@]}" --apply 2>&1); eq "--apply without a way back: exit code" $? 2 FIX-UNDO

# --- the changes as LDIF are what ldapmodify takes
fix "${all[@]}" --format ldif >"$W/changes.ldif"
ldap ldapmodify -f "$W/changes.ldif" >/dev/null; eq "ldapmodify takes the plan as LDIF" $? 0 FIX-PLAN
has "... and nothing is left" "$(fix "${all[@]}")" '^35 objects looked at: 0 to change' FIX-PLAN
again() { ldap ldapdelete -r "OU=Dirty,$BASE" >/dev/null; ldap ldapadd -f "$W/seed.ldif" >/dev/null; }
again; eq "the seed is there again" "$(unchanged)" same

# --- apply, idempotent, undo
fix "${all[@]}" --apply --undo "$W/undo.jsonl" >"$W/out"; eq "a repair: exit code" $? 0 FIX-APPLY
has "... of all" "$(cat "$W/out")" '^35 objects looked at: 34 done' FIX-APPLY
has "nothing is left to repair" "$(fix "${all[@]}")" '^35 objects looked at: 0 to change' FIX-APPLY
eq "the journal is nobody else's to read" "$(stat -c %a "$W/undo.jsonl")" 600 FIX-UNDO
has "undo looks first" "$(fix undo "$W/undo.jsonl" "${server[@]}")" '^34 objects in the journal: 34 to restore' FIX-UNDO
printf 'dn: CN=ada,OU=Dirty,%s\nchangetype: modify\nreplace: displayName\ndisplayName: Countess\n' "$BASE" | change
OUT=$(fix undo "$W/undo.jsonl" --apply "${server[@]}"); eq "undo with one object changed since: exit code" $? 1 FIX-CONFLICT
has "... names it" "$OUT" '^conflict: CN=ada,OU=Dirty,.*: displayName has changed since' FIX-CONFLICT
has "... and restores the others" "$OUT" '34 objects in the journal: 33 restored, 1 conflict' FIX-UNDO
picture >"$W/now"
eq "... byte for byte" "$(diff <(grep -v CN=ada "$W/before") <(grep -v CN=ada "$W/now") && echo same)" same FIX-UNDO
has "... and keeps what somebody wrote" "$(cat "$W/now")" 'CN=ada.*displayName: Countess$' FIX-CONFLICT
OUT=$(fix "${all[@]}" --apply --undo "$W/undo.jsonl" --resume 2>&1); eq "a journal that was undone serves no further run" $? 2 FIX-UNDO
again

# --- a server that breaks off, is busy, refuses
arm() { control -X DELETE "$FORESTBED_CONTROL_URL/api/faults" >/dev/null; control -d "$1" "$FORESTBED_CONTROL_URL/api/faults" >/dev/null || fail "a fault is armed: $1"; }
met() { arm "$1"; fix "${all[@]}" --apply --undo "$W/$2.jsonl" --json >"$W/met.json"; echo "$? $(states <"$W/met.json" | tr ' ' '\n' | sort | uniq -c | awk '{printf "%s%s %s", s, $1, $2; s=", "}')"; }
eq "the tenth change is lost before it arrives: it is sent again" "$(met '{"ldap":"modify","nth":10,"drop":true}' drop)" "0 34 done" FIX-BROKEN-SERVER
fix undo "$W/drop.jsonl" --apply "${server[@]}" >/dev/null; eq "... and undone" "$(unchanged)" same FIX-UNDO
eq "the answer to the tenth is lost: it is looked up" "$(met '{"ldap":"modify","nth":10,"drop":true,"after_commit":true}' lost)" "0 34 done" FIX-BROKEN-SERVER
fix undo "$W/lost.jsonl" --apply "${server[@]}" >/dev/null; eq "... and undone" "$(unchanged)" same FIX-UNDO
eq "busy twice: it waits and asks again" "$(met '{"ldap":"modify","nth":3,"count":2,"result":"busy"}' busy)" "0 34 done" FIX-BROKEN-SERVER
fix undo "$W/busy.jsonl" --apply "${server[@]}" >/dev/null
eq "one is always refused: the others are done, and it says so" "$(met "{\"ldap\":\"modify CN=dee,OU=Dirty,$BASE\",\"every\":1,\"result\":\"insufficientAccessRights\"}" refused)" "1 33 done, 1 refused" FIX-BROKEN-SERVER
control -X DELETE "$FORESTBED_CONTROL_URL/api/faults" >/dev/null
fix undo "$W/refused.jsonl" --apply "${server[@]}" >/dev/null; eq "... and undone" "$(unchanged)" same FIX-UNDO

# --- killed wherever it stands: it goes on, and undo restores all
arm '{"ldap":"modify","every":1,"delay":"20ms"}'
for lines in 1 2 3 8 21 40 61; do
  rm -f "$W/crash.jsonl"
  env -u FORESTBED_REPORT_FILE "$F" fix "${all[@]}" --apply --undo "$W/crash.jsonl" >/dev/null 2>&1 & RUN=$!
  until [ "$(cat "$W/crash.jsonl" 2>/dev/null | wc -l)" -ge "$lines" ] || ! kill -0 $RUN 2>/dev/null; do :; done
  kill -9 $RUN 2>/dev/null; wait $RUN 2>/dev/null
  AT=$(wc -l <"$W/crash.jsonl")
  OUT=$(fix "${all[@]}" --apply --undo "$W/crash.jsonl" --resume 2>&1); eq "killed after line $AT: the next run goes on" $? 0 FIX-CRASH
  has "... nothing is left" "$(fix "${all[@]}")" '^35 objects looked at: 0 to change' FIX-CRASH
  eq "... nothing was written twice" "$(python3 - "$W/crash.jsonl" <<'P'
import json, sys, collections
change, done = {}, collections.Counter()
for line in open(sys.argv[1]):
    r = json.loads(line)
    if r["record"] == "change": change[r["number"]] = r["dn"]
    if r["record"] == "outcome" and r["result"] == "done": done[change[r["number"]]] += 1
print(len(done), max(done.values()))
P
)" "34 1" FIX-CRASH
  fix undo "$W/crash.jsonl" --apply "${server[@]}" >/dev/null; eq "... and undo restores every byte" "$(unchanged)" same FIX-CRASH
done
control -X DELETE "$FORESTBED_CONTROL_URL/api/faults" >/dev/null

# --- decisions
cat >"$W/idfix.csv" <<C
DISTINGUISHEDNAME,COMMONNAME,OBJECTCLASS,ATTRIBUTE,ERROR,VALUE,UPDATE,PROPOSEDACTION,ACTION
"CN=ada,OU=Dirty,$BASE",ada,user,displayName,Character,"  Ada Lovelace ","Ada ""Countess"", Lovelace",EDIT,EDIT
"CN=ada,OU=Dirty,$BASE",ada,user,proxyAddresses,Character,smtp:ada lovelace@contoso.com,,EDIT,REMOVE
"CN=dee,OU=Dirty,$BASE",dee,user,userPrincipalName,TopLevelDomain,dee@contoso.local,dee@contoso.local,EDIT,COMPLETE
C
fix "${all[@]}" --decisions "$W/idfix.csv" --only-decisions --apply --undo "$W/decided.jsonl" >"$W/out"; eq "IdFix's sheet, edited: exit code" $? 0 FIX-DECISIONS
picture >"$W/now"
eq "... just what was marked is changed" "$(diff "$W/before" "$W/now" | sed -n 's/^\([<>]\) .* | /\1 /p')" '< displayName:: ICBBZGEgTG92ZWxhY2Ug
> displayName: Ada "Countess", Lovelace
< proxyAddresses: smtp:ada lovelace@contoso.com' FIX-DECISIONS
fix undo "$W/decided.jsonl" --apply "${server[@]}" >/dev/null; eq "... and undone" "$(unchanged)" same FIX-DECISIONS
printf 'dn,attribute,old,value\n"CN=ada,OU=Dirty,%s",mail,nobody@contoso.com,x@contoso.com\n' "$BASE" >"$W/late.csv"
OUT=$(fix "${all[@]}" --decisions "$W/late.csv"); eq "a decision about a value that is gone: exit code" $? 1 FIX-DECISIONS
has "... is named" "$OUT" 'decision in row 2 not applied: .*mail no longer holds the value' FIX-DECISIONS
printf 'dn,attribute,value\nnobody,mail,x\n' >"$W/wrong.csv"
OUT=$(fix "${all[@]}" --decisions "$W/wrong.csv" 2>&1); eq "a sheet with a broken row is refused" $? 2 FIX-DECISIONS

# --- a file
ldap ldapsearch -LLL -b "OU=Dirty,$BASE" '(objectClass=*)' </dev/null >"$W/in.ldif"
printf 'dn: broken\n no colon\n\n' | cat "$W/in.ldif" - >"$W/broken.ldif"
fix --ldif "$W/in.ldif" "${rules[@]}" --fixed "$W/fixed.ldif" >/dev/null; eq "a file is repaired: exit code" $? 0 FIX-LDIF
has "... nothing is left" "$(fix --ldif "$W/fixed.ldif" "${rules[@]}")" '^35 objects looked at: 0 to change' FIX-LDIF
eq "... and what was right is as it was" "$(diff <(awk -v RS= '/^dn: CN=eve/' "$W/in.ldif") <(awk -v RS= '/^dn: CN=eve/' "$W/fixed.ldif") && echo same)" same FIX-LDIF
fix --ldif "$W/in.ldif" "${rules[@]}" --format ldif >"$W/changes.ldif"
ldap ldapmodify -f "$W/changes.ldif" >/dev/null; eq "the changes of a file are what ldapmodify takes" $? 0 FIX-LDIF
has "... and repair the server it came from" "$(fix "${all[@]}")" '^35 objects looked at: 0 to change' FIX-LDIF
OUT=$(fix --ldif "$W/broken.ldif" "${rules[@]}" 2>&1); eq "a broken record: exit code" $? 1 FIX-LDIF
has "... is named with its line, and the rest goes on" "$OUT" 'broken.ldif: line [0-9]+: ' FIX-LDIF

# --- OpenLDAP's slapd, which has assertions
bash "$REPO/tests/clients/install.sh" slapd || fail "slapd cannot be installed"
mkdir "$W/db"; BASE=DC=contoso,DC=com DN=cn=admin,$BASE PW=secret
DN=cn=admin,$BASE
PORT=$(python3 -c 'import socket; s=socket.socket(); s.bind(("127.0.0.1",0)); print(s.getsockname()[1])')
{
  for one in core cosine inetorgperson; do echo "include /etc/ldap/schema/$one.schema"; done
  n=0; for name in userPrincipalName sAMAccountName mailNickname targetAddress; do n=$((n+1))
    echo "attributetype ( 1.3.6.1.4.1.55555.1.$n NAME '$name' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )"; done
  echo "attributetype ( 1.3.6.1.4.1.55555.1.8 NAME 'proxyAddresses' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )"
  echo "attributetype ( 1.3.6.1.4.1.55555.1.9 NAME 'thumbnailPhoto' EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 )"
  echo "objectclass ( 1.3.6.1.4.1.55555.2.1 NAME 'contosoPerson' SUP top AUXILIARY MAY ( userPrincipalName \$ sAMAccountName \$ mailNickname \$ targetAddress \$ proxyAddresses \$ thumbnailPhoto ) )"
  printf 'modulepath /usr/lib/ldap\nmoduleload back_mdb\ndatabase mdb\nsuffix "%s"\nrootdn "%s"\nrootpw secret\ndirectory %s\n' "$BASE" "$DN" "$W/db"
} >"$W/slapd.conf"
/usr/sbin/slapd -d 0 -h "ldap://127.0.0.1:$PORT" -f "$W/slapd.conf" & SLAPD=$!
URL=ldap://127.0.0.1:$PORT CLASSES='objectClass: inetOrgPerson\nobjectClass: contosoPerson\n' MORE=0
. "$REPO/tests/clients/fix-common.sh"
for _ in $(seq 100); do ldap ldapwhoami >/dev/null 2>&1 && break; done
{ printf 'dn: %s\nobjectClass: domain\n\n' "$BASE"; seed; } >"$W/slapd.ldif"
ldap ldapadd -f "$W/slapd.ldif" >/dev/null || fail "slapd takes the seed"
picture >"$W/before"
DONE=$(fix "${server[@]}" "${rules[@]}" --apply --undo "$W/slapd.jsonl" --json); eq "slapd: exit code" $? 0 FIX-SLAPD
eq "... four objects" "$(states <<<"$DONE")" "done done done done" FIX-SLAPD
has "... nothing is left" "$(fix "${server[@]}" "${rules[@]}")" '^5 objects looked at: 0 to change' FIX-SLAPD
has "... a prefix changed its case" "$(picture)" '[Cc][Nn]=bob.*proxyAddresses: SMTP:bob@contoso.com$' FIX-SLAPD
fix undo "$W/slapd.jsonl" --apply "${server[@]}" >/dev/null; eq "... and undo restores every byte" "$(unchanged)" same FIX-SLAPD
finish
