# estate: --users 300
"""Python ldap3's Microsoft extension dir_sync against the forest: rounds with changes between them.

Run under: forestbed exec --users 300 -- target/clients/venv/bin/python tests/clients/ldap-dirsync.py
"""

import os

from ldap3 import MODIFY_ADD, MODIFY_DELETE, MODIFY_REPLACE, NONE, Connection, Server
from ldap3.core.exceptions import LDAPExtensionError

from witness import Steps

E = os.environ
steps = Steps("ldap-dirsync.py")
base = E["FORESTBED_BASE_DN"]
# without the schema values stay as they came
server = Server(E["FORESTBED_LDAP_URL"], get_info=NONE)
c = Connection(server, E["FORESTBED_BIND_UPN"], E["FORESTBED_BIND_PASSWORD"], auto_bind=True, check_names=False)


def short(dn):
    return dn.split(";")[-1].split(",")[0]


def rounds(sync):
    """A whole round: name -> attributes, as the last answer that names the object gives them."""
    found = {}
    while True:
        for entry in sync.loop():
            if entry["type"] == "searchResEntry":
                found[short(entry["dn"])] = {k: [v.decode("utf-8", "replace") for v in vs or []] for k, vs in entry["raw_attributes"].items()}
        if not sync.more_results:
            return found


def sync(cookie=None, incremental=False, attributes=("*",), query="(objectClass=*)", context=base, **more):
    return c.extend.microsoft.dir_sync(
        context, query, list(attributes), cookie, incremental_values=incremental, ancestors_first=False, **more
    )


def refused(sync):
    """What the server says to a round that it refuses."""
    try:
        sync.loop()
    except LDAPExtensionError:
        return c.result["result"], c.result["message"]
    return None, None


unit, users = f"OU=Sync Test,{base}", f"CN=Users,{base}"
c.add(unit, "organizationalUnit")
for name in ("Ann", "Ben", "Tom"):
    c.add(f"CN={name} Sync,{unit}", "user", {"sAMAccountName": f"{name}.sync", "mail": f"{name}@contoso.com", "department": "Sales"})
c.add(f"CN=Team Sync,{unit}", "group", {"sAMAccountName": "team.sync", "member": [f"CN=Ann Sync,{unit}"]})

s = sync()
first = rounds(s)
steps.check("a first round tells everything", len(first) > 300 and first["CN=Ann Sync"]["mail"] == ["Ann@contoso.com"], "LDAP-DIRSYNC", detail=len(first))
steps.check("... nothing empty, never cn, no back links", all(vs and k not in ("cn", "memberOf") for e in first.values() for k, vs in e.items()), "LDAP-DIRSYNC")
cookie = s.cookie

s = sync(cookie)
steps.check("nothing changed, nothing comes", rounds(s) == {} and s.cookie == cookie, "LDAP-DIRSYNC-COOKIES")

c.modify(f"CN=Ann Sync,{unit}", {"mail": [(MODIFY_REPLACE, ["ann2@contoso.com"])], "department": [(MODIFY_DELETE, [])]})
c.modify(f"CN=Team Sync,{unit}", {"member": [(MODIFY_DELETE, [f"CN=Ann Sync,{unit}"]), (MODIFY_ADD, [f"CN=Ben Sync,{unit}"])]})
c.delete(f"CN=Tom Sync,{unit}")
c.modify_dn(f"CN=Ben Sync,{unit}", "CN=Ben Sync", new_superior=users)

s = sync(cookie)
found = rounds(s)
names = sorted(name.split("\\0A")[0] for name in found)
steps.check("what changed comes, and nothing else", names == ["CN=Ann Sync", "CN=Ben Sync", "CN=Team Sync", "CN=Tom Sync"], "LDAP-DIRSYNC", detail=names)
ann = found.get("CN=Ann Sync", {})
steps.check("changed attributes, an emptied one without values", sorted(ann) == ["department", "instanceType", "mail", "objectGUID"] and ann["department"] == [], "LDAP-DIRSYNC", detail=ann)
ben = found.get("CN=Ben Sync", {})
steps.check("a move comes as name and parentGUID", sorted(ben) == ["instanceType", "name", "objectGUID", "parentGUID"], "LDAP-DIRSYNC", detail=ben)
tom = next((e for name, e in found.items() if name.startswith("CN=Tom Sync\\0ADEL:")), {})
steps.check("a deletion comes as a tombstone", tom.get("isDeleted") == ["TRUE"] and tom.get("mail") == [], "LDAP-DIRSYNC", detail=tom)
steps.check("all values of a link that changed", [short(v) for v in found.get("CN=Team Sync", {}).get("member", [])] == ["CN=Ben Sync"], "LDAP-DIRSYNC", detail=found.get("CN=Team Sync"))

# ldap3 sends the topmost flag in five octets (golden/11)
team = rounds(sync(cookie, incremental=True, attributes=["member"], query="(objectClass=group)")).get("CN=Team Sync", {})
steps.check("incremental values: what came", [short(v) for v in team.get("member;range=1-1", [])] == ["CN=Ben Sync"], "LDAP-DIRSYNC-INCREMENTAL", detail=team)
steps.check("incremental values: what went", [short(v) for v in team.get("member;range=0-0", [])] == ["CN=Ann Sync"], "LDAP-DIRSYNC-INCREMENTAL", detail=team)

mail = rounds(sync(cookie, attributes=["mail"]))
steps.check("the attribute list is a filter", sorted(name.split("\\0A")[0] for name in mail) == ["CN=Ann Sync", "CN=Tom Sync"], "LDAP-DIRSYNC", detail=sorted(mail))
parts = rounds(sync(cookie, max_length=1))
steps.check("answers of one object each tell the same", parts == found, "LDAP-DIRSYNC-COOKIES")
steps.check("the next cookie has seen it all", rounds(sync(s.cookie)) == {}, "LDAP-DIRSYNC-COOKIES")

forged = bytes(cookie[:-1]) + bytes([cookie[-1] ^ 1])
code, text = refused(sync(forged))
steps.check("a forged cookie: protocolError", code == 2 and text.startswith("0000203D: LdapErr"), "LDAP-DIRSYNC-COOKIES", detail=text)
for secure, code in ((False, 50), (True, 53)):
    found = refused(sync(context=unit, object_security=secure))
    steps.check(f"the base must be a naming context: {code}", found[0] == code, "LDAP-DIRSYNC", detail=found)
configuration = rounds(sync(context=f"CN=Configuration,{base}", query="(objectClass=crossRef)"))
steps.check("the configuration has changes of its own", len(configuration) >= 3, "LDAP-DIRSYNC", detail=sorted(configuration))
steps.finish()
