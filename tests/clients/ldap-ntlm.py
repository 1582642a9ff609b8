# estate: --users 300
"""NTLM as unmodified clients speak it: ldap3 in the older Sicily dress, impacket and msldap in GSS-SPNEGO with
messages signed and sealed.

Run under: forestbed exec --users 300 -- target/clients/venv/bin/python tests/clients/ldap-ntlm.py
"""

import asyncio
import os
import socket
from urllib.parse import quote

from Crypto.Hash import MD4
from impacket.ldap import ldap as impacket
from impacket.ldap.ldapasn1 import SearchResultEntry
from ldap3 import BASE, NTLM, SASL, SUBTREE, Connection, Server
from msldap.commons.factory import LDAPConnectionFactory

from witness import Steps

E = os.environ
steps = Steps("ldap-ntlm.py")
domain, base, password = E["FORESTBED_DOMAIN"], E["FORESTBED_BASE_DN"], E["FORESTBED_BIND_PASSWORD"]
user = E["FORESTBED_BIND_UPN"].split("@")[0]
netbios = domain.split(".")[0].upper()
host, port = E["FORESTBED_LDAP_URL"].removeprefix("ldap://").rstrip("/").split(":")
me = f"u:{netbios}\\{user}"
hashed = "0" * 32 + ":" + MD4.new(password.encode("utf-16-le")).hexdigest()
server = Server(E["FORESTBED_LDAP_URL"])

# the older dress, by ldap3
for text, name, secret, code in [
    ("with a password", f"{netbios}\\{user}", password, None),
    ("with a hash", f"{netbios}\\{user}", hashed, None),
    ("with the DNS name of the domain", f"{domain}\\{user}", password, None),
    ("with a wrong password", f"{netbios}\\{user}", "wrong", "52e"),
    ("for nobody", f"{netbios}\\nobody", password, "52e"),
    ("of another domain", f"ELSEWHERE\\{user}", password, "52e"),
]:
    c = Connection(server, name, secret, authentication=NTLM)
    bound = c.bind()
    if code is None:
        who = c.extend.standard.who_am_i() if bound else c.result
        steps.check(f"ldap3 binds {text}", who == me, "LDAP-SICILY", detail=who)
    else:
        refused = not bound and f"data {code}" in c.result["message"]
        steps.check(f"ldap3 is refused {text}", refused, "LDAP-SICILY", detail=c.result)
c = Connection(server, f"{netbios}\\{user}", password, authentication=NTLM, auto_bind=True)
c.search(base, "(objectClass=user)", SUBTREE, attributes=["cn"], paged_size=100)
steps.check("and searches", len(c.entries) == 100, "LDAP-SICILY", detail=c.result)
c.search("", "(objectClass=*)", BASE, attributes=["supportedSASLMechanisms"])
mechanisms = c.entries[0]["supportedSASLMechanisms"].values
steps.check("the root DSE lists what is served", mechanisms == ["GSS-SPNEGO", "EXTERNAL"], "LDAP-SASL-SPNEGO", detail=mechanisms)
c = Connection(server, authentication=SASL, sasl_mechanism="DIGEST-MD5", sasl_credentials=(None, user, password, None, None))
steps.check("other mechanisms are refused", not c.bind() and c.result["result"] == 7, "LDAP-SASL-SPNEGO", detail=c.result)

# GSS-SPNEGO by impacket, which knows no port but 389
resolve = socket.getaddrinfo
socket.getaddrinfo = lambda name, asked, *more, **by: resolve(name, int(port) if asked == 389 else asked, *more, **by)
for text, choice, layer, secret in [
    ("signed and sealed", "sasl", True, {"password": password}),
    ("signed and sealed, with a hash", "sasl", True, {"lmhash": "", "nthash": hashed[33:]}),
    ("without a layer", "sasl", False, {"password": password}),
    ("in the older dress", "sicilyNegotiate", False, {"password": password}),
]:
    row = "LDAP-SICILY" if choice != "sasl" else "LDAP-SASL-SPNEGO"
    c = impacket.LDAPConnection(f"ldap://{host}", baseDN=base, signing=layer)
    c.login(user, domain=netbios, authenticationChoice=choice, **secret)
    for round in range(3):
        found = c.search(searchFilter=f"(sAMAccountName={user})", attributes=["cn"])
        names = [str(e["attributes"][0]["vals"][0]) for e in found if isinstance(e, SearchResultEntry)]
    steps.check(f"impacket {text}", user in names, row, detail=names)
try:
    impacket.LDAPConnection(f"ldap://{host}", baseDN=base).login(user, "wrong", netbios, authenticationChoice="sasl")
    steps.check("impacket is refused with a wrong password", False)
except impacket.LDAPSessionError as error:
    steps.check("impacket is refused with a wrong password", "data 52e" in str(error), "LDAP-SASL-SPNEGO", detail=error)
socket.getaddrinfo = resolve


# GSS-SPNEGO by msldap: pages of a large search under the seal
async def msldap():
    url = f"ldap+ntlm-password://{netbios}\\{user}:{quote(password, safe='')}@{host}:{port}/"
    client = LDAPConnectionFactory.from_url(url).get_client()
    _, error = await client.connect()
    steps.check("msldap binds, signed and sealed", error is None, "LDAP-SASL-SPNEGO", detail=error)
    found = set()
    async for entry, error in client.pagedsearch("(objectClass=user)", ["sAMAccountName", "description"]):
        if error:
            raise error
        found.add(entry["objectName"])
    plain = Connection(server, E["FORESTBED_BIND_UPN"], password, auto_bind=True)
    everybody = plain.extend.standard.paged_search(base, "(objectClass=user)", attributes=["cn"], paged_size=500, generator=False)
    expected = {e["dn"] for e in everybody if e["type"] == "searchResEntry"}
    same = found == expected and len(found) > 300
    steps.check("and reads what others read", same, "LDAP-SASL-SPNEGO", detail=(len(found), len(expected)))
    target = f"CN={user},CN=Users,{base}"
    _, error = await client.change_password(target, "Sealed!" + password)
    steps.check("and sets a password under the seal", error is None, "LDAP-SASL-SPNEGO", detail=error)
    again = Connection(server, E["FORESTBED_BIND_UPN"], "Sealed!" + password)
    steps.check("which is the new password", again.bind(), "LDAP-SASL-SPNEGO", detail=again.result)
    await client.disconnect()


asyncio.run(msldap())
steps.finish()
