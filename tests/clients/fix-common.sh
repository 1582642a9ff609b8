# Sourced by the tests of `forestbed fix`: a few dirty objects that any directory takes, and how they are compared.
# Needs: F (the program), W (a folder), URL, DN (who binds), PW, BASE, and CLASSES (of a person, as LDIF lines).
ldap() { local program=$1; shift; timeout 60 "$program" -x -H "$URL" -D "$DN" -w "$PW" "$@"; }
# fix OPTIONS...: against the server at URL, without the environment of an estate
printf %s "$PW" >"$W/pw"
fix() { env -u FORESTBED_REPORT_FILE timeout 120 "$F" fix "$@"; }
server=(--ldap "$URL" --bind-dn "$DN" --password-file "$W/pw" --base-dn "OU=Dirty,$BASE")
rules=(--verified-domain contoso.com --map contoso.local=contoso.com)

# person NAME LINES...: one object of the seed
person() { local name=$1; shift; printf 'dn: CN=%s,OU=Dirty,%s\n%b' "$name" "$BASE" "$CLASSES"; printf '%b\n' "$@"; echo; }
seed() {
  printf 'dn: OU=Dirty,%s\nobjectClass: organizationalUnit\n\n' "$BASE"
  # spaces around a name, a domain that cannot be verified, a space in an address
  person ada 'sAMAccountName: ada' 'sn: Lovelace' 'displayName:: ICBBZGEgTG92ZWxhY2Ug' 'userPrincipalName: ada@contoso.local' \
    'mail: ada@contoso.com' 'proxyAddresses: SMTP:ada@contoso.com' 'proxyAddresses: smtp:ada lovelace@contoso.com' "$PHOTO:: /9j/4AAQSkZJRgABAQEASABIAAD/2Q=="
  # no primary address: a prefix changes its case
  person bob 'sAMAccountName: bob' 'sn: Stone' 'displayName: Bob Stone' 'userPrincipalName: bob@contoso.com' \
    'mail: bob@contoso.com' 'proxyAddresses: smtp:bob@contoso.com' 'proxyAddresses: smtp:robert@contoso.com'
  # an invisible character, spaces and a line feed at the end of a surname
  person cyd 'sAMAccountName: cyd' 'sn:: Q2hhcmlzc2UgIAo=' 'displayName:: Q3lk4oCLIENoYXJpc3Nl' 'userPrincipalName: cyd@contoso.com'
  # two primary addresses
  person dee 'sAMAccountName: dee' 'sn: Dee' 'displayName: Dee' 'userPrincipalName: dee@contoso.local' \
    'mail: dee@contoso.com' 'proxyAddresses: SMTP:dee@contoso.com' 'proxyAddresses: SMTP:d.dee@contoso.com'
  # nothing is wrong with her
  person eve 'sAMAccountName: eve' 'sn: Eve' 'givenName: Eve' 'displayName: Eve' 'userPrincipalName: eve@contoso.com'
  local n; for n in $(seq 1 "${MORE:-0}"); do
    person "more$n" "sAMAccountName: more$n" "sn: More" "displayName: More $n  " "userPrincipalName: more$n@contoso.local"
  done
}
ATTRIBUTES='objectClass cn sn givenName displayName mail proxyAddresses userPrincipalName sAMAccountName description'
# every value of every object, in order of names: byte for byte, since what is no plain text comes in base64
# shellcheck disable=SC2086
picture() { ldap ldapsearch -LLL -o ldif-wrap=no -b "OU=Dirty,$BASE" '(objectClass=*)' $ATTRIBUTES "$PHOTO" </dev/null |
  awk '/^dn:/{dn=$0} NF{print dn " | " $0}' | LC_ALL=C sort; }
change() { ldap ldapmodify >/dev/null; }
count() { grep -c . <<<"$1"; }
# jq is not everywhere
states() { python3 -c 'import json,sys; print(" ".join(sorted(r["state"] for r in json.load(sys.stdin)["results"])))'; }
