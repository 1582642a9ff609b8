# estate: --users 20
"""MSAL for Python and azure-identity against the token service: every grant, and Graph with what they get.

Run under: forestbed exec --users 20 -- target/clients/venv/bin/python tests/clients/graph-tokens.py
"""

import html
import os
import re
import urllib.parse

import msal
import requests
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import CertificateCredential, ClientSecretCredential, DeviceCodeCredential, UsernamePasswordCredential
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from witness import Steps

E = os.environ
BASE, TENANT, CLIENT = E["FORESTBED_AUTHORITY_URL"].rstrip("/"), E["FORESTBED_TENANT_ID"], E["FORESTBED_CLIENT_ID"]
ADMIN, PASSWORD = E["FORESTBED_ADMIN_UPN"], E["FORESTBED_CLOUD_PASSWORD"]
GRAPH = E["FORESTBED_GRAPH_URL"].rstrip("/")
OWN, USER = ["https://graph.microsoft.com/.default"], ["User.Read"]
steps = Steps("graph-tokens.py")


# MSAL asks for the realm of a user at the authority's host without its port, so users sign in through the proxy
MICROSOFT = "https://login.microsoftonline.com"


def public(tenant=TENANT):
    return msal.PublicClientApplication(CLIENT, authority=f"{MICROSOFT}/{tenant}")


def confidential(credential):
    return msal.ConfidentialClientApplication(CLIENT, authority=f"{BASE}/{TENANT}", client_credential=credential, instance_discovery=False)


def graph(token, path="/v1.0/users?$top=1"):
    return requests.get(GRAPH + path, headers={"Authorization": f"Bearer {token}"}, timeout=30)


def good(answer):
    return "access_token" in answer and graph(answer["access_token"]).status_code == 200


def refused(answer, code):
    return code in answer.get("error_codes", [])


def applications():
    answer = confidential(E["FORESTBED_CLIENT_SECRET"]).acquire_token_for_client(OWN)
    steps.check("MSAL: client credentials by a secret", good(answer), "LOGIN-CLIENT-CREDENTIALS", "LOGIN-DISCOVERY", "CLIENT-MSAL-PYTHON", detail=answer)
    answer = confidential("wrong").acquire_token_for_client(OWN)
    steps.check("MSAL: ... refused with a wrong one", refused(answer, 7000215), "LOGIN-ERRORS", detail=answer)
    pem = open(E["FORESTBED_APP_CERTIFICATE"]).read()
    certificate = x509.load_pem_x509_certificate(pem.encode())
    key = pem[pem.index("-----BEGIN RSA"):]
    older = {"private_key": key, "thumbprint": certificate.fingerprint(hashes.SHA1()).hex()}
    answer = confidential(older).acquire_token_for_client(OWN)
    steps.check("MSAL: client credentials by a certificate (x5t)", good(answer), "LOGIN-CERTIFICATE", detail=answer)
    newer = {"private_key": key, "public_certificate": pem[: pem.index("-----BEGIN RSA")]}
    answer = confidential(newer).acquire_token_for_client(OWN)
    steps.check("MSAL: ... (x5t#S256, PS256)", good(answer), "LOGIN-CERTIFICATE", detail=answer)
    answer = confidential({**older, "thumbprint": "00" * 20}).acquire_token_for_client(OWN)
    steps.check("MSAL: ... refused with an unknown thumbprint", refused(answer, 700027), "LOGIN-CERTIFICATE", "LOGIN-ERRORS", detail=answer)


def passwords():
    app = public()
    answer = app.acquire_token_by_username_password(ADMIN, PASSWORD, USER)
    steps.check("MSAL: user name and password", good(answer) and answer["id_token_claims"]["preferred_username"] == ADMIN, "LOGIN-PASSWORD", "LOGIN-REALM", detail=answer)
    account = app.get_accounts(ADMIN)[0]
    steps.check("MSAL: the account has user and tenant", account["realm"] == TENANT and account["home_account_id"].endswith(TENANT), "LOGIN-PASSWORD", detail=account)
    silent = app.acquire_token_silent_with_error(USER, account)
    steps.check("MSAL: silently from the cache", silent["access_token"] == answer["access_token"], "LOGIN-PASSWORD", detail=silent)
    fresh = app.acquire_token_silent_with_error(USER, account, force_refresh=True)
    steps.check("MSAL: silently by refresh token", good(fresh) and fresh["access_token"] != answer["access_token"], "LOGIN-REFRESH", detail=fresh)
    other = app.acquire_token_silent_with_error(["Group.Read.All"], account, force_refresh=True)
    steps.check("MSAL: ... for another permission", good(other), "LOGIN-REFRESH", detail=other)
    answer = app.acquire_token_by_username_password(ADMIN, "Wrong-1234", USER)
    steps.check("MSAL: a wrong password is refused", refused(answer, 50126), "LOGIN-ERRORS", detail=answer)
    answer = app.acquire_token_by_username_password("nobody@contoso.com", PASSWORD, USER)
    steps.check("MSAL: ... and an unknown user", refused(answer, 50034), "LOGIN-ERRORS", detail=answer)
    answer = app.acquire_token_by_username_password(ADMIN, PASSWORD, ["Mail.Send"])
    steps.check("MSAL: ... and a permission without consent", refused(answer, 65001), "LOGIN-ERRORS", detail=answer)
    everything = public("organizations").acquire_token_by_username_password(ADMIN, PASSWORD, OWN)
    steps.check("MSAL: organizations and .default", good(everything), "LOGIN-PASSWORD", detail=everything)


def submit(url, fields, follow=False):
    return requests.post(url, data=fields, allow_redirects=follow, timeout=30)


def devices():
    app = public("organizations")
    flow = app.initiate_device_flow(USER)
    page = requests.get(flow["verification_uri"], timeout=30).text
    steps.check("MSAL: a device gets its codes, and its page has a form", 'name="otc"' in page, "LOGIN-DEVICE", detail=flow)
    pending = app.client.obtain_token_by_device_flow(flow, exit_condition=lambda flow: True)
    steps.check("MSAL: pending until somebody decides", pending.get("error") == "authorization_pending", "LOGIN-DEVICE", detail=pending)
    done = submit(flow["verification_uri"], {"otc": flow["user_code"], "login": ADMIN, "passwd": PASSWORD})
    answer = app.acquire_token_by_device_flow(flow)
    steps.check("MSAL: a token once the user has signed in", done.status_code == 200 and good(answer), "LOGIN-DEVICE", detail=answer)
    flow = app.initiate_device_flow(USER)
    submit(flow["verification_uri"], {"otc": flow["user_code"], "decline": "1"})
    answer = app.acquire_token_by_device_flow(flow)
    steps.check("MSAL: a user may decline", answer.get("error") == "authorization_declined", "LOGIN-DEVICE", detail=answer)


def codes():
    for app, name in [(public(), "a public client"), (confidential(E["FORESTBED_CLIENT_SECRET"]), "a confidential one")]:
        flow = app.initiate_auth_code_flow(USER, redirect_uri="http://localhost:5005/", login_hint=ADMIN)
        page = requests.get(flow["auth_uri"], timeout=30)
        action = html.unescape(re.search(r'action="([^"]*)"', page.text).group(1))
        answer = submit(urllib.parse.urljoin(flow["auth_uri"], action), {"login": ADMIN, "passwd": PASSWORD})
        where = urllib.parse.urlsplit(answer.headers["location"])
        back = {name: values[0] for name, values in urllib.parse.parse_qs(where.query).items()}
        token = app.acquire_token_by_auth_code_flow(flow, back)
        nonce = token.get("id_token_claims", {}).get("preferred_username") == ADMIN
        steps.check(f"MSAL: a code with PKCE, state and nonce for {name}", where.netloc == "localhost:5005" and nonce and good(token), "LOGIN-CODE", detail=token)
        again = app.acquire_token_by_auth_code_flow(flow, back)
        steps.check("MSAL: ... is good once", refused(again, 54005), "LOGIN-CODE", "LOGIN-ERRORS", detail=again)
    flow = public().initiate_auth_code_flow(USER, redirect_uri="https://evil.example/")
    steps.check("an unknown redirect URI stays on the page", requests.get(flow["auth_uri"], timeout=30).status_code == 400, "LOGIN-CODE")


def ended():
    app = public()
    answer = app.acquire_token_by_username_password(ADMIN, PASSWORD, ["User.Read", "Directory.AccessAsUser.All"])
    account = app.get_accounts(ADMIN)[0]
    own = confidential(E["FORESTBED_CLIENT_SECRET"]).acquire_token_for_client(OWN)["access_token"]
    who = graph(own, f"/v1.0/users/{ADMIN}?$select=id").json()["id"]
    body = {"passwordProfile": {"password": "Another-1234", "forceChangePasswordNextSignIn": False}}
    # no application sets an administrator's password: the administrator does
    headers = {"Authorization": f"Bearer {answer['access_token']}"}
    changed = requests.patch(f"{GRAPH}/v1.0/users/{who}", json=body, headers=headers, timeout=30)
    silent = app.acquire_token_silent_with_error(USER, account, force_refresh=True)
    steps.check("a new password ends the sessions", changed.status_code == 204 and refused(silent, 50173), "LOGIN-REFRESH", "LOGIN-ERRORS", detail=silent)
    answer = app.acquire_token_by_username_password(ADMIN, "Another-1234", USER)
    steps.check("... and signs in from now on", good(answer), "LOGIN-PASSWORD", detail=answer)
    for nth in range(10):
        app.acquire_token_by_username_password(ADMIN, f"Wrong-{nth}", USER)
    answer = app.acquire_token_by_username_password(ADMIN, "Another-1234", USER)
    steps.check("ten wrong passwords lock the account", refused(answer, 50053), "LOGIN-ERRORS", detail=answer)


def identity():
    options = {"authority": BASE, "disable_instance_discovery": True}
    token = ClientSecretCredential(TENANT, CLIENT, E["FORESTBED_CLIENT_SECRET"], **options).get_token(*OWN)
    steps.check("azure-identity: a secret", graph(token.token).status_code == 200, "LOGIN-CLIENT-CREDENTIALS")
    token = CertificateCredential(TENANT, CLIENT, E["FORESTBED_APP_CERTIFICATE"], **options).get_token(*OWN)
    steps.check("azure-identity: a certificate", graph(token.token).status_code == 200, "LOGIN-CERTIFICATE")
    token = UsernamePasswordCredential(CLIENT, ADMIN, PASSWORD, tenant_id=TENANT).get_token(*OWN)
    steps.check("azure-identity: a user name and password", graph(token.token).status_code == 200, "LOGIN-PASSWORD")

    def prompt(uri, code, _):
        submit(uri, {"otc": code, "login": ADMIN, "passwd": PASSWORD})

    token = DeviceCodeCredential(CLIENT, tenant_id=TENANT, prompt_callback=prompt, **options).get_token(*OWN)
    steps.check("azure-identity: a device", graph(token.token).status_code == 200, "LOGIN-DEVICE")
    try:
        ClientSecretCredential(TENANT, CLIENT, "wrong", **options).get_token(*OWN)
        steps.check("azure-identity: a wrong secret is refused", False)
    except ClientAuthenticationError as error:
        steps.check("azure-identity: a wrong secret is refused", "AADSTS7000215" in str(error), "LOGIN-ERRORS", detail=error)


def accounts():
    answer = requests.post(f"{BASE}/common/GetCredentialType", json={"username": ADMIN}, timeout=30).json()
    steps.check("GetCredentialType knows the user", answer["IfExistsResult"] == 0, "LOGIN-CREDENTIAL-TYPE", detail=answer)
    token = public().acquire_token_by_username_password(ADMIN, PASSWORD, USER)
    info = requests.get(f"{BASE}/oidc/userinfo", headers={"Authorization": f"Bearer {token['access_token']}"}, timeout=30).json()
    steps.check("userinfo tells the subject of the ID token", info.get("sub") == token["id_token_claims"]["sub"], "LOGIN-USERINFO", detail=info)
    out = requests.get(f"{BASE}/common/oauth2/v2.0/logout", params={"post_logout_redirect_uri": "http://localhost:3000"}, allow_redirects=False, timeout=30)
    steps.check("logout leads back", out.headers.get("location") == "http://localhost:3000", "LOGIN-LOGOUT")


applications()
passwords()
devices()
codes()
identity()
accounts()
ended()
steps.finish()
