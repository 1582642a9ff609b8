#!/usr/bin/env bash
# estate: --users 300
# OpenLDAP's programs with every control that ldapsearch knows how to send to Active Directory, over StartTLS.
. "$(dirname "$0")/lib.sh"
H=$FORESTBED_LDAP_URL B=$FORESTBED_BASE_DN PW=$FORESTBED_BIND_PASSWORD
PEOPLE='(&(objectCategory=person)(objectClass=user))'
# -ZZ: nothing is sent in the clear, and the certificate is checked
search() { timeout 120 ldapsearch -LLL -x -ZZ -o ldif-wrap=no -H "$H" -D "$FORESTBED_BIND_UPN" -w "$PW" "$@" </dev/null 2>&1; }
chatty() { timeout 120 ldapsearch -x -ZZ -o ldif-wrap=no -H "$H" -D "$FORESTBED_BIND_UPN" -w "$PW" "$@" </dev/null 2>&1; }
change() { ldapmodify -x -ZZ -H "$H" -D "$FORESTBED_BIND_DN" -w "$PW" >/dev/null; }
count() { grep -c '^dn:'; }
# ldapsearch writes a value that begins with < in base64
plain() { while IFS= read -r line; do case $line in *':: '*) printf '%s: %s\n' "${line%%::*}" "$(printf %s "${line#*:: }" | base64 -d)" ;; *) printf '%s\n' "$line" ;; esac; done; }
ROW=CLIENT-LDAP-UTILS

has "StartTLS, then a bind and a search" "$(search -b "$B" -s base 1.1)" "^dn: $B" $ROW LDAP-STARTTLS

# --- something of our own to look at
T="OU=Controls,$B"
{ printf 'dn: %s\nobjectClass: organizationalUnit\n\n' "$T"
  for n in $(seq -w 0 59); do printf 'dn: CN=Walker %s,%s\nobjectClass: user\nsAMAccountName: walker%s\nsn: Walker\ndepartment: D%s\n\n' "$n" "$T" "$n" "${n#?}"; done
  printf 'dn: CN=Walkers,%s\nobjectClass: group\nsAMAccountName: walkers\n' "$T"; for n in $(seq -w 0 59); do printf 'member: CN=Walker %s,%s\n' "$n" "$T"; done
} | ldapadd -x -ZZ -H "$H" -D "$FORESTBED_BIND_DN" -w "$PW" >/dev/null || fail "the objects to look at"

# --- pr, sss, vlv
N=$(search -b "$B" -E pr=77/noprompt "$PEOPLE" 1.1 | count)
eq "pr: every page size finds the same people" "$(search -b "$B" -E pr=500/noprompt "$PEOPLE" 1.1 | count)" "$N" $ROW LDAP-PAGING
eq "pr: a page size of one" "$(search -b "$T" -E pr=1/noprompt '(objectClass=user)' 1.1 | count)" 60 $ROW LDAP-PAGING
eq "sss: in order" "$(search -b "$T" -E '!sss=sAMAccountName' '(objectClass=user)' sAMAccountName | sed -n 's/^sAMAccountName: //p' | tr '\n' ' ')" "$(for n in $(seq -w 0 59); do printf 'walker%s ' "$n"; done)" $ROW LDAP-SORT
eq "sss: last first" "$(search -b "$T" -E '!sss=-sAMAccountName' '(objectClass=user)' sAMAccountName | sed -n 's/^sAMAccountName: //p' | head -1)" walker59 $ROW LDAP-SORT
# at the end of its input ldapsearch asks for window after window: the first one is looked at
V=$(chatty -b "$T" -E '!sss=sAMAccountName' -E '!vlv=2/3/10/0' '(objectClass=user)' sAMAccountName | head -60)
eq "vlv: a window by position" "$(printf '%s\n' "$V" | sed -n 's/^sAMAccountName: walker//p' | head -6 | tr '\n' ' ')" "07 08 09 10 11 12 " $ROW LDAP-VLV
has "vlv: where it is, and of how many" "$V" '^vlvResult: pos=10 count=60 .*Success' $ROW LDAP-VLV
V=$(chatty -b "$T" -E '!sss=sAMAccountName' -E '!vlv=1/1:walker30' '(objectClass=user)' sAMAccountName | head -60)
eq "vlv: a window by value" "$(printf '%s\n' "$V" | sed -n 's/^sAMAccountName: walker//p' | head -3 | tr '\n' ' ')" "29 30 31 " $ROW LDAP-VLV

# --- extendedDn, domainScope
G=$(search -b "CN=Walkers,$T" -s base -E '!extendedDn=1' member | plain)
has "extendedDn: GUID, SID and name" "$G" "^dn: <GUID=[0-9a-f-]{36}>;<SID=S-1-5-21-[0-9-]+>;CN=Walkers,$T$" $ROW LDAP-EXTENDED-DN
eq "extendedDn: in values, too" "$(printf '%s\n' "$G" | grep -cE "^member: <GUID=[0-9a-f-]{36}>;<SID=S-1-5-21-[0-9-]+>;CN=Walker [0-9]{2},$T$")" 60 $ROW LDAP-EXTENDED-DN
has "extendedDn: as hexadecimal" "$(search -b "CN=Walkers,$T" -s base -E '!extendedDn=0' 1.1 | plain)" "^dn: <GUID=[0-9a-f]{32}>;<SID=0105[0-9a-f]+>;CN=Walkers,$T$" $ROW LDAP-EXTENDED-DN
has "without domainScope there are references" "$(chatty -b "$B" '(cn=nobody)' 1.1)" '^ref: ldap://' $ROW LDAP-REFERRALS
lacks "domainScope: no references" "$(chatty -b "$B" -E '!domainScope' '(cn=nobody)' 1.1)" '^ref: ' $ROW LDAP-REFERRALS

# --- dirSync: a full round, an empty one, one with changes; then what was deleted
# round COOKIE: prints the number of entries, the cookie, whether more is there, then the entries
round() { local o; o=$(search -b "$B" -E "!dirSync=0/0${1:+/$1}" '(|(sAMAccountName=walker*)(sAMAccountName=walkers))' sAMAccountName department member)
  printf '%s\n' "$o" | count; printf '%s\n' "$o" | sed -n 's/^# cookie:: //p' | tail -1; printf '%s\n' "$o" | sed -n 's/^# DirSync control continueFlag=//p' | tail -1; printf '%s\n' "$o"; }
COOKIE='' TOTAL=0
for _ in $(seq 1 50); do mapfile -t R < <(round "$COOKIE"); TOTAL=$((TOTAL+R[0])); COOKIE=${R[1]:-}; [ "${R[2]:-0}" = 0 ] && break; done
eq "dirSync: a full round brings everybody" "$TOTAL" 61 $ROW LDAP-DIRSYNC
mapfile -t R < <(round "$COOKIE"); eq "dirSync: nothing changed" "${R[0]}" 0 $ROW LDAP-DIRSYNC
printf 'dn: CN=Walker 07,%s\nchangetype: modify\nreplace: department\ndepartment: Moved\n' "$T" | change || fail "a change"
mapfile -t R < <(round "$COOKIE")
eq "dirSync: one changed" "${R[0]}" 1 $ROW LDAP-DIRSYNC
has "dirSync: with what changed" "$(printf '%s\n' "${R[@]}")" '^department: Moved$' $ROW LDAP-DIRSYNC
lacks "dirSync: and nothing else" "$(printf '%s\n' "${R[@]:3}" | grep '^[a-z]')" '^sAMAccountName:' $ROW LDAP-DIRSYNC
has "dirSync: a forged cookie is refused" "$(search -b "$B" -E '!dirSync=0/0/Z2FyYmFnZQ==' '(objectClass=user)' 1.1; echo "rc=$?")" 'rc=[1-9]' $ROW LDAP-DIRSYNC
ldapdelete -x -ZZ -H "$H" -D "$FORESTBED_BIND_DN" -w "$PW" "CN=Walker 09,$T" >/dev/null 2>&1 || fail "a deletion"
eq "without showDeleted it is gone" "$(search -b "$B" '(sAMAccountName=walker09)' 1.1 | count)" 0 $ROW LDAP-SHOW-DELETED
has "showDeleted: the tombstone" "$(search -b "$B" -E '!showDeleted' '(&(isDeleted=TRUE)(sAMAccountName=walker09))' lastKnownParent isDeleted | tr '\n' ' ')" "lastKnownParent: $T .*isDeleted: TRUE|isDeleted: TRUE .*lastKnownParent: $T" $ROW LDAP-SHOW-DELETED
finish
