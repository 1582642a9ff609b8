# estate: --users 50
"""Organizational contacts, which come by synchronization alone, read by Microsoft's Python Graph SDK."""

import asyncio
import base64
import json
import os
import urllib.parse
import urllib.request

from azure.identity.aio import ClientSecretCredential
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
from msgraph import GraphServiceClient
from msgraph.graph_request_adapter import GraphRequestAdapter
from witness import Steps

E = os.environ
GRAPH = E["FORESTBED_GRAPH_URL"].rstrip("/")
steps = Steps("graph-contacts.py")


def control(path, body):
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {E['FORESTBED_CONTROL_TOKEN']}"}
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(urllib.request.Request(E["FORESTBED_CONTROL_URL"] + path, json.dumps(body).encode(), headers)) as answer:
        return json.loads(answer.read())


def synchronize():
    def anchor(name):
        return base64.b64encode(name.encode().ljust(16, b".")).decode()

    def one(kind, name, **properties):
        return {"type": kind, "operation": "Set", "source_anchor": anchor(name), "properties": {"displayName": name, **properties}}

    contacts = [one("Contact", name, mail=f"{name}@fabrikam.com", mailNickname=name, proxyAddresses=[f"SMTP:{name}@fabrikam.com"])
                for name in ("partner-a", "partner-b")]
    group = one("Group", "partners", mailNickname="partners", securityEnabled=True, members=[anchor("partner-a")])
    return control("/api/provision", {"objects": [*contacts, group]})["results"]


async def main():
    results = synchronize()
    steps.check("contacts come by synchronization", [one["result"] for one in results] == ["Success"] * 3, "GRAPH-CONTACTS", detail=results)
    credential = ClientSecretCredential(E["FORESTBED_TENANT_ID"], E["FORESTBED_CLIENT_ID"], E["FORESTBED_CLIENT_SECRET"],
                                        authority=E["FORESTBED_AUTHORITY_URL"], disable_instance_discovery=True)
    url = urllib.parse.urlsplit(GRAPH)
    provider = AzureIdentityAuthenticationProvider(credential, scopes=["https://graph.microsoft.com/.default"],
                                                   allowed_hosts=[url.hostname, url.netloc])
    adapter = GraphRequestAdapter(provider)
    adapter.base_url = GRAPH + "/v1.0"
    client = GraphServiceClient(request_adapter=adapter)
    listed = {one.display_name: one for one in (await client.contacts.get()).value}
    steps.check("they are listed", sorted(listed) == ["partner-a", "partner-b"], "GRAPH-CONTACTS", detail=listed)
    contact = await client.contacts.by_org_contact_id(listed["partner-a"].id).get()
    shown = (contact.mail, contact.on_premises_sync_enabled, contact.proxy_addresses)
    steps.check("one is read", shown == ("partner-a@fabrikam.com", True, ["SMTP:partner-a@fabrikam.com"]), "GRAPH-CONTACTS", detail=shown)
    groups = (await client.contacts.by_org_contact_id(contact.id).member_of.get()).value
    steps.check("with its groups", [one.display_name for one in groups] == ["partners"], "GRAPH-CONTACTS", detail=groups)
    counting = RequestConfiguration()
    counting.headers.add("ConsistencyLevel", "eventual")
    count = await client.contacts.count.get(request_configuration=counting)
    steps.check("and counted", count == 2, "GRAPH-CONTACTS", detail=count)
    await credential.close()


asyncio.run(main())
steps.finish()
