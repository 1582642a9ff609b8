// estate: --users 20
// MSAL for Node and @azure/identity against the token service: every grant, and Graph with what they get.
// Run under: forestbed exec --users 20 -- node tests/clients/graph-tokens.cjs
'use strict';
const fs = require('node:fs');
const http = require('node:http');
const crypto = require('node:crypto');
const msal = require('@azure/msal-node');
const identity = require('@azure/identity');
const { Steps } = require('./witness.cjs');

const E = process.env;
const BASE = E.FORESTBED_AUTHORITY_URL.replace(/\/$/, '');
const GRAPH = E.FORESTBED_GRAPH_URL.replace(/\/$/, '');
const [TENANT, CLIENT, SECRET] = [E.FORESTBED_TENANT_ID, E.FORESTBED_CLIENT_ID, E.FORESTBED_CLIENT_SECRET];
const [ADMIN, PASSWORD] = [E.FORESTBED_ADMIN_UPN, E.FORESTBED_CLOUD_PASSWORD];
const OWN = ['https://graph.microsoft.com/.default'];
const USER = ['User.Read'];
const PEM = fs.readFileSync(E.FORESTBED_APP_CERTIFICATE, 'utf8');
const KEY = PEM.slice(PEM.indexOf('-----BEGIN RSA'));
const CERTIFICATE = PEM.slice(0, PEM.indexOf('-----BEGIN RSA'));
const steps = new Steps('graph-tokens.cjs');

const auth = (more) => ({ clientId: CLIENT, authority: `${BASE}/${TENANT}`, knownAuthorities: [new URL(BASE).host], ...more });
const open = () => new msal.PublicClientApplication({ auth: auth() });
const own = (more) => new msal.ConfidentialClientApplication({ auth: auth(more) });

async function good(token) {
  const answer = await fetch(`${GRAPH}/v1.0/users?$top=1`, { headers: { Authorization: `Bearer ${token}` } });
  return answer.status === 200;
}

async function refused(call, code) {
  try {
    return { fine: false, detail: await call };
  } catch (error) {
    return { fine: String(error.message + error.errorMessage).includes(code), detail: String(error) };
  }
}

// what a person would type on a page
const submit = (url, fields) => fetch(url, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });

async function applications() {
  let answer = await own({ clientSecret: SECRET }).acquireTokenByClientCredential({ scopes: OWN });
  steps.check('MSAL: client credentials by a secret', await good(answer.accessToken), ['LOGIN-CLIENT-CREDENTIALS', 'LOGIN-DISCOVERY', 'CLIENT-MSAL-NODE']);
  const wrong = await refused(own({ clientSecret: 'wrong' }).acquireTokenByClientCredential({ scopes: OWN }), 'AADSTS7000215');
  steps.check('MSAL: ... refused with a wrong one', wrong.fine, ['LOGIN-ERRORS'], wrong.detail);
  const thumbprintSha256 = new crypto.X509Certificate(CERTIFICATE).fingerprint256.replaceAll(':', '');
  answer = await own({ clientCertificate: { thumbprintSha256, privateKey: KEY, x5c: CERTIFICATE } }).acquireTokenByClientCredential({ scopes: OWN });
  steps.check('MSAL: client credentials by a certificate', await good(answer.accessToken), ['LOGIN-CERTIFICATE']);
}

async function users() {
  const app = open();
  const first = await app.acquireTokenByUsernamePassword({ scopes: USER, username: ADMIN, password: PASSWORD });
  steps.check('MSAL: user name and password', first.account.username === ADMIN && (await good(first.accessToken)), ['LOGIN-PASSWORD', 'LOGIN-REALM'], first.account);
  const cached = await app.acquireTokenSilent({ scopes: USER, account: first.account });
  steps.check('MSAL: silently from the cache', cached.fromCache && cached.accessToken === first.accessToken, ['LOGIN-PASSWORD'], cached);
  const fresh = await app.acquireTokenSilent({ scopes: USER, account: first.account, forceRefresh: true });
  steps.check('MSAL: silently by refresh token', !fresh.fromCache && (await good(fresh.accessToken)), ['LOGIN-REFRESH'], fresh);
  const wrong = await refused(app.acquireTokenByUsernamePassword({ scopes: USER, username: ADMIN, password: 'Wrong-1234' }), 'AADSTS50126');
  steps.check('MSAL: a wrong password is refused', wrong.fine, ['LOGIN-ERRORS'], wrong.detail);
  const consent = await refused(app.acquireTokenByUsernamePassword({ scopes: ['Mail.Send'], username: ADMIN, password: PASSWORD }), 'AADSTS65001');
  steps.check('MSAL: ... and a permission without consent', consent.fine, ['LOGIN-ERRORS'], consent.detail);
}

async function devices() {
  const letIn = (answer) => submit(answer.verificationUri, { otc: answer.userCode, login: ADMIN, passwd: PASSWORD });
  let typed;
  const token = await open().acquireTokenByDeviceCode({ scopes: USER, deviceCodeCallback: (answer) => { typed = letIn(answer); } });
  steps.check('MSAL: a device', (await typed).status === 200 && (await good(token.accessToken)), ['LOGIN-DEVICE'], token);
}

async function codes() {
  const { verifier, challenge } = await new msal.CryptoProvider().generatePkceCodes();
  for (const [app, name] of [[open(), 'a public client'], [own({ clientSecret: SECRET }), 'a confidential one']]) {
    for (const responseMode of ['query', 'form_post']) {
      const redirectUri = 'http://localhost:5005';
      const nonce = `${name} ${responseMode}`;
      const url = await app.getAuthCodeUrl({ scopes: USER, redirectUri, responseMode, codeChallenge: challenge, codeChallengeMethod: 'S256', state: 'a state', nonce });
      const page = await submit(url, { login: ADMIN, passwd: PASSWORD });
      let fields;
      if (responseMode === 'query') {
        fields = new URL(page.headers.get('location')).searchParams;
      } else {
        const inputs = [...(await page.text()).matchAll(/name="([^"]*)" value="([^"]*)"/g)];
        fields = new Map(inputs.map(([, key, value]) => [key, value]));
      }
      const state = fields.get('state') === 'a state';
      const token = await app.acquireTokenByCode({ code: fields.get('code'), scopes: USER, redirectUri, codeVerifier: verifier }, { nonce });
      steps.check(`MSAL: a code with PKCE by ${responseMode} for ${name}`, state && (await good(token.accessToken)), ['LOGIN-CODE'], token.account);
    }
  }
  // MSAL listens on a port of its own and sends a browser to the page
  const answer = await open().acquireTokenInteractive({
    scopes: USER,
    openBrowser: async (url) => {
      const page = await submit(url, { login: ADMIN, passwd: PASSWORD });
      http.get(page.headers.get('location')).on('error', () => {});
    },
  });
  steps.check('MSAL: interactively, on a loopback port', await good(answer.accessToken), ['LOGIN-CODE'], answer.account);
}

async function azure() {
  const options = { authorityHost: BASE, disableInstanceDiscovery: true };
  const check = async (name, credential, rows) => {
    const token = await credential.getToken(OWN);
    steps.check(`@azure/identity: ${name}`, await good(token.token), rows);
  };
  await check('a secret', new identity.ClientSecretCredential(TENANT, CLIENT, SECRET, options), ['LOGIN-CLIENT-CREDENTIALS']);
  await check('a certificate', new identity.ClientCertificateCredential(TENANT, CLIENT, { certificatePath: E.FORESTBED_APP_CERTIFICATE }, options), ['LOGIN-CERTIFICATE']);
  await check('a user name and password', new identity.UsernamePasswordCredential(TENANT, CLIENT, ADMIN, PASSWORD, options), ['LOGIN-PASSWORD']);
  const userPromptCallback = (answer) => submit(answer.verificationUri, { otc: answer.userCode, login: ADMIN, passwd: PASSWORD });
  await check('a device', new identity.DeviceCodeCredential({ tenantId: TENANT, clientId: CLIENT, userPromptCallback, ...options }), ['LOGIN-DEVICE']);
}

(async () => {
  for (const part of [applications, users, devices, codes, azure]) await part();
  steps.finish();
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
