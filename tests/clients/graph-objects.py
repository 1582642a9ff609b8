# estate: --users 50
"""Applications, roles, units, devices, deleted items, memberships and dynamic groups through Microsoft's Python Graph SDK.

Run under: forestbed exec --users 50 -- target/clients/venv/bin/python tests/clients/graph-objects.py
"""

import asyncio
import json
import os
import urllib.parse
import urllib.request

from azure.core.exceptions import ClientAuthenticationError
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph.generated.applications.item.add_password.add_password_post_request_body import AddPasswordPostRequestBody
from msgraph.generated.applications.item.remove_password.remove_password_post_request_body import RemovePasswordPostRequestBody
from msgraph.generated.directory_objects.get_by_ids.get_by_ids_post_request_body import GetByIdsPostRequestBody
from msgraph.generated.models.administrative_unit import AdministrativeUnit
from msgraph.generated.models.alternative_security_id import AlternativeSecurityId
from msgraph.generated.models.app_role_assignment import AppRoleAssignment
from msgraph.generated.models.application import Application
from msgraph.generated.models.device import Device
from msgraph.generated.models.group import Group
from msgraph.generated.models.o_auth2_permission_grant import OAuth2PermissionGrant
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.password_credential import PasswordCredential
from msgraph.generated.models.password_profile import PasswordProfile
from msgraph.generated.models.reference_create import ReferenceCreate
from msgraph.generated.models.service_principal import ServicePrincipal
from msgraph.generated.models.unified_role_assignment import UnifiedRoleAssignment
from msgraph.generated.models.user import User
from msgraph.generated.users.item.check_member_groups.check_member_groups_post_request_body import CheckMemberGroupsPostRequestBody
from msgraph.generated.users.item.get_member_groups.get_member_groups_post_request_body import GetMemberGroupsPostRequestBody

import sdk
from witness import Steps

E = os.environ
GRAPH = E["FORESTBED_GRAPH_URL"].rstrip("/")
SCOPE = "https://graph.microsoft.com/.default"
GRAPH_APP = "00000003-0000-0000-c000-000000000000"
USER_ADMINISTRATOR = "fe930be7-5e62-47db-91af-98c3a49a38b1"
steps = Steps("graph-objects.py")


async def refused(call, status, code=None):
    try:
        await call
    except ODataError as error:
        return error.response_status_code == status and (code is None or error.error.code == code)
    return False


def reference(id):
    return ReferenceCreate(odata_id=f"{GRAPH}/v1.0/directoryObjects/{id}")


def advance(span):
    body = json.dumps({"advance": span}).encode()
    headers = {"Authorization": f"Bearer {E['FORESTBED_CONTROL_TOKEN']}", "Content-Type": "application/json"}
    request = urllib.request.Request(E["FORESTBED_CONTROL_URL"].rstrip("/") + "/api/clock", body, headers)
    # the control API is on loopback, whatever proxy is set
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request).read()


async def new_user(client, tag):
    profile = PasswordProfile(password="xWwvJ]6NMw+bWH-d", force_change_password_next_sign_in=False)
    user = User(display_name=tag, account_enabled=True, mail_nickname=tag, user_principal_name=f"{tag}@contoso.com", password_profile=profile)
    return await client.users.post(user)


async def new_group(client, tag, **more):
    return await client.groups.post(Group(display_name=tag, mail_nickname=tag, mail_enabled=False, security_enabled=True, **more))


async def applications(client):
    app = await client.applications.post(Application(display_name="client-app"))
    principal = await client.service_principals.post(ServicePrincipal(app_id=app.app_id))
    steps.check("an application and its service principal", principal.app_id == app.app_id and principal.id != app.id, "GRAPH-APPLICATIONS")
    body = AddPasswordPostRequestBody(password_credential=PasswordCredential(display_name="first"))
    secret = await client.applications.by_application_id(app.id).add_password.post(body)
    steps.check("addPassword tells the secret once", secret.secret_text.startswith(secret.hint), "GRAPH-APPLICATIONS")
    found = await client.applications_with_app_id(app.app_id).get()
    steps.check("applications(appId='...')", found.id == app.id and found.password_credentials[0].secret_text is None, "GRAPH-APPLICATIONS")
    own = sdk.credential(secret.secret_text, app.app_id)
    narrow = sdk.graph(own)
    steps.check("without a role it may not read users", await refused(narrow.users.get(), 403, "Authorization_RequestDenied"), "GRAPH-APPLICATIONS")
    resource = await client.service_principals_with_app_id(GRAPH_APP).get()
    role = next(role for role in resource.app_roles if role.value == "User.Read.All")
    grant = AppRoleAssignment(principal_id=principal.id, resource_id=resource.id, app_role_id=role.id)
    assignments = client.service_principals.by_service_principal_id(principal.id).app_role_assignments
    given = await assignments.post(grant)
    steps.check("an app role is assigned", given.principal_display_name == "client-app", "GRAPH-APP-GRANTS")
    steps.check("... and only once", await refused(assignments.post(grant), 400), "GRAPH-APP-GRANTS")
    fresh = sdk.credential(secret.secret_text, app.app_id)
    users = await sdk.graph(fresh).users.get()
    steps.check("with the role a new token reads users", len(users.value) > 0, "GRAPH-APPLICATIONS", "GRAPH-APP-GRANTS")
    listed = await assignments.get()
    steps.check("the assignment is listed", [one.id for one in listed.value] == [given.id], "GRAPH-APP-GRANTS")
    scope = OAuth2PermissionGrant(client_id=principal.id, consent_type="AllPrincipals", resource_id=resource.id, scope="User.Read")
    delegated = await client.oauth2_permission_grants.post(scope)
    mine = await client.service_principals.by_service_principal_id(principal.id).oauth2_permission_grants.get()
    steps.check("a delegated permission is granted", [one.id for one in mine.value] == [delegated.id], "GRAPH-APP-GRANTS")
    remove = RemovePasswordPostRequestBody(key_id=secret.key_id)
    await client.applications.by_application_id(app.id).remove_password.post(remove)
    closed = sdk.credential(secret.secret_text, app.app_id)
    try:
        await closed.get_token(SCOPE)
        steps.check("a removed secret opens nothing", False, "GRAPH-APPLICATIONS")
    except ClientAuthenticationError as error:
        steps.check("a removed secret opens nothing", "AADSTS7000215" in str(error) or "AADSTS70002" in str(error), "GRAPH-APPLICATIONS", detail=error)
    await client.applications.by_application_id(app.id).delete()
    gone = await refused(client.service_principals.by_service_principal_id(principal.id).get(), 404)
    steps.check("the service principal goes with its application", gone, "GRAPH-APPLICATIONS")
    for credential in (own, fresh, closed):
        await credential.close()


async def deleted_items(client):
    user = await new_user(client, "objects.deleted")
    await client.users.by_user_id(user.id).delete()
    listed = await client.directory.deleted_items.graph_user.get()
    steps.check("a deleted user is listed by type", user.id in [one.id for one in listed.value], "GRAPH-DELETED-ITEMS")
    item = client.directory.deleted_items.by_directory_object_id(user.id)
    steps.check("... told with its type", isinstance(await item.get(), User), "GRAPH-DELETED-ITEMS")
    back = await item.restore.post(None)
    steps.check("... and restored", back.id == user.id and (await client.users.by_user_id(user.id).get()).id == user.id, "GRAPH-DELETED-ITEMS")
    await client.users.by_user_id(user.id).delete()
    await item.delete()
    steps.check("a purged one is gone", await refused(item.get(), 404), "GRAPH-DELETED-ITEMS")
    other = await new_user(client, "objects.purged")
    await client.users.by_user_id(other.id).delete()
    advance("720h")
    gone = await refused(client.directory.deleted_items.by_directory_object_id(other.id).get(), 404)
    steps.check("thirty virtual days later a deleted one is gone", gone, "GRAPH-DELETED-ITEMS")


async def memberships(client):
    user = await new_user(client, "objects.member")
    inner, outer = await new_group(client, "objects-inner"), await new_group(client, "objects-outer")
    await client.groups.by_group_id(inner.id).members.ref.post(reference(user.id))
    await client.groups.by_group_id(outer.id).members.ref.post(reference(inner.id))
    item = client.users.by_user_id(user.id)
    groups = await item.get_member_groups.post(GetMemberGroupsPostRequestBody(security_enabled_only=True))
    steps.check("getMemberGroups goes through groups", sorted(groups.value) == sorted([inner.id, outer.id]), "GRAPH-MEMBER-CHECKS")
    checked = await item.check_member_groups.post(CheckMemberGroupsPostRequestBody(group_ids=[outer.id]))
    steps.check("checkMemberGroups answers those of the list", checked.value == [outer.id], "GRAPH-MEMBER-CHECKS")
    many = CheckMemberGroupsPostRequestBody(group_ids=[outer.id] * 21)
    steps.check("... at most twenty at once", await refused(item.check_member_groups.post(many), 400), "GRAPH-MEMBER-CHECKS")
    body = GetByIdsPostRequestBody(ids=[user.id, inner.id], types=["group"])
    found = await client.directory_objects.get_by_ids.post(body)
    steps.check("getByIds by type", [one.id for one in found.value] == [inner.id], "GRAPH-MEMBER-CHECKS")
    return user


async def roles(client, user):
    templates = await client.directory_role_templates.get()
    steps.check("role templates", USER_ADMINISTRATOR in [one.id for one in templates.value], "GRAPH-ROLES")
    assignments = client.role_management.directory.role_assignments
    body = UnifiedRoleAssignment(principal_id=user.id, role_definition_id=USER_ADMINISTRATOR, directory_scope_id="/")
    given = await assignments.post(body)
    active = await client.directory_roles.get()
    role = next(one for one in active.value if one.role_template_id == USER_ADMINISTRATOR)
    holders = await client.directory_roles.by_directory_role_id(role.id).members.get()
    steps.check("an assigned role is active and has its member", [one.id for one in holders.value] == [user.id], "GRAPH-ROLES")
    item = client.users.by_user_id(user.id)
    sensitive = await refused(item.patch(User(mobile_phone="1")), 403, "Authorization_RequestDenied")
    steps.check("an application cannot change an administrator's phone", sensitive, "GRAPH-ROLES")
    await assignments.by_unified_role_assignment_id(given.id).delete()
    await item.patch(User(mobile_phone="1"))
    steps.check("... and can once the role is gone", True, "GRAPH-ROLES")
    unit = await client.directory.administrative_units.post(AdministrativeUnit(display_name="North"))
    members = client.directory.administrative_units.by_administrative_unit_id(unit.id).members
    await members.ref.post(reference(user.id))
    listed = await members.get()
    steps.check("an administrative unit has members", [one.id for one in listed.value] == [user.id], "GRAPH-UNITS")
    await client.directory.administrative_units.by_administrative_unit_id(unit.id).delete()


async def devices(client, user):
    security = AlternativeSecurityId(type=2, key=b"key")
    key = "4c299165-6e8f-4b45-a5ba-c5d250a707ff"
    device = Device(account_enabled=True, device_id=key, display_name="Laptop", operating_system="Windows", operating_system_version="10.0", alternative_security_ids=[security])
    made = await client.devices.post(device)
    found = await client.devices_with_device_id(key).get()
    steps.check("a device by its deviceId", found.id == made.id and found.operating_system == "Windows", "GRAPH-DEVICES")
    item = client.devices.by_device_id(made.id)
    await item.registered_owners.ref.post(reference(user.id))
    owned = await client.users.by_user_id(user.id).owned_devices.get()
    steps.check("its owner owns it", [one.id for one in owned.value] == [made.id], "GRAPH-DEVICES")
    steps.check("an application cannot update it", await refused(item.patch(Device(display_name="x")), 403), "GRAPH-DEVICES")
    await item.delete()
    steps.check("it can be deleted", await refused(item.get(), 404), "GRAPH-DEVICES")


async def groups(client, user):
    rule = '(user.department -in ["Objects", "Other"]) -and -not (user.accountEnabled -eq false)'
    dynamic = await new_group(client, "objects-dynamic", group_types=["DynamicMembership"], membership_rule=rule, membership_rule_processing_state="On")
    await client.users.by_user_id(user.id).patch(User(department="objects"))
    advance("10m")
    item = client.groups.by_group_id(dynamic.id)
    members = await item.members.get()
    steps.check("a dynamic group has whom its rule names", [one.id for one in members.value] == [user.id], "GRAPH-DYNAMIC-GROUPS")
    steps.check("... and takes nobody by hand", await refused(item.members.by_directory_object_id(user.id).ref.delete(), 403), "GRAPH-DYNAMIC-GROUPS")
    bad = await refused(item.patch(Group(membership_rule="user.nosuch -eq 1")), 400, "Request_BadRequest")
    steps.check("a rule that cannot be read is refused", bad, "GRAPH-DYNAMIC-GROUPS")
    mail = Group(display_name="m", mail_nickname="objects-m", mail_enabled=True, security_enabled=True)
    steps.check("mail-enabled security groups cannot be made", await refused(client.groups.post(mail), 400), "GRAPH-GROUP-RULES")
    plain = await new_group(client, "objects-plain")
    owners = client.groups.by_group_id(plain.id).owners
    await owners.ref.post(reference(user.id))
    steps.check("the last owner stays", await refused(owners.by_directory_object_id(user.id).ref.delete(), 400), "GRAPH-GROUP-RULES")
    prefer = RequestConfiguration()
    prefer.headers.add("Prefer", "create-if-missing")
    named = client.groups_with_unique_name("objects-golf")
    made = await named.patch(Group(display_name="Golf", mail_nickname="objects-golf", mail_enabled=False, security_enabled=True), request_configuration=prefer)
    found = await named.get()
    steps.check("a group by its uniqueName, made by the first update", made.id == found.id, "GRAPH-GROUP-RULES")


async def me(client):
    secret = "xWwvJ]6NMw+bWH-d"
    user = await new_user(client, "objects.me")
    # MSAL asks for the realm without the authority's port, so the grant is written out here
    form = {"grant_type": "password", "client_id": E["FORESTBED_CLIENT_ID"], "client_secret": E["FORESTBED_CLIENT_SECRET"]}
    form |= {"username": user.user_principal_name, "password": secret, "scope": "https://graph.microsoft.com/User.Read"}
    authority = f"{E['FORESTBED_AUTHORITY_URL'].rstrip('/')}/{E['FORESTBED_TENANT_ID']}/oauth2/v2.0/token"
    token = json.load(urllib.request.urlopen(authority, urllib.parse.urlencode(form).encode()))
    if not steps.check("a user's own token", "access_token" in token, "GRAPH-ME", detail=token):
        return
    request = urllib.request.Request(f"{GRAPH}/v1.0/me", headers={"Authorization": f"Bearer {token['access_token']}"})
    own = json.load(urllib.request.urlopen(request))
    steps.check("/me is the user who signed in", own["id"] == user.id, "GRAPH-ME", detail=own)
    steps.check("an application has no /me", await refused(client.me.get(), 400), "GRAPH-ME")


async def main():
    credential = sdk.credential()
    client = sdk.graph(credential)
    await applications(client)
    await me(client)
    user = await memberships(client)
    await roles(client, user)
    await devices(client, user)
    await groups(client, user)
    await deleted_items(client)
    await credential.close()
    steps.finish()


asyncio.run(main())
