// estate: --users 40
// Microsoft's JavaScript client follows users by delta queries with its PageIterator.
//
// Run under: forestbed exec --users 40 -- node tests/clients/graph-delta.cjs
'use strict';
const { Client, PageIterator } = require('@microsoft/microsoft-graph-client');
const { TokenCredentialAuthenticationProvider } = require('@microsoft/microsoft-graph-client/authProviders/azureTokenCredentials');
const { ClientSecretCredential } = require('@azure/identity');
const { Steps } = require('./witness.cjs');

const E = process.env;
const steps = new Steps('graph-delta.cjs');
const base = E.FORESTBED_GRAPH_URL.replace(/\/+$/, '');
const credential = new ClientSecretCredential(E.FORESTBED_TENANT_ID, E.FORESTBED_CLIENT_ID, E.FORESTBED_CLIENT_SECRET, {
  authorityHost: E.FORESTBED_AUTHORITY_URL,
  disableInstanceDiscovery: true,
});
const client = Client.initWithMiddleware({
  authProvider: new TokenCredentialAuthenticationProvider(credential, { scopes: ['https://graph.microsoft.com/.default'] }),
  baseUrl: `${base}/`,
  customHosts: new Set([new URL(base).hostname, new URL(base).host]),
});

async function follow(first) {
  const found = [];
  const iterator = new PageIterator(client, first, (item) => {
    found.push(item);
    return true;
  });
  await iterator.iterate();
  return { found, link: iterator.getDeltaLink() };
}

async function main() {
  const all = await follow(await client.api('/users/delta').select('displayName').header('Prefer', 'odata.maxpagesize=5').get());
  const listed = await client.api('/users').top(999).get();
  steps.check('PageIterator reads every user and finds the delta link', all.found.length === listed.value.length && all.link, ['GRAPH-DELTA'], all.found.length);
  const made = await client.api('/users').post({
    accountEnabled: true,
    displayName: 'Delta JS',
    mailNickname: 'delta-js',
    userPrincipalName: 'delta-js@contoso.com',
    passwordProfile: { password: 'Hunter-22' },
  });
  const next = await follow(await client.api(all.link).get());
  steps.check('a new user is told', next.found.length === 1 && next.found[0].id === made.id, ['GRAPH-DELTA'], next.found);
  await client.api(`/users/${made.id}`).delete();
  const last = await follow(await client.api(next.link).get());
  const removed = last.found.length === 1 && last.found[0]['@removed'].reason === 'changed';
  steps.check('a deleted user is told as removed', removed, ['GRAPH-DELTA'], last.found);
  const latest = await client.api('/users/delta').query({ $deltatoken: 'latest' }).get();
  steps.check('latest tells nothing', latest.value.length === 0 && latest['@odata.deltaLink'], ['GRAPH-DELTA'], latest);
  steps.finish();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
