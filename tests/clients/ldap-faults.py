# estate: --users 50
"""Scripted faults on LDAP, armed over the control API and met with ldap3.

Run under: forestbed exec --users 50 -- target/clients/venv/bin/python tests/clients/ldap-faults.py
"""

import json
import os
import time
import urllib.error
import urllib.request

from ldap3 import BASE, MODIFY_REPLACE, NONE, Connection, Server
from ldap3.core.exceptions import LDAPException

from witness import Steps

E = os.environ
steps = Steps("ldap-faults.py")
base = E["FORESTBED_BASE_DN"]
guest = f"CN=Guest,CN=Users,{base}"


def control(method, path, body=None):
    headers = {"Authorization": "Bearer " + E["FORESTBED_CONTROL_TOKEN"], "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(E["FORESTBED_CONTROL_URL"] + path, data, headers, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def connect():
    server = Server(E["FORESTBED_LDAP_URL"], get_info=NONE)
    return Connection(server, E["FORESTBED_BIND_UPN"], E["FORESTBED_BIND_PASSWORD"], auto_bind=True, receive_timeout=20)


def arm(**fault):
    control("DELETE", "/api/faults")
    status, answer = control("POST", "/api/faults", fault)
    if status != 200:
        raise SystemExit(answer)


def ask(c):
    try:
        c.search(guest, "(objectClass=*)", BASE, attributes=["cn"])
        return c.result["description"]
    except LDAPException as error:
        return type(error).__name__


c = connect()
arm(ldap="search", nth=3, result="busy")
found = [ask(c) for _ in range(4)]
steps.check("the third search is busy", found == ["success", "success", "busy", "success"], "LDAP-FAULTS", detail=found)
arm(ldap=f"search {guest}", every=2, count=2, result="unavailable")
found = [ask(c) for _ in range(5)]
expected = ["unavailable", "success", "unavailable", "success", "success"]
steps.check("every second search of an object, twice", found == expected, "LDAP-FAULTS", detail=found)
arm(ldap="search", probability=0.5, result=51)
found = [ask(c) for _ in range(60)]
both = 10 < found.count("busy") < 50 and set(found) == {"busy", "success"}
steps.check("by chance", both, "LDAP-FAULTS", detail=found)

arm(ldap="modify *,CN=Users,*", result="busy", after_commit=True)
c.modify(guest, {"description": [(MODIFY_REPLACE, ["changed all the same"])]})
told = c.result["description"]
c.search(guest, "(objectClass=*)", BASE, attributes=["description"])
kept = c.entries[0]["description"].value
steps.check("a change is made and called a failure", (told, kept) == ("busy", "changed all the same"), "LDAP-FAULTS", detail=(told, kept))

arm(ldap="search", delay="1500ms")
begin = time.monotonic()
late = ask(c)
took = time.monotonic() - begin
steps.check("an answer comes late", late == "success" and 1.4 < took < 15, "LDAP-FAULTS", detail=took)
for fault in ("drop", "truncate"):
    arm(ldap="search", **{fault: True})
    lost = connect()
    gone = ask(lost)
    again = ask(connect())
    steps.check(f"a connection ends: {fault}", gone != "success" and again == "success", "LDAP-FAULTS", detail=gone)
journal = [json.loads(line) for line in control("GET", "/api/journal?since=0")[1].splitlines() if line]
hits = [e for e in journal if e.get("fault") and e.get("side") == "ldap"]
steps.check("the journal knows them", len(hits) > 10, "LDAP-FAULTS", detail=len(hits))
for wrong in (
    {"ldap": "serach", "result": "busy"},
    {"ldap": "search"},
    {"ldap": "search", "result": "busy", "drop": True},
    {"ldap": "search", "result": "lazy"},
    {"ldap": "search", "status": 429},
    {"result": "busy"},
    {"ldap": "search", "result": "busy", "probability": 2},
):
    status, answer = control("POST", "/api/faults", wrong)
    steps.check(f"{wrong} is refused", 400 <= status < 500, detail=answer)
control("DELETE", "/api/faults")
steps.finish()
