# estate: --users 40
"""Microsoft's Python Graph SDK follows users, groups and directory objects by delta queries.

Run under: forestbed exec --users 40 -- target/clients/venv/bin/python tests/clients/graph-delta.py
"""

import asyncio
import json
import os
import urllib.parse
import urllib.request

from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph.generated.directory_objects.delta.delta_request_builder import DeltaRequestBuilder as ObjectsDelta
from msgraph.generated.groups.delta.delta_request_builder import DeltaRequestBuilder as GroupsDelta
from msgraph.generated.models.group import Group
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.password_profile import PasswordProfile
from msgraph.generated.models.reference_create import ReferenceCreate
from msgraph.generated.models.user import User
from msgraph.generated.users.delta.delta_request_builder import DeltaRequestBuilder as UsersDelta
from msgraph_core.tasks.page_iterator import PageIterator

import sdk
from witness import Steps

E = os.environ
GRAPH = E["FORESTBED_GRAPH_URL"].rstrip("/")
steps = Steps("graph-delta.py")


def asking(builder, prefer="", **query):
    parameters = getattr(builder, "DeltaRequestBuilderGetQueryParameters")(**query)
    configuration = RequestConfiguration(query_parameters=parameters)
    if prefer:
        configuration.headers.add("Prefer", prefer)
    return configuration


def preferring(prefer):
    configuration = RequestConfiguration()
    configuration.headers.add("Prefer", prefer)
    return configuration


async def follow(delta, first):
    """Every object of a round, and where the next one begins: the SDK's iterator does not tell the delta link."""
    found, page = list(first.value), first
    while page.odata_next_link:
        page = await delta.with_url(page.odata_next_link).get()
        found += page.value
    return found, page.odata_delta_link


async def iterated(adapter, first):
    """The same objects by the SDK's own iterator."""
    found = []
    await PageIterator(first, adapter).iterate(lambda item: found.append(item) or True)
    return found


def removed(item):
    mark = item.additional_data.get("@removed")
    return mark and mark.get("reason")


def changed_links(item, name):
    links = item.additional_data.get(name) or []
    return {str(link["id"]): "@removed" not in link for link in links}


def person(name):
    user = User(display_name=name, mail_nickname=name, account_enabled=True, user_principal_name=f"{name}@contoso.com")
    user.password_profile = PasswordProfile(password="Hunter-22")
    return user


def advance(span):
    request = urllib.request.Request(
        E["FORESTBED_CONTROL_URL"].rstrip("/") + "/api/clock",
        json.dumps({"advance": span}).encode(),
        {"Authorization": "Bearer " + E["FORESTBED_CONTROL_TOKEN"], "Content-Type": "application/json"},
    )
    urllib.request.urlopen(request).read()


async def users(client, adapter):
    first = await client.users.delta.get(asking(UsersDelta, "odata.maxpagesize=5", select=["displayName", "jobTitle"]))
    steps.check("the first page has the preferred size and a next link", len(first.value) == 5 and first.odata_next_link, "GRAPH-DELTA")
    everyone = await iterated(adapter, first)
    again, link = await follow(client.users.delta, first)
    listed = (await client.users.get()).value
    same = sorted(user.id for user in everyone) == sorted(user.id for user in listed)
    same = same and [user.id for user in again] == [user.id for user in everyone]
    steps.check("the page iterator reads every user, and the last page has the delta link", same and link, "GRAPH-DELTA", detail=(len(everyone), len(listed)))
    made = await client.users.post(person("delta-ada"))
    await client.users.by_user_id(listed[0].id).patch(User(department="Untracked"))
    found, link = await follow(client.users.delta, await client.users.delta.with_url(link).get())
    steps.check("a new user is told, a change of what is not tracked is not", [user.id for user in found] == [made.id], "GRAPH-DELTA", detail=found)
    await client.users.by_user_id(made.id).patch(User(job_title="Engineer"))
    found, link = await follow(client.users.delta, await client.users.delta.with_url(link).get(preferring("return=minimal")))
    minimal = len(found) == 1 and (found[0].job_title, found[0].display_name) == ("Engineer", None)
    steps.check("return=minimal tells what changed", minimal, "GRAPH-DELTA", detail=found)
    await client.users.by_user_id(made.id).delete()
    found, link = await follow(client.users.delta, await client.users.delta.with_url(link).get())
    gone = [(user.id, removed(user)) for user in found]
    steps.check("a deleted user is told as changed: it can come back", gone == [(made.id, "changed")], "GRAPH-DELTA", detail=gone)
    latest = await client.users.delta.with_url(f"{GRAPH}/v1.0/users/delta?$deltatoken=latest").get()
    steps.check("latest tells nothing", latest.value == [] and latest.odata_delta_link, "GRAPH-DELTA", detail=latest)
    return link


async def groups(client, adapter, member):
    group = Group(display_name="delta-group", mail_nickname="delta-group", mail_enabled=False, security_enabled=True)
    made = await client.groups.post(group)
    at = client.groups.by_group_id(made.id)
    reference = ReferenceCreate(odata_id=f"{GRAPH}/v1.0/directoryObjects/{member}")
    await at.members.ref.post(reference)
    everything, link = await follow(client.groups.delta, await client.groups.delta.get())
    own = next(group for group in everything if group.id == made.id)
    steps.check("a group comes with members@delta", changed_links(own, "members@delta") == {member: True}, "GRAPH-DELTA-MEMBERS", detail=own.additional_data)
    await at.members.by_directory_object_id(member).ref.delete()
    found, link = await follow(client.groups.delta, await client.groups.delta.with_url(link).get())
    left = len(found) == 1 and changed_links(found[0], "members@delta") == {member: False}
    steps.check("a member that left is marked as removed", left, "GRAPH-DELTA-MEMBERS", detail=found)
    filtered, _ = await follow(client.groups.delta, await client.groups.delta.get(asking(GroupsDelta, filter=f"id eq '{made.id}'")))
    steps.check("a filter by id", [group.id for group in filtered] == [made.id], "GRAPH-DELTA", detail=filtered)
    query = asking(ObjectsDelta, filter="isof('microsoft.graph.group')")
    objects, _ = await follow(client.directory_objects.delta, await client.directory_objects.delta.get(query))
    typed = objects and all(type(one).__name__ == "Group" for one in objects)
    steps.check("directory objects of one type", typed, "GRAPH-DELTA-OBJECTS", detail=objects[:3])


async def others(client):
    for name, rows in [("contacts", "contacts"), ("devices", "devices"), ("applications", "applications"),
                       ("service_principals", "service principals"), ("directory_roles", "directory roles")]:
        answer = await getattr(client, name).delta.get()
        steps.check(f"{rows} are followed too", answer.odata_delta_link is not None, "GRAPH-DELTA-OBJECTS", detail=answer)
    answer = await client.directory.administrative_units.delta.get()
    steps.check("administrative units are followed too", answer.odata_delta_link is not None, "GRAPH-DELTA-OBJECTS", detail=answer)


async def expired(client, link):
    forged = link[:-6] + "AAAAAA"
    for text, url, status in [("a forged token is refused", forged, 400), ("a token of eight days ago is gone", link, 410)]:
        if status == 410:
            advance("8d")
        try:
            await client.users.delta.with_url(url).get()
            steps.check(text, False)
        except ODataError as error:
            headers = {name.lower(): value for name, value in (error.response_headers or {}).items()}
            location = headers.get("location")
            steps.check(text, error.response_status_code == status, "GRAPH-DELTA-TOKENS", detail=error)
    if location:
        location = location if isinstance(location, str) else next(iter(location))
        again = await client.users.delta.with_url(location).get()
        steps.check("... and the Location begins anew", len(again.value) > 0, "GRAPH-DELTA-TOKENS")


async def main():
    good = sdk.credential()
    client = sdk.graph(good)
    link = await users(client, client.request_adapter)
    member = (await client.users.get()).value[0].id
    await groups(client, client.request_adapter, member)
    await others(client)
    await expired(client, link)
    await good.close()


asyncio.run(main())
steps.finish()
