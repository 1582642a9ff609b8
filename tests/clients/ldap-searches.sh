#!/usr/bin/env bash
# estate: --users 300
# OpenLDAP's clients with Active Directory's search controls: forestbed exec --users 300 -- bash tests/clients/ldap-searches.sh
set -u
. "$(dirname "$0")/lib.sh"
H=$FORESTBED_LDAP_URL B=$FORESTBED_BASE_DN PW=$FORESTBED_BIND_PASSWORD
PEOPLE='(&(objectCategory=person)(objectClass=user))'
CONFIG="CN=Configuration,$B" NTDS="CN=Directory Service,CN=Windows NT,CN=Services,CN=Configuration,$B"
raw() { timeout 60 ldapsearch -x -o ldif-wrap=no "$@" </dev/null 2>&1; }
search() { raw -LLL -H "$H" -D "$FORESTBED_BIND_DN" -w "$PW" "$@"; }
whole() { raw -H "$H" -D "$FORESTBED_BIND_DN" -w "$PW" "$@"; }
count() { grep -c '^dn:'; }
values() { sed -n "s/^$1: //p"; }
change() { ldapmodify -x -H "$H" -D "$FORESTBED_BIND_DN" -w "$PW" 2>&1; }
# the client shows what begins with < in base64
plain() { sed -n "s/^$1:: //p" | while read -r v; do printf %s "$v" | base64 -d; echo; done; }
octets() { printf %s "$1" | base64 -d | wc -c | tr -d ' '; }

# --- root DSE
named() { search -b '' -s base '(objectClass=*)' "$@"; }
has "supportedExtension lists fast bind" "$(named supportedExtension)" '^supportedExtension: 1.2.840.113556.1.4.1781$' LDAP-ROOTDSE
eq "the counts of the schema" "$(named dsSchemaAttrCount dsSchemaClassCount | grep -cE '^dsSchema(Attr|Class)Count: [0-9]+$')" 2 LDAP-ROOTDSE
has "who asks" "$(named msDS-PrincipalName)" '^msDS-PrincipalName: [A-Z]+\\Administrator$' LDAP-ROOTDSE
has "tokenGroups without a bind: operationsError" "$(raw -LLL -H "$H" -b '' -s base '(objectClass=*)' tokenGroups)" 'Operations error \(1\)' LDAP-ROOTDSE
# golden/01: Everyone is in the token of whoever is bound
has "tokenGroups of who is bound" "$(named tokenGroups)" '^tokenGroups:: AQEAAAAAAAEAAAAA$' LDAP-ROOTDSE
eq "five FSMO roles" "$(named validFSMOs | values validFSMOs | wc -l | tr -d ' ')" 5 LDAP-ROOTDSE

# --- configuration
eq "a right is found by its GUID" "$(search -b "CN=Extended-Rights,$CONFIG" '(rightsGuid=1131f6aa-9c07-11d1-f79f-00c04fc2dcd2)' cn | values cn)" DS-Replication-Get-Changes LDAP-CONFIGURATION
eq "... and the property sets" "$(search -b "CN=Extended-Rights,$CONFIG" '(validAccesses=48)' cn | values cn | grep -cE '^(Personal-Information|Membership|User-Logon)$')" 3 LDAP-CONFIGURATION
has "the lifetime of tombstones" "$(search -b "$NTDS" -s base '(objectClass=*)' tombstoneLifetime sPNMappings)" '^tombstoneLifetime: 180$' LDAP-CONFIGURATION
has "the recycle bin is an optional feature" "$(search -b "CN=Optional Features,$NTDS" '(objectClass=msDS-OptionalFeature)' msDS-OptionalFeatureGUID)" '^msDS-OptionalFeatureGUID:: 2NxtdtCsXkTzuaf5tnRPKg==$' LDAP-CONFIGURATION
has "NTDS Settings says it is a global catalog" "$(search -b "CN=Sites,$CONFIG" '(objectClass=nTDSDSA)' options invocationId msDS-hasMasterNCs)" '^options: 1$' LDAP-CONFIGURATION
eq "well-known security principals" "$(search -b "CN=WellKnown Security Principals,$CONFIG" '(objectSid=S-1-5-11)' cn | values cn)" 'Authenticated Users' LDAP-CONFIGURATION
# golden/05: attributeSchema of proxyAddresses and member
A=$(search -b "CN=Schema,$CONFIG" '(lDAPDisplayName=proxyAddresses)')
for line in 'attributeID: 1.2.840.113556.1.2.210' 'mAPIID: 32783' 'searchFlags: 5' 'systemFlags: 16' 'schemaFlagsEx: 1' 'schemaIDGUID:: BnqWv\+YN0BGihQCqADBJ4g==' 'attributeSecurityGUID:: VAGN5Pi80RGHAgDAT7lgUA=='; do
  has "the schema says of proxyAddresses: $line" "$A" "^$line\$" LDAP-CONFIGURATION; done
A=$(search -b "CN=Schema,$CONFIG" '(lDAPDisplayName=member)')
for line in 'oMObjectClass:: KwwCh3McAIVK' 'linkID: 2' 'systemFlags: 18' 'isMemberOfPartialAttributeSet: TRUE'; do
  has "the schema says of member: $line" "$A" "^$line\$" LDAP-CONFIGURATION; done

# --- limits
POLICY="CN=Default Query Policy,CN=Query-Policies,$NTDS"
# golden/08: thirteen policies
eq "the policies are those of a domain controller" "$(search -b "$POLICY" -s base '(objectClass=*)' lDAPAdminLimits | values lDAPAdminLimits | sort | tr '\n' ' ')" 'InitRecvTimeout=120 MaxActiveQueries=20 MaxConnIdleTime=900 MaxConnections=5000 MaxDatagramRecv=4096 MaxNotificationPerConn=5 MaxPageSize=1000 MaxPoolThreads=4 MaxQueryDuration=120 MaxReceiveBuffer=10485760 MaxResultSetSize=262144 MaxTempTableSize=10000 MaxValRange=1500 ' LDAP-LIMITS
limits() { printf 'dn: %s\nchangetype: modify\nreplace: lDAPAdminLimits\n' "$POLICY" | cat - <(printf 'lDAPAdminLimits: %s\n' "$@") | change >/dev/null; }
limits MaxPageSize=10 MaxTempTableSize=20
has "a smaller page counts at once" "$(whole -b "$B" "$PEOPLE" 1.1)" 'numEntries: 10$' LDAP-LIMITS
has "... with sizeLimitExceeded" "$(whole -b "$B" "$PEOPLE" 1.1)" '^result: 4 Size limit exceeded' LDAP-LIMITS
has "more than the table holds is not sorted when that is critical" "$(whole -b "$B" -E '!sss=sn' "$PEOPLE" sn)" '^result: 12 Critical extension is unavailable' LDAP-LIMITS LDAP-SORT
limits MaxPageSize=1000 MaxValRange=1500 MaxTempTableSize=10000 MaxResultSetSize=262144 MaxQueryDuration=120
N=$(search -b "$B" -E pr=200/noprompt "$PEOPLE" 1.1 | count)

# --- sort and list views
# golden/03: golden windows are positions from 1; the client sends the next window itself when it is told to stop
SORTED=$(whole -b "$B" -E sss=sAMAccountName "$PEOPLE" sAMAccountName | values sAMAccountName)
sum() { cksum | cut -d' ' -f1; }
eq "sorted without regard to case" "$(printf '%s\n' "$SORTED" | tr '[:upper:]' '[:lower:]' | sum)" "$(printf '%s\n' "$SORTED" | tr '[:upper:]' '[:lower:]' | LC_ALL=C sort | sum)" LDAP-SORT
eq "... and backwards" "$(whole -b "$B" -E sss=-sAMAccountName "$PEOPLE" sAMAccountName | values sAMAccountName | tac | sum)" "$(printf '%s\n' "$SORTED" | sum)" LDAP-SORT
view() { whole -b "$B" -E sss=sAMAccountName -E "$1" "$PEOPLE" sAMAccountName | sed '/^Press/q'; }
V=$(view vlv=1/2/10/0)
eq "a window of four round position 10" "$(printf '%s\n' "$V" | values sAMAccountName)" "$(printf '%s\n' "$SORTED" | sed -n 9,12p)" LDAP-VLV
has "... and its answer" "$V" "^vlvResult: pos=10 count=$N context=[A-Za-z0-9+/=]+ \(0\) Success" LDAP-VLV
T=$(printf '%s\n' "$SORTED" | sed -n 20p)
eq "a window by value" "$(view "vlv=1/2:$T" | values sAMAccountName)" "$(printf '%s\n' "$SORTED" | sed -n 19,22p)" LDAP-VLV
has "... tells its position" "$(view "vlv=1/2:$T")" "^vlvResult: pos=20 count=$N" LDAP-VLV

# --- attribute scoped query (golden/05); the client has no option of its own for it
ASQ() { printf '!1.2.840.113556.1.4.1504=::'; printf '\x30%b\x04%b%s' "\\x$(printf %02x $((${#1}+2)))" "\\x$(printf %02x ${#1})" "$1" | base64 -w0; }
asq() { whole -b "CN=Domain Admins,CN=Users,$B" -s "$1" -E "$(ASQ "$2")" "$3" sAMAccountName; }
has "the members of a group, by attribute scope" "$(asq base member '(objectClass=user)')" '^sAMAccountName: Administrator$' LDAP-ASQ
# 30 03 0a 01 00, 35, 15: golden/11
has "... with its result" "$(asq base member '(objectClass=user)')" '^control: 1.2.840.113556.1.4.1504 false MIQAAAADCgEA$' LDAP-ASQ
has "another scope: 53 in the control" "$(asq sub member '(objectClass=user)')" '^control: 1.2.840.113556.1.4.1504 false MIQAAAADCgE1$' LDAP-ASQ
has "no attribute of names: 21 in the control" "$(asq base cn '(objectClass=user)')" '^control: 1.2.840.113556.1.4.1504 false MIQAAAADCgEV$' LDAP-ASQ

# --- ambiguous names
P=$(search -b "$B" -z 1 '(&(objectCategory=person)(objectClass=user)(givenName=*)(sn=*)(mail=*))' givenName sn sAMAccountName)
G=$(printf '%s\n' "$P" | values givenName) S=$(printf '%s\n' "$P" | values sn) SAM=$(printf '%s\n' "$P" | values sAMAccountName)
if [ -n "$G" ] && [ -n "$S" ]; then
  has "somebody is found by first and last name" "$(search -b "$B" "(anr=${G%% *} ${S%% *})" sAMAccountName)" "^sAMAccountName: $SAM\$" LDAP-ANR
  has "... in the other order" "$(search -b "$B" "(anr=${S%% *} ${G%% *})" sAMAccountName)" "^sAMAccountName: $SAM\$" LDAP-ANR
fi
eq "by the exact account name" "$(search -b "$B" "(anr==$SAM)" sAMAccountName | values sAMAccountName)" "$SAM" LDAP-ANR
has "by a prefix of it" "$(search -b "$B" "(anr=$(printf %.4s "$SAM"))" sAMAccountName)" "^sAMAccountName: $SAM\$" LDAP-ANR
eq "nobody by what nobody is called" "$(search -b "$B" -E '!domainScope' '(anr=zzqqxx)' 1.1 | count)" 0 LDAP-ANR

# --- search options, rules, extended names
OPT() { printf '!1.2.840.113556.1.4.1340=::'; printf '\x30\x03\x02\x01%b' "\\x0$1" | base64 -w0; }
eq "the phantom root holds every naming context" "$(search -b '' -s sub -E "$(OPT 2)" '(|(objectClass=dMD)(objectClass=domainDNS)(sAMAccountName=Administrator))' 1.1 | grep -cE "^dn: (CN=Schema,|CN=Administrator,|$B\$)")" 3 LDAP-SEARCH-OPTIONS
lacks "search options 1: no references" "$(whole -b "$B" -E "$(OPT 1)" '(cn=nosuch)' 1.1)" '^ref:' LDAP-SEARCH-OPTIONS
has "without it there are" "$(whole -b "$B" '(cn=nosuch)' 1.1)" "^ref: ldap://.*/CN=Configuration,$B" LDAP-SEARCH-OPTIONS
eq "data beside a name is matched alone" "$(search -b "$B" -E '!domainScope' '(wellKnownObjects:1.2.840.113556.1.4.2253:=A9D1CA15768811D1ADED00C04FD8D5CD)' 1.1 | values dn)" "$B" LDAP-FILTER-DATA
has "DN values are extended too" "$(search -E extendedDn=1 -b "CN=Domain Admins,CN=Users,$B" -s base '(objectClass=*)' member | plain member)" '^<GUID=[0-9a-f-]{36}>;<SID=S-1-5-21-[0-9-]+-500>;CN=Administrator,' LDAP-EXTENDED-DN
has "... in hexadecimal" "$(search -E extendedDn=0 -b "CN=Domain Admins,CN=Users,$B" -s base '(objectClass=*)' member | plain member)" '^<GUID=[0-9a-f]{32}>;<SID=[0-9a-f]{56}>;CN=Administrator,' LDAP-EXTENDED-DN

# --- constructed attributes
C=$(search -b "CN=Administrator,CN=Users,$B" -s base '(objectClass=*)' canonicalName tokenGroups msDS-PrincipalName msDS-User-Account-Control-Computed msDS-UserPasswordExpiryTimeComputed sDRightsEffective msds-memberOfTransitive msDS-parentdistname allowedAttributesEffective fromEntry)
for line in "canonicalName: $FORESTBED_DOMAIN/Users/Administrator" 'sDRightsEffective: 15' 'fromEntry: TRUE' "msDS-parentdistname: CN=Users,$B" "msds-memberOfTransitive: CN=Administrators,CN=Builtin,$B" 'msDS-User-Account-Control-Computed: 0' 'allowedAttributesEffective: nTSecurityDescriptor'; do
  has "computed: $line" "$C" "^$line\$" LDAP-CONSTRUCTED; done
has "the token group of Domain Admins" "$(search -b "CN=Domain Admins,CN=Users,$B" -s base '(objectClass=*)' primaryGroupToken)" '^primaryGroupToken: 512$' LDAP-CONSTRUCTED
lacks "tokens are for base searches" "$(search -b "$B" '(sAMAccountName=Administrator)' tokenGroups cn)" '^tokenGroups' LDAP-CONSTRUCTED
M=$(search -b "CN=Administrator,CN=Users,$B" -s base '(objectClass=*)' msDS-ReplAttributeMetaData | sed -n 's/^msDS-ReplAttributeMetaData:: //p' | while read -r v; do printf %s "$v" | base64 -d | tr -d '\000'; done)
has "replication metadata names the attribute" "$M" '<pszAttributeName>sAMAccountName</pszAttributeName>' LDAP-REPL-METADATA
has "... its version and origin" "$M" '<uuidLastOriginatingDsaInvocationID>[0-9a-f-]{36}</uuidLastOriginatingDsaInvocationID>' LDAP-REPL-METADATA
has "metadata of a membership" "$(search -b "CN=Domain Admins,CN=Users,$B" -s base '(objectClass=*)' msDS-ReplValueMetaData | sed -n 's/^msDS-ReplValueMetaData:: //p' | head -1 | base64 -d | tr -d '\000')" "<pszObjectDn>CN=Administrator,CN=Users,$B</pszObjectDn>" LDAP-REPL-METADATA

# --- SD flags (golden/05: owner 48 octets, group 48)
FLAGS() { printf '!1.2.840.113556.1.4.801=::'; printf '\x30\x03\x02\x01%b' "\\x0$1" | base64 -w0; }
sd() { search -b "CN=Guest,CN=Users,$B" -s base -E "$(FLAGS "$1")" '(objectClass=*)' nTSecurityDescriptor | sed -n 's/^nTSecurityDescriptor:: //p'; }
eq "flags 1: the owner, 48 octets" "$(octets "$(sd 1)")" 48 LDAP-SECURITY-DESCRIPTOR
eq "flags 2: the group, 48 octets" "$(octets "$(sd 2)")" 48 LDAP-SECURITY-DESCRIPTOR
eq "flags 8: the SACL, 140 octets" "$(octets "$(sd 8)")" 140 LDAP-SECURITY-DESCRIPTOR
finish
