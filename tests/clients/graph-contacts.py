# estate: --users 50
"""Organizational contacts, which come by synchronization alone, read by Microsoft's Python Graph SDK."""

import asyncio
import base64
import json
import os

from kiota_abstractions.base_request_configuration import RequestConfiguration
import sdk
from witness import Steps

E = os.environ
GRAPH = E["FORESTBED_GRAPH_URL"].rstrip("/")
steps = Steps("graph-contacts.py")


def synchronize():
    def anchor(name):
        return base64.b64encode(name.encode().ljust(16, b".")).decode()

    def one(kind, name, **properties):
        return {"type": kind, "operation": "Set", "source_anchor": anchor(name), "properties": {"displayName": name, **properties}}

    contacts = [one("Contact", name, mail=f"{name}@fabrikam.com", mailNickname=name, proxyAddresses=[f"SMTP:{name}@fabrikam.com"])
                for name in ("partner-a", "partner-b")]
    group = one("Group", "partners", mailNickname="partners", securityEnabled=True, members=[anchor("partner-a")])
    return json.loads(sdk.control("/api/provision", {"objects": [*contacts, group]}))["results"]


async def main():
    results = synchronize()
    steps.check("contacts come by synchronization", [one["result"] for one in results] == ["Success"] * 3, "GRAPH-CONTACTS", detail=results)
    credential = sdk.credential()
    client = sdk.graph(credential)
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
