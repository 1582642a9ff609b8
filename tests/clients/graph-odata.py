# estate: --users 60 --check-answers
"""OData with Microsoft's Python Graph SDK: advanced queries, casts, expansion, references, pages, and the schema as a
CSDL reader sees it. Every answer is held against the property tables by the server itself (--check-answers).

Run under: forestbed exec --users 60 --check-answers -- target/clients/venv/bin/python tests/clients/graph-odata.py
"""

import asyncio
import json
import os
import ssl
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ET

from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph.generated.groups.item.group_item_request_builder import GroupItemRequestBuilder
from msgraph.generated.groups.item.members.graph_user.graph_user_request_builder import GraphUserRequestBuilder
from msgraph.generated.models.group import Group
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.password_profile import PasswordProfile
from msgraph.generated.models.reference_create import ReferenceCreate
from msgraph.generated.models.reference_update import ReferenceUpdate
from msgraph.generated.models.user import User
from msgraph.generated.users.item.user_item_request_builder import UserItemRequestBuilder
from msgraph.generated.users.users_request_builder import UsersRequestBuilder
from msgraph_core.tasks.page_iterator import PageIterator

import sdk
from witness import Steps

E = os.environ
GRAPH = E["FORESTBED_GRAPH_URL"].rstrip("/")
SCOPE = "https://graph.microsoft.com/.default"
steps = Steps("graph-odata.py")
PEOPLE = [("Ada", "Sales", True), ("Adam", "Sales", False), ("Zoë O'Brien", "HR", True), ("HelloWorld", None, True)]


def query(parameters, eventual=False):
    configuration = RequestConfiguration(query_parameters=parameters)
    if eventual:
        configuration.headers.add("ConsistencyLevel", "eventual")
    return configuration


def users(eventual=False, **options):
    return query(UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(**options), eventual)


async def refused(call, status, code, text=""):
    try:
        await call
    except ODataError as error:
        return error.response_status_code == status and error.error.code == code and text in error.error.message
    return False


async def people(client):
    made = []
    for number, (name, department, enabled) in enumerate(PEOPLE):
        user = User(display_name=name, account_enabled=enabled, mail_nickname=f"odata{number}", department=department)
        user.user_principal_name, user.usage_location = f"odata{number}@contoso.com", "NL"
        user.password_profile = PasswordProfile(password="xWwvJ]6NMw+bWH-d")
        made.append(await client.users.post(user))
    return made


async def filters(client):
    async def found(text, advanced=True):
        options = dict(filter=f"({text}) and startsWith(userPrincipalName,'odata')", select=["displayName"], top=999)
        if advanced:
            options["count"] = True
        answer = await client.users.get(request_configuration=users(advanced, **options))
        if advanced and answer.odata_count != len(answer.value):
            return None
        return sorted(user.display_name for user in answer.value)

    everybody = sorted(name for name, _, _ in PEOPLE)
    plainly = ["department eq 'SALES'", "startsWith(displayName,'ada')", "displayName in ('Ada','HelloWorld')",
               "accountEnabled eq false", "displayName eq 'Zoë O''Brien'", "displayName ge 'Ada' and displayName le 'adam'",
               "displayName eq 'Ada' or department eq 'HR' and accountEnabled eq true"]
    expected = [["Ada", "Adam"], ["Ada", "Adam"], ["Ada", "HelloWorld"], ["Adam"], ["Zoë O'Brien"], ["Ada", "Adam"], ["Ada", "Zoë O'Brien"]]
    got = [await found(text, False) for text in plainly]
    steps.check("filters without ConsistencyLevel", got == expected, "GRAPH-FILTER", detail=got)
    advanced = {
        "department ne 'Sales'": ["HelloWorld", "Zoë O'Brien"],
        "department eq null": ["HelloWorld"],
        "not(startsWith(displayName,'ad'))": ["HelloWorld", "Zoë O'Brien"],
        "endsWith(userPrincipalName,'3@CONTOSO.com')": ["HelloWorld"],
        "assignedLicenses/$count eq 0": everybody,
        "assignedLicenses/any()": [],
        "proxyAddresses/any(p:startsWith(p,'smtp:nobody'))": [],
        "not(assignedLicenses/any(l:l/skuId eq 6fd2c87f-b296-42f0-b197-1e91e994b900))": everybody,
        "onPremisesExtensionAttributes/extensionAttribute1 eq null": everybody,
        "isof('microsoft.graph.user')": everybody,
    }
    got = {text: await found(text) for text in advanced}
    steps.check("advanced filters: ne, not, null, endsWith, $count, any, isof", got == advanced, "GRAPH-FILTER-ADVANCED", detail=got)
    refusals = [
        ("department ne 'x'", "Request_UnsupportedQuery", "Filter operator 'NotEqualsMatch' is not supported."),
        ("endsWith(mail,'x')", "Request_UnsupportedQuery", "Unsupported Query."),
        ("onPremisesSamAccountName eq 'x'", "Request_UnsupportedQuery", "'onPremisesSamAccountName' of resource 'User'."),
        ("accountEnabled eq 'true'", "BadRequest", "Invalid filter clause"),
        ("nosuch eq 'x'", "BadRequest", "Could not find a property named 'nosuch' on type 'microsoft.graph.user'."),
    ]
    told = [await refused(client.users.get(request_configuration=users(filter=text)), 400, code, part) for text, code, part in refusals]
    steps.check("... and the refusals of those that are not", all(told), "GRAPH-FILTER-ADVANCED", detail=told)


async def search_and_order(client):
    async def found(text, **options):
        answer = await client.users.get(request_configuration=users(True, search=text, select=["displayName"], top=999, **options))
        return sorted(user.display_name for user in answer.value if user.display_name in {name for name, _, _ in PEOPLE})

    got = [await found(text) for text in ('"displayName:ada"', '"displayName:world"', '"displayName:brien" OR "displayName:hello"',
                                          '"displayName:ada" AND "userPrincipalName:odata1"')]
    expected = [["Ada", "Adam"], ["HelloWorld"], ["HelloWorld", "Zoë O'Brien"], ["Adam"]]
    steps.check("$search by words, OR, AND", got == expected, "GRAPH-ORDERBY-SEARCH", detail=got)
    options = users(True, filter="startsWith(userPrincipalName,'odata')", orderby=["displayName desc"], count=True, select=["displayName"])
    names = [user.display_name for user in (await client.users.get(request_configuration=options)).value]
    steps.check("$orderby with $filter", names == ["Zoë O'Brien", "HelloWorld", "Adam", "Ada"], "GRAPH-ORDERBY-SEARCH", detail=names)
    alone = users(filter="startsWith(userPrincipalName,'odata')", orderby=["displayName"])
    plain = await refused(client.users.get(request_configuration=alone), 400, "Request_UnsupportedQuery")
    steps.check("... refused without ConsistencyLevel", plain, "GRAPH-ORDERBY-SEARCH")


async def relations(client, made):
    ada, adam, zoe = made[0], made[1], made[2]
    for user, manager in ((adam, ada), (zoe, adam)):
        reference = ReferenceUpdate(odata_id=f"{GRAPH}/v1.0/users/{manager.id}")
        await client.users.by_user_id(user.id).manager.ref.put(reference)
    manager = await client.users.by_user_id(adam.id).manager.get()
    steps.check("a manager set by $ref", manager.id == ada.id and isinstance(manager, User), "GRAPH-MANAGER", detail=manager)
    parameters = UserItemRequestBuilder.UserItemRequestBuilderGetQueryParameters
    levels = query(parameters(select=["id"], expand=["manager($levels=max;$select=id,displayName)"]), True)
    chain = await client.users.by_user_id(zoe.id).get(request_configuration=levels)
    ids = [chain.manager.id, chain.manager.manager.id]
    steps.check("$expand=manager($levels=max)", ids == [adam.id, ada.id], "GRAPH-EXPAND", detail=ids)
    await client.users.by_user_id(zoe.id).manager.ref.delete()
    gone = await refused(client.users.by_user_id(zoe.id).manager.get(), 404, "Request_ResourceNotFound")
    steps.check("... and cleared", gone, "GRAPH-MANAGER")
    group = Group(display_name="OData", mail_nickname="odata", mail_enabled=False, security_enabled=True)
    inner = Group(display_name="OData inner", mail_nickname="odata-inner", mail_enabled=False, security_enabled=True)
    group, inner = await client.groups.post(group), await client.groups.post(inner)
    at = client.groups.by_group_id(group.id)
    for member in (ada.id, adam.id, inner.id):
        await at.members.ref.post(ReferenceCreate(odata_id=f"{GRAPH}/v1.0/directoryObjects/{member}"))
    cast = GraphUserRequestBuilder.GraphUserRequestBuilderGetQueryParameters
    only = await at.members.graph_user.get(request_configuration=query(cast(count=True, filter="startsWith(displayName,'Ada')"), True))
    kinds = {type(member).__name__ for member in only.value}
    steps.check("members cast to users, filtered and counted", only.odata_count == 2 and kinds == {"User"}, "GRAPH-CAST", detail=only)
    count = query(at.members.count.CountRequestBuilderGetQueryParameters(), True)
    total = await at.members.count.get(request_configuration=count)
    steps.check("members/$count", int(total) == 3, "GRAPH-COUNT", detail=total)
    expand = GroupItemRequestBuilder.GroupItemRequestBuilderGetQueryParameters(select=["id"], expand=["members($select=id)"])
    expanded = await at.get(request_configuration=query(expand))
    steps.check("$expand=members($select=id)", {m.id for m in expanded.members} == {ada.id, adam.id, inner.id}, "GRAPH-EXPAND", detail=expanded)
    return group


def plain(token, path, status=200, **headers):
    """What the SDK has no builder for, by the standard library."""
    context = ssl.create_default_context(cafile=E["FORESTBED_CA_FILE"])
    url = path if path.startswith("https:") else GRAPH + urllib.parse.quote(path, safe="/:?$&=()',;%")
    request = urllib.request.Request(url, headers={**({"Authorization": f"Bearer {token}"} if token else {}), **headers})
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)).open(request) as answer:
            body, found, kind = answer.read(), answer.status, answer.headers.get("Content-Type", "")
    except urllib.error.HTTPError as error:
        body, found, kind = error.read(), error.code, error.headers.get("Content-Type", "")
    if found != status:
        raise SystemExit(f"{path}: {found} {body[:400]}")
    return json.loads(body) if kind.startswith("application/json") and body else body.decode()


def paths(token, user, group):
    got = plain(token, f"/v1.0/users/{user.id}/displayName")
    context = got["@odata.context"].split("#")[1]
    steps.check("a property by its path", got["value"] == "Ada" and context == f"users('{user.id}')/displayName", "GRAPH-PROPERTY-PATHS", detail=got)
    bare = plain(token, f"/v1.0/USERS('{user.user_principal_name}')/DisplayName/$value")
    steps.check("... bare, and in any case", bare == "Ada", "GRAPH-PROPERTY-PATHS", detail=bare)
    references = plain(token, f"/v1.0/groups/{group.id}/members/$ref")["value"]
    steps.check("members/$ref", len(references) == 3 and any(user.id in one["@odata.id"] for one in references), "GRAPH-REF", detail=references)
    bare = plain(token, f"/v1.0/users/{user.id}", Accept="application/json;odata.metadata=none")
    full = plain(token, f"/v1.0/users/{user.id}", Accept="application/json;odata.metadata=full")
    levels = not any("@" in key for key in bare) and full["@odata.type"] == "#microsoft.graph.user"
    steps.check("odata.metadata=none and full", levels, "GRAPH-METADATA-LEVELS", detail=(bare, full))
    sets = {one["name"] for one in plain(None, "/v1.0/")["value"]}
    steps.check("the service document without a token", {"users", "groups", "organization"} <= sets, "GRAPH-METADATA", detail=sets)
    edm = "{http://docs.oasis-open.org/odata/ns/edm}"
    schema = ET.fromstring(plain(None, "/v1.0/$metadata"))
    types = {ty.get("Name"): ty for ty in schema.iter(f"{edm}EntityType")}
    named = {element.get("Name") for kind in ("EntityType", "ComplexType", "EnumType") for element in schema.iter(edm + kind)}
    used = {member.get("Type").removeprefix("Collection(").removesuffix(")") for kind in ("Property", "NavigationProperty") for member in schema.iter(edm + kind)}
    missing = sorted(name for name in used if name.startswith("graph.") and name.removeprefix("graph.") not in named)
    upn = [p for p in types["user"] if p.get("Name") == "userPrincipalName"]
    steps.check("$metadata is CSDL whose types are all there", not missing and len(upn) == 1, "GRAPH-METADATA", detail=missing)
    page = plain(token, "/beta/users?top=2&select=id&custom=x")
    kept = "top=2" in page["@odata.nextLink"] and "custom=x" in page["@odata.nextLink"] and "$skiptoken=" in page["@odata.nextLink"]
    rest = plain(token, page["@odata.nextLink"])["value"]
    steps.check("a nextLink keeps the options, $-less on beta", kept and len(rest) == 2 and rest != page["value"], "GRAPH-PAGE-TOKENS", detail=page)
    control = urllib.request.Request(E["FORESTBED_CONTROL_URL"] + "/api/clock", b'{"advance":"11m"}', {
        "Authorization": f"Bearer {E['FORESTBED_CONTROL_TOKEN']}", "Content-Type": "application/json"})
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(control).read()
    old = plain(token, page["@odata.nextLink"], 400)
    steps.check("... and its token dies of age", old["error"]["code"] == "Directory_ExpiredPageToken", "GRAPH-PAGE-TOKENS", detail=old)


async def main():
    good = sdk.credential()
    token = (await good.get_token(SCOPE)).token
    client = sdk.graph(good)
    made = await people(client)
    await filters(client)
    await search_and_order(client)
    group = await relations(client, made)
    ids = []
    first = await client.users.get(request_configuration=users(select=["id"], top=5))
    await PageIterator(first, client.request_adapter).iterate(lambda user: (ids.append(user.id), True)[1])
    steps.check("pages of five, nobody twice", len(ids) == len(set(ids)) > 5, "GRAPH-PAGE-TOKENS", detail=len(ids))
    steps.check("every answer fitted the property tables", True, "GRAPH-ANSWER-CHECK")
    paths(token, made[0], group)
    await good.close()


asyncio.run(main())
steps.finish()
