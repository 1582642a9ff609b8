#!/usr/bin/env bash
# estate: --users 50 --ldap-signing required
# A domain controller that requires signatures.
. "$(dirname "$0")/lib.sh"
U=$FORESTBED_LDAP_URL S=$FORESTBED_LDAPS_URL
who() { ldapwhoami -x -D "$FORESTBED_BIND_UPN" -w "$FORESTBED_BIND_PASSWORD" "$@" 2>&1; }
has "a simple bind in the clear is refused" "$(who -H "$U")" 'Strong\(er\) authentication required \(8\)' LDAP-SIGNING
has "with the text of a domain controller" "$(who -H "$U")" '00002028: LdapErr: DSID-[0-9A-F]{8}, comment: The server requires binds to turn on integrity checking if SSL.TLS are not already active on the connection, data 0' LDAP-SIGNING
has "StartTLS is enough" "$(who -ZZ -H "$U")" '^u:' LDAP-SIGNING
has "so is LDAPS" "$(who -H "$S")" '^u:' LDAP-SIGNING
has "the root DSE is open to all" "$(ldapsearch -x -LLL -H "$U" -s base -b '' defaultNamingContext 2>&1)" '^defaultNamingContext: DC=' LDAP-SIGNING
NTLM=$(PYTHONPATH=$(dirname "$0") "${VENV_PYTHON:-${CARGO_TARGET_DIR:-$REPO/target}/clients/venv/bin/python}" - <<'P'
import asyncio, os
from urllib.parse import quote
from ldap3 import NTLM, Connection, Server
from msldap.commons.factory import LDAPConnectionFactory
E = os.environ
account = E["FORESTBED_DOMAIN"].split(".")[0].upper() + "\\" + E["FORESTBED_BIND_UPN"].split("@")[0]
c = Connection(Server(E["FORESTBED_LDAP_URL"]), account, E["FORESTBED_BIND_PASSWORD"], authentication=NTLM)
print("unsigned:", c.bind(), c.result["result"])
async def sealed():
    host = E["FORESTBED_LDAP_URL"].removeprefix("ldap://")
    url = f"ldap+ntlm-password://{account}:{quote(E['FORESTBED_BIND_PASSWORD'], safe='')}@{host}/"
    client = LDAPConnectionFactory.from_url(url).get_client()
    print("sealed:", (await client.connect())[1])
asyncio.run(sealed())
P
)
has "NTLM without signatures is refused" "$NTLM" '^unsigned: False 8$' LDAP-SIGNING
has "NTLM with them is served" "$NTLM" '^sealed: None$' LDAP-SIGNING
finish
