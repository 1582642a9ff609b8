// estate: --users 300
// npm ldapts against the forest: over LDAP, StartTLS and LDAPS; pages, buffers, changes, passwords.
'use strict';
const fs = require('node:fs');
const { Attribute, Change, Client, InvalidCredentialsError, NoSuchObjectError } = require('ldapts');
const { Steps } = require('./witness.cjs');

const e = process.env;
const steps = new Steps('node-ldapts.cjs');
const ROW = 'CLIENT-LDAPTS';
const ca = [fs.readFileSync(e.NODE_EXTRA_CA_CERTS)];
const base = e.FORESTBED_BASE_DN;
const people = '(&(objectCategory=person)(objectClass=user))';

async function connect(over, who = e.FORESTBED_BIND_DN, password = e.FORESTBED_BIND_PASSWORD) {
  const secure = over === 'ldaps';
  const client = new Client({ url: secure ? e.FORESTBED_LDAPS_URL : e.FORESTBED_LDAP_URL, tlsOptions: secure ? { ca } : undefined, timeout: 30000 });
  if (over === 'starttls') await client.startTLS({ ca });
  await client.bind(who, password);
  return client;
}

async function reads(over) {
  const client = await connect(over);
  const found = await client.search(base, {
    filter: people, attributes: ['sAMAccountName', 'objectGUID', 'objectSid'], explicitBufferAttributes: ['objectGUID', 'objectSid'], paged: { pageSize: 40 },
  });
  const users = found.searchEntries;
  steps.check(`${over}: a paged search finds all`, users.length > 300, [ROW, 'LDAP-PAGING'], users.length);
  steps.check(`${over}: GUIDs and SIDs as buffers`, users.every((one) => one.objectGUID.length === 16 && one.objectSid.length === 28), [ROW, 'LDAP-SEARCH']);
  let pages = 0;
  for await (const page of client.searchPaginated(base, { filter: people, attributes: ['cn'], paged: { pageSize: 100 } })) pages += page.searchEntries.length > 0 ? 1 : 0;
  steps.check(`${over}: page by page`, pages === Math.ceil(users.length / 100), [ROW, 'LDAP-PAGING'], pages);
  await client.unbind();
}

async function writes() {
  const client = await connect('ldaps', e.FORESTBED_BIND_UPN);
  const dn = `CN=Lía Test,CN=Users,${base}`;
  await client.add(dn, { objectClass: 'user', sAMAccountName: 'lia.test', userPrincipalName: 'lia.test@contoso.com' });
  const set = (type, values) => new Change({ operation: 'replace', modification: new Attribute({ type, values }) });
  await client.modify(dn, [set('unicodePwd', [Buffer.from('"Str0ng-enough!"', 'utf16le')]), set('userAccountControl', ['512'])]);
  await (await connect('ldap', 'lia.test@contoso.com', 'Str0ng-enough!')).unbind();
  steps.check('add, set a password, enable, sign in', true, [ROW, 'LDAP-ADD', 'LDAP-MODIFY', 'LDAP-PASSWORDS']);
  let refused;
  await connect('ldap', 'lia.test@contoso.com', 'wrong').catch((error) => { refused = error; });
  steps.check('a wrong password: InvalidCredentialsError', refused instanceof InvalidCredentialsError && /data 52e/.test(refused.message), [ROW, 'LDAP-BIND-ERRORS'], String(refused));
  steps.check('compare', await client.compare(dn, 'sAMAccountName', 'LIA.TEST'), [ROW, 'LDAP-COMPARE']);
  await client.modifyDN(dn, 'CN=Lía Renamed');
  const renamed = `CN=Lía Renamed,CN=Users,${base}`;
  const { searchEntries } = await client.search(renamed, { scope: 'base', attributes: ['name'] });
  steps.check('rename', searchEntries.length === 1 && searchEntries[0].name === 'Lía Renamed', [ROW, 'LDAP-MODIFYDN'], searchEntries);
  await client.del(renamed);
  let gone;
  await client.del(renamed).catch((error) => { gone = error; });
  steps.check('deleted: NoSuchObjectError', gone instanceof NoSuchObjectError, [ROW, 'LDAP-DELETE'], String(gone));
  await client.unbind();
}

(async () => {
  for (const over of ['ldap', 'starttls', 'ldaps']) await reads(over);
  await writes();
  steps.finish();
})().catch((error) => { console.log(`FAIL node-ldapts.cjs: ${error.stack}`); process.exit(1); });
