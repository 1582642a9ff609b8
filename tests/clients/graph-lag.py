# estate: --users 20 --lag object=200ms,query=400ms,delta=800ms
"""Microsoft's Python Graph SDK meets a tenant whose replicas are late: each request costs 10 ms of virtual time.

Run under: forestbed exec --users 20 --lag object=200ms,query=400ms,delta=800ms -- target/clients/venv/bin/python tests/clients/graph-lag.py
"""

import asyncio
import os

from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.password_profile import PasswordProfile
from msgraph.generated.models.user import User
from msgraph.generated.users.users_request_builder import UsersRequestBuilder

import sdk
from witness import Steps

E = os.environ
GRAPH = E["FORESTBED_GRAPH_URL"].rstrip("/")
steps = Steps("graph-lag.py")


async def by_id(client, user):
    try:
        return (await client.users.by_user_id(user).get()).id == user
    except ODataError as error:
        known = error.response_status_code == 404 and error.error.code == "Request_ResourceNotFound"
        if not known or "does not exist or one of its queried reference-property objects" not in error.error.message:
            raise
        return False


async def listed(client, user):
    query = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(filter="userPrincipalName eq 'late@contoso.com'")
    found = await client.users.get(RequestConfiguration(query_parameters=query))
    return [one.id for one in found.value] == [user]


async def main():
    good = sdk.credential()
    client = sdk.graph(good)
    link = (await client.users.delta.get()).odata_delta_link
    user = User(display_name="Late", mail_nickname="late", account_enabled=True, user_principal_name="late@contoso.com")
    user.password_profile = PasswordProfile(password="Hunter-22")
    made = (await client.users.post(user)).id
    steps.check("a GET right after the POST may find nothing", not await by_id(client, made), "GRAPH-LAG")
    await client.users.by_user_id(made).patch(User(job_title="Early"))

    async def told():
        changes = (await client.users.delta.with_url(link).get()).value
        return [one.id for one in changes] == [made]

    waited = []
    for sees in (lambda: by_id(client, made), lambda: listed(client, made), told):
        requests = 0
        while not await sees():
            requests += 1
            if requests > 200:
                raise SystemExit(f"nothing after {requests} requests; before: {waited}")
        waited.append(requests)
    steps.check("reads by id follow, then queries, then delta, and what was written meanwhile is there", all(waited), "GRAPH-LAG", detail=waited)
    late = await client.users.by_user_id(made).get()
    steps.check("in the end all agree", late.display_name == "Late", "GRAPH-LAG")
    await good.close()


asyncio.run(main())
steps.finish()
