#!/usr/bin/env python3
"""Accounts of one forest as members of a group of another, by the Python library ldap3 (an unmodified client).

active-directory.md 3 (class, container), 11 (links across forests only through foreign security principals);
golden/04 (the form of the names).
"""
# estate: --scenario tests/estates/two-forests.yaml --clock stepped
import json
import os
import pathlib
import urllib.request

import ldap3
from ldap3 import BASE, LEVEL, SUBTREE, MODIFY_ADD, MODIFY_DELETE
from ldap3.protocol.formatters.formatters import format_sid

from witness import Steps

E = {name.removeprefix("FORESTBED_"): value for name, value in os.environ.items() if name.startswith("FORESTBED_")}
A, B = E["1_BASE_DN"], E["2_BASE_DN"]
ROW = "LDAP-FSP"
PRINCIPALS = "CN=ForeignSecurityPrincipals," + A
steps = Steps(pathlib.Path(__file__).name)


def connect(url, user, password):
    return ldap3.Connection(ldap3.Server(url, get_info=ldap3.NONE), user, password, auto_bind=True, auto_referrals=False)


def found(connection, base, scope, what, *attributes):
    connection.search(base, what, scope, attributes=list(attributes))
    return [entry["raw_attributes"] for entry in connection.response if entry["type"] == "searchResEntry"]


def members(connection, dn):
    return [value.decode() for value in found(connection, dn, BASE, "(objectClass=*)", "member")[0]["member"]]


def change(connection, dn, op, *values):
    connection.modify(dn, {"member": [(op, list(values))]})
    return connection.result["result"], connection.result["message"][:8]


def advance(span):
    request = urllib.request.Request(
        E["CONTROL_URL"] + "/api/clock", json.dumps({"advance": span}).encode(),
        {"Authorization": "Bearer " + E["CONTROL_TOKEN"], "Content-Type": "application/json"})
    urllib.request.urlopen(request).read()


here = connect(E["1_LDAP_URL"], E["1_BIND_DN"], E["1_BIND_PASSWORD"])
partner = connect(E["1_DC2_LDAP_URL"], E["1_BIND_DN"], E["1_BIND_PASSWORD"])
there = connect(E["2_LDAP_URL"], E["2_BIND_DN"], E["2_BIND_PASSWORD"])

steps.check("every domain has the principals that its own groups hold",
            {f"S-1-5-{n}" for n in (4, 9, 11, 17)} <= {e["cn"][0].decode() for e in found(here, PRINCIPALS, LEVEL, "(objectClass=foreignSecurityPrincipal)", "cn")}, ROW)

there.add("CN=Guest Worker,CN=Users," + B, "user", {"sAMAccountName": "guestworker"})
sid = format_sid(found(there, B, SUBTREE, "(sAMAccountName=guestworker)", "objectSid")[0]["objectSid"][0])
groups = {}
for name, kind in [("Local", -2147483644), ("Second", -2147483644), ("Global", -2147483646), ("Universal", -2147483640)]:
    groups[name] = f"CN={name},CN=Users,{A}"
    here.add(groups[name], "group", {"sAMAccountName": name, "groupType": kind})
value, principal = f"<SID={sid}>", f"CN={sid},{PRINCIPALS}"

for name in ("Global", "Universal"):
    steps.check(f"a {name.lower()} group does not hold an account of another forest",
                change(here, groups[name], MODIFY_ADD, value) == (53, "00002147"), ROW, detail=here.result)
own = format_sid(found(here, A, BASE, "(objectClass=*)", "objectSid")[0]["objectSid"][0]) + "-99999"
steps.check("a SID of the own domain that nobody has is refused",
            change(here, groups["Local"], MODIFY_ADD, f"<SID={own}>")[0] == 32, ROW, detail=here.result)
steps.check("what was refused left no object",
            not found(here, A, SUBTREE, f"(|(cn={sid})(cn={own}))", "cn"), ROW)

steps.check("a domain local group takes it", change(here, groups["Local"], MODIFY_ADD, value)[0] == 0, ROW, detail=here.result)
steps.check("the member is a foreign security principal", members(here, groups["Local"]) == [principal], ROW)
entry = found(here, principal, BASE, "(objectClass=*)", "objectClass", "objectSid", "memberOf")[0]
steps.check("which has the account's SID and knows its group",
            entry["objectClass"] == [b"top", b"foreignSecurityPrincipal"] and format_sid(entry["objectSid"][0]) == sid
            and entry["memberOf"] == [groups["Local"].encode()], ROW, detail=entry)
steps.check("a second group uses the same object",
            change(here, groups["Second"], MODIFY_ADD, value)[0] == 0 and members(here, groups["Second"]) == [principal]
            and len(found(here, A, SUBTREE, f"(objectSid={sid})", "cn")) == 1, ROW, detail=here.result)
steps.check("it is a member once", change(here, groups["Local"], MODIFY_ADD, value)[0] == 68, ROW, detail=here.result)
advance("16s")
steps.check("the other controller comes to hold it",
            members(partner, groups["Local"]) == [principal] and found(partner, A, SUBTREE, f"(objectSid={sid})", "cn"), ROW)
steps.check("a well-known SID is a member in the same way",
            change(here, groups["Local"], MODIFY_ADD, "<SID=S-1-5-11>")[0] == 0
            and f"CN=S-1-5-11,{PRINCIPALS}" in members(here, groups["Local"]), ROW, detail=here.result)
steps.check("it is taken out by its SID", change(here, groups["Local"], MODIFY_DELETE, value)[0] == 0
            and principal not in members(here, groups["Local"]), ROW, detail=here.result)
steps.check("and stays for the other group", members(here, groups["Second"]) == [principal], ROW)
steps.finish()
