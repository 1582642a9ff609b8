# estate: --users 1500
"""Python ldap3 with get_info=ALL against the forest: it types its values from the schema that it reads.

Run under: forestbed exec --users 1500 -- target/clients/venv/bin/python tests/clients/python-ldap3.py
"""

import datetime
import os
import ssl
import uuid

from ldap3 import ALL, ASYNC, SUBTREE, Connection, Server, Tls
from ldap3.core.exceptions import LDAPBindError

from witness import Steps

E = os.environ
steps = Steps("python-ldap3.py")
base, people = E["FORESTBED_BASE_DN"], "(&(objectCategory=person)(objectClass=user))"
tls = Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=E["LDAPTLS_CACERT"])
server = Server(E["FORESTBED_LDAP_URL"], get_info=ALL, tls=tls)


def connect(**more):
    return Connection(server, E["FORESTBED_BIND_UPN"], E["FORESTBED_BIND_PASSWORD"], auto_bind=True, **more)


c = connect()
schema = server.schema
whole = schema is not None and len(schema.attribute_types) > 1400 and len(schema.object_classes) > 200
steps.check("the schema arrives: attribute types and classes", whole, "LDAP-SCHEMA")
steps.check("the root DSE arrives", base in server.info.naming_contexts, "LDAP-ROOTDSE")

c.search(base, "(&(objectCategory=person)(objectClass=user)(mail=*)(givenName=*))", SUBTREE, attributes=["*"], size_limit=1)
a = c.entries[0].entry_attributes_as_dict if c.entries else {}
kinds = {
    "whenCreated": datetime.datetime,
    "accountExpires": datetime.datetime,
    "pwdLastSet": datetime.datetime,
    "userAccountControl": int,
    "objectSid": str,
    "objectGUID": str,
    "proxyAddresses": str,
}
for name, kind in kinds.items():
    values = a.get(name, [])
    typed = bool(values) and all(isinstance(v, kind) for v in values)
    steps.check(f"{name} is typed as {kind.__name__}", typed, "LDAP-SCHEMA", detail=values)
steps.check("objectGUID reads as a GUID", bool(a) and uuid.UUID(a["objectGUID"][0]) is not None, "LDAP-SCHEMA")
steps.check("objectSid reads as a SID", bool(a) and a["objectSid"][0].startswith("S-1-5-21-"), "LDAP-SCHEMA")

pages = c.extend.standard.paged_search(base, people, SUBTREE, attributes=["sAMAccountName"], paged_size=200, generator=True)
found = [p["attributes"]["sAMAccountName"] for p in pages if p["type"] == "searchResEntry"]
once = len(found) > 1000 and len(set(found)) == len(found)
steps.check("paged_search walks all people once", once, "LDAP-PAGING", detail=len(found))

secure = Connection(server, E["FORESTBED_BIND_UPN"], E["FORESTBED_BIND_PASSWORD"])
secure.open()
steps.check("start_tls, then bind", secure.start_tls() and secure.bind(), "LDAP-STARTTLS")
me = "u:" + E["FORESTBED_DOMAIN"].split(".")[0] + "\\" + E["FORESTBED_BIND_UPN"].split("@")[0]
who = secure.extend.standard.who_am_i() or ""
steps.check("who am I", who.lower() == me.lower(), "LDAP-WHOAMI", detail=who)

later = connect(client_strategy=ASYNC)
message = later.search(base, people, SUBTREE, attributes=["*"], paged_size=1000)
later.abandon(message)
after = later.search(base, "(sAMAccountName=Administrator)", SUBTREE, attributes=["cn"])
response, result = later.get_response(after, timeout=30)
goes_on = result["result"] == 0 and any("Administrator" in r.get("attributes", {}).get("cn", "") for r in response)
steps.check("after an abandon the connection goes on", goes_on, "LDAP-ABANDON", detail=result)

try:
    Connection(server, E["FORESTBED_BIND_UPN"], "wrong", auto_bind=True)
    steps.check("a wrong password is refused", False)
except LDAPBindError as error:
    steps.check("a wrong password is refused", "invalidCredentials" in str(error), "LDAP-BIND-ERRORS", detail=error)
steps.finish()
