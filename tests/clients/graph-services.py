# estate: --users 50
"""Microsoft's Python Graph SDK with azure-identity around the directory: subscriptions with a webhook receiver of
Python's own library, audit logs, domains, invitations, photos, synchronization jobs with a SCIM upload.

Run under: forestbed exec --users 50 -- target/clients/venv/bin/python tests/clients/graph-services.py
"""

import asyncio
import base64
import datetime
import http.server
import json
import os
import queue
import threading
import urllib.parse
import urllib.request

from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph.generated.models.domain import Domain
from msgraph.generated.models.internal_domain_federation import InternalDomainFederation
from msgraph.generated.models.invitation import Invitation
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.password_profile import PasswordProfile
from msgraph.generated.models.subscription import Subscription
from msgraph.generated.models.synchronization_job import SynchronizationJob
from msgraph.generated.models.user import User
from msgraph.generated.audit_logs.directory_audits.directory_audits_request_builder import DirectoryAuditsRequestBuilder

import sdk
from witness import Steps

E = os.environ
GRAPH = E["FORESTBED_GRAPH_URL"].rstrip("/")
SCOPE = "https://graph.microsoft.com/.default"
# ITU T.81 B.2: SOI, an APP0 segment, SOF0 with 48 rows of 64, EOI
JPEG = bytes([0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 1, 2, 0xFF, 0xFF, 0xC0, 0, 11, 8, 0, 48, 0, 64, 1, 1, 0x11, 0, 0xFF, 0xD9])
steps = Steps("graph-services.py")
came = queue.Queue()


class Hook(http.server.BaseHTTPRequestHandler):
    """Repeats the token that it is asked for, and keeps what comes later."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        token = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query).get("validationToken")
        answer = token[0].encode() if token else b""
        if not token:
            came.put(json.loads(body))
        self.send_response(200 if token else 202)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


async def notified():
    return (await asyncio.to_thread(came.get, True, 20))["value"][0]


async def refused(call, status):
    try:
        await call
    except ODataError as error:
        return error.response_status_code == status
    return False


def new_user(tag):
    user = User()
    user.display_name, user.account_enabled, user.mail_nickname = tag, True, tag
    user.user_principal_name = f"{tag}@contoso.com"
    user.password_profile = PasswordProfile(password="xWwvJ]6NMw+bWH-d")
    return user


async def subscriptions(client, now, url):
    wanted = Subscription(change_type="updated,deleted", notification_url=url, resource="users", client_state="a secret")
    wanted.expiration_date_time = now + datetime.timedelta(days=2)
    made = await client.subscriptions.post(wanted)
    steps.check("a subscription to users", made.id and made.client_state == "a secret", "GRAPH-SUBSCRIPTIONS")
    user = await client.users.post(new_user("hooked"))
    notice = await notified()
    right = notice["changeType"] == "updated" and notice["resourceData"]["id"] == user.id and notice["clientState"] == "a secret"
    steps.check("the receiver is told of a new user", right, "GRAPH-SUBSCRIPTIONS", detail=notice)
    at = client.subscriptions.by_subscription_id(made.id)
    renewed = await at.patch(Subscription(expiration_date_time=now + datetime.timedelta(days=3)))
    later = renewed.expiration_date_time > made.expiration_date_time
    steps.check("... renewed", later, "GRAPH-SUBSCRIPTIONS", detail=renewed.expiration_date_time)
    await client.users.by_user_id(user.id).delete()
    steps.check("... and of its deletion", (await notified())["changeType"] == "deleted", "GRAPH-SUBSCRIPTIONS")
    await at.delete()
    steps.check("... and ended", await refused(at.get(), 404), "GRAPH-SUBSCRIPTIONS")
    wanted.notification_url = "https://contoso.com/hook"
    steps.check("no other host than loopback is sent to", await refused(client.subscriptions.post(wanted), 400), "GRAPH-SUBSCRIPTIONS")
    return user


async def audits(client, user):
    query = DirectoryAuditsRequestBuilder.DirectoryAuditsRequestBuilderGetQueryParameters(filter=f"targetResources/any(t:t/id eq '{user.id}')")
    log = await client.audit_logs.directory_audits.get(request_configuration=RequestConfiguration(query_parameters=query))
    names = [entry.activity_display_name for entry in log.value]
    steps.check("the audit log has both, the newest first", names == ["Delete user", "Add user"], "GRAPH-AUDITS", detail=names)
    own = log.value[0].initiated_by.app.app_id == E["FORESTBED_CLIENT_ID"]
    steps.check("... by this application", own, "GRAPH-AUDITS")


async def domains(client):
    await client.domains.post(Domain(id="fabrikam.com"))
    at = client.domains.by_domain_id("fabrikam.com")
    steps.check("a new domain is not verified", (await at.get()).is_verified is False, "GRAPH-DOMAINS")
    steps.check("... has records to verify it", len((await at.verification_dns_records.get()).value) == 2, "GRAPH-DOMAINS")
    steps.check("... and is verified", (await at.verify.post(None)).is_verified is True, "GRAPH-DOMAINS")
    federation = InternalDomainFederation(display_name="Fabrikam", issuer_uri="http://sts.fabrikam.com/trust")
    federation.passive_sign_in_uri = "https://sts.fabrikam.com/adfs/ls/"
    made = await at.federation_configuration.post(federation)
    steps.check("... federated", (await at.get()).authentication_type == "Federated", "GRAPH-FEDERATION")
    await at.federation_configuration.by_internal_domain_federation_id(made.id).delete()
    steps.check("... and managed again", (await at.get()).authentication_type == "Managed", "GRAPH-FEDERATION")
    await at.delete()
    steps.check("... and deleted", await refused(at.get(), 404), "GRAPH-DOMAINS")


async def people(client):
    invitation = Invitation(invited_user_email_address="ada@fabrikam.com", invite_redirect_url="https://myapps.microsoft.com")
    made = await client.invitations.post(invitation)
    guest = await client.users.by_user_id(made.invited_user.id).get()
    name = guest.user_principal_name
    steps.check("a guest is invited", name == "ada_fabrikam.com#EXT#@contoso.onmicrosoft.com", "GRAPH-INVITATIONS", detail=name)
    at = client.users.by_user_id(guest.id)
    steps.check("no photo yet", await refused(at.photo.get(), 404), "GRAPH-PHOTOS")
    await at.photo.content.put(JPEG)
    photo = await at.photo.get()
    steps.check("a photo with its size", (photo.width, photo.height) == (64, 48), "GRAPH-PHOTOS", detail=photo)
    steps.check("... and its bytes", await at.photo.content.get() == JPEG, "GRAPH-PHOTOS")
    answer = await at.revoke_sign_in_sessions.post()
    steps.check("sessions are revoked", answer.value is True, "GRAPH-USER-ACTIONS", detail=answer)
    steps.check("synchronization settings", len((await client.directory.on_premises_synchronization.get()).value) == 1, "GRAPH-SYNC-SETTINGS")


def upload(token, path, operations):
    body = json.dumps({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations}).encode()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/scim+json"}
    with urllib.request.urlopen(urllib.request.Request(GRAPH + path, body, headers)) as answer:
        return answer.status, answer.headers["Location"]


def advance(span):
    headers = {"Authorization": f"Bearer {E['FORESTBED_CONTROL_TOKEN']}", "Content-Type": "application/json"}
    body = json.dumps({"advance": span}).encode()
    urllib.request.urlopen(urllib.request.Request(E["FORESTBED_CONTROL_URL"].rstrip("/") + "/api/clock", body, headers)).read()


async def provisioning(client, credential):
    token = (await credential.get_token(SCOPE)).token
    claims = token.split(".")[1]
    own = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["oid"]
    jobs = client.service_principals.by_service_principal_id(own).synchronization.jobs
    job = await jobs.post(SynchronizationJob(template_id="API2AAD"))
    at = jobs.by_synchronization_job_id(job.id)
    await at.start.post()
    steps.check("a synchronization job runs", (await at.get()).status.code.value == "Active", "GRAPH-SYNC-JOBS")
    data = {"externalId": "701", "userName": "uploaded", "displayName": "Uploaded", "active": True}
    path = f"/v1.0/servicePrincipals/{own}/synchronization/jobs/{job.id}/bulkUpload"
    operation = {"method": "POST", "bulkId": "1", "path": "/Users", "data": data}
    status, location = await asyncio.to_thread(upload, token, path, [operation])
    steps.check("an upload is taken in", status == 202 and job.id in location, "GRAPH-BULK-UPLOAD", detail=location)
    await asyncio.to_thread(advance, "2m")
    made = await client.users.by_user_id("uploaded@contoso.com").get()
    steps.check("... and is a user later", made.display_name == "Uploaded", "GRAPH-BULK-UPLOAD")
    log = await client.audit_logs.provisioning.get()
    told = [(entry.provisioning_action.value, entry.provisioning_status_info.status.value) for entry in log.value]
    steps.check("... as the log tells", told == [("create", "success")], "GRAPH-BULK-UPLOAD", detail=told)


async def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    credential = sdk.credential()
    client = sdk.graph(credential)
    # the lab's clock is virtual: an instant that it knows
    now = (await client.organization.get()).value[0].created_date_time
    user = await subscriptions(client, now, f"http://127.0.0.1:{server.server_port}/hook")
    await audits(client, user)
    await domains(client)
    await people(client)
    await provisioning(client, credential)
    await credential.close()
    server.shutdown()


asyncio.run(main())
steps.finish()
