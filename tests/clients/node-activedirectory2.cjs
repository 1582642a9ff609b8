// estate: --users 300
// npm activedirectory2 (on ldapjs) against the forest: users, groups, nested membership, signing in, over LDAP and LDAPS.
'use strict';
const fs = require('node:fs');
const ActiveDirectory = require('activedirectory2').promiseWrapper;
const { Attribute, Change, Client } = require('ldapts');
const { Steps } = require('./witness.cjs');

const e = process.env;
const steps = new Steps('node-activedirectory2.cjs');
const ROW = 'CLIENT-ACTIVEDIRECTORY2';
const ca = [fs.readFileSync(e.NODE_EXTRA_CA_CERTS)];
const ou = `OU=AD2,${e.FORESTBED_BASE_DN}`;
const MEMBERS = 120;
const sam = (n) => `ad2u${String(n).padStart(3, '0')}`;
const dn = (n) => `CN=${sam(n)},${ou}`;

// 120 users; group 0 holds all of them; group 1 holds user 3, group 2 holds group 1
async function seed() {
  const client = new Client({ url: e.FORESTBED_LDAPS_URL, tlsOptions: { ca } });
  await client.bind(e.FORESTBED_BIND_DN, e.FORESTBED_BIND_PASSWORD);
  await client.add(ou, { objectClass: 'organizationalUnit' });
  for (let n = 0; n < MEMBERS; n += 1) await client.add(dn(n), { objectClass: 'user', sAMAccountName: sam(n), userPrincipalName: `${sam(n)}@contoso.com`, mail: `${sam(n)}@contoso.com` });
  const set = (type, values) => new Change({ operation: 'replace', modification: new Attribute({ type, values }) });
  await client.modify(dn(0), [set('unicodePwd', [Buffer.from('"Str0ng-enough!"', 'utf16le')]), set('userAccountControl', ['512'])]);
  const group = (n, member) => client.add(`CN=ad2g${n},${ou}`, { objectClass: 'group', sAMAccountName: `ad2g${n}`, member });
  await group(0, Array.from({ length: MEMBERS }, (_, n) => dn(n)));
  await group(1, [dn(3)]);
  await group(2, [`CN=ad2g1,${ou}`]);
  await client.unbind();
}

async function round(name, url) {
  const ad = new ActiveDirectory({ url, baseDN: ou, username: e.FORESTBED_BIND_UPN, password: e.FORESTBED_BIND_PASSWORD, tlsOptions: { ca } });
  const check = (text, condition, detail) => steps.check(`${name}: ${text}`, condition, [ROW], detail);
  const user = await ad.findUser(sam(3));
  check('findUser', user && user.dn === dn(3) && user.mail === `${sam(3)}@contoso.com`, user);
  check('userExists: nobody', (await ad.userExists('nobody')) === false);
  const users = await ad.findUsers({ filter: '(sAMAccountName=ad2u*)', paged: { pageSize: 50, pagePause: false } });
  check('findUsers by pages', users.length === MEMBERS, users.length);
  check('findGroup', (await ad.findGroup('ad2g0')).cn === 'ad2g0');
  check('getUsersForGroup', (await ad.getUsersForGroup('ad2g0')).length === MEMBERS);
  check('getUsersForGroup of a nested group', (await ad.getUsersForGroup('ad2g2')).map((one) => one.cn).join() === sam(3));
  const groups = (await ad.getGroupMembershipForUser(sam(3))).map((one) => one.cn).sort();
  check('getGroupMembershipForUser over nesting', ['ad2g0', 'ad2g1', 'ad2g2'].every((one) => groups.includes(one)), groups);
  check('isUserMemberOf, nested', (await ad.isUserMemberOf(sam(3), 'ad2g2')) === true);
  check('isUserMemberOf: no', (await ad.isUserMemberOf(sam(1), 'ad2g2')) === false);
  const all = await ad.find({ filter: '(cn=ad2*)' });
  check('find sorts users and groups', all.users.length === MEMBERS && all.groups.length === 3, [all.users.length, all.groups.length]);
  check('authenticate', (await ad.authenticate(`${sam(0)}@contoso.com`, 'Str0ng-enough!')) === true);
  let refused;
  await ad.authenticate(`${sam(0)}@contoso.com`, 'wrong').catch((error) => { refused = error; });
  check('authenticate with a wrong password: data 52e', /data 52e/.test(`${JSON.stringify(refused)}${refused}`), String(refused));
  const root = await ad.getRootDSE(url);
  check('getRootDSE', root.defaultNamingContext === e.FORESTBED_BASE_DN, root);
}

(async () => {
  await seed();
  await round('ldap', e.FORESTBED_LDAP_URL);
  await round('ldaps', e.FORESTBED_LDAPS_URL);
  steps.finish();
})().catch((error) => { console.log(`FAIL node-activedirectory2.cjs: ${error.stack || JSON.stringify(error)}`); process.exit(1); });
