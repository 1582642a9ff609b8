# estate: --users 200
"""Microsoft's Python Graph SDK with azure-identity against the tenant.

Run under: forestbed exec --users 200 -- target/clients/venv/bin/python tests/clients/graph-sdk.py
"""

import asyncio
import os
import uuid

from azure.core.exceptions import ClientAuthenticationError
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph.generated.models.assigned_license import AssignedLicense
from msgraph.generated.models.group import Group
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.password_profile import PasswordProfile
from msgraph.generated.models.reference_create import ReferenceCreate
from msgraph.generated.models.user import User
from msgraph.generated.users.item.assign_license.assign_license_post_request_body import AssignLicensePostRequestBody
from msgraph.generated.users.item.user_item_request_builder import UserItemRequestBuilder
from msgraph.generated.users.users_request_builder import UsersRequestBuilder
from msgraph_core.tasks.page_iterator import PageIterator

import sdk
from witness import Steps

E = os.environ
GRAPH, DOMAIN = E["FORESTBED_GRAPH_URL"].rstrip("/"), "contoso.com"
SCOPE = "https://graph.microsoft.com/.default"
steps = Steps("graph-sdk.py")


def users_query(**query):
    return RequestConfiguration(query_parameters=UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(**query))


async def refused(call, status, code, text):
    try:
        await call
    except ODataError as error:
        return error.response_status_code == status and error.error.code == code and text in error.error.message
    return False


async def tokens():
    wrong = sdk.credential("not-the-secret")
    try:
        await wrong.get_token(SCOPE)
        steps.check("a wrong secret is refused", False)
    except ClientAuthenticationError as error:
        steps.check("a wrong secret is refused with AADSTS7000215", "AADSTS7000215" in str(error), "LOGIN-ERRORS", detail=error)
    await wrong.close()
    good = sdk.credential(E["FORESTBED_CLIENT_SECRET"])
    token = await good.get_token(SCOPE)
    steps.check("a token by client credentials", token.token.count(".") == 2, "LOGIN-CLIENT-CREDENTIALS", "LOGIN-DISCOVERY", "CLIENT-MSGRAPH-PYTHON")
    return good


async def read_users(client, adapter):
    ids = []
    first = await client.users.get(request_configuration=users_query(select=["id", "userPrincipalName", "accountEnabled"], top=3))
    await PageIterator(first, adapter).iterate(lambda user: (ids.append(user.id), True)[1])
    once = len(ids) > 3 and len(ids) == len(set(ids))
    steps.check("all pages of $top=3: more than three users, none twice", once, "GRAPH-USERS", "GRAPH-SELECT-TOP", detail=len(ids))
    nobody = users_query(count=True, top=1, filter="startswith(displayName,'no such name')")
    nobody.headers.add("ConsistencyLevel", "eventual")
    none = await client.users.get(request_configuration=nobody)
    steps.check("$filter with $count finds none", none.odata_count == 0, "GRAPH-FILTER", detail=none.odata_count)
    everybody = users_query(count=True, top=1, filter="displayName ne 'no such name'")
    alone = await refused(client.users.get(request_configuration=everybody), 400, "Request_UnsupportedQuery", "")
    steps.check("an advanced filter without the header is refused", alone, "GRAPH-FILTER")
    everybody.headers.add("ConsistencyLevel", "eventual")
    counted = await client.users.get(request_configuration=everybody)
    steps.check("... and with it counts all", counted.odata_count == len(ids), "GRAPH-FILTER", detail=counted.odata_count)
    ordered = await client.users.get(request_configuration=users_query(orderby=["displayName"], top=999, select=["displayName"]))
    names = [u.display_name.lower() for u in ordered.value]
    steps.check("$orderby=displayName", names == sorted(names), "GRAPH-ORDERBY-SEARCH", detail=names[:5])
    wanted = names[0].split()[0]
    search = users_query(search=f'"displayName:{wanted}"', select=["displayName"])
    alone = await refused(client.users.get(request_configuration=search), 400, "Request_UnsupportedQuery", "ConsistencyLevel: eventual")
    steps.check("$search without the header is refused", alone, "GRAPH-ORDERBY-SEARCH")
    search.headers.add("ConsistencyLevel", "eventual")
    found = [u.display_name.lower() for u in (await client.users.get(request_configuration=search)).value]
    steps.check("... and with it finds by word", names[0] in found and all(wanted in name for name in found), "GRAPH-ORDERBY-SEARCH", detail=found)
    return ids


async def organization(client):
    answer = await client.organization.get()
    domains = {d.name for d in answer.value[0].verified_domains}
    steps.check("organization has the verified domain", DOMAIN in domains, "GRAPH-ORGANIZATION", detail=domains)
    domains = {d.id for d in (await client.domains.get()).value}
    steps.check("domains has it too", DOMAIN in domains, "GRAPH-ORGANIZATION", detail=domains)


def new_user(tag):
    user = User()
    user.display_name, user.account_enabled, user.mail_nickname = "Client Test", True, tag
    user.user_principal_name, user.usage_location = f"{tag}@{DOMAIN}", "NL"
    user.password_profile = PasswordProfile(password="xWwvJ]6NMw+bWH-d", force_change_password_next_sign_in=True)
    return user


async def write_users(client):
    user = new_user("client.test")
    made = await client.users.post(user)
    steps.check("create a user", made.user_principal_name == user.user_principal_name, "GRAPH-USERS")
    text = "Another object with the same value for property userPrincipalName already exists."
    conflict = await refused(client.users.post(new_user("client.test")), 400, "Request_BadRequest", text)
    steps.check("a duplicate userPrincipalName is refused", conflict, "GRAPH-USER-CONFLICT")
    steps.check("get it by UPN", (await client.users.by_user_id(user.user_principal_name).get()).id == made.id, "GRAPH-USERS")
    by_id = await client.users.by_user_id(made.id).get()
    steps.check("get it by id", by_id.user_principal_name == user.user_principal_name, "GRAPH-USERS")
    patch = User()
    patch.job_title = "Changed"
    await client.users.by_user_id(made.id).patch(patch)
    query = UserItemRequestBuilder.UserItemRequestBuilderGetQueryParameters(select=["jobTitle"])
    changed = await client.users.by_user_id(made.id).get(request_configuration=RequestConfiguration(query_parameters=query))
    steps.check("update it", changed.job_title == "Changed", "GRAPH-USERS")
    return made


def license_body(add, remove):
    body = AssignLicensePostRequestBody()
    body.add_licenses = [AssignedLicense(sku_id=uuid.UUID(sku), disabled_plans=[]) for sku in add]
    body.remove_licenses = [uuid.UUID(sku) for sku in remove]
    return body


async def licences(client, user):
    async def consumed():
        return {str(s.sku_id): s.consumed_units for s in (await client.subscribed_skus.get()).value}

    before = await consumed()
    sku = next(iter(before))
    at = client.users.by_user_id(user.id)
    await at.assign_license.post(license_body([sku], []))
    details = await at.license_details.get()
    steps.check("a licence is assigned", sku in [str(d.sku_id) for d in details.value], "GRAPH-LICENSES")
    after = await consumed()
    steps.check("... and counted", after == {**before, sku: before[sku] + 1}, "GRAPH-SKUS", detail=(before, after))
    await at.assign_license.post(license_body([], [sku]))
    steps.check("... and given back", await consumed() == before, "GRAPH-SKUS")


async def groups(client, user, other):
    group = Group()
    group.display_name, group.mail_nickname = "Client Test Group", "client-test-group"
    group.mail_enabled, group.security_enabled = False, True
    group.additional_data = {"members@odata.bind": [f"{GRAPH}/v1.0/users/{other}"]}
    made = await client.groups.post(group)
    at = client.groups.by_group_id(made.id)
    reference = ReferenceCreate(odata_id=f"{GRAPH}/v1.0/directoryObjects/{user.id}")
    await at.members.ref.post(reference)
    members = (await at.members.get()).value
    both = {type(m).__name__ for m in members} == {"User"} and {m.id for m in members} == {user.id, other}
    steps.check("a group with members by bind and by $ref, typed", both, "GRAPH-GROUPS", detail=members)
    of = [g.id for g in (await client.users.by_user_id(user.id).member_of.get()).value]
    steps.check("the user's memberOf names the group", made.id in of, "GRAPH-MEMBEROF", detail=of)
    twice = await refused(at.members.ref.post(reference), 400, "Request_BadRequest", "One or more added object references already exist")
    steps.check("a member twice is refused", twice, "GRAPH-GROUPS")
    await at.members.by_directory_object_id(user.id).ref.delete()
    steps.check("a member removed", {m.id for m in (await at.members.get()).value} == {other}, "GRAPH-GROUPS")
    await at.delete()
    steps.check("the group deleted", await refused(at.get(), 404, "Request_ResourceNotFound", "does not exist"), "GRAPH-GROUPS")


async def main():
    good = await tokens()
    client = sdk.graph(good)
    ids = await read_users(client, client.request_adapter)
    await organization(client)
    user = await write_users(client)
    await licences(client, user)
    await groups(client, user, ids[0])
    at = client.users.by_user_id(user.id)
    await at.delete()
    steps.check("the user deleted", await refused(at.get(), 404, "Request_ResourceNotFound", "does not exist"), "GRAPH-USERS")
    await good.close()


asyncio.run(main())
steps.finish()
