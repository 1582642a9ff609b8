#!/usr/bin/env bash
# estate: --users 20
# `forestbed fix` against a Samba domain controller: dirty objects by ldapadd, a dry run, a repair, nothing left, undo,
# and the same bytes as before by ldapsearch. Needs root for Samba's ports on 127.0.0.32, and installs Samba.
set -u
. "$(dirname "$0")/lib.sh"
F=$(readlink "/proc/$PPID/exe") W=$(mktemp -d)
bash "$REPO/tests/clients/install.sh" samba || { fail "Samba cannot be installed"; finish; }
export SAMBA_HOME=$W/samba SAMBA_ADDRESS=${FIX_SAMBA_ADDRESS:-127.0.0.32} SAMBA_PASSWORD='Passw0rd!Adm'
sudo=; [ "$(id -u)" = 0 ] || sudo='sudo -E'
trap '$sudo bash "$REPO/tests/conformance/samba.sh" stop; $sudo rm -rf "$W"' EXIT
$sudo bash "$REPO/tests/conformance/samba.sh" start || { fail "Samba does not start"; finish; }
URL=ldaps://$SAMBA_ADDRESS BASE=DC=contoso,DC=local PW=$SAMBA_PASSWORD PHOTO=thumbnailPhoto
DN=CN=Administrator,CN=Users,$BASE CLASSES='objectClass: user\n'
export LDAPTLS_CACERT=$SAMBA_HOME/tls/ca.pem
. "$REPO/tests/clients/fix-common.sh"
server+=(--ca-file "$SAMBA_HOME/tls/ca.pem")
seed >"$W/seed.ldif"
ldap ldapadd -f "$W/seed.ldif" >/dev/null || fail "the seed is taken"
picture >"$W/before"

PLAN=$(fix "${server[@]}" "${rules[@]}")
has "a dry run over LDAPS names what it would change" "$PLAN" '^CN=ada,OU=Dirty' FIX-PLAN
has "... and counts it" "$PLAN" '^5 objects looked at: 4 to change' FIX-PLAN
eq "... and writes nothing" "$(picture | cmp - "$W/before" && echo same)" same FIX-PLAN
DONE=$(fix "${server[@]}" "${rules[@]}" --apply --undo "$W/undo.jsonl" --json); eq "a repair of all: exit code" $? 0 FIX-SAMBA
eq "... four objects" "$(states <<<"$DONE")" "done done done done" FIX-SAMBA
picture >"$W/after"
has "a prefix changed its case though Samba finds both alike" "$(cat "$W/after")" 'CN=bob.*proxyAddresses: SMTP:bob@contoso.com$' FIX-SAMBA
eq "... and one primary address is left of two" "$(grep -c 'CN=dee.*proxyAddresses: SMTP:' "$W/after")" 1 FIX-SAMBA
has "nothing is left to repair" "$(fix "${server[@]}" "${rules[@]}")" '^5 objects looked at: 0 to change' FIX-SAMBA
UNDONE=$(fix undo "$W/undo.jsonl" --apply --json "${server[@]}"); eq "undo: exit code" $? 0 FIX-UNDO FIX-SAMBA
eq "... of four objects" "$(states <<<"$UNDONE")" "done done done done" FIX-SAMBA
picture >"$W/restored"
eq "every byte is as before" "$(cmp "$W/before" "$W/restored" && wc -l <"$W/restored" | tr -d ' ')" "$(wc -l <"$W/before" | tr -d ' ')" FIX-SAMBA
finish
