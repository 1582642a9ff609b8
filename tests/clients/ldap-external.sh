#!/usr/bin/env bash
# estate: --users 50
# Client certificates with ldap-utils, and LDAP signing required.
. "$(dirname "$0")/lib.sh"
U=$FORESTBED_LDAP_URL S=$FORESTBED_LDAPS_URL
ME="u:$(echo "${FORESTBED_DOMAIN%%.*}" | tr '[:lower:]' '[:upper:]')\\${FORESTBED_BIND_UPN%@*}"
who() { ldapwhoami -Q "$@" 2>&1; }
with_certificate() { LDAPTLS_CERT=$FORESTBED_CLIENT_CERT LDAPTLS_KEY=$FORESTBED_CLIENT_KEY who "$@"; }
eq "EXTERNAL after StartTLS binds whom the certificate names" "$(with_certificate -ZZ -Y EXTERNAL -H "$U")" "$ME" LDAP-EXTERNAL
eq "and may name itself" "$(with_certificate -ZZ -Y EXTERNAL -X "dn:$FORESTBED_BIND_DN" -H "$U")" "$ME" LDAP-EXTERNAL
has "but nobody else" "$(with_certificate -ZZ -Y EXTERNAL -X "dn:CN=Guest,CN=Users,$FORESTBED_BASE_DN" -H "$U")" 'Invalid credentials \(49\)' LDAP-EXTERNAL
has "EXTERNAL without a certificate is refused" "$(who -ZZ -Y EXTERNAL -H "$U")" 'Invalid credentials \(49\)|no mechanism available' LDAP-EXTERNAL
lacks "and leaves nobody bound" "$(who -ZZ -Y EXTERNAL -H "$U")" '^u:' LDAP-EXTERNAL
eq "over LDAPS the certificate binds at once" "$(LDAPTLS_CERT=$FORESTBED_CLIENT_CERT LDAPTLS_KEY=$FORESTBED_CLIENT_KEY python3 - <<'P'
import os, ssl, socket
c = ssl.create_default_context(cafile=os.environ["LDAPTLS_CACERT"])
c.load_cert_chain(os.environ["FORESTBED_CLIENT_CERT"], os.environ["FORESTBED_CLIENT_KEY"])
host, port = os.environ["FORESTBED_LDAPS_URL"].removeprefix("ldaps://").split(":")
s = c.wrap_socket(socket.create_connection((host, int(port))), server_hostname="localhost")
# Who am I? as the first thing said
s.sendall(bytes.fromhex("301e0201017719801731") + b".3.6.1.4.1.4203.1.11.3")
answer = s.recv(4096)
print(answer[answer.find(b"u:"):].decode())
P
)" "$ME" LDAP-EXTERNAL
has "where EXTERNAL is not allowed" "$(with_certificate -Y EXTERNAL -H "$S")" 'unwilling to perform \(53\)' LDAP-EXTERNAL
finish
