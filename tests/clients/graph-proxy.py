# estate: --users 50
"""Microsoft's Python Graph SDK, its client for Azure's subscriptions and azure-identity with all defaults: no authority, no base URL, no switch. Their built-in
host names lead to the tenant through the proxy that `forestbed exec` sets; every other host is refused.

Run under: forestbed exec --users 50 -- target/clients/venv/bin/python tests/clients/graph-proxy.py
"""

import asyncio
import json
import os
import urllib.error
import urllib.request

from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from azure.identity import ClientSecretCredential
from azure.mgmt.resource.subscriptions import SubscriptionClient
from msgraph import GraphServiceClient

from witness import Steps

E = os.environ
steps = Steps("graph-proxy.py")


def journal():
    request = urllib.request.Request(E["FORESTBED_CONTROL_URL"] + "/api/journal?limit=9999")
    request.add_header("Authorization", f"Bearer {E['FORESTBED_CONTROL_TOKEN']}")
    return [json.loads(line) for line in urllib.request.urlopen(request).read().decode().splitlines()]


async def main():
    credential = ClientSecretCredential(E["FORESTBED_TENANT_ID"], E["FORESTBED_CLIENT_ID"], E["FORESTBED_CLIENT_SECRET"])
    client = GraphServiceClient(credential)
    page = await client.users.get()
    context = page.odata_context if hasattr(page, "odata_context") else page.additional_data.get("@odata.context", "")
    steps.check("users from graph.microsoft.com", len(page.value) > 3, "PROXY-PROGRAMS", detail=len(page.value))
    steps.check("links keep the host name", not context or context.startswith("https://graph.microsoft.com/"), detail=context)
    first = await client.users.by_user_id(page.value[0].id).get()
    steps.check("one of them by id", first.user_principal_name == page.value[0].user_principal_name, "PROXY-PROGRAMS")
    seen = {entry["target"] for entry in journal() if entry["side"] == "proxy" and entry["status"] == 200}
    expected = {"login.microsoftonline.com:443", "graph.microsoft.com:443"}
    steps.check("through tunnels to Microsoft's names", expected <= seen, "PROXY-CONNECT", detail=seen)
    for url in ("https://example.com/", "http://example.com/"):
        try:
            urllib.request.urlopen(url, timeout=20)
            steps.check(f"{url} is refused", False)
        except (urllib.error.URLError, OSError) as error:
            steps.check(f"{url} is refused ({error})", "403" in str(error), "PROXY-REFUSAL", detail=error)
    refused = [(entry["operation"], entry["target"], entry["unknown"]) for entry in journal() if entry["side"] == "proxy" and entry["status"] == 403]
    lines = [("CONNECT", "example.com:443", "host example.com"), ("GET", "example.com:80", "host example.com")]
    steps.check("... with a line each in the journal", refused[-2:] == lines, "PROXY-REFUSAL", detail=refused)


class GraphToken:
    """A credential that gives Graph's token whatever is asked for."""

    def __init__(self, credential):
        self.credential = credential

    def get_token(self, *_, **options):
        return self.credential.get_token("https://graph.microsoft.com/.default", **options)


def refusal(expected, call):
    try:
        call()
    except expected as error:
        return error.status_code, error.error and error.error.code
    return None


def azure():
    """What the Azure CLI asks after it has signed in, by the library that it asks with."""
    credential = ClientSecretCredential(E["FORESTBED_TENANT_ID"], E["FORESTBED_CLIENT_ID"], E["FORESTBED_CLIENT_SECRET"])
    client = SubscriptionClient(credential)
    steps.check("no subscriptions at management.azure.com", list(client.subscriptions.list()) == [], "ARM-SUBSCRIPTIONS")
    tenants = [(tenant.tenant_id, tenant.tenant_category, bool(tenant.default_domain)) for tenant in client.tenants.list()]
    steps.check("the one tenant", tenants == [(E["FORESTBED_TENANT_ID"], "Home", True)], "ARM-SUBSCRIPTIONS", detail=tenants)
    found = refusal(ResourceNotFoundError, lambda: client.subscriptions.get(E["FORESTBED_TENANT_ID"]))
    steps.check("a subscription that is not there", found == (404, "SubscriptionNotFound"), "ARM-SUBSCRIPTIONS", detail=found)
    wrong = SubscriptionClient(GraphToken(credential))
    found = refusal(ClientAuthenticationError, lambda: list(wrong.subscriptions.list()))
    steps.check("a token for Graph is refused", found == (401, "InvalidAuthenticationTokenAudience"), "ARM-SUBSCRIPTIONS", detail=found)
    old = SubscriptionClient(credential, api_version="1999-01-01")
    found = refusal(HttpResponseError, lambda: list(old.subscriptions.list()))
    steps.check("a version that never was", found == (400, "InvalidApiVersionParameter"), "ARM-SUBSCRIPTIONS", detail=found)
    seen = {entry["target"] for entry in journal() if entry["side"] == "proxy" and entry["status"] == 200}
    steps.check("through a tunnel too", "management.azure.com:443" in seen, "ARM-SUBSCRIPTIONS", detail=seen)


asyncio.run(main())
azure()
steps.finish()
