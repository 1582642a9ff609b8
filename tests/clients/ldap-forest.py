#!/usr/bin/env python3
"""A forest of two domains and three domain controllers, by the Python library ldap3 (an unmodified client).

active-directory.md 6.4 (referrals), 9 (USNs of one controller mean nothing to another), 13 (global catalog).
"""
# estate: --scenario tests/estates/two-domains.yaml --clock stepped
import json
import os
import pathlib
import time
import urllib.request

import ldap3
from ldap3 import BASE, LEVEL, SUBTREE, MODIFY_ADD, MODIFY_REPLACE

from witness import Steps

E = {name.removeprefix("FORESTBED_"): value for name, value in os.environ.items() if name.startswith("FORESTBED_")}
ROOT, CHILD = E["1_BASE_DN"], E["2_BASE_DN"]
steps = Steps(pathlib.Path(__file__).name)


def connect(url, referrals=False, user=E["BIND_DN"], password=E["BIND_PASSWORD"], strategy=ldap3.SYNC):
    server = ldap3.Server(url, get_info=ldap3.DSA, allowed_referral_hosts=[("*", True)])
    return ldap3.Connection(server, user, password, auto_bind=True, auto_referrals=referrals, client_strategy=strategy)


def found(connection, base, scope, what, attributes=()):
    connection.search(base, what, scope, attributes=list(attributes))
    return [entry for entry in connection.response if entry["type"] == "searchResEntry"]


def advance(span):
    request = urllib.request.Request(
        E["CONTROL_URL"] + "/api/clock", json.dumps({"advance": span}).encode(),
        {"Authorization": "Bearer " + E["CONTROL_TOKEN"], "Content-Type": "application/json"})
    urllib.request.urlopen(request).read()


first, second, child = connect(E["1_LDAP_URL"]), connect(E["1_DC2_LDAP_URL"]), connect(E["2_LDAP_URL"])
catalog = connect(E["1_GC_URL"])

# referrals
quiet = connect(E["1_LDAP_URL"])
quiet.search(CHILD, "(objectClass=*)", BASE)
steps.check("a base in the child domain is answered with a referral", quiet.result["result"] == 10
            and "0000202B: RefErr:" in quiet.result["message"] and "ref 1: 'emea.contoso.local'" in quiet.result["message"]
            and quiet.result["referrals"][0].endswith("/" + CHILD), "LDAP-REFERRALS", detail=quiet.result)
chasing = connect(E["1_LDAP_URL"], referrals=True)
entries = found(chasing, CHILD, BASE, "(objectClass=*)", ["nTMixedDomain", "dc"])
steps.check("a client that chases it reads the child domain's head", [e["dn"] for e in entries] == [CHILD],
            "LDAP-REFERRALS", detail=chasing.result)
quiet.search(ROOT, "(sAMAccountName=Administrator)", SUBTREE)
references = [uri for e in quiet.response if e["type"] == "searchResRef" for uri in e["uri"]]
steps.check("a search of the root domain refers to the child domain", any(u.endswith("/" + CHILD) for u in references),
            "LDAP-REFERRALS", detail=references)
quiet.search("DC=fabrikam,DC=com", "(objectClass=*)", BASE)
steps.check("a foreign domain is referred to by its name", quiet.result["referrals"] == ["ldap://fabrikam.com/DC=fabrikam,DC=com"],
            "LDAP-REFERRALS", detail=quiet.result)

# several domains of one forest
steps.check("the root's administrator is known to the child's controller", child.bound, "LDAP-MULTI-DOMAIN")
info = child.server.info.other
steps.check("the child's controller names its own domain and the forest's root",
            info["defaultNamingContext"] == [CHILD] and info["rootDomainNamingContext"] == [ROOT]
            and info["configurationNamingContext"] == ["CN=Configuration," + ROOT], "LDAP-MULTI-DOMAIN", detail=info)
parts = found(child, "CN=Partitions,CN=Configuration," + ROOT, LEVEL, "(nETBIOSName=*)", ["nCName", "trustParent", "dnsRoot"])
steps.check("both domains have a crossRef, the child's names its parent's",
            sorted(p["attributes"]["dnsRoot"][0] for p in parts) == ["contoso.local", "emea.contoso.local"]
            and any("CONTOSO" in str(p["attributes"]["trustParent"]) for p in parts), "LDAP-MULTI-DOMAIN", detail=parts)

# the global catalog
users = "CN=Users," + CHILD
child.add("CN=Erika," + users, "user", {"sAMAccountName": "erika", "title": "Head", "displayName": "Erika", "employeeID": "7"})
first.add("CN=Everywhere,CN=Users," + ROOT, "group", {"sAMAccountName": "Everywhere", "groupType": -2147483640})
child.add("CN=Here," + users, "group", {"sAMAccountName": "Here", "groupType": -2147483646, "member": "CN=Erika," + users})
advance("1m")
first.modify("CN=Everywhere,CN=Users," + ROOT,
             {"member": [(MODIFY_ADD, ["CN=Erika," + users, E["BIND_DN"]])]})
steps.check("a universal group takes a member of another domain", first.result["result"] == 0, "LDAP-MULTI-DOMAIN", detail=first.result)
advance("1m")
for name, url in [("the root's", E["1_GC_URL"]), ("the child's", E["2_GC_URL"])]:
    gc = connect(url)
    group = found(gc, "", SUBTREE, "(sAMAccountName=Everywhere)", ["member"])
    members = sorted(m.lower() for m in group[0]["attributes"]["member"]) if group else None
    steps.check(f"the universal group is complete on {name} catalog",
                members == sorted(["cn=erika," + users.lower(), E["BIND_DN"].lower()]), "LDAP-GC", detail=members)
entry = found(catalog, "", SUBTREE, "(sAMAccountName=erika)", ["displayName", "title", "employeeID", "memberOf"])
shown = entry[0]["raw_attributes"] if entry else {}
steps.check("an attribute outside the partial set is absent on the catalog",
            shown.get("displayName") == [b"Erika"] and not shown.get("title") and not shown.get("employeeID"), "LDAP-GC", detail=shown)
steps.check("members of a foreign global group are not on the catalog",
            [e["raw_attributes"].get("member", []) for e in found(catalog, CHILD, SUBTREE, "(sAMAccountName=Here)", ["member"])] == [[]],
            "LDAP-GC")
steps.check("a filter on an attribute outside the set finds nobody on the catalog",
            not found(catalog, "", SUBTREE, "(title=Head)") and len(found(child, CHILD, SUBTREE, "(title=Head)")) >= 1, "LDAP-GC")
catalog.compare("CN=Erika," + users, "displayName", "erika")
steps.check("an object of another domain is compared on the catalog", catalog.result["result"] == 6, "LDAP-GC", detail=catalog.result)
catalog.compare("CN=Erika," + users, "title", "Head")
steps.check("... but not an attribute outside the set", catalog.result["result"] == 16, "LDAP-GC", detail=catalog.result)
listener = connect(E["1_GC_URL"], strategy=ldap3.ASYNC)
waiting = listener.search(ROOT, "(objectClass=*)", SUBTREE, attributes=["displayName", "title"],
                          controls=[("1.2.840.113556.1.4.528", True, None)])
first.add("CN=Told,CN=Users," + ROOT, "user", {"sAMAccountName": "told", "displayName": "Told", "title": "Head"})
deadline = time.monotonic() + 10
while not listener.strategy._responses.get(waiting) and time.monotonic() < deadline:
    time.sleep(0.05)
told = [e["raw_attributes"] for e in listener.strategy._responses.get(waiting) or []]
steps.check("the catalog's notifications show the partial set alone",
            [t.get("displayName") for t in told] == [[b"Told"]] and not any(t.get("title") for t in told), "LDAP-GC", detail=told)
def order(connection, attribute):
    octets = attribute.encode()
    value = bytes([0x30, len(octets) + 4, 0x30, len(octets) + 2, 4, len(octets)]) + octets
    connection.search("CN=Users," + CHILD, "(objectClass=*)", LEVEL, attributes=["1.1"],
                      controls=[("1.2.840.113556.1.4.473", True, value)])
    return [entry["dn"] for entry in connection.response if entry["type"] == "searchResEntry"]


steps.check("the catalog's order does not tell what it does not show",
            order(child, "employeeID")[0] == "CN=Erika," + users != order(catalog, "employeeID")[0], "LDAP-GC")
catalog.search("", "(sAMAccountName=erika)", SUBTREE)
steps.check("the catalog gives no references", not [e for e in catalog.response if e["type"] == "searchResRef"], "LDAP-GC")
catalog.modify("CN=Erika," + users, {"displayName": [(MODIFY_REPLACE, ["x"])]})
steps.check("a write to the catalog is refused", catalog.result["result"] == 53, "LDAP-GC", detail=catalog.result)
steps.check("the catalog says that it is ready", catalog.server.info.other["isGlobalCatalogReady"] == ["TRUE"], "LDAP-GC")


# two controllers of one domain
def settings(connection):
    dsa = connection.server.info.other["dsServiceName"][0]
    return found(connection, dsa, BASE, "(objectClass=*)", ["invocationId"])[0]["raw_attributes"]["invocationId"]


def highest(connection):
    return int(found_root(connection)["highestCommittedUSN"][0])


def found_root(connection):
    connection.search("", "(objectClass=*)", BASE, attributes=["highestCommittedUSN"])
    return connection.response[0]["attributes"]


steps.check("two controllers have two invocation ids", settings(first) != settings(second), "LDAP-MULTI-DC")
before, polled = highest(first), highest(second)
dn = "CN=Lag,CN=Users," + ROOT
first.add(dn, "user", {"sAMAccountName": "lag"})
steps.check("a change is on the other controller only after the lag",
            not found(second, ROOT, SUBTREE, "(sAMAccountName=lag)"), "LDAP-MULTI-DC")
advance("16s")
there = found(second, ROOT, SUBTREE, "(sAMAccountName=lag)", ["objectGUID", "uSNChanged", "objectSid"])
here = found(first, ROOT, SUBTREE, "(sAMAccountName=lag)", ["objectGUID", "uSNChanged", "objectSid"])
raw = lambda entries, name: entries[0]["raw_attributes"][name][0] if entries else None
steps.check("then it is there: the same object under another USN",
            raw(there, "objectGUID") == raw(here, "objectGUID") and raw(there, "objectSid") == raw(here, "objectSid")
            and raw(there, "uSNChanged") != raw(here, "uSNChanged"), "LDAP-MULTI-DC", detail=(there, here))
steps.check("polling with the controller's own USN finds it",
            found(second, ROOT, SUBTREE, f"(&(sAMAccountName=lag)(uSNChanged>={polled + 1}))"), "LDAP-MULTI-DC")
mark = max(before, polled) + 1
behind = second if polled < before else first
seen = found(behind, ROOT, SUBTREE, f"(&(sAMAccountName=lag)(uSNChanged>={mark}))")
steps.check("a tool that polls one controller with the other's USN misses it or reads too much",
            abs(before - polled) > 5 and (not seen or before > polled), "LDAP-MULTI-DC", detail=(before, polled, seen))
second.modify(dn, {"description": [(MODIFY_REPLACE, ["from the second"])]})
advance("16s")
steps.check("changes go both ways", found(first, ROOT, SUBTREE, "(description=from the second)"), "LDAP-MULTI-DC")
steps.finish()
