"""Microsoft's Python Graph SDK with azure-identity, pointed at the tenant; and the control API."""

import json
import os
import urllib.parse
import urllib.request

from azure.identity.aio import ClientSecretCredential
from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
from msgraph import GraphServiceClient
from msgraph.graph_request_adapter import GraphRequestAdapter

E = os.environ
GRAPH = E["FORESTBED_GRAPH_URL"].rstrip("/")
SCOPE = "https://graph.microsoft.com/.default"


def credential(secret=None, client=None):
    """The estate's application, or another client, by its secret."""
    client, secret = client or E["FORESTBED_CLIENT_ID"], secret or E["FORESTBED_CLIENT_SECRET"]
    authority = E["FORESTBED_AUTHORITY_URL"]
    return ClientSecretCredential(E["FORESTBED_TENANT_ID"], client, secret, authority=authority, disable_instance_discovery=True)


def graph(signed_in):
    """A client of Graph for whoever signed in; its `request_adapter` serves page iterators."""
    url = urllib.parse.urlsplit(GRAPH)
    provider = AzureIdentityAuthenticationProvider(signed_in, scopes=[SCOPE], allowed_hosts=[url.hostname, url.netloc])
    adapter = GraphRequestAdapter(provider)
    adapter.base_url = GRAPH + "/v1.0"
    return GraphServiceClient(request_adapter=adapter)


def control(path, body=None, method=None):
    """What the control API answers, as text; it is asked past any proxy."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {E['FORESTBED_CONTROL_TOKEN']}"}
    data = None if body is None else json.dumps(body).encode()
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(urllib.request.Request(E["FORESTBED_CONTROL_URL"] + path, data, headers, method=method)) as answer:
        return answer.read().decode()
