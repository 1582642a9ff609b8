# estate: --users 200
"""O365 (PyPI) against the tenant: sign-in by MSAL, its directory and groups, a round of writes over its connection.

The protocol's address is a setting of O365; the authority has none, so its MSAL client is made here, as its
documentation allows no other way: forestbed exec --users 200 -- target/clients/venv/bin/python THIS.
"""

import json
import os
import urllib.request

import msal
from O365 import Account, MSGraphProtocol
from O365.utils.token import MemoryTokenBackend
from requests.exceptions import HTTPError
from witness import Steps

E = os.environ
GRAPH, DOMAIN = E["FORESTBED_GRAPH_URL"].rstrip("/"), "contoso.com"
AUTHORITY = f"{E['FORESTBED_AUTHORITY_URL'].rstrip('/')}/{E['FORESTBED_TENANT_ID']}"
BASE = f"{GRAPH}/v1.0"
steps = Steps("graph-o365.py")


class Protocol(MSGraphProtocol):
    _protocol_url = f"{GRAPH}/"
    _oauth_scope_prefix = "https://graph.microsoft.com/"


def sign_in():
    secret = E["FORESTBED_CLIENT_SECRET"]
    account = Account((E["FORESTBED_CLIENT_ID"], secret), auth_flow_type="credentials", tenant_id=E["FORESTBED_TENANT_ID"],
                      protocol=Protocol(default_resource="users"), token_backend=MemoryTokenBackend())
    connection = account.con
    connection._msal_authority = AUTHORITY
    connection._msal_client = msal.ConfidentialClientApplication(
        E["FORESTBED_CLIENT_ID"], client_credential=secret, authority=AUTHORITY, instance_discovery=False,
        token_cache=connection.token_backend)
    done = account.authenticate(scopes=["https://graph.microsoft.com/.default"])
    steps.check("it signs in by client credentials", done, "LOGIN-CLIENT-CREDENTIALS", "CLIENT-O365")
    return account


def control(path, body=None):
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {E['FORESTBED_CONTROL_TOKEN']}"}
    data = None if body is None else json.dumps(body).encode()
    # the control API is asked past any proxy
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(urllib.request.Request(E["FORESTBED_CONTROL_URL"] + path, data, headers)) as answer:
        return answer.read().decode()


def refused(call, status, text):
    try:
        call()
    except HTTPError as error:
        return error.response.status_code == status and text in error.response.text
    return False


account = sign_in()
directory, con = account.directory(resource="users"), account.con

# --- reading
users = list(directory.get_users(limit=999, batch=3))
ids = [user.object_id for user in users]
steps.check(f"all users in pages of three ({len(ids)})", len(ids) == len(set(ids)) > 3, "GRAPH-USERS", "GRAPH-SELECT-TOP", detail=len(ids))
query = directory.new_query().equals("user_principal_name", users[0].user_principal_name)
steps.check("a query by name", [user.object_id for user in directory.get_users(query=query)] == [ids[0]], "GRAPH-FILTER")
steps.check("one by its name", directory.get_user(users[1].user_principal_name).object_id == ids[1], "GRAPH-USERS")
groups = account.groups().list_groups()
sizes = {group.object_id: len(list(group.get_group_members(recursive=False))) for group in groups}
largest = next(group for group in groups if sizes[group.object_id] == max(sizes.values()))
steps.check("members of groups", sizes[largest.object_id] > 0, "GRAPH-GROUPS", detail=sizes)
everybody = {member.object_id for member in largest.get_group_members(recursive=True)}
steps.check("... of nested ones too", len(everybody) >= sizes[largest.object_id], "GRAPH-GROUPS", detail=len(everybody))

# --- writing, over O365's own connection with its retries
name = f"o365.round@{DOMAIN}"
body = {"accountEnabled": True, "displayName": "O365 Round", "mailNickname": "o365.round", "userPrincipalName": name, "usageLocation": "NL",
        "passwordProfile": {"password": "xWwvJ]6NMw+bWH-d"}}
user = con.post(f"{BASE}/users", data=body).json()["id"]
steps.check("create a user", directory.get_user(name).object_id == user, "GRAPH-USERS")
steps.check("... not twice", refused(lambda: con.post(f"{BASE}/users", data=body), 400, "userPrincipalName already exists"),
            "GRAPH-USER-CONFLICT")
con.patch(f"{BASE}/users/{user}", data={"jobTitle": "Changed"})
steps.check("update it", directory.get_user(user).job_title == "Changed", "GRAPH-USERS")
group = con.post(f"{BASE}/groups", data={"displayName": "O365 Round", "mailNickname": "o365-round", "mailEnabled": False,
                                         "securityEnabled": True}).json()["id"]
con.post(f"{BASE}/groups/{group}/members/$ref", data={"@odata.id": f"{BASE}/directoryObjects/{user}"})
members = account.groups().get_group_by_id(group).get_group_members()
steps.check("a group with a member", [member.object_id for member in members] == [user], "GRAPH-GROUPS")
sku = con.get(f"{BASE}/subscribedSkus").json()["value"][0]["skuId"]
for add, remove, expected in (([{"skuId": sku, "disabledPlans": []}], [], [sku]), ([], [sku], [])):
    con.post(f"{BASE}/users/{user}/assignLicense", data={"addLicenses": add, "removeLicenses": remove})
    held = [one["skuId"] for one in con.get(f"{BASE}/users/{user}?$select=assignedLicenses").json()["assignedLicenses"]]
    steps.check(f"licences held: {len(expected)}", held == expected, "GRAPH-LICENSES", detail=held)

# --- delta and $batch
answer = con.get(f"{BASE}/users/delta?$select=displayName").json()
while "@odata.nextLink" in answer:
    answer = con.get(answer["@odata.nextLink"]).json()
con.patch(f"{BASE}/users/{user}", data={"displayName": "Told by delta"})
told = con.get(answer["@odata.deltaLink"]).json()["value"]
steps.check("delta tells the change alone", [(one["id"], one["displayName"]) for one in told] == [(user, "Told by delta")], "GRAPH-DELTA", detail=told)
requests = [{"id": "1", "method": "GET", "url": f"/users/{user}"}, {"id": "2", "method": "GET", "url": f"/users/nobody@{DOMAIN}"},
            {"id": "3", "method": "PATCH", "url": f"/users/{user}", "body": {"department": "B"}, "headers": {"Content-Type": "application/json"}}]
answers = con.post(f"{BASE}/$batch", data={"requests": requests}).json()["responses"]
statuses = {one["id"]: one["status"] for one in answers}
steps.check("$batch: 200, 404, 204", statuses == {"1": 200, "2": 404, "3": 204}, "GRAPH-BATCH", detail=statuses)

# --- retries are O365's own
for status in (429, 503):
    control("/api/faults", {"graph": "* */users/*", "status": status, "count": 2, "retry_after": "1s"})
    again = directory.get_user(user).object_id == user
    journal = [json.loads(line) for line in control("/api/journal").splitlines()]
    tail = [entry["status"] for entry in journal if "/users/" in entry["target"]][-3:]
    steps.check(f"{status} twice is waited for and asked again", again and tail == [status, status, 200], "GRAPH-FAULTS", detail=tail)

# --- the end
con.delete(f"{BASE}/groups/{group}/members/{user}/$ref")
con.delete(f"{BASE}/groups/{group}")
con.delete(f"{BASE}/users/{user}")
steps.check("deleted: 404", refused(lambda: con.get(f"{BASE}/users/{user}"), 404, "Request_ResourceNotFound"), "GRAPH-USERS")
con.post(f"{BASE}/directory/deletedItems/{user}/restore", data={})
steps.check("restored from the deleted items", directory.get_user(name).object_id == user, "GRAPH-DELETED-ITEMS")
con.delete(f"{BASE}/users/{user}")
steps.finish()
