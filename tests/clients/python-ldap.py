# estate: --users 300
# python: system
"""python-ldap (libldap) against the forest: StartTLS, pages, changes, passwords, raw controls, referrals."""

import os

import ldap
import ldap.modlist
from ldap.controls import RequestControl, SimplePagedResultsControl
from witness import Steps

E = os.environ
steps = Steps("python-ldap.py")
ROW = "CLIENT-PYTHON-LDAP"
base = E["FORESTBED_BASE_DN"]
people = "(&(objectCategory=person)(objectClass=user))"


def connect(url=E["FORESTBED_LDAP_URL"], start_tls=False, who=E["FORESTBED_BIND_UPN"], password=E["FORESTBED_BIND_PASSWORD"]):
    connection = ldap.initialize(url)
    connection.set_option(ldap.OPT_REFERRALS, 0)
    connection.set_option(ldap.OPT_X_TLS_CACERTFILE, E["LDAPTLS_CACERT"])
    connection.set_option(ldap.OPT_X_TLS_REQUIRE_CERT, ldap.OPT_X_TLS_DEMAND)
    connection.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
    if start_tls:
        connection.start_tls_s()
    connection.simple_bind_s(who, password)
    return connection


def entries(found):
    return [(dn, attributes) for dn, attributes in found if dn is not None]


c = connect(start_tls=True)
steps.check("StartTLS, then a simple bind", True, ROW, "LDAP-STARTTLS")
who = c.whoami_s()
steps.check("who am I", who.lower() == "u:contoso\\administrator", ROW, "LDAP-WHOAMI", detail=who)
root = c.read_rootdse_s(attrlist=["*"])
steps.check("the root DSE", root["defaultNamingContext"] == [base.encode()], ROW, "LDAP-ROOTDSE")
steps.check("its naming contexts", base in c.get_naming_contexts() or base.encode() in c.get_naming_contexts(), ROW, "LDAP-ROOTDSE")

page, found = SimplePagedResultsControl(True, size=50, cookie=""), []
while True:
    sent = c.search_ext(base, ldap.SCOPE_SUBTREE, people, ["sAMAccountName"], serverctrls=[page])
    _, part, _, controls = c.result3(sent)
    found += entries(part)
    page.cookie = next(one.cookie for one in controls if one.controlType == SimplePagedResultsControl.controlType)
    if not page.cookie:
        break
names = [attributes["sAMAccountName"][0] for _, attributes in found]
steps.check("pages walk all people once", len(names) > 300 and len(set(names)) == len(names), ROW, "LDAP-PAGING", detail=len(names))

ou = f"OU=python-ldap,{base}"
c.add_s(ou, [("objectClass", [b"organizationalUnit"])])
dn = f"CN=Zoë Test,{ou}"
secure = connect(E["FORESTBED_LDAPS_URL"])
secret = '"Str0ng-enough!"'.encode("utf-16-le")
new = {"objectClass": [b"user"], "sAMAccountName": [b"zoe.test"], "userPrincipalName": [b"zoe.test@contoso.com"], "sn": [b"Test"]}
secure.add_s(dn, ldap.modlist.addModlist({**new, "unicodePwd": [secret], "userAccountControl": [b"512"]}))
steps.check("add a user with a password over LDAPS", True, ROW, "LDAP-ADD", "LDAP-PASSWORDS")
connect(who="zoe.test@contoso.com", password="Str0ng-enough!").unbind_s()
steps.check("the user binds", True, ROW, "LDAP-BIND-UPN")

before = entries(c.search_s(dn, ldap.SCOPE_BASE, attrlist=["sn", "mail"]))[0][1]
after = {**before, "sn": ["Tëst".encode()], "mail": [b"zoe@contoso.com"]}
c.modify_s(dn, ldap.modlist.modifyModlist(before, after))
now = entries(c.search_s(dn, ldap.SCOPE_BASE, attrlist=["sn", "mail"]))[0][1]
steps.check("modify by the difference of two entries", now == after, ROW, "LDAP-MODIFY", detail=now)
steps.check("compare", c.compare_s(dn, "mail", b"ZOE@contoso.com"), ROW, "LDAP-COMPARE")

group = f"CN=python-ldap group,{ou}"
c.add_s(group, [("objectClass", [b"group"]), ("sAMAccountName", [b"python-ldap"]), ("member", [dn.encode()])])
try:
    c.modify_s(group, [(ldap.MOD_ADD, "member", [dn.encode()])])
    steps.check("a member twice is refused", False)
except ldap.ALREADY_EXISTS as error:
    text = error.args[0].get("info", "")
    steps.check("a member twice is refused with AD's text", text.startswith("00000562: UpdErr"), ROW, "LDAP-MODIFY", detail=text)
member_of = entries(c.search_s(dn, ldap.SCOPE_BASE, attrlist=["memberOf"]))[0][1]["memberOf"]
steps.check("memberOf follows", member_of == [group.encode()], ROW, "LDAP-MODIFY", detail=member_of)

c.rename_s(dn, "CN=Zoë Renamed", newsuperior=f"CN=Users,{base}")
moved = f"CN=Zoë Renamed,CN=Users,{base}"
steps.check("rename and move", len(entries(c.search_s(moved, ldap.SCOPE_BASE, attrlist=["1.1"]))) == 1, ROW, "LDAP-MODIFYDN")
members = entries(c.search_s(group, ldap.SCOPE_BASE, attrlist=["member"]))[0][1]["member"]
steps.check("the group names the new place", members == [moved.encode()], ROW, "LDAP-MODIFYDN", detail=members)
c.delete_s(moved)
deleted = RequestControl("1.2.840.113556.1.4.417", True, None)
graves = entries(c.search_ext_s(base, ldap.SCOPE_SUBTREE, "(&(isDeleted=TRUE)(sAMAccountName=zoe.test))", ["lastKnownParent"], serverctrls=[deleted]))
steps.check("delete leaves a tombstone", len(graves) == 1, ROW, "LDAP-DELETE", "LDAP-SHOW-DELETED", detail=graves)

for text, kind, refused in (
    ("no such object", ldap.NO_SUCH_OBJECT, lambda: c.search_s(f"OU=nope,{base}", ldap.SCOPE_BASE)),
    ("a referral to another domain", ldap.REFERRAL, lambda: c.search_s("DC=fabrikam,DC=com", ldap.SCOPE_BASE)),
    ("a non-leaf", ldap.NOT_ALLOWED_ON_NONLEAF, lambda: c.delete_s(ou)),
    ("a wrong password", ldap.INVALID_CREDENTIALS, lambda: connect(password="wrong")),
    ("an unknown critical control", ldap.UNAVAILABLE_CRITICAL_EXTENSION, lambda: c.search_ext_s(base, ldap.SCOPE_BASE, serverctrls=[RequestControl("1.2.3.4.5", True, None)])),
):
    try:
        refused()
        steps.check(f"{text}: refused", False)
    except kind:
        steps.check(f"{text}: {kind.__name__}", True, ROW)
steps.finish()
