// estate: --users 200
// npm @microsoft/microsoft-graph-client with @azure/identity against the tenant: a full round.
'use strict';
const { BatchRequestContent, BatchResponseContent, Client, PageIterator } = require('@microsoft/microsoft-graph-client');
const { TokenCredentialAuthenticationProvider } = require('@microsoft/microsoft-graph-client/authProviders/azureTokenCredentials');
const { ClientSecretCredential } = require('@azure/identity');
const { Steps } = require('./witness.cjs');

const e = process.env;
const GRAPH = e.FORESTBED_GRAPH_URL.replace(/\/$/, '');
const DOMAIN = 'contoso.com';
const SCOPE = 'https://graph.microsoft.com/.default';
const PASSWORD = 'xWwvJ]6NMw+bWH-d';
const steps = new Steps('graph-client.cjs');
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

function credential(secret) {
  const options = { authorityHost: e.FORESTBED_AUTHORITY_URL, disableInstanceDiscovery: true };
  return new ClientSecretCredential(e.FORESTBED_TENANT_ID, e.FORESTBED_CLIENT_ID, secret, options);
}

async function refused(call, status, code) {
  try {
    await call;
    return false;
  } catch (error) {
    return error.statusCode === status && error.code === code;
  }
}

async function tokens() {
  const wrong = await credential('wrong').getToken(SCOPE).catch((error) => error.message);
  steps.check('a wrong secret is refused with AADSTS7000215', /AADSTS7000215/.test(wrong), ['LOGIN-ERRORS'], wrong);
  const authProvider = new TokenCredentialAuthenticationProvider(credential(e.FORESTBED_CLIENT_SECRET), { scopes: [SCOPE] });
  const customHosts = new Set([new URL(GRAPH).hostname]);
  return Client.initWithMiddleware({ baseUrl: `${GRAPH}/`, defaultVersion: 'v1.0', customHosts, authProvider });
}

async function reads(client) {
  const ids = [];
  const first = await client.api('/users').select('id,displayName').top(3).orderby('displayName').get();
  await new PageIterator(client, first, (user) => ids.push(user.id) > 0).iterate();
  steps.check('every page of $top=3 by PageIterator', ids.length > 3 && new Set(ids).size === ids.length, ['GRAPH-SELECT-TOP', 'CLIENT-MSGRAPH-NODE'], ids.length);
  const none = await client.api('/users').header('ConsistencyLevel', 'eventual').count(true).filter("endsWith(userPrincipalName,'@nowhere.invalid')").get();
  steps.check('an advanced filter counts none', none['@odata.count'] === 0, ['GRAPH-FILTER'], none);
  const count = await client.api('/users/$count').header('ConsistencyLevel', 'eventual').get();
  steps.check('/users/$count as text', Number(count) === ids.length, ['GRAPH-FILTER'], count);
  return ids;
}

async function users(client) {
  const body = { accountEnabled: true, displayName: 'Client Round', mailNickname: 'client.round', userPrincipalName: `client.round@${DOMAIN}`, usageLocation: 'NL', passwordProfile: { password: PASSWORD } };
  const user = await client.api('/users').post(body);
  steps.check('create a user', user.userPrincipalName === body.userPrincipalName, ['GRAPH-USERS']);
  steps.check('... not twice', await refused(client.api('/users').post(body), 400, 'Request_BadRequest'), ['GRAPH-USER-CONFLICT']);
  await client.api(`/users/${user.id}`).patch({ jobTitle: 'Changed' });
  const read = await client.api(`/users/${user.userPrincipalName}`).select(['id', 'jobTitle', 'usageLocation']).get();
  steps.check('update it, read it by name', same([read.id, read.jobTitle, read.usageLocation], [user.id, 'Changed', 'NL']), ['GRAPH-USERS'], read);
  return user;
}

async function groups(client, user, other) {
  const group = await client.api('/groups').post({ displayName: 'Client Round', mailEnabled: false, securityEnabled: true, mailNickname: 'client-round' });
  await client.api(`/groups/${group.id}/members/$ref`).post({ '@odata.id': `${GRAPH}/v1.0/directoryObjects/${user.id}` });
  await client.api(`/groups/${group.id}`).patch({ 'members@odata.bind': [`${GRAPH}/v1.0/directoryObjects/${other}`] });
  const members = (await client.api(`/groups/${group.id}/members`).get()).value;
  const typed = members.every((member) => member['@odata.type'] === '#microsoft.graph.user');
  steps.check('members by $ref and by bind, typed', typed && same(members.map((one) => one.id).sort(), [user.id, other].sort()), ['GRAPH-GROUPS'], members);
  const cast = (await client.api(`/groups/${group.id}/members/microsoft.graph.user`).select('id').get()).value;
  steps.check('members cast to users', cast.length === 2, ['GRAPH-GROUPS'], cast);
  const checked = (await client.api(`/users/${user.id}/checkMemberGroups`).post({ groupIds: [group.id] })).value;
  steps.check('checkMemberGroups', same(checked, [group.id]), ['GRAPH-MEMBER-CHECKS'], checked);
  return group;
}

async function licences(client, user) {
  const sku = (await client.api('/subscribedSkus').get()).value[0].skuId;
  const assign = (add, remove) => client.api(`/users/${user.id}/assignLicense`).post({ addLicenses: add.map((skuId) => ({ skuId, disabledPlans: [] })), removeLicenses: remove });
  const held = async () => (await client.api(`/users/${user.id}`).select('assignedLicenses').get()).assignedLicenses.map((one) => one.skuId);
  await assign([sku], []);
  steps.check('a licence is assigned', same(await held(), [sku]), ['GRAPH-LICENSES']);
  steps.check('... one that the tenant has not is refused', await refused(assign(['00000000-0000-0000-0000-0000000000ff'], []), 400, 'Request_BadRequest'), ['GRAPH-LICENSES']);
  await assign([], [sku]);
  steps.check('... and it is taken away', same(await held(), []), ['GRAPH-LICENSES']);
}

async function delta(client, user) {
  let answer = await client.api('/users/delta').select('id,displayName').get();
  while (answer['@odata.nextLink']) answer = await client.api(answer['@odata.nextLink']).get();
  const link = answer['@odata.deltaLink'];
  await client.api(`/users/${user.id}`).patch({ displayName: 'Told by delta' });
  answer = await client.api(link).get();
  const told = answer.value.map((one) => [one.id, one.displayName]);
  steps.check('a change is all that the next round of delta tells', same(told, [[user.id, 'Told by delta']]), ['GRAPH-DELTA'], told);
}

async function batch(client, user) {
  const item = (id, method, path, body) => ({
    id, request: new Request(`https://graph.microsoft.com${path}`, { method, ...(body ? { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } } : {}) }),
  });
  const content = new BatchRequestContent([item('1', 'GET', `/users/${user.id}`), item('2', 'GET', `/users/nobody@${DOMAIN}`), item('3', 'PATCH', `/users/${user.id}`, { department: 'B' })]);
  const answers = new BatchResponseContent(await client.api('/$batch').post(await content.getContent()));
  const statuses = ['1', '2', '3'].map((id) => answers.getResponseById(id).status);
  steps.check('three requests in one: 200, 404, 204', same(statuses, [200, 404, 204]), ['GRAPH-BATCH'], statuses);
}

async function retries(client) {
  const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${e.FORESTBED_CONTROL_TOKEN}` };
  for (const status of [429, 503]) {
    const body = JSON.stringify({ graph: '* */organization*', status, count: 2, retry_after: '1s' });
    const planted = await fetch(`${e.FORESTBED_CONTROL_URL}/api/faults`, { method: 'POST', headers, body });
    const organization = (await client.api('/organization').get()).value[0];
    const journal = await (await fetch(`${e.FORESTBED_CONTROL_URL}/api/journal`, { headers })).text();
    const seen = journal.split('\n').filter(Boolean).map((line) => JSON.parse(line)).filter((entry) => /\/organization/.test(entry.operation || entry.target || ''));
    const tail = seen.slice(-3).map((entry) => entry.status);
    steps.check(`${status} twice is waited for and asked again`, planted.ok && organization.id === e.FORESTBED_TENANT_ID && same(tail, [status, status, 200]), ['GRAPH-FAULTS'], tail);
  }
}

async function ends(client, user, group) {
  await client.api(`/groups/${group.id}/members/${user.id}/$ref`).delete();
  await client.api(`/groups/${group.id}`).delete();
  await client.api(`/users/${user.id}`).delete();
  steps.check('deleted: 404', await refused(client.api(`/users/${user.id}`).get(), 404, 'Request_ResourceNotFound'), ['GRAPH-USERS']);
  await client.api(`/directory/deletedItems/${user.id}/restore`).post({});
  const back = await client.api(`/users/${user.id}`).get();
  steps.check('restored from the deleted items', back.id === user.id, ['GRAPH-DELETED-ITEMS'], back);
  await client.api(`/users/${user.id}`).delete();
}

(async () => {
  const client = await tokens();
  const ids = await reads(client);
  const user = await users(client);
  const group = await groups(client, user, ids[0]);
  await licences(client, user);
  await delta(client, user);
  await batch(client, user);
  await retries(client);
  await ends(client, user, group);
  steps.finish();
})().catch((error) => { console.error(error); process.exit(1); });
