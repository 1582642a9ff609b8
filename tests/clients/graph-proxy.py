# estate: --users 50
"""Microsoft's Python Graph SDK and azure-identity with all defaults: no authority, no base URL, no switch. Their built-in
host names lead to the tenant through the proxy that `forestbed exec` sets; every other host is refused.

Run under: forestbed exec --users 50 -- target/clients/venv/bin/python tests/clients/graph-proxy.py
"""

import asyncio
import json
import os
import urllib.error
import urllib.request

from azure.identity import ClientSecretCredential
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


asyncio.run(main())
steps.finish()
