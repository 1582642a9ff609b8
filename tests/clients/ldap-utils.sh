#!/usr/bin/env bash
# estate: --users 1500
# OpenLDAP's own clients against the forest: forestbed exec --users 1500 -- bash tests/clients/ldap-utils.sh
set -u
. "$(dirname "$0")/lib.sh"
H=$FORESTBED_LDAP_URL B=$FORESTBED_BASE_DN PW=$FORESTBED_BIND_PASSWORD
NETBIOS=$(printf %s "${FORESTBED_DOMAIN%%.*}" | tr '[:lower:]' '[:upper:]') SAM=${FORESTBED_BIND_UPN%@*}
PEOPLE='(&(objectCategory=person)(objectClass=user))'
raw() { timeout 60 ldapsearch -x -LLL -o ldif-wrap=no "$@" </dev/null 2>&1; }
search() { raw -H "$H" -D "$FORESTBED_BIND_DN" -w "$PW" "$@"; }
count() { grep -c '^dn:'; }

# --- root DSE
R=$(raw -H "$H" -b '' -s base)
has "anonymous root DSE names the domain" "$R" "^defaultNamingContext: $B" LDAP-ROOTDSE
has "root DSE says it is Active Directory" "$R" '^supportedCapabilities: 1.2.840.113556.1.4.800$' LDAP-ROOTDSE
# active-directory.md 2: these 22
eq "root DSE answers 22 attributes unless asked" "$(printf '%s\n' "$R" | sed -n 's/^\([A-Za-z]*\):.*/\1/p' | grep -v '^dn$' | sort -u | wc -l | tr -d ' ')" 22 LDAP-ROOTDSE
lacks "supportedExtension is absent unless named" "$R" '^supportedExtension:' LDAP-ROOTDSE
has "supportedExtension by name lists StartTLS" "$(raw -H "$H" -b '' -s base supportedExtension)" '^supportedExtension: 1.3.6.1.4.1.1466.20037$' LDAP-ROOTDSE

# --- binds
base() { raw -H "$H" -D "$1" -w "$2" -b "$B" -s base dn; }
has "simple bind by DN" "$(base "$FORESTBED_BIND_DN" "$PW")" "^dn: $B" LDAP-BIND-DN
has "simple bind by user@domain" "$(base "$FORESTBED_BIND_UPN" "$PW")" "^dn: $B" LDAP-BIND-UPN
has "simple bind by DOMAIN\\user" "$(base "$NETBIOS\\$SAM" "$PW")" "^dn: $B" LDAP-BIND-NETBIOS
has "wrong password: 49" "$(base "$FORESTBED_BIND_UPN" nope)" 'Invalid credentials \(49\)' LDAP-BIND-ERRORS
has "... with sub-code 52e" "$(base "$FORESTBED_BIND_UPN" nope)" 'LdapErr: DSID-[0-9A-F]{8}, comment: AcceptSecurityContext error, data 52e, v[0-9a-f]{4}' LDAP-BIND-ERRORS
has "unknown user: 52e too" "$(base nobody@contoso.local nope)" 'data 52e' LDAP-BIND-ERRORS
has "a search without a bind is refused" "$(raw -H "$H" -b "$B" '(cn=x)')" 'Operations error \(1\)' LDAP-BIND-ANONYMOUS
has "... with the text of a domain controller" "$(raw -H "$H" -b "$B" '(cn=x)')" '000004DC: LdapErr: .*a successful bind must be completed on the connection' LDAP-BIND-ANONYMOUS
has "StartTLS with the lab's CA" "$(raw -ZZ -H "$H" -D "$FORESTBED_BIND_UPN" -w "$PW" -b "$B" -s base dn)" "^dn: $B" LDAP-STARTTLS
has "LDAPS with the lab's CA" "$(raw -H "$FORESTBED_LDAPS_URL" -D "$FORESTBED_BIND_UPN" -w "$PW" -b "$B" -s base dn)" "^dn: $B" LDAP-LDAPS
has "StartTLS on LDAPS is refused" "$(raw -ZZ -H "$FORESTBED_LDAPS_URL" -D "$FORESTBED_BIND_UPN" -w "$PW" -b "$B" -s base dn)" 'Operations error \(1\)' LDAP-STARTTLS
eq "who am I" "$(ldapwhoami -x -H "$H" -D "$FORESTBED_BIND_DN" -w "$PW" 2>&1)" "u:$NETBIOS\\$SAM" LDAP-WHOAMI

# --- searches and limits
N=$(search -b "$B" -E pr=500/noprompt "$PEOPLE" 1.1 | count)
eq "paging by 500 and by 37 finds the same people" "$(search -b "$B" -E pr=37/noprompt "$PEOPLE" 1.1 | count)" "$N" LDAP-PAGING
[ "$N" -gt 1000 ] && pass "more than 1,000 people ($N)" || fail "more than 1,000 people are needed, there are $N"
U=$(search -b "$B" "$PEOPLE" 1.1)
eq "unpaged: MaxPageSize entries" "$(printf '%s\n' "$U" | count)" 1000 LDAP-SIZE-LIMIT
has "... then sizeLimitExceeded" "$U" 'Size limit exceeded \(4\)' LDAP-SIZE-LIMIT
Z=$(search -b "$B" -z 5 "$PEOPLE" 1.1)
eq "client size limit 5" "$(printf '%s\n' "$Z" | count)" 5 LDAP-SIZE-LIMIT
has "... then sizeLimitExceeded" "$Z" 'Size limit exceeded \(4\)' LDAP-SIZE-LIMIT
eq "scope base finds one" "$(search -b "$B" -s base 1.1 | count)" 1 LDAP-SEARCH
has "scope one finds the default containers" "$(search -b "$B" -s one 1.1)" "^dn: CN=Users,$B" LDAP-SEARCH
has "no such object names the nearest ancestor" "$(search -b "OU=nope,$B" -s base)" "best match of:" LDAP-SEARCH
ADMIN=$(search -b "$FORESTBED_BIND_DN" -s base)
has "objectClass comes whole, root first" "$(printf '%s\n' "$ADMIN" | grep '^objectClass' | tr '\n' ' ')" 'objectClass: top objectClass: person objectClass: organizationalPerson objectClass: user ' LDAP-SEARCH
eq "1.1 returns the name and nothing else" "$(search -b "$FORESTBED_BIND_DN" -s base 1.1 | grep -c .)" 1 LDAP-SEARCH

# --- filters
S=$(search -b "$B" -E pr=500/noprompt "(&$PEOPLE(mail=*))" dn objectGUID objectSid mail sAMAccountName | awk '/^dn:/{n++} n==1')
F() { printf '%s\n' "$S" | sed -n "s/^$1:: //p" | base64 -d | od -An -v -tx1 | tr -d ' \n' | sed 's/../\\&/g'; }
WHO=$(printf '%s\n' "$S" | sed -n 's/^sAMAccountName: //p')
has "objectGUID by octets" "$(search -b "$B" "(objectGUID=$(F objectGUID))" sAMAccountName)" "^sAMAccountName: $WHO$" LDAP-FILTER-BINARY
has "objectSid by octets" "$(search -b "$B" "(objectSid=$(F objectSid))" sAMAccountName)" "^sAMAccountName: $WHO$" LDAP-FILTER-BINARY
eq "equality in any case" "$(search -b "$B" "(SAMACCOUNTNAME=$(printf %s "$WHO" | tr '[:lower:]' '[:upper:]'))" 1.1 | count)" 1 LDAP-FILTER
eq "a clause and its negation share out the people" "$(( $(search -b "$B" -E pr=500/noprompt "(&$PEOPLE(mail=*))" 1.1 | count) + $(search -b "$B" -E pr=500/noprompt "(&$PEOPLE(!(mail=*)))" 1.1 | count) ))" "$N" LDAP-FILTER
eq "an unknown attribute matches nothing" "$(search -b "$B" '(nosuchattribute=1)' 1.1 | count)" 0 LDAP-FILTER
eq "substring" "$(search -b "$B" "(sAMAccountName=${WHO%?}*)" sAMAccountName | grep -c "^sAMAccountName: $WHO$")" 1 LDAP-FILTER
eq "greater and less or equal meet" "$(search -b "$B" "(&(objectSid=$(F objectSid))(uSNChanged>=1)(uSNChanged<=999999999))" 1.1 | count)" 1 LDAP-FILTER
OFF=$(search -b "$B" -E pr=500/noprompt "(&$PEOPLE(userAccountControl:1.2.840.113556.1.4.803:=2))" 1.1 | count)
ON=$(search -b "$B" -E pr=500/noprompt "(&$PEOPLE(!(userAccountControl:1.2.840.113556.1.4.803:=2)))" 1.1 | count)
[ "$OFF" -gt 0 ] || fail "somebody is disabled"
eq "bit-and shares out the people" "$((OFF+ON))" "$N" LDAP-FILTER-BITS
eq "bit-or over a mask that everybody has" "$(search -b "$B" -E pr=500/noprompt "(&$PEOPLE(userAccountControl:1.2.840.113556.1.4.804:=512))" 1.1 | count)" "$N" LDAP-FILTER-BITS
has "in chain: Administrator is in Administrators, at least through Domain Admins" "$(search -b "$B" "(memberOf:1.2.840.113556.1.4.1941:=CN=Administrators,CN=Builtin,$B)" sAMAccountName)" '^sAMAccountName: Administrator$' LDAP-FILTER-CHAIN

# --- controls and other forms
has "base by <GUID=>" "$(search -b "<GUID=$(printf %s "$(F objectGUID)" | tr -d '\\\\')>" -s base sAMAccountName)" "^sAMAccountName: $WHO$" LDAP-BASES
has "base by <WKGUID=>" "$(search -b "<WKGUID=A9D1CA15768811D1ADED00C04FD8D5CD,$B>" -s base 1.1)" "^dn: CN=Users,$B" LDAP-BASES
SORTED=$(search -b "$B" -E '!sss=-sAMAccountName' '(&(objectCategory=group)(groupType:1.2.840.113556.1.4.803:=2147483648))' sAMAccountName | sed -n 's/^sAMAccountName: //p')
eq "server-side sort, reverse" "$(printf '%s\n' "$SORTED" | tr '[:upper:]' '[:lower:]' | head -1)" "$(printf '%s\n' "$SORTED" | tr '[:upper:]' '[:lower:]' | LC_ALL=C sort -r | head -1)" LDAP-SORT
has "extended DN" "$(search -b "$FORESTBED_BIND_DN" -s base -E '!extendedDn=1' 1.1 | sed -n 's/^dn:: //p' | base64 -d)" '^<GUID=[0-9a-f-]{36}>;<SID=S-1-5-21-[0-9-]+-500>;CN=Administrator,' LDAP-EXTENDED-DN
has "a domain-wide search ends with references" "$(timeout 60 ldapsearch -x -o ldif-wrap=no -H "$H" -D "$FORESTBED_BIND_DN" -w "$PW" -b "$B" '(cn=no such name)' 1.1 </dev/null 2>&1)" "^ref: ldap://[^/]+/CN=Configuration,$B" LDAP-REFERRALS
SCOPED=$(timeout 60 ldapsearch -x -o ldif-wrap=no -H "$H" -D "$FORESTBED_BIND_DN" -w "$PW" -b "$B" -E '!domainScope' '(cn=no such name)' 1.1 </dev/null 2>&1)
has "with the domain-scope control it succeeds" "$SCOPED" '^result: 0 Success' LDAP-REFERRALS
lacks "... without references" "$SCOPED" '^ref: ' LDAP-REFERRALS
has "an unknown critical control is refused" "$(search -b "$B" -s base -e '!1.2.3.4.5' 1.1)" 'Critical extension is unavailable \(12\)' LDAP-UNKNOWN-CONTROL
eq "an unknown control that is not critical is ignored" "$(search -b "$B" -s base -e '1.2.3.4.5' 1.1 | count)" 1 LDAP-UNKNOWN-CONTROL

# --- updates
T="OU=Client Test,$B"
change() { ldapmodify -x -H "$H" -D "$FORESTBED_BIND_DN" -w "$PW" 2>&1; }
addit() { ldapadd -x -H "$H" -D "$FORESTBED_BIND_DN" -w "$PW" 2>&1; }
dele() { ldapdelete -x -H "$H" -D "$FORESTBED_BIND_DN" -w "$PW" "$@" 2>&1 </dev/null; }
has "add an organizational unit" "$(printf 'dn: %s\nobjectClass: organizationalUnit\n' "$T" | addit; echo "rc=$?")" 'rc=0' LDAP-ADD
has "add a user" "$(printf 'dn: CN=Ada Test,%s\nobjectClass: user\nsAMAccountName: ada.test\nmail: ada.test@contoso.com\n' "$T" | addit; echo "rc=$?")" 'rc=0' LDAP-ADD
has "it got userAccountControl 546" "$(search -b "CN=Ada Test,$T" -s base)" '^userAccountControl: 546$' LDAP-ADD
has "the same again: 68" "$(printf 'dn: CN=Ada Test,%s\nobjectClass: user\n' "$T" | addit)" 'Already exists \(68\)' LDAP-ADD
has "without parent: 32" "$(printf 'dn: CN=x,OU=nope,%s\nobjectClass: contact\n' "$T" | addit)" 'No such object \(32\)' LDAP-ADD
has "sAMAccountName taken: 68" "$(printf 'dn: CN=Other,%s\nobjectClass: user\nsAMAccountName: ADA.TEST\n' "$T" | addit)" 'Already exists \(68\)' LDAP-ADD
has "unknown attribute: 16" "$(printf 'dn: CN=Ada Test,%s\nchangetype: modify\nreplace: nosuchattribute\nnosuchattribute: 1\n' "$T" | change)" 'No such attribute \(16\)' LDAP-MODIFY
has "modify" "$(printf 'dn: CN=Ada Test,%s\nchangetype: modify\nreplace: department\ndepartment: Sales\n-\nadd: proxyAddresses\nproxyAddresses: SMTP:ada.test@contoso.com\n' "$T" | change; echo "rc=$?")" 'rc=0' LDAP-MODIFY
has "the changes are there" "$(search -b "CN=Ada Test,$T" -s base department proxyAddresses | tr '\n' ' ')" 'department: Sales.*proxyAddresses: SMTP:ada.test@contoso.com|proxyAddresses: SMTP:ada.test@contoso.com.*department: Sales' LDAP-MODIFY
has "a refused modify changes nothing" "$(printf 'dn: CN=Ada Test,%s\nchangetype: modify\nreplace: department\ndepartment: Lost\n-\nadd: displayName\ndisplayName: a\ndisplayName: b\n' "$T" | change; search -b "CN=Ada Test,$T" -s base department)" '^department: Sales' LDAP-MODIFY
has "rename" "$(ldapmodrdn -x -r -H "$H" -D "$FORESTBED_BIND_DN" -w "$PW" "CN=Ada Test,$T" 'CN=Ada Renamed' 2>&1; echo "rc=$?")" 'rc=0' LDAP-MODIFYDN
has "move" "$(ldapmodrdn -x -r -s "CN=Users,$B" -H "$H" -D "$FORESTBED_BIND_DN" -w "$PW" "CN=Ada Renamed,$T" 'CN=Ada Renamed' 2>&1; echo "rc=$?")" 'rc=0' LDAP-MODIFYDN
eq "it is where it was moved" "$(search -b "CN=Ada Renamed,CN=Users,$B" -s base 1.1 | count)" 1 LDAP-MODIFYDN
has "compare true" "$(ldapcompare -x -H "$H" -D "$FORESTBED_BIND_DN" -w "$PW" "CN=Ada Renamed,CN=Users,$B" 'department:sales' 2>&1)" TRUE LDAP-COMPARE
has "compare false" "$(ldapcompare -x -H "$H" -D "$FORESTBED_BIND_DN" -w "$PW" "CN=Ada Renamed,CN=Users,$B" 'department:IT' 2>&1)" FALSE LDAP-COMPARE
has "a non-leaf stays: 66" "$(printf 'dn: CN=leaf,%s\nobjectClass: contact\n' "$T" | addit; dele "$T")" 'non-leaf \(66\)' LDAP-DELETE
has "delete" "$(dele "CN=leaf,$T" "$T" "CN=Ada Renamed,CN=Users,$B"; echo "rc=$?")" 'rc=0' LDAP-DELETE
eq "it is gone" "$(search -b "$B" '(sAMAccountName=ada.test)' 1.1 | count)" 0 LDAP-DELETE
eq "the tombstone is there with the control" "$(search -b "$B" -E '!showDeleted' '(&(isDeleted=TRUE)(sAMAccountName=ada.test))' 1.1 | count)" 1 LDAP-SHOW-DELETED
{ printf 'dn: %s\nobjectClass: organizationalUnit\n\n' "$T"; printf 'dn: CN=big,%s\nobjectClass: group\nsAMAccountName: big\ngroupType: -2147483640\n' "$T"; search -b "$B" -E pr=500/noprompt "$PEOPLE" 1.1 | sed -n 's/^dn\(::*\) /member\1 /p' | awk '!/CN=(Administrator|Guest|krbtgt),/'; } | addit >/dev/null
eq "a large attribute comes in ranges of 1,500" "$(search -b "CN=big,$T" -s base member | grep -cE '^member;range=0-1499:')" 1500 LDAP-RANGE
eq "... the rest by name" "$(search -b "CN=big,$T" -s base '(objectClass=*)' 'member;range=1500-*' | grep -cE '^member;range=1500-\*:')" "$((N-1503))" LDAP-RANGE
has "permissive modify takes what is there already" "$(printf 'dn: CN=big,%s\nchangetype: modify\nadd: description\ndescription: one\n' "$T" | change; printf 'dn: CN=big,%s\nchangetype: modify\nadd: description\ndescription: one\n' "$T" | ldapmodify -x -e '!1.2.840.113556.1.4.1413' -H "$H" -D "$FORESTBED_BIND_DN" -w "$PW" 2>&1; echo "rc=$?")" 'rc=0' LDAP-PERMISSIVE-MODIFY
has "tree delete" "$(ldapdelete -x -e '!1.2.840.113556.1.4.805' -H "$H" -D "$FORESTBED_BIND_DN" -w "$PW" "$T" 2>&1 </dev/null; echo "rc=$?")" 'rc=0' LDAP-TREE-DELETE
eq "... took all of it" "$(search -b "$B" '(sAMAccountName=big)' 1.1 | count)" 0 LDAP-TREE-DELETE
# --- passwords and the states of an account
secret() { printf '"%s"' "$1" | iconv -f UTF-8 -t UTF-16LE | base64 -w0; }
P="CN=Pat Test,CN=Users,$B"
NEW=$(printf 'dn: %s\nobjectClass: user\nsAMAccountName: pat.test\nuserAccountControl: 512\nunicodePwd:: %s\n' "$P" "$(secret 'Str0ng-enough!')")
has "a password over a plain connection is refused" "$(printf '%s\n' "$NEW" | addit)" '0000001F: SvcErr: .*WILL_NOT_PERFORM' LDAP-PASSWORDS
secure() { "$@" -x -H "$FORESTBED_LDAPS_URL" -D "$FORESTBED_BIND_DN" -w "$PW" 2>&1; }
has "... over LDAPS it is taken" "$(printf '%s\n' "$NEW" | secure ldapadd; echo "rc=$?")" 'rc=0' LDAP-PASSWORDS
has "a weak password is refused" "$(printf 'dn: %s\nchangetype: modify\nreplace: unicodePwd\nunicodePwd:: %s\n' "$P" "$(secret short)" | secure ldapmodify)" '0000052D' LDAP-PASSWORDS
has "the new account binds" "$(base "pat.test@$FORESTBED_DOMAIN" 'Str0ng-enough!')" "^dn: $B" LDAP-PASSWORDS
set_() { printf 'dn: %s\nchangetype: modify\nreplace: %s\n%s: %s\n' "$P" "$1" "$1" "$2" | change >/dev/null; }
set_ userAccountControl 514
has "a disabled account: 533 with the right password" "$(base "pat.test@$FORESTBED_DOMAIN" 'Str0ng-enough!')" 'data 533' LDAP-BIND-STATES
has "... 52e with a wrong one" "$(base "pat.test@$FORESTBED_DOMAIN" 'wrong')" 'data 52e' LDAP-BIND-STATES
set_ userAccountControl 512; set_ pwdLastSet 0
has "must change its password: 773" "$(base "pat.test@$FORESTBED_DOMAIN" 'Str0ng-enough!')" 'data 773' LDAP-BIND-STATES
set_ pwdLastSet -1; set_ accountExpires 1
has "an expired account: 701" "$(base "pat.test@$FORESTBED_DOMAIN" 'Str0ng-enough!')" 'data 701' LDAP-BIND-STATES
has "the schema subentry lists proxyAddresses" "$(search -b "CN=Aggregate,CN=Schema,CN=Configuration,$B" -s base '(objectClass=subSchema)' attributeTypes)" "NAME 'proxyAddresses'" LDAP-SCHEMA
finish
