# estate: --users 300
"""Python ldap3's Microsoft extensions: dir_sync, modify_password, members of groups, the extended schema abstraction."""

import os
import ssl

import ldap3
from ldap3 import ObjectDef, Reader, Writer
from witness import Steps

E = os.environ
steps = Steps("python-ldap3-microsoft.py")
ROW = "CLIENT-PYTHON-LDAP3"
base = E["FORESTBED_BASE_DN"]
tls = ldap3.Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=E["LDAPTLS_CACERT"])
server = ldap3.Server(E["FORESTBED_LDAPS_URL"], get_info=ldap3.ALL, tls=tls)
c = ldap3.Connection(server, E["FORESTBED_BIND_UPN"], E["FORESTBED_BIND_PASSWORD"], auto_bind=True)
steps.check("the schema is loaded", len(server.schema.attribute_types) > 1400, ROW, "LDAP-SCHEMA")

ou = f"OU=Extensions,{base}"
c.add(ou, "organizationalUnit")
users = [f"CN=Member {n},{ou}" for n in range(4)]
groups = [f"CN=Group {n},{ou}" for n in range(2)]
for n, dn in enumerate(users):
    steps.check(f"add {dn.split(',')[0]}", c.add(dn, "user", {"sAMAccountName": f"member{n}", "userPrincipalName": f"member{n}@contoso.com"}), ROW, "LDAP-ADD", detail=c.result)
for n, dn in enumerate(groups):
    steps.check(f"add {dn.split(',')[0]}", c.add(dn, "group", {"sAMAccountName": f"extensions{n}"}), ROW, "LDAP-ADD", detail=c.result)


def members(group):
    c.search(group, "(objectClass=group)", ldap3.BASE, attributes=["member"])
    return sorted(c.entries[0].member.values)


# --- members
steps.check("add members to groups", c.extend.microsoft.add_members_to_groups(users, groups), ROW, "LDAP-MODIFY", detail=c.result)
steps.check("both groups have all", all(members(one) == users for one in groups), ROW, "LDAP-MODIFY")
steps.check("once more changes nothing", c.extend.microsoft.add_members_to_groups(users[:2], groups, fix=True), ROW, "LDAP-MODIFY", detail=c.result)
steps.check("remove members from groups", c.extend.microsoft.remove_members_from_groups(users[:2], groups, fix=True), ROW, "LDAP-MODIFY", detail=c.result)
steps.check("the others are left", all(members(one) == users[2:] for one in groups), ROW, "LDAP-MODIFY")

# --- passwords
ms = c.extend.microsoft
steps.check("set a password", ms.modify_password(users[0], "Str0ng-enough!"), ROW, "LDAP-PASSWORDS", detail=c.result)
c.modify(users[0], {"userAccountControl": [(ldap3.MODIFY_REPLACE, [512])]})
me = ldap3.Connection(server, "member0@contoso.com", "Str0ng-enough!", auto_bind=True)
steps.check("the user signs in with it", me.bound, ROW, "LDAP-PASSWORDS")
steps.check("a weak password is refused", not ms.modify_password(users[0], "short"), ROW, "LDAP-PASSWORDS")
steps.check("... by the domain's policy", c.result["message"].startswith("0000052D"), ROW, "LDAP-PASSWORDS", detail=c.result)
wrong = me.extend.microsoft.modify_password(users[0], "An0ther-word!", old_password="not-the-0ld-one")
steps.check("a user needs the old password to change it", not wrong and me.result["message"].startswith("00000056"), ROW, "LDAP-PASSWORDS", detail=me.result)
steps.check("unlock an account", ms.unlock_account(users[0]), ROW, "LDAP-MODIFY", detail=c.result)

# --- DirSync
sync = ms.dir_sync(base, "(|(sAMAccountName=member*)(sAMAccountName=extensions*))", attributes=["sAMAccountName", "displayName", "member", "isDeleted"], incremental_values=True)
first = list(sync.loop())
while sync.more_results:
    first += sync.loop()
entries = [one for one in first if one["type"] == "searchResEntry"]
steps.check("dir_sync: a first round", len(entries) == 6, ROW, "LDAP-DIRSYNC", detail=len(entries))
steps.check("dir_sync: nothing new", not [one for one in sync.loop() if one["type"] == "searchResEntry"], ROW, "LDAP-DIRSYNC")
c.modify(users[1], {"displayName": [(ldap3.MODIFY_REPLACE, ["Changed"])]})
c.modify(groups[0], {"member": [(ldap3.MODIFY_DELETE, [users[2]]), (ldap3.MODIFY_ADD, [users[0]])]})
c.delete(users[3])
# the extension asks for extended names: <GUID=...>;<SID=...>;CN=...
changed = {one["dn"].split(";")[-1].split(",")[0].split("\\")[0]: one["attributes"] for one in sync.loop() if one["type"] == "searchResEntry"}
steps.check("dir_sync: what changed", sorted(changed) == ["CN=Group 0", "CN=Member 1", "CN=Member 3"], ROW, "LDAP-DIRSYNC", detail=sorted(changed))
steps.check("dir_sync: the changed attribute", changed.get("CN=Member 1", {}).get("displayName") in ("Changed", ["Changed"]), ROW, "LDAP-DIRSYNC", detail=changed)
group = changed.get("CN=Group 0", {})
for text, option, user in (("added", "member;range=1-1", users[0]), ("removed", "member;range=0-0", users[2])):
    names = [one.split(";")[-1] for one in group.get(option, [])]
    steps.check(f"dir_sync: {text} members", names == [user], ROW, "LDAP-DIRSYNC", detail=group)

# --- the abstraction layer reads the schema for every attribute
person = ObjectDef(["user"], c)
reader = Reader(c, person, ou, "(sAMAccountName=member1)")
steps.check("a reader by object definition", len(reader.search()) == 1 and reader[0].displayName.value == "Changed", ROW, "LDAP-SCHEMA")
writer = Writer.from_cursor(reader)
writer[0].department = "Sales"
steps.check("a writer commits", writer.commit(), ROW, "LDAP-MODIFY", detail=c.result)
steps.check("delete the tree", c.delete(ou, controls=[("1.2.840.113556.1.4.805", True, None)]), ROW, "LDAP-TREE-DELETE", detail=c.result)
steps.finish()
