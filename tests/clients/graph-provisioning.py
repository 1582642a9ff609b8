# estate: --users 20
"""The provisioning service as Entra Connect's clients speak to it: SOAP in .NET binary XML by PyPI's wcf, a token by MSAL for Python with the id of Azure's command line, both by Microsoft's host names through the proxy; what was sent is read back by Graph.

Run under: forestbed exec --users 20 -- target/clients/venv/bin/python tests/clients/graph-provisioning.py
"""

import json
import os
import re
import urllib.error
import urllib.request
import uuid
import xml.etree.ElementTree as ElementTree

import msal

import wcf_mended
from witness import Steps

E = os.environ
steps = Steps("graph-provisioning.py")
HOST = "https://adminwebservice.microsoftonline.com/provisioningservice.svc"
CHANGE = "http://schemas.microsoft.com/online/aws/change/2010/01"
AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"


def token(scope):
    app = msal.PublicClientApplication(AZURE_CLI, authority="https://login.microsoftonline.com/" + E["FORESTBED_TENANT_ID"])
    answer = app.acquire_token_by_username_password(E["FORESTBED_ADMIN_UPN"], E["FORESTBED_CLOUD_PASSWORD"], [scope])
    if "access_token" not in answer:
        raise SystemExit(f"no token for {scope}: {answer}")
    return answer["access_token"]


def envelope(operation, body, bearer, message):
    inner = "".join(
        f'<{name} xmlns="{CHANGE}">{value}</{name}>'
        for name, value in [
            ("ApplicationId", "1651564e-7ce4-4d99-88be-0a65050d8dc3"),
            ("BearerToken", bearer),
            ("ClientVersion", "8.0"),
            ("DirSyncBuildNumber", "2.4.21.0"),
            ("FIMBuildNumber", "2.4.21.0"),
            ("IsInstalledOnDC", "False"),
            ("LanguageId", "en-US"),
            ("ProtocolVersion", "2.0"),
            ("TrackingId", message),
        ]
    )
    return f"""<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://www.w3.org/2005/08/addressing"><s:Header>
<a:Action s:mustUnderstand="1">{CHANGE}/IProvisioningWebService/{operation}</a:Action>
<SyncToken s:role="urn:microsoft.online.administrativeservice" xmlns="urn:microsoft.online.administrativeservice" xmlns:i="http://www.w3.org/2001/XMLSchema-instance">{inner}</SyncToken>
<a:MessageID>urn:uuid:{message}</a:MessageID><a:ReplyTo><a:Address>http://www.w3.org/2005/08/addressing/anonymous</a:Address></a:ReplyTo>
<a:To s:mustUnderstand="1">{HOST}</a:To></s:Header><s:Body>{body}</s:Body></s:Envelope>"""


def post(octets, kind="application/soap+msbin1", operation=""):
    request = urllib.request.Request(HOST, data=octets, headers={"Content-Type": kind, "x-ms-aadmsods-apiaction": operation})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def call(operation, body="", bearer=None):
    """The status, and the answer's body as a tree without namespaces."""
    message = str(uuid.uuid4())
    body = f'<{operation} xmlns="{CHANGE}">{body}</{operation}>'
    octets = wcf_mended.to_binary(envelope(operation, body, bearer or BEARER, message))
    status, headers, answer = post(octets, operation=operation)
    if headers.get("Content-Type") != "application/soap+msbin1":
        return status, None
    tree = ElementTree.fromstring(re.sub(r"&(\w+);", lambda m: m.group(0) if m.group(1) in ("amp", "lt", "gt", "quot", "apos") else "?", wcf_mended.to_xml(answer)))
    for element in tree.iter():
        element.tag = element.tag.split("}")[-1]
        element.attrib = {name.split("}")[-1]: value for name, value in element.attrib.items()}
    return status, tree


def fault(tree):
    return tree.findtext(".//Fault/Reason/Text") if tree is not None else None


def value(key, content):
    if content is None:
        typed = 'i:nil="true">'
    elif isinstance(content, bool):
        typed = f'i:type="d:boolean" xmlns:d="http://www.w3.org/2001/XMLSchema">{str(content).lower()}'
    elif isinstance(content, list):
        typed = 'i:type="c:ArrayOfstring">' + "".join(f"<c:string>{one}</c:string>" for one in content)
    else:
        typed = f'i:type="d:string" xmlns:d="http://www.w3.org/2001/XMLSchema">{content}'
    return f"<c:KeyValueOfstringanyType><c:Key>{key}</c:Key><c:Value {typed}</c:Value></c:KeyValueOfstringanyType>"


def provision(*objects, operation="ProvisionAzureADSyncObjects"):
    """Each object: type, operation, properties. The results in the same order."""
    sent = "".join(
        '<b:AzureADSyncObject><b:PropertyValues xmlns:c="http://schemas.microsoft.com/2003/10/Serialization/Arrays">'
        + "".join(value(key, content) for key, content in properties.items())
        + f"</b:PropertyValues><b:SyncObjectType>{kind}</b:SyncObjectType><b:SyncOperation>{what}</b:SyncOperation></b:AzureADSyncObject>"
        for kind, what, properties in objects
    )
    body = f'<syncRequest xmlns:b="http://schemas.microsoft.com/online/aws/change/2014/06" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><b:SyncObjects>{sent}</b:SyncObjects></syncRequest>'
    status, tree = call(operation, body)
    if status != 200:
        return [{"fault": fault(tree)}]
    found = []
    for result in tree.iter("AzureADSyncObjectResult"):
        found.append({child.tag: None if child.get("nil") == "true" else child.text for child in result})
    return found


def graph(method, path, body=None):
    request = urllib.request.Request("https://graph.microsoft.com/v1.0/" + path, method=method, data=body and json.dumps(body).encode())
    request.add_header("Authorization", f"Bearer {GRAPH}")
    request.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"null")


BEARER = token("https://graph.windows.net/.default")
GRAPH = msal.ConfidentialClientApplication(E["FORESTBED_CLIENT_ID"], E["FORESTBED_CLIENT_SECRET"], authority="https://login.microsoftonline.com/" + E["FORESTBED_TENANT_ID"]).acquire_token_for_client(["https://graph.microsoft.com/.default"])["access_token"]
steps.check("a token for https://graph.windows.net", len(BEARER) > 100, "PROVISIONING-SOAP")

ADA = {"SourceAnchor": "AAAAAAAAAAAAAAAAAAAAAQ==", "accountEnabled": True, "userPrincipalName": "ada.soap@contoso.com", "displayName": "Ada Soap", "givenName": "Ada", "surname": "Soap",
       "proxyAddresses": ["SMTP:ada.soap@contoso.com", "smtp:ada@contoso.com"], "alias": "ada.soap", "onPremisesSamAccountName": "ada.soap", "department": "1234"}
BOB = {"SourceAnchor": "AAAAAAAAAAAAAAAAAAAAAg==", "accountEnabled": False, "userPrincipalName": "bob.soap@contoso.com", "displayName": "Bob Soap"}
steps.check("before it is switched on nothing is synchronized", provision(("User", "Set", ADA))[0].get("fault") == "Identity synchronization is not yet activated for this company", "PROVISIONING-SOAP")
status, body = graph("PATCH", f"organization/{E['FORESTBED_TENANT_ID']}", {"onPremisesSyncEnabled": True})
steps.check("synchronization is switched on", status == 204, detail=(status, body))

made = provision(("User", "Set", ADA), ("User", "Add", BOB))
steps.check("two users are created", [r["ResultCode"] for r in made] == ["Success", "Success"] and made[0]["ResultErrorDescription"] is None, "PROVISIONING-SOAP", detail=made)
status, ada = graph("GET", "users/ada.soap@contoso.com?$select=id,displayName,proxyAddresses,onPremisesImmutableId,department,accountEnabled,onPremisesSyncEnabled,mail")
steps.check("Graph shows what was sent", (ada.get("displayName"), ada.get("onPremisesImmutableId"), ada.get("department"), ada.get("onPremisesSyncEnabled"), ada.get("mail")) == ("Ada Soap", ADA["SourceAnchor"], "1234", True, "ada.soap@contoso.com"), "PROVISIONING-SOAP", detail=ada)
steps.check("its cloud anchor is its id", made[0]["CloudAnchor"] == f"User_{ada['id']}", detail=made[0])
bob = graph("GET", "users/bob.soap@contoso.com?$select=id,accountEnabled")[1]
steps.check("a disabled account stays disabled", bob["accountEnabled"] is False, detail=bob)

TEAM = {"SourceAnchor": "AAAAAAAAAAAAAAAAAAAAAw==", "displayName": "Team Soap", "SecurityEnabled": True, "member": [ADA["SourceAnchor"], BOB["SourceAnchor"]]}
group = provision(("Group", "Set", TEAM), operation="ProvisionAzureADSyncObjects2")
steps.check("a group with members", group[0]["ResultCode"] == "Success", "PROVISIONING-SOAP", detail=group)
members = graph("GET", f"groups/{group[0]['CloudAnchor'].split('_')[1]}/members?$select=id")[1]["value"]
steps.check("Graph shows its members", {m["id"] for m in members} == {ada["id"], bob["id"]}, "PROVISIONING-SOAP", detail=members)

provision(("User", "Set", {"SourceAnchor": ADA["SourceAnchor"], "department": None, "title": "Engineer"}))
ada = graph("GET", "users/ada.soap@contoso.com?$select=id,department,jobTitle,displayName")[1]
steps.check("an update changes what is sent and nothing else", (ada["department"], ada["jobTitle"], ada["displayName"]) == (None, "Engineer", "Ada Soap"), "PROVISIONING-SOAP", detail=ada)

twin = provision(("User", "Set", {"SourceAnchor": "AAAAAAAAAAAAAAAAAAAABA==", "userPrincipalName": "twin@contoso.com", "displayName": "Twin", "proxyAddresses": ["SMTP:ada@contoso.com"]}))
steps.check("an address that another one has is set aside", "ada@contoso.com" in (twin[0]["ResultErrorDescription"] or ""), "PROVISIONING-SOAP", detail=twin)
errors = graph("GET", "users/twin@contoso.com?$select=onPremisesProvisioningErrors")[1]["onPremisesProvisioningErrors"]
steps.check("Graph shows the conflict", [e["propertyCausingError"] for e in errors] == ["ProxyAddresses"], detail=errors)


def read_back(full, cookie=None):
    cookie = f"<inputCookie>{cookie}</inputCookie>" if cookie else '<inputCookie i:nil="true" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"></inputCookie>'
    status, tree = call("ReadBackAzureADSyncObjects2", f"<includeLicenseInformation>true</includeLicenseInformation>{cookie}<isFullSync>{full}</isFullSync>")
    objects = {}
    for element in tree.iter("AzureADSyncObject"):
        pairs = {pair.findtext("Key"): pair.find("Value") for pair in element.iter("KeyValueOfstringanyType")}
        objects[pairs["SourceAnchor"].text] = {key: [one.text for one in found] if len(found) else found.text for key, found in pairs.items()}
    return objects, tree.findtext(".//OutputCookie"), tree.findtext(".//More")


objects, cookie, more = read_back("true")
steps.check("all four are read back", len(objects) == 4 and more == "false", "PROVISIONING-SOAP", detail=(list(objects), more))
steps.check("with what an engine compares", (objects[ADA["SourceAnchor"]].get("title"), objects[ADA["SourceAnchor"]].get("CloudAnchor")) == ("Engineer", f"User_{ada['id']}"), detail=objects.get(ADA["SourceAnchor"]))
steps.check("a group with its members' anchors", set(objects[TEAM["SourceAnchor"]].get("member", [])) == set(TEAM["member"]), detail=objects.get(TEAM["SourceAnchor"]))
provision(("User", "Set", {"SourceAnchor": BOB["SourceAnchor"], "displayName": "Bob S."}))
objects, cookie, more = read_back("false", cookie)
steps.check("then only what changed", list(objects) == [BOB["SourceAnchor"]], "PROVISIONING-SOAP", detail=list(objects))

status, tree = call("GetCompanyConfiguration", "<includeLicenseInformation>false</includeLicenseInformation>")
before = int(tree.findtext(".//GetCompanyConfigurationResult/DirSyncFeatures"))
steps.check("the company's configuration", tree.findtext(".//TenantId") == E["FORESTBED_TENANT_ID"] and tree.findtext(".//PreventAccidentalDeletion/ThresholdCount") == "500", "PROVISIONING-SOAP", detail=before)
call("SetCompanyDirsyncFeatures", f"<dirsyncFeatures>{before | 524288}</dirsyncFeatures>")
status, features = graph("GET", "directory/onPremisesSynchronization")
features = features["value"][0]["features"] if "value" in features else features["features"]
steps.check("a feature's bit is switched (BlockSoftMatch)", features["blockSoftMatchEnabled"] is True, "PROVISIONING-SOAP", detail=features)
call("SetCompanyDirsyncFeatures", f"<dirsyncFeatures>{before}</dirsyncFeatures>")

gone = provision(("User", "Delete", {"SourceAnchor": BOB["SourceAnchor"]}), ("Group", "Delete", {"SourceAnchor": TEAM["SourceAnchor"]}))
steps.check("a user and a group are deleted", [r["ResultCode"] for r in gone] == ["Success", "Success"], "PROVISIONING-SOAP", detail=gone)
steps.check("Graph has them no more", graph("GET", "users/bob.soap@contoso.com")[0] == 404 and graph("GET", f"groups/{group[0]['CloudAnchor'].split('_')[1]}")[0] == 404, "PROVISIONING-SOAP")
back = provision(("User", "Set", BOB))
steps.check("the same anchor brings the user back with its id", back[0]["CloudAnchor"] == f"User_{bob['id']}", detail=back)
steps.check("the export is closed", call("FinalizeExport", "<totalExported>4</totalExported><successfulExportCount>4</successfulExportCount>")[0] == 200)
status, tree = call("GetCompanyConfiguration", "<includeLicenseInformation>false</includeLicenseInformation>")
counted = [tree.findtext(f".//CurrentExport/{name}") for name in ("TotalExportedCount", "SuccessfulExportCount", "TotalConnectorSpaceObjects")]
steps.check("its figures are told: sent, taken, synchronized objects", counted == ["4", "4", "3"], "PROVISIONING-SOAP", detail=counted)
status, tree = call("Capabilities")
steps.check("its capabilities are a document inside a text", "MinimumProductVersion" in (tree.findtext(".//CapabilitiesResult") or "") or tree.find(".//MinimumProductVersion") is not None, detail=ElementTree.tostring(tree)[:300])

# directory-sync.md 3.1.3: the hash of P@ssw0rd!
HASH = "v1;PPH1_MD4,b477124de54c2030378f,1000,4b4098ff6bde6cdd85040320b368911351e4f3add84f04b0579e0f72a87d0b24;"


def credentials(*items):
    """Each item: element that names the user, its text. The results in the same order, or the fault."""
    sent = "".join(
        f"<b:SyncCredentialsChangeItem><b:ChangeDate>2026-01-05T07:00:00Z</b:ChangeDate><b:{key}>{text}</b:{key}><b:CredentialData>{HASH}</b:CredentialData>"
        "<b:ForcePasswordChangeOnLogon>false</b:ForcePasswordChangeOnLogon></b:SyncCredentialsChangeItem>"
        for key, text in items
    )
    body = f'<request xmlns:b="http://schemas.microsoft.com/online/aws/change/2014/06" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><b:RequestItems>{sent}</b:RequestItems></request>'
    status, tree = call("ProvisionCredentials", body)
    return [result.findtext("Result") for result in tree.iter("SyncCredentialsChangeResult")] if status == 200 else fault(tree)


def signs_in(password):
    app = msal.PublicClientApplication(AZURE_CLI, authority="https://login.microsoftonline.com/" + E["FORESTBED_TENANT_ID"])
    return "access_token" in app.acquire_token_by_username_password(ADA["userPrincipalName"], password, ["https://graph.microsoft.com/.default"])


steps.check("without a hash nobody signs in", not signs_in("P@ssw0rd!"))
results = credentials(("SourceAnchor", ADA["SourceAnchor"]), ("SourceAnchor", "bm90IHRoZXJlIHlldCEhIQ=="))
steps.check("a password's hash is taken, that of somebody who is not there yet is not", results == ["0", "1"], "PROVISIONING-PASSWORDS", detail=results)
steps.check("its user signs in with the password", signs_in("P@ssw0rd!"), "PROVISIONING-PASSWORDS")
steps.check("and with no other", not signs_in("p@ssw0rd!"), "PROVISIONING-PASSWORDS")
policies = graph("GET", "users/ada.soap@contoso.com?$select=passwordPolicies")[1]["passwordPolicies"]
steps.check("it does not expire in the cloud", policies == "DisablePasswordExpiration", "PROVISIONING-PASSWORDS", detail=policies)
admin = graph("GET", f"users/{E['FORESTBED_ADMIN_UPN']}?$select=id")[1]["id"]
refused = credentials(("CloudAnchor", f"User_{admin}"))
steps.check("a cloud-only user's password is not the engine's", isinstance(refused, str) and "cloud-only" in refused, "PROVISIONING-PASSWORDS", detail=refused)
status, tree = call("GetKerberosDomain")
steps.check("an operation that is known by name only", (status, fault(tree)) == (500, "The operation GetKerberosDomain is not served by this tenant."), "PROVISIONING-SOAP", detail=(status, fault(tree)))

gone = provision(("User", "Delete", {"SourceAnchor": "bm90IHRoZXJlIHlldCEhIQ=="}))
steps.check("deleting what is not the engine's is error 114", "Delete, is not valid" in (gone[0]["ResultErrorDescription"] or ""), "PROVISIONING-ERRORS", detail=gone)
status, body = graph("PATCH", "users/ada.soap@contoso.com", {"jobTitle": "x"})
steps.check("a synchronized user is read-only", status == 400, "PROVISIONING-OWNERSHIP", detail=(status, body))
status, body = graph("PATCH", "users/ada.soap@contoso.com", {"mobilePhone": "+31 6 1"})
provision(("User", "Set", {"SourceAnchor": ADA["SourceAnchor"], "mobile": "+31 6 2"}))
mobile = graph("GET", "users/ada.soap@contoso.com?$select=mobilePhone")[1]["mobilePhone"]
steps.check("but for the mobile number, which then stays", (status, mobile) == (204, "+31 6 1"), "PROVISIONING-OWNERSHIP", detail=(status, mobile))

ada = graph("GET", "users/ada.soap@contoso.com?$select=id")[1]["id"]
provision(("User", "Delete", {"SourceAnchor": ADA["SourceAnchor"]}))
graph("POST", f"directory/deletedItems/{ada}/restore")
shown = graph("GET", "users/ada.soap@contoso.com?$select=id,onPremisesSyncEnabled")[1]
steps.check("what is out of scope says so when an administrator restores it", (shown.get("id"), shown.get("onPremisesSyncEnabled")) == (ada, False), "PROVISIONING-MATCHING", detail=shown)
gone = provision(("User", "Delete", {"SourceAnchor": ADA["SourceAnchor"]}))
steps.check("and is not the engine's to delete", gone[0]["ResultCode"] == "Failure", "PROVISIONING-ERRORS", detail=gone)
back = provision(("User", "Set", ADA))
steps.check("but comes back by its anchor", back[0]["CloudAnchor"] == f"User_{ada}", "PROVISIONING-MATCHING", detail=back)
status, cloud = graph("POST", "users", {"accountEnabled": True, "displayName": "Cloud", "mailNickname": "eve", "userPrincipalName": "eve@contoso.com", "passwordProfile": {"password": "Sommer-2026"}})
taken = provision(("User", "Set", {"SourceAnchor": "AAAAAAAAAAAAAAAAAAAABQ==", "userPrincipalName": "eve@contoso.com", "displayName": "Eve"}))
steps.check("a cloud user of the same name is taken over", taken[0]["CloudAnchor"] == f"User_{cloud['id']}", "PROVISIONING-MATCHING", detail=(taken, cloud))
admin = E["FORESTBED_ADMIN_UPN"]
copy = provision(("User", "Set", {"SourceAnchor": "AAAAAAAAAAAAAAAAAAAABg==", "userPrincipalName": admin, "displayName": "Boss"}))
shown = graph("GET", f"users/{admin}?$select=displayName,onPremisesSyncEnabled")[1]
steps.check("an administrator is not", copy[0]["ResultErrorCode"] == "ExistingAdminRoleConflict" and shown["onPremisesSyncEnabled"] is None, "PROVISIONING-MATCHING", detail=(copy, shown))

local = provision(("User", "Set", {"SourceAnchor": "AAAAAAAAAAAAAAAAAAAABw==", "userPrincipalName": "user3@fabrikam.com", "mail": "user2@fabrikam.com", "proxyAddresses": ["SMTP:user1@fabrikam.com"], "displayName": "Local"}))
shown = graph("GET", f"users/{local[0]['CloudAnchor'].split('_')[1]}?$select=userPrincipalName,mailNickname,mail")[1]
steps.check("names and addresses are calculated", (shown["mailNickname"], shown["userPrincipalName"].split("@")[0], shown["mail"]) == ("user1", "user1", "user1@fabrikam.com"), "PROVISIONING-NAMES", detail=shown)
JOE = {"displayName": "Joe's", "SourceAnchor": "AAAAAAAAAAAAAAAAAAAACA==", "proxyAddresses": ["SMTP:joe@contoso.com"]}
provision(("Group", "Set", JOE))
joe = ("User", "Set", {"SourceAnchor": "AAAAAAAAAAAAAAAAAAAACQ==", "userPrincipalName": "joe@contoso.com", "displayName": "Joe", "proxyAddresses": ["smtp:joe@contoso.com"]})
results = [provision(joe)[0]["ResultCode"] for _ in range(2)]
steps.check("a user whose name and address are a group's fails each time", results == ["Failure", "Failure"], "PROVISIONING-DUPLICATES", detail=results)
second = ("Group", "Set", {**JOE, "SourceAnchor": "AAAAAAAAAAAAAAAAAAAACg=="})
results = [provision(second)[0]["ResultCode"] for _ in range(2)]
steps.check("the second of two new groups with one address fails once", results == ["Failure", "Success"], "PROVISIONING-DUPLICATES", detail=results)
large = provision(("User", "Set", {"SourceAnchor": "AAAAAAAAAAAAAAAAAAAACw==", "userPrincipalName": "large@contoso.com", "userCertificate": [str(n) for n in range(16)]}))
steps.check("sixteen certificates are too many", large[0]["ResultErrorCode"] == "LargeObject", "PROVISIONING-ERRORS", detail=large)

status, body = graph("PATCH", f"organization/{E['FORESTBED_TENANT_ID']}", {"onPremisesSyncEnabled": False})
steps.check("switched off, engines are shut out at once", provision(("User", "Set", ADA))[0].get("fault") == "Identity synchronization is not yet activated for this company", "PROVISIONING-OFF", detail=(status, body))
control = urllib.request.Request(E["FORESTBED_CONTROL_URL"] + "/api/clock", method="POST", data=json.dumps({"advance": "72h"}).encode(), headers={"Authorization": f"Bearer {E['FORESTBED_CONTROL_TOKEN']}", "Content-Type": "application/json"})
urllib.request.urlopen(control, timeout=60).read()
BEARER = token("https://graph.windows.net/.default")
GRAPH = msal.ConfidentialClientApplication(E["FORESTBED_CLIENT_ID"], E["FORESTBED_CLIENT_SECRET"], authority="https://login.microsoftonline.com/" + E["FORESTBED_TENANT_ID"]).acquire_token_for_client(["https://graph.microsoft.com/.default"])["access_token"]
shown = graph("GET", "users/ada.soap@contoso.com?$select=onPremisesSyncEnabled")[1]
status, body = graph("PATCH", "users/ada.soap@contoso.com", {"jobTitle": "x"})
steps.check("three days later the objects are the cloud's", (status, shown.get("onPremisesSyncEnabled")) == (204, None), "PROVISIONING-OFF", detail=(status, body, shown))
graph("PATCH", f"organization/{E['FORESTBED_TENANT_ID']}", {"onPremisesSyncEnabled": True})
back = provision(("User", "Set", {**ADA, "title": "Engineer"}))
shown = graph("GET", "users/ada.soap@contoso.com?$select=id,jobTitle,onPremisesSyncEnabled")[1]
steps.check("switched on again, on-premises overwrites the same object", (shown["id"], shown["jobTitle"], shown["onPremisesSyncEnabled"]) == (ada, "Engineer", True), "PROVISIONING-OFF", detail=(back, shown))

status, tree = call("GetCompanyConfiguration", bearer=GRAPH)
steps.check("a token for Graph is refused", (status, fault(tree)) == (500, "Access to Azure Active Directory has been denied. Contact Technical Support."), "PROVISIONING-SOAP", detail=(status, fault(tree)))
status, tree = call("DeleteEverything")
steps.check("an operation that there is not", status == 500 and "ContractFilter" in fault(tree), detail=(status, fault(tree)))
for name, octets in [("an empty body", b""), ("text", b"<s:Envelope/>"), ("a record cut short", b"\x56\x02\x0b"), ("nested without end", b"\x40\x01a" * 1000)]:
    status, headers, answer = post(octets)
    steps.check(f"{name} is a fault", status == 400 and b"Fault" in answer or status == 400 and "Reason" in wcf_mended.to_xml(answer), "PROVISIONING-SOAP", detail=(status, answer[:80]))
steps.check("another content type is refused", post(b"<a/>", "application/soap+xml")[0] == 415)
steps.finish()
