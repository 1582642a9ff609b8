# estate: --users 300
"""Changes by an unmodified client, Python ldap3 with its Microsoft extensions: what Active Directory allows and
how it refuses; who may do what; the recycle bin; passwords and the states of accounts; the schema extended.

Run under: forestbed exec --users 300 -- target/clients/venv/bin/python tests/clients/ldap-updates.py
Codes and texts: active-directory.md 8-11, golden/06 and 07.
"""

import os
import ssl
import urllib.request

from ldap3 import BASE, MODIFY_ADD, MODIFY_DELETE, MODIFY_REPLACE, SUBTREE, Connection, Server, Tls

from witness import Steps

E = os.environ
steps = Steps("ldap-updates.py")
base = E["FORESTBED_BASE_DN"]
tls = Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=E["LDAPTLS_CACERT"])
server = Server(E["FORESTBED_LDAPS_URL"], tls=tls)
plain = Server(E["FORESTBED_LDAP_URL"])
PASSWORD, OTHER = "Str0ng-enough!", "An0ther-secret!"
SHOW_DELETED = ("1.2.840.113556.1.4.417", True, None)
SHOW_RECYCLED = ("1.2.840.113556.1.4.2064", True, None)
DEACTIVATED = ("1.2.840.113556.1.4.2065", True, None)
POLICY_HINTS = ("1.2.840.113556.1.4.2239", True, b"\x30\x03\x02\x01\x01")


def connect(user=None, password=None, over=server, **more):
    c = Connection(over, user or E["FORESTBED_BIND_UPN"], password or E["FORESTBED_BIND_PASSWORD"], **more)
    c.bind()
    return c


def clock(body):
    """Moves the estate's virtual clock."""
    request = urllib.request.Request(
        E["FORESTBED_CONTROL_URL"] + "/api/clock",
        body.encode(),
        {"Content-Type": "application/json", "Authorization": "Bearer " + E["FORESTBED_CONTROL_TOKEN"]},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.status


def answered(c):
    return c.result["result"], c.result["message"]


def expect(text, c, code, start="", *rows):
    """The last answer of a connection has this code, and a text that begins so."""
    got, message = answered(c)
    return steps.check(text, got == code and message.startswith(start), *rows, detail=(got, message))


def quoted(text):
    return f'"{text}"'.encode("utf-16-le")


admin = connect()
root = connect(check_names=False)
# the clock moves by years below; 0x10200: a normal account whose password does not expire
admin.modify(E["FORESTBED_BIND_DN"], {"userAccountControl": [(MODIFY_REPLACE, [66048])]})
unit = f"OU=Updates,{base}"
admin.add(unit, "organizationalUnit")
expect("an organizational unit is made", admin, 0, "", "LDAP-ADD")


def user(name, **more):
    dn = f"CN={name},{unit}"
    attributes = {"sAMAccountName": name, "userPrincipalName": f"{name}@contoso.com", "userAccountControl": 512}
    admin.add(dn, "user", attributes | {"unicodePwd": quoted(PASSWORD)} | more)
    return dn


def group(name, kind):
    dn = f"CN={name},{unit}"
    admin.add(dn, "group", {"sAMAccountName": name, "groupType": kind})
    return dn


GLOBAL, LOCAL, UNIVERSAL = -2147483646, -2147483644, -2147483640

# --- adding and modifying
ann, ben = user("ann.up"), user("ben.up")
expect("a user is added with a password", admin, 0, "", "LDAP-ADD")
user("Ann.UP")
expect("a name that is taken", admin, 68, "00002071: UpdErr: ", "LDAP-ADD")
admin.add(f"CN=X,{unit}", "user", {"sAMAccountName": "ANN.up"})
expect("an account name that is taken", admin, 68, "00000524: UpdErr: ", "LDAP-ADD")
admin.add(f"CN=X,{unit}", "user", {"sAMAccountName": "x", "userPrincipalName": "ANN.up@contoso.com"})
expect("a principal name that is taken", admin, 19, "000021C8: AtrErr: ", "LDAP-ADD")
admin.add(f"CN=X,{unit}", "user", {"sAMAccountName": "a*b"})
expect("a character that no account name has", admin, 80, "00000523: SysErr: ", "LDAP-ADD")
admin.add(f"CN=X,{unit}", "user", {"userAccountControl": 512})
expect("enabled without a password", admin, 53, "0000052D: SvcErr: ", "LDAP-ADD")
admin.modify(ann, {"displayName": [(MODIFY_ADD, ["a", "b"])]})
expect("two values where one fits", admin, 19, "00002081: AtrErr: ", "LDAP-MODIFY")
admin.modify(ann, {"manager": [(MODIFY_REPLACE, [f"CN=Nope,{base}"])]})
expect("a manager who does not exist", admin, 19, "000020B5: AtrErr: ", "LDAP-MODIFY")
admin.modify(ann, {"memberOf": [(MODIFY_ADD, [f"CN=Domain Users,CN=Users,{base}"])]})
expect("a back link", admin, 53, "0000209A: SvcErr: ", "LDAP-MODIFY")
admin.modify(unit, {"objectClass": [(MODIFY_ADD, ["bootableDevice"])], "bootFile": [(MODIFY_ADD, ["x"])]})
expect("an auxiliary class of the object's own", admin, 0, "", "LDAP-MODIFY")

# --- groups
team, list_ = group("team.up", GLOBAL), group("local.up", LOCAL)
admin.extend.microsoft.add_members_to_groups([ann, ben], [team])
admin.search(team, "(objectClass=group)", BASE, attributes=["member"])
steps.check("add_members_to_groups", len(admin.entries[0].member) == 2, "LDAP-GROUPS")
admin.extend.microsoft.remove_members_from_groups([ben], [team])
admin.search(team, "(objectClass=group)", BASE, attributes=["member"])
steps.check("remove_members_from_groups", list(admin.entries[0].member) == [ann], "LDAP-GROUPS")
admin.modify(team, {"member": [(MODIFY_ADD, [ann])]})
expect("a member twice", admin, 68, "00000562: UpdErr: ", "LDAP-GROUPS")
admin.modify(team, {"member": [(MODIFY_DELETE, [ben])]})
expect("no member", admin, 53, "00000561: SvcErr: ", "LDAP-GROUPS")
admin.modify(team, {"member": [(MODIFY_ADD, [list_])]})
expect("a domain local group in a global one", admin, 53, "00002144: SvcErr: ", "LDAP-GROUPS")
admin.modify(team, {"groupType": [(MODIFY_REPLACE, [LOCAL])]})
expect("global becomes domain local", admin, 53, "00002141: SvcErr: ", "LDAP-GROUPS")
admin.modify(team, {"groupType": [(MODIFY_REPLACE, [UNIVERSAL])]})
expect("global becomes universal", admin, 0, "", "LDAP-GROUPS")

# --- passwords
admin.extend.microsoft.modify_password(ann, OTHER)
expect("modify_password resets", admin, 0, "", "LDAP-PASSWORDS")
own = connect("ann.up@contoso.com", OTHER)
own.extend.microsoft.modify_password(ann, "Third-secret!9", OTHER)
expect("a change on the day of the last one", own, 19, "0000052D: AtrErr: ", "LDAP-PASSWORDS")
clock('{"advance":"25h"}')
own.extend.microsoft.modify_password(ann, "Third-secret!9", "wrong")
expect("a change with a wrong old password", own, 19, "00000056: AtrErr: ", "LDAP-PASSWORDS")
own.extend.microsoft.modify_password(ann, OTHER, OTHER)
expect("a change to what it was", own, 19, "0000052D: AtrErr: ", "LDAP-PASSWORDS")
own.extend.microsoft.modify_password(ann, "Third-secret!9", OTHER)
expect("a change with the old password", own, 0, "", "LDAP-PASSWORDS")
admin.modify(ann, {"unicodePwd": [(MODIFY_REPLACE, [quoted(OTHER)])]}, controls=[POLICY_HINTS])
expect("a reset that obeys the history", admin, 19, "0000052D: AtrErr: ", "LDAP-PASSWORDS")
unprotected = connect(over=plain)
unprotected.modify(ann, {"unicodePwd": [(MODIFY_REPLACE, [quoted(PASSWORD)])]})
expect("a password over an unprotected connection", unprotected, 53, "0000001F: SvcErr: ", "LDAP-PASSWORDS")
admin.modify(ben, {"pwdLastSet": [(MODIFY_REPLACE, [5])]})
expect("pwdLastSet takes 0 and -1 only", admin, 80, "00000057: SysErr: ", "LDAP-PASSWORDS")


# --- states of accounts (error 49)
def bind_data(name, password=PASSWORD):
    c = Connection(server, f"{name}@contoso.com", password)
    c.bind()
    return c.result["message"].split("data ")[-1].split(",")[0] if c.result["result"] == 49 else c.result["result"]


def state(text, name, data, **change):
    dn = user(name)
    for attribute, value in change.items():
        admin.modify(dn, {attribute: [(MODIFY_REPLACE, [value])]})
    got = bind_data(name)
    steps.check(f"{text}: {data}", got == data, "LDAP-BIND-STATES", detail=(got, admin.result))


state("disabled", "s533", "533", userAccountControl=514)
state("expired account", "s701", "701", accountExpires=130000000000000000)
state("must change the password", "s773", "773", pwdLastSet=0)
state("outside logon hours", "s530", "530", logonHours=b"\x00" * 21)
state("another workstation", "s531", "531", userWorkstations="PC1,PC2")
steps.check("unknown account: 52e", bind_data("nobody.at.all") == "52e", "LDAP-BIND-STATES")
admin.modify(base, {"lockoutThreshold": [(MODIFY_REPLACE, [3])]})
user("s775")
wrong = [bind_data("s775", "wrong") for _ in range(3)]
steps.check("locked out after three failures: 775", (wrong, bind_data("s775")) == (["52e"] * 3, "775"), "LDAP-BIND-STATES")
clock('{"advance":"31m"}')
steps.check("the lockout ends by itself", bind_data("s775") == 0, "LDAP-BIND-STATES")
admin.modify(base, {"lockoutThreshold": [(MODIFY_REPLACE, [0])]})
user("s532")
clock('{"advance":"1009h"}')
steps.check("expired password: 532", bind_data("s532") == "532", "LDAP-BIND-STATES")

# --- who may do what
anonymous = Connection(server)
anonymous.bind()
for text, make in (
    ("search", lambda c: c.search(base, "(objectClass=*)", BASE)),
    ("add", lambda c: c.add(f"CN=X,{unit}", "contact")),
    ("modify", lambda c: c.modify(ann, {"title": [(MODIFY_REPLACE, ["x"])]})),
    ("delete", lambda c: c.delete(ann)),
    ("rename", lambda c: c.modify_dn(ann, "CN=X")),
):
    make(anonymous)
    expect(f"anonymous: {text}", anonymous, 1, "000004DC: LdapErr: ", "LDAP-ROLES")
admin.modify(ben, {"unicodePwd": [(MODIFY_REPLACE, [quoted(PASSWORD)])]})
ben_too = connect("ben.up@contoso.com", PASSWORD)
for text, make, code, start in (
    ("writes its own telephone number", lambda c: c.modify(ben, {"telephoneNumber": [(MODIFY_REPLACE, ["1"])]}), 0, ""),
    ("its own display name", lambda c: c.modify(ben, {"displayName": [(MODIFY_REPLACE, ["x"])]}), 50, "00002098: SecErr: "),
    ("another's title", lambda c: c.modify(ann, {"title": [(MODIFY_REPLACE, ["x"])]}), 50, "00002098: SecErr: "),
    ("another's password", lambda c: c.modify(ann, {"unicodePwd": [(MODIFY_REPLACE, [quoted(OTHER)])]}), 50, "00002098: SecErr: "),
    ("adds a user", lambda c: c.add(f"CN=X,{unit}", "user"), 50, "00000005: SecErr: "),
    ("deletes", lambda c: c.delete(ann), 50, "00000005: SecErr: "),
    ("renames", lambda c: c.modify_dn(ann, "CN=X"), 50, "00000005: SecErr: "),
):
    make(ben_too)
    expect(f"a plain user: {text}", ben_too, code, start, "LDAP-ROLES")
# ldap3 takes the empty name of the root DSE only when it checks no names
root_too = connect("ben.up@contoso.com", PASSWORD, check_names=False)
root_too.modify("", {"schemaUpdateNow": [(MODIFY_ADD, ["1"])]})
expect("a plain user: an operation of the root DSE", root_too, 50, "00002098: SecErr: ", "LDAP-ROLES")
for n in range(11):
    ben_too.add(f"CN=UP{n},CN=Computers,{base}", "computer", {"sAMAccountName": f"UP{n}$", "userAccountControl": 4096})
expect("a plain user: the eleventh computer", ben_too, 53, "0000216D: SvcErr: ", "LDAP-ROLES")
msol = user("MSOL_up01")
sync = connect("MSOL_up01@contoso.com", PASSWORD)
sync.modify(ann, {"mS-DS-ConsistencyGuid": [(MODIFY_REPLACE, [b"0123456789abcdef"])]})
expect("a sync account: writes the source anchor", sync, 0, "", "LDAP-ROLES")
sync.modify(ann, {"title": [(MODIFY_REPLACE, ["x"])]})
expect("a sync account: no other attribute", sync, 50, "00002098: SecErr: ", "LDAP-ROLES")
user("olga.up")
admin.modify(f"CN=Account Operators,CN=Builtin,{base}", {"member": [(MODIFY_ADD, [f"CN=olga.up,{unit}"])]})
operator = connect("olga.up@contoso.com", PASSWORD)
operator.modify(ann, {"unicodePwd": [(MODIFY_REPLACE, [quoted(PASSWORD)])]})
expect("an account operator: resets a password", operator, 0, "", "LDAP-ROLES")
operator.modify(f"CN=Administrator,CN=Users,{base}", {"unicodePwd": [(MODIFY_REPLACE, [quoted(OTHER)])]})
expect("an account operator: not an administrator's", operator, 50, "00002098: SecErr: ", "LDAP-ROLES")

# --- deleted objects: a tombstone, then the recycle bin


def deleted(sam, *controls):
    controls = [c for c in controls] or None
    names = ["isRecycled", "mail", "memberOf", "member", "userPrincipalName"]
    admin.search(base, f"(&(sAMAccountName={sam})(isDeleted=TRUE))", SUBTREE, attributes=names, controls=controls)
    return [entry for entry in admin.response if entry["type"] == "searchResEntry"]


def undelete(entry, dn):
    changes = {"isDeleted": [(MODIFY_DELETE, [])], "distinguishedName": [(MODIFY_REPLACE, [dn])]}
    admin.modify(entry["dn"], changes, controls=[SHOW_DELETED])


tom = user("tom.up", mail="tom@contoso.com")
admin.extend.microsoft.add_members_to_groups([tom], [team])
admin.delete(tom)
found = deleted("tom.up", SHOW_DELETED)
steps.check("a tombstone has lost its mail", len(found) == 1 and not found[0]["attributes"]["mail"], "LDAP-SHOW-DELETED")
steps.check("nobody sees it without the control", not deleted("tom.up"), "LDAP-SHOW-DELETED")
undelete(found[0], f"CN=Nope,OU=Nope,{base}")
expect("an undelete below nothing", admin, 1, "00002089: SvcErr: ", "LDAP-UNDELETE")
undelete(found[0], tom)
expect("an undelete", admin, 0, "", "LDAP-UNDELETE")
admin.search(tom, "(objectClass=user)", BASE, attributes=["mail", "memberOf", "accountExpires", "adminCount"])
back = admin.entries[0] if admin.entries else None
steps.check("the tombstone comes back without what it lost", back is not None and not back.mail and not back.memberOf, "LDAP-UNDELETE")

FEATURE = "766ddcd8-acd0-445e-f3b9-a7f9b6744f2a"
partitions = f"CN=Partitions,CN=Configuration,{base}"
root.modify("", {"enableOptionalFeature": [(MODIFY_ADD, [f"{partitions}:{FEATURE}"])]})
expect("the recycle bin is enabled through the root DSE", root, 0, "", "LDAP-RECYCLE-BIN")
root.modify("", {"enableOptionalFeature": [(MODIFY_ADD, [f"{partitions}:{FEATURE}"])]})
expect("it is enabled once", root, 20, "00002083: AtrErr: ", "LDAP-RECYCLE-BIN")
rita = user("rita.up", mail="rita@contoso.com")
admin.extend.microsoft.add_members_to_groups([rita], [team])
admin.delete(rita)
found = deleted("rita.up", SHOW_DELETED)
kept = bool(found) and found[0]["attributes"]["mail"] == "rita@contoso.com" and not found[0]["attributes"]["memberOf"]
steps.check("the recycle bin keeps attributes and hides links", kept, "LDAP-RECYCLE-BIN", detail=found)
found = deleted("rita.up", SHOW_DELETED, DEACTIVATED)
shown = bool(found) and found[0]["attributes"]["memberOf"] == [team]
steps.check("the deactivated link control shows them", shown, "LDAP-RECYCLE-BIN", detail=found)
undelete(found[0], rita)
admin.search(rita, "(objectClass=user)", BASE, attributes=["mail", "memberOf"])
whole = bool(admin.entries) and admin.entries[0].mail == "rita@contoso.com" and list(admin.entries[0].memberOf) == [team]
steps.check("it comes back whole", whole, "LDAP-RECYCLE-BIN", "LDAP-UNDELETE", detail=admin.response)
admin.delete(rita)
clock('{"advance":"4321h"}')
gone = (len(deleted("rita.up", SHOW_DELETED)), len(deleted("rita.up", SHOW_RECYCLED)))
steps.check("after 180 days it is recycled", gone == (0, 1), "LDAP-RECYCLE-BIN", detail=gone)
clock('{"advance":"4321h"}')
steps.check("after 180 more it is gone", not deleted("rita.up", SHOW_RECYCLED), "LDAP-RECYCLE-BIN")

# --- the schema
schema = f"CN=Schema,CN=Configuration,{base}"
badge = {
    "attributeID": "1.3.6.1.4.1.99999.1.1",
    "lDAPDisplayName": "contosoBadgeNumber",
    "attributeSyntax": "2.5.5.12",
    "oMSyntax": 64,
    "isSingleValued": "TRUE",
    "searchFlags": 1,
}
admin.add(f"CN=Contoso-Badge-Number,{schema}", "attributeSchema", badge)
expect("an attribute is added to the schema", admin, 0, "", "LDAP-SCHEMA-EXTENSION")
admin.add(f"CN=Contoso-Other,{schema}", "attributeSchema", badge)
expect("an OID is given once", admin, 53, "000020BB: SvcErr: ", "LDAP-SCHEMA-EXTENSION")
root.modify("", {"schemaUpdateNow": [(MODIFY_ADD, ["1"])]})
admin.modify(f"CN=User,{schema}", {"mayContain": [(MODIFY_ADD, ["contosoBadgeNumber"])]})
expect("users may have it", admin, 0, "", "LDAP-SCHEMA-EXTENSION")
root.modify("", {"schemaUpdateNow": [(MODIFY_ADD, ["1"])]})
# ldap3 checks names against the schema that it read when it connected
fresh = connect(over=Server(E["FORESTBED_LDAPS_URL"], tls=tls))
fresh.modify(ann, {"contosoBadgeNumber": [(MODIFY_REPLACE, ["4711"])]})
expect("a user has it", fresh, 0, "", "LDAP-SCHEMA-EXTENSION")
fresh.search(base, "(contosoBadgeNumber=4711)", SUBTREE, attributes=["contosoBadgeNumber"])
steps.check("and is found by it", [e.entry_dn for e in fresh.entries] == [ann], "LDAP-SCHEMA-EXTENSION", detail=fresh.result)
admin.modify(ben, {"unicodePwd": [(MODIFY_REPLACE, [quoted(OTHER)])]})
own = connect("ben.up@contoso.com", OTHER)
own.add(f"CN=Contoso-Third,{schema}", "attributeSchema", badge)
expect("a plain user does not extend it", own, 50, "00000005: SecErr: ", "LDAP-SCHEMA-EXTENSION")

steps.finish()
