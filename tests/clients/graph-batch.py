# estate: --users 50
"""$batch by Microsoft's Python Graph SDK (msgraph-core's batch builder), and retries after 429 and 503 by the SDK's own
retry handler.

Run under: forestbed exec --users 50 -- target/clients/venv/bin/python tests/clients/graph-batch.py
"""

import asyncio
import json
import os

import httpx
from kiota_abstractions.api_error import APIError
from kiota_abstractions.method import Method
from kiota_abstractions.request_information import RequestInformation
from msgraph_core.requests.batch_request_builder import BatchRequestBuilder
from msgraph_core.requests.batch_request_content import BatchRequestContent
from msgraph_core.requests.batch_request_item import BatchRequestItem

import sdk
from witness import Steps

E = os.environ
GRAPH = E["FORESTBED_GRAPH_URL"].rstrip("/")
SCOPE = "https://graph.microsoft.com/.default"
ADA = "ada.batch@contoso.com"
steps = Steps("graph-batch.py")


def journal(since=0):
    return [json.loads(line) for line in sdk.control(f"/api/journal?since={since}&limit=9999").splitlines()]


def item(id, method, url, body=None, headers=None, depends_on=None):
    information = RequestInformation()
    information.http_method, information.url = getattr(Method, method), url
    for name, value in (headers or {}).items():
        information.headers.try_add(name, value)
    if body is not None:
        information.headers.try_add("Content-Type", "application/json")
        information.content = json.dumps(body).encode()
    return BatchRequestItem(request_information=information, id=id, depends_on=depends_on or [])


def new_user(upn):
    nickname = upn.split("@")[0]
    return {
        "accountEnabled": True, "displayName": "Ada Batch", "mailNickname": nickname, "userPrincipalName": upn,
        "passwordProfile": {"password": "xWwvJ]6NMw+bWH-d"},
    }


async def post(client, items):
    content = BatchRequestContent()
    for one in items:
        content.add_request(one.id, one)
    answer = await BatchRequestBuilder(client.request_adapter).post(content)
    return {id: response for id, response in answer.responses.items()}


async def with_the_sdk(client):
    users = f"{GRAPH}/v1.0/users"
    answers = await post(client, [
        item("make", "POST", users, new_user(ADA)),
        item("list", "GET", f"{users}?$top=2&$select=id"),
        item("missing", "GET", f"{users}/nobody@contoso.com"),
    ])
    status = {id: answer.status for id, answer in answers.items()}
    steps.check("the SDK's batch: made, listed, missing", status == {"make": 201, "list": 200, "missing": 404}, "GRAPH-BATCH", detail=status)
    found = await client.users.by_user_id(ADA).get()
    steps.check("what was made is there", found.display_name == "Ada Batch", "GRAPH-BATCH")
    answers = await post(client, [item("gone", "DELETE", f"{users}/{ADA}")])
    steps.check("a 204 in a batch", answers["gone"].status == 204, "GRAPH-BATCH", detail=answers["gone"].status)
    return client


async def retries(client):
    for status in (429, 503):
        before = journal()[-1]["seq"]
        sdk.control("/api/faults", {"graph": "GET /v1.0/organization", "count": 2, "status": status, "retry_after": "1s"})
        answer = await client.organization.get()
        seen = [(entry["status"], entry["after_retry"]) for entry in journal(before) if entry["side"] == "graph"]
        expected = [(status, None), (status, "kept"), (200, "kept")]
        steps.check(f"the SDK's retry handler waits out two answers with {status}", len(answer.value) == 1 and seen == expected, "GRAPH-FAULTS", detail=seen)
    before = journal()[-1]["seq"]
    sdk.control("/api/faults", {"graph": "POST */$batch", "status": 503, "retry_after": "1s"})
    try:
        answers = await post(client, [item("1", "GET", f"{GRAPH}/v1.0/organization")])
        done = answers["1"].status == 200
    except APIError as error:
        done = error
    seen = [entry["status"] for entry in journal(before) if entry["operation"].endswith("/$batch")]
    steps.check("... and a batch that was refused as a whole", done is True and seen == [503, 200], "GRAPH-FAULTS", "GRAPH-BATCH", detail=(seen, done))
    sdk.control("/api/faults", {"graph": "GET /v1.0/domains", "drop": True})
    sdk.control("/api/faults", {"graph": "GET /v1.0/groups", "truncate": True})
    for name, call in (("domains", client.domains.get), ("groups", client.groups.get)):
        try:
            await call()
            steps.check(f"an answer that is lost or cut short is an error ({name})", False)
        except (httpx.HTTPError, APIError) as error:
            steps.check(f"an answer that is lost or cut short is an error ({name}: {type(error).__name__})", True, "GRAPH-FAULTS")


async def by_hand(token):
    """What the SDK does not send: relative urls, absolute ones, bad batches."""
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=30) as client:
        async def send(requests):
            return await client.post(f"{GRAPH}/v1.0/$batch", json={"requests": requests})

        def get(id, url, **more):
            return {"id": id, "method": "GET", "url": url, **more}

        urls = ["/organization", "organization", "/v1.0/organization", "https://graph.microsoft.com/v1.0/organization", f"{GRAPH}/beta/organization"]
        answer = (await send([get(str(n), url) for n, url in enumerate(urls)])).json()
        statuses = [one["status"] for one in answer["responses"]]
        steps.check("urls relative and absolute, with and without slash and version", statuses == [200] * 5, "GRAPH-BATCH", detail=answer)
        # the SDK writes depends_on, which the service does not know, so dependencies are sent by hand
        users, json_body = f"{GRAPH}/v1.0/users", {"Content-Type": "application/json"}
        answer = (await send([
            get("read", f"/users/{ADA}", dependsOn=["make"]),
            {"id": "make", "method": "POST", "url": "/users", "headers": json_body, "body": new_user(ADA)},
            get("missing", "/users/nobody@contoso.com"),
            {"id": "stopped", "method": "DELETE", "url": f"/users/{ADA}", "dependsOn": ["missing", "read"]},
        ])).json()
        status = {one["id"]: one["status"] for one in answer["responses"]}
        steps.check("dependsOn: made before it is read, not deleted after a failure", status == {"read": 200, "make": 201, "missing": 404, "stopped": 424}, "GRAPH-BATCH", detail=answer)
        steps.check("... it is still there", (await client.get(f"{users}/{ADA}")).status_code == 200, "GRAPH-BATCH")
        answer = (await send([get("1", "/users/$count", headers={"ConsistencyLevel": "eventual"})])).json()["responses"][0]
        import base64
        steps.check("a text body is base64", base64.b64decode(answer["body"]).isdigit(), "GRAPH-BATCH", detail=answer)
        for text, requests in {
            "21 items": [get(str(n), "/organization") for n in range(21)],
            "a circle": [get("1", "/users", dependsOn=["2"]), get("2", "/users", dependsOn=["1"])],
            "one id twice": [get("1", "/users"), get("1", "/users")],
            "a write without Content-Type": [{"id": "1", "method": "POST", "url": "/users", "body": {}}],
        }.items():
            refused = await send(requests)
            steps.check(f"{text}: refused as a whole", refused.status_code == 400 and "code" in refused.json()["error"], "GRAPH-BATCH", detail=refused.text)
        packed = await client.get(f"{GRAPH}/v1.0/users?$top=999")
        steps.check("a list comes compressed", packed.headers.get("content-encoding") == "gzip" and len(packed.json()["value"]) > 3, "GRAPH-GZIP", detail=dict(packed.headers))


async def main():
    credential = sdk.credential()
    client = sdk.graph(credential)
    await with_the_sdk(client)
    await retries(client)
    await by_hand((await credential.get_token(SCOPE)).token)
    await credential.close()


asyncio.run(main())
steps.finish()
