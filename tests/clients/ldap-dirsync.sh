#!/usr/bin/env bash
# estate: --users 300
# OpenLDAP's ldapsearch with the DirSync control: forestbed exec --users 300 -- bash tests/clients/ldap-dirsync.sh
set -u
. "$(dirname "$0")/lib.sh"
H=$FORESTBED_LDAP_URL B=$FORESTBED_BASE_DN
on() { local tool=$1; shift; timeout 60 "$tool" -x -H "$H" -D "$FORESTBED_BIND_DN" -w "$FORESTBED_BIND_PASSWORD" "$@" 2>&1; }
# sync FLAGS/BYTES[/COOKIE] FILTER ATTRIBUTES...
sync() { local how=$1; shift; on ldapsearch -LLL -o ldif-wrap=no -b "$B" -E "!dirSync=$how" "$@" </dev/null; }
# ldapsearch shows the cookie of an answer in base64, and takes it so
cookie() { printf '%s\n' "$1" | sed -n 's/^# cookie:: //p'; }
count() { grep -c '^dn:'; }
change() { on ldapmodify >/dev/null; }
add() { on ldapadd >/dev/null; }

PEOPLE='(&(objectCategory=person)(objectClass=user))'
printf 'dn: OU=Sync Lab,%s\nobjectClass: organizationalUnit\n' "$B" | add
for name in ann ben; do
  printf 'dn: CN=%s,OU=Sync Lab,%s\nobjectClass: user\nsAMAccountName: %s.lab\ndepartment: Sales\n' "$name" "$B" "$name" | add
done
printf 'dn: CN=team,OU=Sync Lab,%s\nobjectClass: group\nsAMAccountName: team.lab\nmember: CN=ann,OU=Sync Lab,%s\n' "$B" "$B" | add

FIRST=$(sync 0/0 "$PEOPLE" sAMAccountName)
N=$(on ldapsearch -LLL -b "$B" -E pr=500/noprompt "$PEOPLE" 1.1 </dev/null | count)
eq "a first round tells all people" "$(printf '%s\n' "$FIRST" | count)" "$N" LDAP-DIRSYNC
has "... all of them in one answer" "$FIRST" '^# DirSync control continueFlag=0' LDAP-DIRSYNC
C=$(cookie "$FIRST")
[ -n "$C" ] && pass "a cookie comes with the answer" LDAP-DIRSYNC-COOKIES || fail "there is no cookie"
eq "nothing changed, nothing comes" "$(sync "0/0/$C" '(objectClass=*)' | count)" 0 LDAP-DIRSYNC-COOKIES

printf 'dn: CN=ann,OU=Sync Lab,%s\nchangetype: modify\nreplace: title\ntitle: Boss\n-\ndelete: department\n' "$B" | change
printf 'dn: CN=team,OU=Sync Lab,%s\nchangetype: modify\nadd: member\nmember: CN=ben,OU=Sync Lab,%s\n-\ndelete: member\nmember: CN=ann,OU=Sync Lab,%s\n' "$B" "$B" "$B" | change
on ldapdelete "CN=ben,OU=Sync Lab,$B" >/dev/null </dev/null
NEXT=$(sync "0/0/$C" '(objectClass=*)')
eq "three objects changed" "$(printf '%s\n' "$NEXT" | count)" 3 LDAP-DIRSYNC
has "the new value" "$NEXT" '^title: Boss$' LDAP-DIRSYNC
has "the deleted object, without show deleted" "$NEXT" '^isDeleted: TRUE$' LDAP-DIRSYNC
lacks "attributes that did not change stay away" "$NEXT" '^(sAMAccountName|cn|whenChanged|uSNChanged):' LDAP-DIRSYNC
has "extended names beside it" "$(on ldapsearch -LLL -o ldif-wrap=no -b "$B" -E "!dirSync=0/0/$C" -E '!extendedDn=1' '(objectClass=user)' title </dev/null | sed -n 's/^dn:: //p' | head -1 | base64 -d)" '^<GUID=[0-9a-f-]{36}>;<SID=S-1-5-21-[0-9-]+>;CN=ann,' LDAP-DIRSYNC
# 2147483648: the topmost flag. ben was deleted: its membership went with it, and only ann's is told
VALUES=$(sync "2147483648/0/$C" '(objectClass=group)' member)
has "incremental values: what went" "$VALUES" "^member;range=0-0: CN=ann,OU=Sync Lab,$B\$" LDAP-DIRSYNC-INCREMENTAL
lacks "... a value that went with its object is not told" "$VALUES" 'CN=ben' LDAP-DIRSYNC-INCREMENTAL

# as long as the server says that there is more
walk() { local cookie=$1 answer; while answer=$(sync "0/2000${cookie:+/$cookie}" '(objectClass=*)' name); do
  printf '%s\n' "$answer" | sed -n 's/^dn:* //p'; cookie=$(cookie "$answer")
  printf '%s\n' "$answer" | grep -q '^# DirSync control continueFlag=0' && break; done; }
eq "small answers, one after the other, tell as much as one" "$(walk '' | sort -u | wc -l)" "$(sync 0/0 '(objectClass=*)' name | sed -n 's/^dn:* //p' | sort -u | wc -l)" LDAP-DIRSYNC-COOKIES
has "a cookie that is none: protocolError" "$(sync 0/0/Z2FyYmFnZQ== '(objectClass=*)')" 'Protocol error \(2\)' LDAP-DIRSYNC-COOKIES
has "... with the text of a domain controller" "$(sync 0/0/Z2FyYmFnZQ== '(objectClass=*)')" '0000203D: LdapErr: DSID-[0-9A-F]{8}, comment: Error processing control, data 0' LDAP-DIRSYNC-COOKIES
WHO=CN=ann,OU=Sync\ Lab,$B SECRET='Str0ng-enough!'
quoted() { printf '"%s"' "$1" | iconv -f UTF-8 -t UTF-16LE | base64 -w0; }
printf 'dn: %s\nchangetype: modify\nreplace: unicodePwd\nunicodePwd:: %s\n-\nreplace: userAccountControl\nuserAccountControl: 512\n' "$WHO" "$(quoted "$SECRET")" |
  ldapmodify -x -H "$FORESTBED_LDAPS_URL" -D "$FORESTBED_BIND_DN" -w "$FORESTBED_BIND_PASSWORD" >/dev/null 2>&1
as_ann() { timeout 60 ldapsearch -x -LLL -o ldif-wrap=no -H "$H" -D "$WHO" -w "$SECRET" -b "$B" -E "!dirSync=$1" '(objectClass=group)' name 2>&1 </dev/null; }
has "without the right to replicate: 50" "$(as_ann 0/0)" 'Insufficient access \(50\)' LDAP-DIRSYNC
has "... with the text of a domain controller" "$(as_ann 0/0)" '00002105: LdapErr: ' LDAP-DIRSYNC
has "... object security asks for no right" "$(as_ann 1/0)" '^name: Domain Users$' LDAP-DIRSYNC
finish
