# estate: --users 100
"""Python ldap3's Microsoft extension persistent_search (change notification), and polling by uSNChanged.

Run under: forestbed exec --users 100 -- target/clients/venv/bin/python tests/clients/ldap-notification.py
"""

import os
import queue

from ldap3 import ASYNC_STREAM, BASE, MODIFY_ADD, MODIFY_DELETE, MODIFY_REPLACE, NONE, SUBTREE, Connection, Server

from witness import Steps

E = os.environ
steps = Steps("ldap-notification.py")
base = E["FORESTBED_BASE_DN"]
server = Server(E["FORESTBED_LDAP_URL"], get_info=NONE)


def connect(**more):
    name, password = E["FORESTBED_BIND_UPN"], E["FORESTBED_BIND_PASSWORD"]
    return Connection(server, name, password, auto_bind=True, check_names=False, **more)


c = connect()
unit = f"OU=Watched,{base}"
c.add(unit, "organizationalUnit")
for name in ("ann", "ben"):
    c.add(f"CN={name},{unit}", "user", {"sAMAccountName": f"{name}.watched"})
c.add(f"CN=team,{unit}", "group", {"sAMAccountName": "team.watched"})

# --- change notification
heard = queue.Queue()
w = connect(client_strategy=ASYNC_STREAM)
watch = w.extend.microsoft.persistent_search(base, SUBTREE, ["cn", "title"], streaming=False, callback=heard.put)


def next_one():
    try:
        return heard.get(timeout=20)
    except queue.Empty:
        return {}


# requests of a connection are answered in turn: once this one is, the notification before it is open
response, _ = w.get_response(w.search(unit, "(objectClass=*)", BASE, attributes=["ou"]), timeout=20)
steps.check("nothing comes of itself", response[0]["dn"] == unit and heard.empty(), "LDAP-NOTIFICATION", detail=response)

c.modify(f"CN=ann,{unit}", {"title": [(MODIFY_REPLACE, ["Boss"])]})
entry = next_one()
steps.check("a change is told", entry.get("dn") == f"CN=ann,{unit}" and entry.get("attributes", {}).get("title") in ("Boss", ["Boss"]), "LDAP-NOTIFICATION", detail=entry)
c.add(f"CN=eve,{unit}", "contact")
entry = next_one()
steps.check("a new object is told", entry.get("dn") == f"CN=eve,{unit}", "LDAP-NOTIFICATION", detail=entry)
c.modify_dn(f"CN=eve,{unit}", "CN=eve", new_superior=f"CN=Users,{base}")
entry = next_one()
steps.check("a move is told by the new name", entry.get("dn") == f"CN=eve,CN=Users,{base}", "LDAP-NOTIFICATION", detail=entry)
watch.stop()

# --- uSNChanged (active-directory.md 9)
SHOW_DELETED, DOMAIN_SCOPE = ("1.2.840.113556.1.4.417", True, None), ("1.2.840.113556.1.4.1339", True, None)


def highest():
    c.search("", "(objectClass=*)", BASE, attributes=["highestCommittedUSN"])
    return int(c.response[0]["raw_attributes"]["highestCommittedUSN"][0])


def since(usn, *controls):
    c.search(base, f"(uSNChanged>={usn + 1})", SUBTREE, attributes=["cn"], controls=[DOMAIN_SCOPE, *controls])
    return sorted(e["dn"].split(",")[0].split("\\0A")[0] for e in c.response if e["type"] == "searchResEntry")


def bumps(text, expected, change, *controls):
    before = highest()
    change()
    steps.check(text, since(before, *controls) == expected, "LDAP-USN", detail=(c.result["description"], since(before, *controls)))


member = [f"CN=ben,{unit}"]
bumps("a new member bumps the group only", ["CN=team"], lambda: c.modify(f"CN=team,{unit}", {"member": [(MODIFY_ADD, member)]}))
bumps("replacing a value by itself bumps nothing", [], lambda: c.modify(f"CN=ann,{unit}", {"title": [(MODIFY_REPLACE, ["Boss"])]}))
bumps("renaming a member bumps the member only", ["CN=bob"], lambda: c.modify_dn(f"CN=ben,{unit}", "CN=bob"))
before = highest()
bumps("a deletion is not found without show deleted", [], lambda: c.delete(f"CN=bob,{unit}"))
steps.check("... with it the tombstone is, and the group is not", since(before, SHOW_DELETED) == ["CN=bob"], "LDAP-USN", detail=since(before, SHOW_DELETED))
c.search(f"CN=team,{unit}", "(objectClass=*)", BASE, attributes=["member"])
steps.check("... though the group lost its member", not c.response[0]["raw_attributes"].get("member"), "LDAP-USN")
bumps("taking a value away bumps", ["CN=ann"], lambda: c.modify(f"CN=ann,{unit}", {"title": [(MODIFY_DELETE, [])]}))
steps.check("highestCommittedUSN rises with each write", highest() > before, "LDAP-USN")
steps.finish()
