#!/usr/bin/env bash
# estate: --users 300
# Changes by OpenLDAP's own clients: forestbed exec --users 300 -- bash tests/clients/ldap-updates.sh
set -u
. "$(dirname "$0")/lib.sh"
H=$FORESTBED_LDAPS_URL B=$FORESTBED_BASE_DN PW=$FORESTBED_BIND_PASSWORD
as() { local tool=$1; shift; timeout 60 "$tool" -x -H "$H" -D "$FORESTBED_BIND_DN" -w "$PW" "$@" 2>&1; echo "rc=$?"; }
search() { timeout 60 ldapsearch -x -LLL -o ldif-wrap=no -H "$H" -D "$FORESTBED_BIND_DN" -w "$PW" "$@" 2>&1 </dev/null; }
U="OU=Shell Updates,$B"
SHOWN=1.2.840.113556.1.4.417

has "ldapadd makes a unit, a user and a group" "$(printf 'dn: %s\nobjectClass: organizationalUnit\n\ndn: CN=Una,%s\nobjectClass: user\nsAMAccountName: una.shell\nmail: una@contoso.com\n\ndn: CN=Grp,%s\nobjectClass: group\nsAMAccountName: grp.shell\ngroupType: -2147483640\nmember: CN=Una,%s\n' "$U" "$U" "$U" "$U" | as ldapadd)" 'rc=0' LDAP-ADD
has "a second account of that name: 68" "$(printf 'dn: CN=Two,%s\nobjectClass: user\nsAMAccountName: UNA.shell\n' "$U" | as ldapadd)" 'Already exists \(68\)' LDAP-ADD
has "... with the text of a domain controller" "$(printf 'dn: CN=Two,%s\nobjectClass: user\nsAMAccountName: UNA.shell\n' "$U" | as ldapadd)" '00000524: UpdErr: DSID-[0-9A-F]{8}, problem 6005 \(ENTRY_EXISTS\), data 0' LDAP-ADD
has "modify is all or nothing" "$(printf 'dn: CN=Una,%s\nchangetype: modify\nreplace: title\ntitle: Boss\n-\nadd: cn\ncn: x\n' "$U" | as ldapmodify)" 'rc=67' LDAP-MODIFY
lacks "... nothing of it was done" "$(search -b "CN=Una,$U" -s base sAMAccountName title)" '^title' LDAP-MODIFY
has "ldapmodrdn renames, and the group follows" "$(as ldapmodrdn -r "CN=Una,$U" 'CN=Una Two' </dev/null)" 'rc=0' LDAP-MODIFYDN
has "... by the new name" "$(search -b "CN=Grp,$U" -s base member)" "^member: CN=Una Two,$U" LDAP-MODIFYDN
has "the old name must go" "$(as ldapmodrdn "CN=Una Two,$U" 'CN=Una Three' </dev/null)" 'rc=53' LDAP-MODIFYDN
has "a critical account stays" "$(as ldapdelete "CN=krbtgt,CN=Users,$B" </dev/null)" 'rc=53' LDAP-DELETE
has "the recycle bin is enabled" "$(printf 'dn:\nchangetype: modify\nadd: enableOptionalFeature\nenableOptionalFeature: CN=Partitions,CN=Configuration,%s:766ddcd8-acd0-445e-f3b9-a7f9b6744f2a\n' "$B" | as ldapmodify)" 'rc=0' LDAP-RECYCLE-BIN
has "ldapdelete" "$(as ldapdelete "CN=Una Two,$U" </dev/null)" 'rc=0' LDAP-DELETE
D=$(search -E '!showDeleted' -b "CN=Deleted Objects,$B" '(sAMAccountName=una.shell)' mail)
has "the deleted object keeps its mail" "$D" '^mail: una@contoso.com' LDAP-RECYCLE-BIN
GUID=$(printf '%s' "$D" | sed -n 's/.*DEL:\([0-9a-f-]*\),.*/\1/p')
GONE="<GUID=$GUID>"
has "nobody names it without the control: 32" "$(printf 'dn: %s\nchangetype: modify\ndelete: isDeleted\n-\nreplace: distinguishedName\ndistinguishedName: CN=Una,%s\n' "$GONE" "$U" | as ldapmodify)" 'rc=32' LDAP-UNDELETE
has "undelete" "$(printf 'dn: %s\nchangetype: modify\ndelete: isDeleted\n-\nreplace: distinguishedName\ndistinguishedName: CN=Una,%s\n' "$GONE" "$U" | as ldapmodify -e "!$SHOWN")" 'rc=0' LDAP-UNDELETE
has "it is in its group again" "$(search -b "CN=Grp,$U" -s base member)" "^member: CN=Una,$U" LDAP-UNDELETE
finish
