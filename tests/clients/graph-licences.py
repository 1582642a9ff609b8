# estate: --users 60
"""Group-based licensing with Microsoft's Python Graph SDK: assignment, processing, errors, reprocessing, filters.

Run under: forestbed exec --users 60 -- target/clients/venv/bin/python tests/clients/graph-licences.py
"""

import asyncio
import os
import uuid

from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph.generated.groups.groups_request_builder import GroupsRequestBuilder
from msgraph.generated.groups.item.assign_license.assign_license_post_request_body import (
    AssignLicensePostRequestBody as GroupAssignLicensePostRequestBody,
)
from msgraph.generated.groups.item.group_item_request_builder import GroupItemRequestBuilder
from msgraph.generated.models.assigned_license import AssignedLicense
from msgraph.generated.models.group import Group
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.password_profile import PasswordProfile
from msgraph.generated.models.reference_create import ReferenceCreate
from msgraph.generated.models.user import User
from msgraph.generated.users.item.assign_license.assign_license_post_request_body import AssignLicensePostRequestBody
from msgraph.generated.users.item.user_item_request_builder import UserItemRequestBuilder
from msgraph.generated.users.users_request_builder import UsersRequestBuilder

import sdk
from witness import Steps

E = os.environ
GRAPH = E["FORESTBED_GRAPH_URL"].rstrip("/")
# microsoft-graph.md 5.1: Office 365 E3, Exchange Online (Plan 1)
E3, EXCHANGE = "6fd2c87f-b296-42f0-b197-1e91e994b900", "4b9405b0-7788-4568-add1-99614e613b69"
steps = Steps("graph-licences.py")


def wait(span="30s"):
    sdk.control("/api/clock", {"advance": span})


def seats(sku, **change):
    sdk.control("/api/change", {"subscriptions": {sku: change}})


async def refused(call, text):
    try:
        await call
    except ODataError as error:
        return error.response_status_code == 400 and error.error.code == "Request_BadRequest" and text in error.error.message
    return False


def licenses(kind, add, remove=()):
    body = kind()
    body.add_licenses = [AssignedLicense(sku_id=uuid.UUID(sku), disabled_plans=[]) for sku in add]
    body.remove_licenses = [uuid.UUID(sku) for sku in remove]
    return body


async def new_user(client, name, location):
    user = User(display_name=name, account_enabled=True, mail_nickname=name, usage_location=location)
    user.user_principal_name = f"{name}@contoso.com"
    user.password_profile = PasswordProfile(password="xWwvJ]6NMw+bWH-d")
    return (await client.users.post(user)).id


async def states(client, user):
    query = UserItemRequestBuilder.UserItemRequestBuilderGetQueryParameters(select=["licenseAssignmentStates"])
    found = await client.users.by_user_id(user).get(request_configuration=RequestConfiguration(query_parameters=query))
    return [(str(s.sku_id), s.assigned_by_group, s.state, s.error) for s in found.license_assignment_states]


async def processing(client, group):
    query = GroupItemRequestBuilder.GroupItemRequestBuilderGetQueryParameters(select=["licenseProcessingState", "assignedLicenses"])
    found = await client.groups.by_group_id(group).get(request_configuration=RequestConfiguration(query_parameters=query))
    return found.license_processing_state.state


async def erring_groups(client):
    query = GroupsRequestBuilder.GroupsRequestBuilderGetQueryParameters(filter="hasMembersWithLicenseErrors eq true", select=["id"])
    found = await client.groups.get(request_configuration=RequestConfiguration(query_parameters=query))
    return [group.id for group in found.value]


async def consumed(client):
    return {str(s.sku_id): s.consumed_units for s in (await client.subscribed_skus.get()).value}


async def group_with(client, name, members):
    group = Group(display_name=name, mail_nickname=name, mail_enabled=False, security_enabled=True)
    made = (await client.groups.post(group)).id
    for member in members:
        await client.groups.by_group_id(made).members.ref.post(ReferenceCreate(odata_id=f"{GRAPH}/v1.0/directoryObjects/{member}"))
    return made


async def inherit(client):
    row = "GRAPH-GROUP-LICENSES"
    ada = await new_user(client, "licensed.ada", None)
    group = await group_with(client, "licensed-e3", [ada])
    at = client.groups.by_group_id(group)
    before = await consumed(client)
    answer = await at.assign_license.post(licenses(GroupAssignLicensePostRequestBody, [E3]))
    steps.check("a group's assignLicense answers with the group", answer.id == group, row)
    state = await processing(client, group)
    steps.check("its processing is queued", state == "QueuedForProcessing", row, detail=state)
    wait()
    state = await processing(client, group)
    steps.check("... and complete after a while", state == "ProcessingComplete", row, detail=state)
    got = await states(client, ada)
    steps.check("the member has the licence through the group", got == [(E3, group, "Active", "None")], row, detail=got)
    query = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(filter=f"assignedLicenses/any(x:x/skuId eq {E3})", select=["id"])
    found = await client.users.get(request_configuration=RequestConfiguration(query_parameters=query))
    steps.check("$filter by assignedLicenses finds it", [u.id for u in found.value] == [ada], row, detail=found.value)
    details = (await client.users.by_user_id(ada).license_details.get()).value
    steps.check("licenseDetails name the product", [d.sku_part_number for d in details] == ["ENTERPRISEPACK"], row)
    inherited = "User license is inherited from a group membership and it cannot be removed directly from the user."
    alone = await refused(client.users.by_user_id(ada).assign_license.post(licenses(AssignLicensePostRequestBody, [], [E3])), inherited)
    steps.check("an inherited licence is not removed directly", alone, row)
    await client.users.by_user_id(ada).patch(User(usage_location="NL"))
    await client.users.by_user_id(ada).assign_license.post(licenses(AssignLicensePostRequestBody, [E3]))
    both = sorted((by is None, state) for _, by, state, _ in await states(client, ada))
    one = (await consumed(client))[E3] - before[E3]
    steps.check("direct and inherited: two entries, one unit", both == [(False, "Active"), (True, "Active")] and one == 1, row, detail=(both, one))
    await client.users.by_user_id(ada).assign_license.post(licenses(AssignLicensePostRequestBody, [], [E3]))
    steps.check("a licensed group is not deleted", await refused(at.delete(), ""), row)
    await at.members.by_directory_object_id(ada).ref.delete()
    wait()
    steps.check("who leaves the group loses the licence", await states(client, ada) == [], row)
    steps.check("... and its unit", await consumed(client) == before, row)
    await at.assign_license.post(licenses(GroupAssignLicensePostRequestBody, [], [E3]))
    await at.delete()


async def errors(client):
    row = "GRAPH-LICENSE-ERRORS"
    users = sorted([await new_user(client, "short.ada", "NL"), await new_user(client, "short.bob", "NL")])
    seats("EXCHANGESTANDARD", seats=1)
    group = await group_with(client, "licensed-exchange", users)
    at = client.groups.by_group_id(group)
    await at.assign_license.post(licenses(GroupAssignLicensePostRequestBody, [EXCHANGE]))
    wait()
    first, second = [await states(client, user) for user in users]
    steps.check("the first member by id gets the one seat", first == [(EXCHANGE, group, "Active", "None")], row, detail=first)
    steps.check("the second one a CountViolation", second == [(EXCHANGE, group, "Error", "CountViolation")], row, detail=second)
    steps.check("the group is found by hasMembersWithLicenseErrors", await erring_groups(client) == [group], row)
    found = [user.id for user in (await at.members_with_license_errors.get()).value]
    steps.check("membersWithLicenseErrors names the member", found == users[1:], row, detail=found)
    text = f"Subscription with SKU {EXCHANGE} does not have any available licenses."
    reprocess = client.users.by_user_id(users[1]).reprocess_license_assignment
    steps.check("reprocessing tells why", await refused(reprocess.post(), text), row)
    seats("EXCHANGESTANDARD", seats=2)
    answer = await reprocess.post()
    steps.check("reprocessing answers with the user once there is a seat", answer.id == users[1], row)
    fine = await states(client, users[1])
    steps.check("... which has the licence", fine == [(EXCHANGE, group, "Active", "None")], row, detail=fine)
    steps.check("... and no group has errors", await erring_groups(client) == [], row)


async def bought(client):
    row = "GRAPH-SUBSCRIPTIONS-BOUGHT"
    for status, kept in [("suspended", "Suspended"), ("enabled", "Enabled")]:
        seats("EXCHANGESTANDARD", status=status)
        sku = next(s for s in (await client.subscribed_skus.get()).value if str(s.sku_id) == EXCHANGE)
        units = getattr(sku.prepaid_units, status)
        steps.check(f"subscribedSkus tells that it is {status}", sku.capability_status == kept and units == 2, row, detail=units)
        own = next(s for s in (await client.directory.subscriptions.get()).value if s.sku_id == EXCHANGE)
        steps.check("... and directory/subscriptions too", own.status == kept and own.total_licenses == 2, row, detail=own.status)


async def main():
    good = sdk.credential()
    client = sdk.graph(good)
    await inherit(client)
    await errors(client)
    await bought(client)
    await good.close()


asyncio.run(main())
steps.finish()
