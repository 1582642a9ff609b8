#!/usr/bin/env bash
# estate: --users 120 --seed 11 --defects clean
# LDIF between forestbed and OpenLDAP's clients: what ldapsearch prints starts an estate, a dump loads back to
# equal bytes, and ldapadd takes a dump's people into another estate.
set -u
. "$(dirname "$0")/lib.sh"
F=$(readlink "/proc/$PPID/exe") W=$(mktemp -d); trap 'rm -rf "$W"' EXIT
B=$FORESTBED_BASE_DN
ask() { timeout 60 ldapsearch -x -LLL -H "$FORESTBED_LDAP_URL" -D "$FORESTBED_BIND_DN" -w "$FORESTBED_BIND_PASSWORD" -b "$B" -E pr=500/noprompt "$@" </dev/null 2>/dev/null; }
change() { timeout 60 ldapmodify -x -H "$FORESTBED_LDAP_URL" -D "$FORESTBED_BIND_DN" -w "$FORESTBED_BIND_PASSWORD" "$@"; }
# the command started with --ldif FILE in an estate of its own, without this one's variables
inside() { env -u FORESTBED_CONTROL_URL -u FORESTBED_CONTROL_TOKEN "$F" "$@"; }

# --- what happens at run time is in the dump: an addition with a folded, an encoded and a binary value, a deletion
LONG=$(printf 'x%.0s' $(seq 200))
printf 'version: 1\n\ndn: CN=Zo\303\253 \\#1,CN=Users,%s\nchangetype: add\nobjectClass: user\nsAMAccountName: zoe\ndescription:: IGxlYWRpbmcgYmxhbmsgYW5kIGEgbmV3CmxpbmU=\ninfo: %s\nthumbnailPhoto:: /9j/AA==\n' "$B" "$LONG" | change >/dev/null
GONE=$(ask '(&(objectCategory=person)(mail=*))' dn | sed -e ':a' -e '$!{N;ba}' -e 's/\n //g' | sed -n 's/^dn: //p' | head -1)
printf 'dn: %s\nchangetype: delete\n' "$GONE" | change >/dev/null
"$F" dump directory --format ldif >"$W/a.ldif"
has "the dump holds the tombstone" "$(cat "$W/a.ldif")" 'ADEL:'
has "the dump says isDeleted" "$(cat "$W/a.ldif")" '^isDeleted: TRUE$'
has "the dump holds the photograph" "$(cat "$W/a.ldif")" '^thumbnailPhoto:: /9j/AA==$'
inside dump directory --format ldif --ldif "$W/a.ldif" --seed 99 >"$W/b.ldif" 2>"$W/report"
has "nothing of a dump is lost" "$(cat "$W/report")" '; 0 values and entries skipped$'
eq "dump, load, dump: equal bytes" "$(cmp "$W/a.ldif" "$W/b.ldif" && wc -l <"$W/a.ldif" | tr -d ' ')" "$(wc -l <"$W/b.ldif" | tr -d ' ')" LDIF-DUMP

# --- what ldapsearch -LLL prints starts an estate
ask '(objectClass=*)' '*' >"$W/export.ldif"
KEY='(&(objectCategory=person)(objectClass=user))'
cat >"$W/ask.sh" <<'END'
ldapsearch -x -LLL -o ldif-wrap=no -H "$FORESTBED_LDAP_URL" -D "$FORESTBED_BIND_DN" -w "$FORESTBED_BIND_PASSWORD" -b "$FORESTBED_BASE_DN" -E pr=500/noprompt "$@" </dev/null
END
facts() { grep -E '^(dn|objectGUID|objectSid|memberOf|member|mail|proxyAddresses|whenCreated|description)' | sort; }
export -f facts 2>/dev/null
HERE=$(FORESTBED_X=1 bash "$W/ask.sh" '(|(objectCategory=person)(objectCategory=group))' | facts)
THERE=$(inside exec --ldif "$W/export.ldif" --seed 5 -- bash "$W/ask.sh" '(|(objectCategory=person)(objectCategory=group))' 2>"$W/report" | facts)
eq "an estate from ldapsearch's output has the same names, GUIDs, SIDs, links and times" "$(printf %s "$THERE" | md5sum)" "$(printf %s "$HERE" | md5sum)" LDIF-IMPORT
has "... and $(printf '%s\n' "$THERE" | wc -l) lines of them" "$THERE" '^objectSid:: '
has "the report counts what is made anew" "$(cat "$W/report")" 'recomputed: .*memberOf \([0-9]+\)' LDIF-IMPORT
eq "a selection of people only: their units are made" "$(ask "$KEY" '*' >"$W/people.ldif"; inside generate --ldif "$W/people.ldif" --json 2>"$W/report" | grep -cF "\"$KEY\": $(grep -c '^dn:' "$W/people.ldif")")" 1 LDIF-IMPORT
has "... and said" "$(cat "$W/report")" 'assumed: line [0-9]+: .OU=.*not in the file, made as organizationalUnit'

# --- what cannot be is refused with its line
printf 'dn: CN=a,DC=x,DC=y\nchangetype: modify\nreplace: sn\nsn: b\n' >"$W/changes.ldif"
OUT=$(inside generate --ldif "$W/changes.ldif" 2>&1); eq "a file of changes: exit code" $? 2
has "... says what to do" "$OUT" 'line 1: a change .changetype: modify. .*ldapmodify -f' LDIF-REFUSED
printf 'dn: CN=a,DC=x,DC=y\nobjectClass: user\njpegPhoto:< file:///etc/hostname\n' >"$W/url.ldif"
has "a value from a file is refused" "$(inside generate --ldif "$W/url.ldif" 2>&1)" 'line 3: .*no folder is allowed' LDIF-REFUSED
printf 'dn: CN=a,DC=x,DC=y\nobjectClass: group\nmember: CN=b,DC=x,DC=y\n' >"$W/dangling.ldif"
OUT=$(inside generate --ldif "$W/dangling.ldif" --ldif-strict 2>&1); eq "--ldif-strict refuses what is lost" $? 2 LDIF-REFUSED
has "... and names it" "$OUT" "skipped: line 3: member: 'CN=b,DC=x,DC=y' names no object"

# --- ldapadd takes the people of a dump into another estate: what only a domain controller gives is left out,
# links come last, and no account is asked for a password
awk -v RS='' -v ORS='\n\n' '/\nobjectClass: (user|contact|group|organizationalUnit)\n/ && !/isCriticalSystemObject: TRUE|sAMAccountName: Dns|objectClass: computer|isDeleted: TRUE|CN=Deleted|systemFlags/' \
  <(sed -e ':a' -e 'N' -e '$!ba' -e 's/\n //g' "$W/a.ldif") >"$W/people"
grep -vE '^(objectGUID|objectSid|objectCategory|instanceType|distinguishedName|name|cn|ou|whenCreated|sAMAccountType|primaryGroupID|pwdLastSet|lastLogonTimestamp|accountExpires|codePage|countryCode|adminCount|member|manager|managedBy|publicDelegates|authOrig|unauthOrig)(:|$)' "$W/people" |
  sed -E 's/^userAccountControl: 512$/userAccountControl: 544/; s/^userAccountControl: 66048$/userAccountControl: 66080/' >"$W/add.ldif"
awk '/^dn:/{dn=$0} /^(member|manager|managedBy)::? /{split($0,a,":"); print dn "\nchangetype: modify\nadd: " a[1] "\n" $0 "\n-\n"}' "$W/people" >"$W/links.ldif"
cat >"$W/add.sh" <<'END'
sign="-x -H $FORESTBED_LDAP_URL -D $FORESTBED_BIND_DN -w $FORESTBED_BIND_PASSWORD"
ldapadd $sign -f "$1/add.ldif" >"$1/added" 2>"$1/add.err"; echo "add $?"
ldapmodify $sign -f "$1/links.ldif" >"$1/linked" 2>"$1/links.err"; echo "links $?"
bash "$1/ask.sh" "(|(objectCategory=person)(objectCategory=group))" dn mail member memberOf manager | grep -E '^(dn|mail|member|memberOf|manager)' | sort >"$1/there"
END
WANT=$(grep -c '^dn:' "$W/add.ldif")
printf 'dn: OU=None,DC=contoso,DC=local\nobjectClass: organizationalUnit\n' >"$W/empty.ldif"
OUT=$(inside exec --ldif "$W/empty.ldif" -- bash "$W/add.sh" "$W" 2>&1)
has "ldapadd -f adds all $WANT objects" "$OUT $(cat "$W/add.err")" '^add 0' LDIF-ADD
has "ldapmodify -f adds the links" "$OUT $(cat "$W/links.err")" 'links 0' LDIF-ADD
bash "$W/ask.sh" '(|(objectCategory=person)(objectCategory=group))' dn mail member memberOf manager | grep -E '^(dn|mail|member|memberOf|manager)' | sort >"$W/here"
eq "both estates have the same people, mail, groups and links" "$(diff "$W/here" "$W/there" | head -3)" "" LDIF-ADD
[ "$WANT" -gt 150 ] || fail "more than 150 objects are needed, there are $WANT"
finish
