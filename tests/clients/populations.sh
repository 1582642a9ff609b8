#!/usr/bin/env bash
# estate: --users 20 --seed 7 --defects clean
# Populations by profile, as ldapsearch counts them; two fixers in one role of a scenario; accounts in the cloud that meet
# people. (The estate around this test is not used.)
set -u
. "$(dirname "$0")/lib.sh"
F=$(readlink "/proc/$PPID/exe") W=$(mktemp -d); trap 'rm -rf "$W"' EXIT
value() { python3 -c 'import json,sys; d=json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$@"; }
unset FORESTBED_CONTROL_URL FORESTBED_CONTROL_TOKEN FORESTBED_REPORT_FILE

# counts FILTER of the first domain controller, or of the one whose number is the second argument
cat >"$W/count.sh" <<'END'
n=${2:+_$2}; url=FORESTBED${n}_LDAP_URL base=FORESTBED${n}_BASE_DN dn=FORESTBED${n}_BIND_DN pw=FORESTBED${n}_BIND_PASSWORD
ldapsearch -LLL -x -H "${!url}" -D "${!dn}" -w "${!pw}" -b "${!base}" -E pr=500/noprompt "$1" dn </dev/null 2>/dev/null | grep -c '^dn:'
END
PEOPLE='(&(objectCategory=person)(employeeID=*))'
for profile in default small-business school enterprise hospital; do
  N=$("$F" exec --population "$profile" --users 150 --seed 3 --defects clean -- bash "$W/count.sh" "$PEOPLE")
  eq "$profile: people over LDAP" "$N" 150 POPULATION-PROFILES
done
eq "only a school has pupils" "$("$F" exec --population school --users 150 --defects clean -- bash "$W/count.sh" '(employeeType=Student)' | sed 's/^[1-9][0-9]*$/some/') $("$F" exec --population enterprise --users 150 --defects clean -- bash "$W/count.sh" '(employeeType=Student)')" "some 0" POPULATION-PROFILES
"$F" exec --population merged-companies --users 150 --defects clean -- bash -c "bash $W/count.sh '$PEOPLE'; bash $W/count.sh '$PEOPLE' 2" >"$W/merged"
eq "merged companies are two forests with all people between them" "$(paste -sd+ "$W/merged" | bc)" 150 POPULATION-PROFILES
has "... neither of them empty" "$(paste -sd' ' "$W/merged")" '^[1-9][0-9]* [1-9][0-9]*$' POPULATION-PROFILES
"$F" generate --population school --users 150 --seed 3 --defects clean --json >"$W/shape.json"
for measure in "people $PEOPLE" "contacts (objectClass=contact)" 'types/Student (employeeType=Student)' "computers (objectClass=computer)"; do
  N=$("$F" exec --population school --users 150 --seed 3 --defects clean -- bash "$W/count.sh" "${measure#* }")
  eq "the measured shape counts ${measure%% *} as LDAP does" "$N" "$(value "$W/shape.json" "__import__('functools').reduce(dict.get, '${measure%% *}'.split('/'), d['forests'][0]['shape'])")" POPULATION-SHAPE
done

# --- two fixers in one role
cat >"$W/two.yaml" <<'END'
format: 1
name: two
seed: 7
forests:
  - domain: contoso.local
    upn_suffixes: [contoso.com]
    population: { users: 60, groups: 6, contacts: 4 }
    defects: { UP15: 6, MN01: 3 }
steps:
  - run: { role: fixer, exit: any }
  - expect: { repairs: { recall: 1.0 } }
END
(cd "$W" && "$F" run two.yaml --against fixer=true --json two.json >two.txt); eq "compared with a fixer that does nothing: exit code" $? 0 RUN-AGAINST
eq "... both recalls beside each other" "$(value "$W/two.json" '[l["values"] for l in d["runs"][0]["against"]["comparison"]["lines"] if l["what"] == "repairs.recall"][0]')" "['100.0 %', '0.0 %']" RUN-AGAINST
has "... on the terminal too" "$(cat "$W/two.txt")" 'repairs.recall +100.0 % +0.0 %  <' RUN-AGAINST

# --- accounts in the cloud that meet people: what Graph shows before anything is synchronized
cat >"$W/cloud.sh" <<'END'
token=$(curl -s --cacert "$FORESTBED_CA_FILE" "$FORESTBED_AUTHORITY_URL/$FORESTBED_TENANT_ID/oauth2/v2.0/token" -d grant_type=client_credentials \
  -d client_id="$FORESTBED_CLIENT_ID" --data-urlencode client_secret="$FORESTBED_CLIENT_SECRET" \
  -d scope=https://graph.microsoft.com/.default | sed 's/.*"access_token":"\([^"]*\).*/\1/')
curl -s --cacert "$FORESTBED_CA_FILE" -H "Authorization: Bearer $token" "$FORESTBED_GRAPH_URL/v1.0/users?\$top=99&\$select=mail,userPrincipalName" >"$1/users.json"
ldapsearch -LLL -x -H "$FORESTBED_LDAP_URL" -D "$FORESTBED_BIND_DN" -w "$FORESTBED_BIND_PASSWORD" -b "$FORESTBED_BASE_DN" \
  '(employeeID=*)' mail userPrincipalName </dev/null 2>/dev/null >"$1/people.ldif"
END
"$F" exec --users 60 --seed 3 --defects XD07=3,UP24=2 -- bash "$W/cloud.sh" "$W"
meet() { comm -12 <(value "$W/users.json" "'\n'.join(str(u['$1']).lower() for u in d['value'])" | sort -u) <(sed -n "s/^$1: //Ip" "$W/people.ldif" | tr '[:upper:]' '[:lower:]' | sort -u) | wc -l | tr -d ' '; }
eq "three cloud-only accounts have a person's mail (XD07)" "$(meet mail)" 3 DEFECTS-CLOUD
eq "two have a person's userPrincipalName (UP24)" "$(meet userPrincipalName)" 2 DEFECTS-CLOUD
has "what is no state is told so" "$("$F" defects explain UP23)" 'not injected: it is a history' DEFECTS-CLOUD
finish
