#!/usr/bin/env bash
# estate: --users 20 --seed 7 --defects clean
# The reference sync engine on the command line, each cycle a process of its own; the forest as ldapsearch shows it.
set -u
. "$(dirname "$0")/lib.sh"
F=$(readlink "/proc/$PPID/exe") W=$(mktemp -d); trap 'rm -rf "$W"' EXIT
ldap() { ldapsearch -LLL -x -H "$FORESTBED_LDAP_URL" -D "$FORESTBED_BIND_DN" -w "$FORESTBED_BIND_PASSWORD" -b "$FORESTBED_BASE_DN" -o ldif-wrap=no "$@" </dev/null 2>/dev/null; }
change() { ldapmodify -x -H "$FORESTBED_LDAP_URL" -D "$FORESTBED_BIND_DN" -w "$FORESTBED_BIND_PASSWORD" >/dev/null; }
counts() { python3 -c 'import json,sys; c=json.load(sys.stdin)["counts"]; print(*[c[n] for n in sys.argv[1:]])' "$@"; }
writes() { counts set deleted "written back" failed; }
anchors() { ldap '(mS-DS-ConsistencyGuid=*)' dn | grep -c '^dn:'; }
PERSON=$(ldap '(employeeID=*)' dn | sed -n 's/^dn: //p' | head -1)
UNIT=${PERSON#*,}

# --- staging, and what one object would become
eq "in staging nothing is written" "$("$F" sync --staging --full --json | writes)" "0 0 0 0" SYNC-STAGING
eq "... not to the forest either" "$(anchors)" 0 SYNC-STAGING
"$F" sync --preview "$PERSON" >"$W/preview"
has "a preview names what would be done" "$(cat "$W/preview")" '^  would add .* in tenant$' SYNC-PREVIEW
has "... and by which rule" "$(cat "$W/preview")" 'userPrincipalName: .* \[In from AD - User AccountEnabled\]' SYNC-PREVIEW

# --- cycles
"$F" sync --express --json >"$W/first"; eq "the engine that was in staging takes over: exit code" $? 0 SYNC-STAGING
eq "what staging had read is not read again" "$(counts 'full imports' <"$W/first" | tr 1-9 x)" x SYNC-STAGING
eq "anchors are written back" "$(counts 'written back' <"$W/first")" "$(anchors)" SYNC-CYCLE
export FORESTBED_CYCLE=delta
eq "a second run writes nothing and reads what changed" "$("$F" sync --json | counts set deleted 'written back' failed 'full imports')" "0 0 0 0 0" SYNC-CYCLE
printf 'dn: %s\nchangetype: modify\nreplace: title\ntitle: Astronaut\n' "$PERSON" | change
eq "a delta finds one change" "$("$F" sync --json | counts set deleted 'full imports')" "1 0 0" SYNC-CYCLE
eq "a full cycle finds nothing more" "$("$F" sync --full --json | writes)" "0 0 0 0" SYNC-CYCLE

# --- state
eq "another folder, another memory: the tenant tells that all is done" "$("$F" sync --state "$W/new" --json | counts set deleted 'written back' failed 'full imports')" "0 0 0 0 2" SYNC-STATE
eq "... which is remembered there" "$("$F" sync --state "$W/new" --json | counts 'full imports')" 0 SYNC-STATE
[ -s "$W/new/sync.redb" ]; eq "... in one file" $? 0 SYNC-STATE

# --- configuration
cat >"$W/sync.yaml" <<END
connectors:
  - { name: $FORESTBED_DOMAIN, kind: active-directory, exclude: ["$UNIT"] }
  - { name: tenant, kind: cloud }
END
INSIDE=$(ldapsearch -LLL -x -H "$FORESTBED_LDAP_URL" -D "$FORESTBED_BIND_DN" -w "$FORESTBED_BIND_PASSWORD" -b "$UNIT" '(|(&(objectCategory=person)(objectClass=user))(objectClass=group)(objectClass=contact))' dn </dev/null 2>/dev/null | grep -c '^dn:')
eq "who lies in an excluded container is deleted in the tenant" "$("$F" sync --config "$W/sync.yaml" --json | counts deleted)" "$INSIDE" SYNC-CONFIG
"$F" sync --config "$W/sync.yaml" --delete-threshold 1 --json >/dev/null 2>&1; eq "... and stays away" $? 0 SYNC-CONFIG
eq "without the file it comes back" "$("$F" sync --json | counts deleted failed)" "0 0" SYNC-CONFIG
sed 's/exclude/exclud/' "$W/sync.yaml" >"$W/wrong.yaml"
"$F" sync --config "$W/wrong.yaml" 2>"$W/error"; eq "a slip of the pen is the caller's error" $? 2 SYNC-CONFIG
has "... with its place" "$(cat "$W/error")" 'wrong.yaml: .*exclud' SYNC-CONFIG
if [ "$INSIDE" -gt 1 ]; then
  "$F" sync --config "$W/sync.yaml" --delete-threshold 1 2>"$W/error"; eq "more deletions than the threshold stop the export" $? 3 SYNC-THRESHOLD
  has "... by the name of the run's status" "$(cat "$W/error")" 'stopped-deletion-threshold-exceeded' SYNC-THRESHOLD
fi
eq "a threshold of 0 lets all through" "$("$F" sync --config "$W/sync.yaml" --delete-threshold 0 --json | counts deleted)" "$INSIDE" SYNC-THRESHOLD
finish
