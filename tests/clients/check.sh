#!/usr/bin/env bash
# estate: --users 300 --seed 5 --defects idfix-classic:0.4
# The checker on what programs of others hold and write: the lab over LDAP, what ldapsearch exports of it, tables as csvde
# and IdFix write them, OpenLDAP's slapd. Its proposals go through ldapmodify, its tables through Python's csv.
set -u
. "$(dirname "$0")/lib.sh"
F=$(readlink "/proc/$PPID/exe") W=$(mktemp -d); SLAPD=
trap '[ -z "$SLAPD" ] || kill "$SLAPD" 2>/dev/null; rm -rf "$W"' EXIT
B=$FORESTBED_BASE_DN
SIGN=(-x -H "$FORESTBED_LDAP_URL" -D "$FORESTBED_BIND_DN" -w "$FORESTBED_BIND_PASSWORD")
LDAP=(--ldap "$FORESTBED_LDAPS_URL" --ca-file "$FORESTBED_CA_FILE" --bind-dn "$FORESTBED_BIND_DN" --password-env FORESTBED_BIND_PASSWORD)
DOMAINS=(--verified-domain contoso.com)
check() { timeout 120 "$F" check "$@"; }
# the findings of a report, a line each; $2 leaves rules out that need what only a server tells
lines() { python3 -c '
import json, sys
for f in json.load(open(sys.argv[1]))["findings"]:
    if f["rule"] not in sys.argv[2:]: print(f["dn"], f["attribute"], f["rule"], f["severity"], f.get("value"), f.get("suggestion"), f["left"], sep="|")' "$@" | sort; }
count() { wc -l | tr -d ' '; }

# --- the lab over LDAP: TLS, StartTLS, plain; the same as the reference checker in a scenario
check "${LDAP[@]}" "${DOMAINS[@]}" --json -o "$W/ldap.json" 2>"$W/said"; eq "a check of the lab over LDAPS: exit code" $? 0 CHECK-LDAP
has "... sums up" "$(cat "$W/said")" '^[0-9]+ objects checked: [0-9]+ errors? and [0-9]+ warnings? about [0-9]+ objects; [0-9]+ for a decision$'
N=$(lines "$W/ldap.json" | count); [ "$N" -gt 50 ] && pass "... finds $N things" CHECK-LDAP || fail "only $N findings"
check --ldap "$FORESTBED_LDAP_URL" --starttls "${LDAP[@]:2}" "${DOMAINS[@]}" --json >"$W/starttls.json" 2>/dev/null
eq "the same over StartTLS" "$(lines "$W/starttls.json" | md5sum)" "$(lines "$W/ldap.json" | md5sum)" CHECK-LDAP
check 2>/dev/null; eq "the reference checker leaves the same in the report file, as to what is found" \
  "$(python3 -c 'import json,os; print(len(json.load(open(os.environ["FORESTBED_REPORT_FILE"]))["findings"]))')" "$N" CHECK-LDAP
check "${LDAP[@]}" "${DOMAINS[@]}" --fail-on error >"$W/table" 2>/dev/null; eq "--fail-on error: exit code" $? 1 CHECK-OUTPUT
has "the table names an object and what is wrong with it" "$(cat "$W/table")" '^  error    [A-Z]{2}[0-9]{2}   [A-Za-z]+ '
eq "--ldap twice: every object has its double" "$(check "${LDAP[@]}" --ldap "$FORESTBED_LDAP_URL" "${DOMAINS[@]}" --json 2>&1 >/dev/null | sed 's/ .*//')" "$(( 2 * $(sed 's/ .*//' "$W/said") ))" CHECK-LDAP

# --- ldapsearch's LDIF, in a file and through a pipe, gives the same findings
export_all() { ldapsearch -LLL "${SIGN[@]}" -b "$B" -E pr=500/noprompt '(|(objectCategory=person)(objectCategory=group))' '*' </dev/null 2>/dev/null; }
export_all >"$W/lab.ldif"
check --ldif "$W/lab.ldif" "${DOMAINS[@]}" --map contoso.local=contoso.com --json >"$W/ldif.json" 2>/dev/null
eq "what ldapsearch exports is as dirty as the lab" "$(diff <(lines "$W/ldif.json" UP22) <(lines "$W/ldap.json" UP22) | head -3)" "" CHECK-LDIF
export_all | check --ldif - "${DOMAINS[@]}" --json >"$W/pipe.json" 2>/dev/null
eq "... through a pipe too" "$(lines "$W/pipe.json" | md5sum)" "$(lines "$W/ldif.json" | md5sum)" CHECK-LDIF
awk -v RS='' -v ORS='\n\n' '{print} NR==3{print "dn: CN=Broken,DC=contoso,DC=local\nobjectClass user"}' "$W/lab.ldif" >"$W/broken.ldif"
OUT=$(check --ldif "$W/broken.ldif" "${DOMAINS[@]}" --json -o "$W/broken.json" 2>&1); eq "a broken record: exit code" $? 2 CHECK-LDIF
has "... is told with its line" "$OUT" "broken.ldif: line $(grep -n 'objectClass user' "$W/broken.ldif" | cut -d: -f1): "
eq "... and the rest is checked" "$(lines "$W/broken.json" | md5sum)" "$(lines "$W/ldif.json" | md5sum)" CHECK-LDIF
iconv -f UTF-8 -t UTF-16 "$W/lab.ldif" >"$W/utf16.ldif"
check --ldif "$W/utf16.ldif" "${DOMAINS[@]}" --json >"$W/utf16.json" 2>/dev/null
eq "UTF-16 with a mark, as ldifde -u writes it" "$(lines "$W/utf16.json" | md5sum)" "$(lines "$W/ldif.json" | md5sum)" CHECK-LDIF

# --- a table as csvde writes it: several values in a cell, octets in hexadecimal
python3 - "$W/lab.ldif" "$W/lab.csv" <<'END'
import base64, csv, sys
text = open(sys.argv[1], "rb").read().decode().replace("\n ", "")
columns = ["objectClass", "cn", "displayName", "givenName", "sn", "mail", "mailNickname", "proxyAddresses", "sAMAccountName",
           "targetAddress", "userPrincipalName", "groupType", "homeMDB", "isCriticalSystemObject", "msExchRecipientTypeDetails",
           "userAccountControl", "objectGUID"]
with open(sys.argv[2], "w", newline="", encoding="utf-8-sig") as out:
    rows = csv.writer(out); rows.writerow(["DN"] + columns)
    for record in text.split("\n\n"):
        held = {}
        for line in record.splitlines():
            if not line or line.startswith("#"): continue
            name, _, value = line.partition(":")
            octets = base64.b64decode(value[1:]) if value.startswith(":") else value.strip(" ").encode()
            shown = "X'%s'" % octets.hex() if name == "objectGUID" else octets.decode("utf-8", "replace")
            held.setdefault(name, []).append(shown)
        if "dn" in held: rows.writerow([held["dn"][0]] + [";".join(held.get(c, [])) for c in columns])
END
check --csv "$W/lab.csv" "${DOMAINS[@]}" --json >"$W/csv.json" 2>"$W/csv.said"; eq "a table as csvde writes it: exit code" $? 0 CHECK-CSV
only() { lines "$1" UP22 | awk -F'|' '$2 ~ /^(displayName|mailNickname|sAMAccountName|userPrincipalName)$/' ; }
eq "... has the same findings about single values" "$(diff <(only "$W/csv.json") <(only "$W/ldif.json") | head -3)" "" CHECK-CSV
printf 'DN,mail\r\nCN=a,"a@contoso.com\r\nCN=b,b@contoso.com\r\n' | check --csv - --json >/dev/null 2>"$W/said2"; eq "a quote that is not closed: exit code" $? 2 CHECK-CSV
has "... is told with its line, and the next one is read" "$(tr '\n' ' ' <"$W/said2")" 'standard input: line 2: a quote is not closed 1 object checked' CHECK-CSV

# --- the proposals as LDIF: ldapmodify applies each of them, and none is made again
check "${LDAP[@]}" "${DOMAINS[@]}" --format ldif >"$W/fix.ldif" 2>/dev/null
RECORDS=$(grep -c '^dn:' "$W/fix.ldif"); [ "$RECORDS" -gt 20 ] && pass "$RECORDS objects have a proposal" CHECK-LDIF-OUT || fail "only $RECORDS proposals"
OUT=$(ldapmodify "${SIGN[@]}" -f "$W/fix.ldif" 2>&1); eq "ldapmodify takes all proposals: exit code" $? 0 CHECK-LDIF-OUT
eq "... object by object" "$(printf '%s\n' "$OUT" | grep -c '^modifying entry')" "$RECORDS" CHECK-LDIF-OUT
check "${LDAP[@]}" "${DOMAINS[@]}" --json >"$W/after.json" 2>/dev/null
proposed() { lines "$1" | awk -F'|' '$6 != "None" && $5 != $6 {print $1 FS $2 FS $3 FS $5}' | sort -u; }
eq "what was applied is not found again" "$(comm -12 <(proposed "$W/ldap.json") <(proposed "$W/after.json"))" "" CHECK-LDIF-OUT

# --- tables, SARIF and the page, read by programs of others
check --ldif "$W/lab.ldif" "${DOMAINS[@]}" --map contoso.local=contoso.com --format csv >"$W/out.csv" 2>/dev/null
check --ldif "$W/lab.ldif" "${DOMAINS[@]}" --map contoso.local=contoso.com --format idfix-csv >"$W/idfix.csv" 2>/dev/null
check --ldif "$W/lab.ldif" "${DOMAINS[@]}" --map contoso.local=contoso.com --format sarif >"$W/out.sarif" 2>/dev/null
check --ldif "$W/lab.ldif" "${DOMAINS[@]}" --map contoso.local=contoso.com --format html -o "$W/out.html" 2>/dev/null
M=$(lines "$W/ldif.json" | count)
eq "Python's csv reads a row a finding, and none that a spreadsheet runs" "$(python3 -c '
import csv, sys
rows = list(csv.DictReader(open(sys.argv[1], newline="")))
print(len(rows), sum(cell[:1] in "=+-@" for row in rows for cell in row.values() if cell))' "$W/out.csv")" "$M 0" CHECK-OUTPUT
eq "IdFix's columns, a row an attribute" "$(head -1 "$W/idfix.csv" | tr -d '\r')" "DISTINGUISHEDNAME,COMMONNAME,OBJECTCLASS,ATTRIBUTE,ERROR,VALUE,UPDATE,PROPOSEDACTION,ACTION" CHECK-IDFIX-CSV
# a value with marks that a terminal would hide stands there escaped
eq "... whose values Python's csv reads" "$(python3 -c '
import csv, json, sys, unicodedata
found = {(f["dn"], f["attribute"], f.get("value", "")) for f in json.load(open(sys.argv[2]))["findings"]}
rows = list(csv.DictReader(open(sys.argv[1], newline="")))
told = {(r["DISTINGUISHEDNAME"], r["ATTRIBUTE"], r["VALUE"].removeprefix(chr(39))) for r in rows}
print(len([f for f in found - told if not any(unicodedata.category(c) in ("Cc", "Cf") for c in "".join(f))]), len(rows) - len(found))' "$W/idfix.csv" "$W/ldif.json")" "0 0" CHECK-IDFIX-CSV
check --csv "$W/idfix.csv" "${DOMAINS[@]}" --json >"$W/again.json" 2>"$W/said3"; eq "... which the checker takes back" $? 0 CHECK-IDFIX-CSV
eq "SARIF: a result a finding, each with a rule that has a help text, a message, a place" "$(python3 -c '
import json, sys
log = json.load(open(sys.argv[1])); run = log["runs"][0]; rules = run["tool"]["driver"]["rules"]
ok = [r for r in run["results"] if rules[r["ruleIndex"]]["id"] == r["ruleId"] and rules[r["ruleIndex"]]["help"]["text"]
      and r["message"]["text"] and r["level"] in ("error", "warning") and r["locations"][0]["logicalLocations"][0]["fullyQualifiedName"]]
print(log["version"], len(ok))' "$W/out.sarif")" "2.1.0 $M" CHECK-OUTPUT
eq "the page has a row a finding and asks no network" "$(python3 -c '
import html.parser, sys
class Page(html.parser.HTMLParser):
    rows = loads = 0
    def handle_starttag(self, tag, attributes):
        names = dict(attributes)
        self.rows += tag == "tr" and names.get("class") in ("error", "warning")
        self.loads += "src" in names or "href" in names
page = Page(); page.feed(open(sys.argv[1]).read()); print(page.rows, page.loads)' "$W/out.html")" "$M 0" CHECK-OUTPUT

# --- repeated checks: what changed, and a cookie that is refused
STATE=$W/state
sync() { check "${LDAP[@]}" --dirsync "$STATE" "${DOMAINS[@]}" --json -o "$1" 2>&1; }
has "a first check with DirSync reads everything" "$(sync "$W/s1.json")" 'read in full \(there is no state file yet\)' CHECK-DIRSYNC
check "${LDAP[@]}" "${DOMAINS[@]}" --json -o "$W/full.json" 2>/dev/null
eq "... and finds what a plain check finds" "$(diff <(lines "$W/s1.json") <(lines "$W/full.json") | head -3)" "" CHECK-DIRSYNC
has "nothing changed" "$(sync "$W/s2.json")" ': 0 objects changed since the last time' CHECK-DIRSYNC
WHO=$(ldapsearch -LLL -o ldif-wrap=no "${SIGN[@]}" -b "$B" '(&(objectCategory=person)(givenName=*)(mail=*))' 1.1 2>/dev/null </dev/null | sed -n 's/^dn: //p' | sed -n 7p)
OU=$(ldapsearch -LLL -o ldif-wrap=no "${SIGN[@]}" -b "$B" '(objectClass=organizationalUnit)' 1.1 2>/dev/null </dev/null | sed -n 's/^dn: //p' | grep -v 'Domain Controllers' | tail -1)
printf 'dn: %s\nchangetype: modify\nreplace: displayName\ndisplayName:  blank at the ends \n' "$WHO" | ldapmodify "${SIGN[@]}" >/dev/null
ldapdelete "${SIGN[@]}" "$(ldapsearch -LLL -o ldif-wrap=no "${SIGN[@]}" -b "$B" '(&(objectCategory=person)(givenName=*)(mail=*))' 1.1 2>/dev/null </dev/null | sed -n 's/^dn: //p' | sed -n 9p)"
printf 'dn: %s\nchangetype: modrdn\nnewrdn: OU=Renamed\ndeleteoldrdn: 1\n' "$OU" | ldapmodify "${SIGN[@]}" >/dev/null
has "one changed, one deleted, one unit renamed" "$(sync "$W/s3.json")" ': [3-9] objects changed since the last time' CHECK-DIRSYNC
check "${LDAP[@]}" "${DOMAINS[@]}" --json -o "$W/full.json" 2>/dev/null
eq "... and the findings are those of a full check, names below the unit included" "$(diff <(lines "$W/s3.json") <(lines "$W/full.json") | head -3)" "" CHECK-DIRSYNC
sed -i '1s/"cookie":"[^"]*"/"cookie":"Z2FyYmFnZQ=="/' "$STATE"
has "a cookie that the server refuses: everything is read again, and it says so" "$(sync "$W/s4.json")" 'read in full \(the server refused the cookie' CHECK-DIRSYNC
eq "... with the same findings" "$(lines "$W/s4.json" | md5sum)" "$(lines "$W/full.json" | md5sum)" CHECK-DIRSYNC

# --- what cannot be read says why, and what to do
OUT=$(WRONG=wrong check --ldap "$FORESTBED_LDAP_URL" --bind-dn "$FORESTBED_BIND_DN" --password-env WRONG 2>&1); eq "a wrong password: exit code" $? 3 CHECK-ERRORS
has "... says so" "$OUT" 'invalidCredentials \(49\).*data 52e'
OUT=$(check --ldap ldap://127.0.0.1:1 2>&1); eq "nobody there: exit code" $? 3 CHECK-ERRORS
OUT=$(SSL_CERT_FILE=/nonexistent check --ldap "$FORESTBED_LDAPS_URL" --ca-file /etc/hostname 2>&1); eq "a CA file without a certificate: exit code" $? 2 CHECK-ERRORS
OUT=$(check --ldap "$FORESTBED_LDAP_URL" 2>&1); has "anonymous: says who has to bind" "$OUT" '--bind-dn' CHECK-ERRORS
curl -sf -X POST -H "Authorization: Bearer $FORESTBED_CONTROL_TOKEN" -H 'Content-Type: application/json' \
  -d '{"ldap":"search","nth":3,"drop":true}' "$FORESTBED_CONTROL_URL/api/faults" >/dev/null || fail "no fault was set"
OUT=$(check "${LDAP[@]}" "${DOMAINS[@]}" -o "$W/dropped.json" --json 2>&1); eq "a connection that is dropped: exit code" $? 3 CHECK-ERRORS
has "... says how far it got" "$OUT" 'was cut short after [0-9]+ entries' CHECK-ERRORS
[ ! -e "$W/dropped.json" ] && pass "... and leaves no half a report" CHECK-ERRORS || fail "half a report is left"

# --- OpenLDAP's slapd: another server, another schema, limits, no DirSync
bash "$REPO/tests/clients/install.sh" slapd
PORT=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
mkdir "$W/db"; cat >"$W/slapd.conf" <<END
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
database mdb
suffix "dc=fabrikam,dc=com"
rootdn "cn=admin,dc=fabrikam,dc=com"
rootpw secret
directory $W/db
limits dn.exact="cn=ann,dc=fabrikam,dc=com" size.soft=10 size.hard=10
access to * by * read
END
{ printf 'dn: dc=fabrikam,dc=com\nobjectClass: domain\ndc: fabrikam\n\n'
  for n in $(seq 1200); do printf 'dn: cn=user%s,dc=fabrikam,dc=com\nobjectClass: inetOrgPerson\ncn: user%s\nsn: %s\nmail: user%s@fabrikam.com\n\n' "$n" "$n" "$n" "$((n % 1199))"; done
  printf 'dn: cn=ann,dc=fabrikam,dc=com\nobjectClass: inetOrgPerson\ncn: ann\nsn: ann\nuserPassword: secret\n'; } >"$W/slapd.ldif"
/usr/sbin/slapadd -q -f "$W/slapd.conf" -l "$W/slapd.ldif"
/usr/sbin/slapd -d 0 -h "ldap://127.0.0.1:$PORT" -f "$W/slapd.conf" >/dev/null 2>&1 & SLAPD=$!
for _ in $(seq 100); do ldapsearch -x -H "ldap://127.0.0.1:$PORT" -b '' -s base >/dev/null 2>&1 && break; sleep 0.1; done
check --ldap "ldap://127.0.0.1:$PORT" --bind-dn cn=admin,dc=fabrikam,dc=com --password-file <(echo secret) --verified-domain fabrikam.com --json >"$W/slapd.json" 2>"$W/said"
eq "slapd, page by page" "$(sed 's/ checked.*//' "$W/said")" "1201 objects" CHECK-SERVERS
eq "... the one address that two have is found with both" "$(lines "$W/slapd.json" | grep -c '|ML01|')" 2 CHECK-SERVERS
OUT=$(check --ldap "ldap://127.0.0.1:$PORT" --bind-dn cn=ann,dc=fabrikam,dc=com --password-file <(echo secret) 2>&1); eq "slapd's size limit: exit code" $? 3 CHECK-ERRORS
has "... says which, after how many, and what to do" "$OUT" 'sizeLimitExceeded \(4\)|adminLimitExceeded \(11\)' CHECK-ERRORS
OUT=$(check --ldap "ldap://127.0.0.1:$PORT/dc=fabrikam,dc=com" --dirsync "$W/none" 2>&1); eq "slapd and --dirsync: exit code" $? 2 CHECK-DIRSYNC
has "... says that it has none" "$OUT" 'does not know the DirSync control' CHECK-DIRSYNC
finish
