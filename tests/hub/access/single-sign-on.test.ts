import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rulesMet } from '../../../hub/access/claims.ts';
import { type Access, createAccess, type SingleSignOnOptions } from '../../../hub/access/index.ts';
import { createOrganisation } from '../../../hub/organisation/index.ts';
import type { Store } from '../../../hub/store/index.ts';
import { silentLog } from '../../../protocols/ports.ts';
import { createFakeClock, type FakeClock } from '../../support/clock.ts';
import { openTestStore, type TestStore } from '../../support/hub-store.ts';
import { type OpenIdProvider, openIdClient, startOpenId } from '../../support/openid.ts';

const publicUrl = 'http://fleet.example';
const password = 'một mật khẩu đủ dài';
const visitor = { address: '10.0.0.7', userAgent: 'test' };
const cookieOf = (cookies: readonly string[]) => cookies.map((line) => line.split(';')[0]).join('; ');

describe('claims', () => {
  const rules = [
    { value: 'it', role: 'school-it' as const, unitCode: 'S1' },
    { value: 'boss', role: 'province-admin' as const },
  ];

  it('give roles by a text, a list, or a path to one, and by nothing else', () => {
    expect(rulesMet({ groups: 'it' }, 'groups', rules)).toEqual([rules[0]]);
    expect(rulesMet({ groups: ['boss', 'x', 'it'] }, 'groups', rules)).toEqual(rules);
    expect(rulesMet({ realm_access: { roles: ['it'] } }, 'realm_access.roles', rules)).toEqual([rules[0]]);
    expect(rulesMet({ 'https://a.example/roles': ['it'] }, 'https://a.example/roles', rules)).toEqual([rules[0]]);
    for (const groups of [undefined, null, 7, true, {}, { it: true }, [['it']], 'it boss', 'IT'])
      expect(rulesMet({ groups }, 'groups', rules)).toEqual([]);
  });

  it('give no more than their values, whatever they hold', () => {
    fc.assert(
      fc.property(fc.anything(), fc.string(), (claims, claim) => {
        const met = rulesMet(claims, claim, rules);
        expect(met.every(({ value }) => JSON.stringify(claims)?.includes(value))).toBe(true);
      }),
    );
  });
});

describe('single sign-on at a real provider', () => {
  let provider: OpenIdProvider;
  let opened: TestStore;
  let store: Store;
  let clock: FakeClock;
  let access: Access;
  let root = 0;
  let school = 0;

  const open = (more: Partial<SingleSignOnOptions> = {}) =>
    createAccess({
      store,
      secret: 's'.repeat(40),
      publicUrl,
      twoFactorRoles: ['engineer'],
      sso: {
        ...openIdClient,
        issuer: provider.issuer,
        label: 'Sở',
        scopes: ['openid', 'profile', 'email'],
        claim: 'groups',
        allowCreate: false,
        mapping: [
          { value: 'it-1', role: 'school-it', unitCode: 'S1' },
          { value: 'engineers', role: 'engineer' },
          { value: 'it-gone', role: 'school-it', unitCode: 'S99' },
        ],
        ...more,
      },
      clock,
      log: silentLog,
    });
  /** The whole way of a browser; what is sent back may be tampered with. */
  const come = async (
    by: Access,
    subject: string | undefined,
    tamper: (query: Record<string, string>) => void = () => {},
  ) => {
    provider.present = subject;
    const begun = await by.beginSso();
    const query = Object.fromEntries((await provider.visit(begun.value)).searchParams);
    tamper(query);
    return by.finishSso({ ...visitor, query, cookie: cookieOf(begun.cookies) });
  };
  const whyOf = (coming: Promise<unknown>) =>
    coming.then(
      () => 'in',
      ({ code, details }) => `${code} ${details?.why ?? ''}`,
    );
  const grantsOf = async (cookies: readonly string[]) =>
    (await access.actorOf({ cookie: cookieOf(cookies) }))?.grants.map(({ role, unit }) => `${role} ${unit.id}`).sort();
  const ensure = (email: string) =>
    access.ensureUser({ email, name: 'An', password, role: 'accountant', unitId: school });

  beforeAll(async () => {
    provider = await startOpenId(`${publicUrl}/api/auth/callback/oidc`);
    clock = createFakeClock(Date.now());
    opened = await openTestStore(clock);
    store = opened.store;
    await using organisation = createOrganisation({ store });
    await organisation.load();
    root = await organisation.ensureRoot('Tỉnh');
    school = (await organisation.create({ paths: ['/'] }, { parent: root, kind: 'school', name: 'Trường', code: 'S1' }))
      .id;
    access = open();
  }, 60_000);
  afterAll(async () => {
    await provider[Symbol.asyncDispose]();
    await opened[Symbol.asyncDispose]();
  }, 60_000);

  it('asks with PKCE, state and nonce, and lets the state’s cookie come back from another site', async () => {
    const { value, cookies } = await access.beginSso();
    const asked = new URL(value);
    expect(asked.origin).toBe(provider.issuer);
    expect(Object.fromEntries(asked.searchParams)).toMatchObject({
      response_type: 'code',
      code_challenge_method: 'S256',
      redirect_uri: `${publicUrl}/api/auth/callback/oidc`,
    });
    for (const key of ['state', 'nonce', 'code_challenge'])
      expect(asked.searchParams.get(key)?.length, key).toBeGreaterThan(20);
    expect(cookies).toHaveLength(1);
    expect(cookies[0]).toMatch(/^edufleet\.state=.*HttpOnly; SameSite=Lax/);
  });

  it('lets in who is known by a verified address, with roles by claims that come and go, and hand-given ones that stay', async () => {
    const { id } = await ensure('an@school.example');
    provider.people.set('an', {
      email: 'An@school.example',
      email_verified: true,
      name: 'An',
      groups: ['it-1', 'it-gone'],
    });
    const first = await come(access, 'an');
    expect(first.value).toMatchObject({ id, email: 'an@school.example' });
    expect(first.cookies).toHaveLength(1);
    expect(first.cookies[0]).toMatch(/^edufleet\.session_token=.*SameSite=Strict/);
    expect(await grantsOf(first.cookies)).toEqual([`accountant ${school}`, `school-it ${school}`]);
    provider.people.set('an', { email: 'an@school.example', email_verified: true, name: 'An', groups: 'engineers' });
    const second = await come(access, 'an');
    expect(await grantsOf(second.cookies)).toEqual([`accountant ${school}`, `engineer ${root}`]);
    // The provider has its own second step: ours is not asked for, though the role would.
    expect(await access.actorOf({ cookie: cookieOf(second.cookies) })).toMatchObject({ mustSetUpTwoFactor: false });
    const { rows } = await store.pool.query(
      'select access_token, refresh_token, id_token from auth_account where user_id = $1 and provider_id = $2',
      [id, 'oidc'],
    );
    expect(rows, 'no token of the provider is kept').toEqual([
      { access_token: null, refresh_token: null, id_token: null },
    ]);
  });

  it('marks roles by claims for administrators, who cannot take them and do not lose them by saving', async () => {
    const chief = await access.ensureUser({
      email: 'c@x.vn',
      name: 'C',
      password,
      role: 'province-admin',
      unitId: root,
    });
    const { cookies } = await access.signIn({ email: 'c@x.vn', password, ...visitor });
    const actor = await access.actorOf({ cookie: cookieOf(cookies) });
    if (!actor) throw new Error('the administrator is signed in');
    expect(actor.id).toBe(chief.id);
    const scope = actor.scopeFor('manage-people');
    const [an] = (await access.listPeople(scope, { limit: 50, q: 'an@school' })).rows;
    if (!an) throw new Error('An is there');
    expect(an.grants).toContainEqual(expect.objectContaining({ role: 'engineer', source: 'oidc' }));
    const saved = await access.updatePerson(scope, actor, an.id, { grants: [{ role: 'auditor', unit: school }] });
    expect(saved.grants.map(({ role, source }) => `${role} ${source ?? 'by hand'}`).sort()).toEqual([
      'auditor by hand',
      'engineer oidc',
    ]);
  });

  it('lets in nobody by an unverified or an unknown address, nor who was shut out', async () => {
    await ensure('victim@school.example');
    provider.people.set('thief', { email: 'victim@school.example', email_verified: false, groups: ['engineers'] });
    expect(await whyOf(come(access, 'thief'))).toBe('sso-refused account_not_linked');
    provider.people.set('new', { email: 'new@school.example', email_verified: true, groups: ['engineers'] });
    expect(await whyOf(come(access, 'new'))).toBe('sso-refused signup_disabled');
    expect((await store.pool.query("select 1 from auth_user where email = 'new@school.example'")).rows).toEqual([]);
    const made = await come(open({ allowCreate: true }), 'new');
    expect(made.value.email).toBe('new@school.example');
    expect(await grantsOf(made.cookies)).toEqual([`engineer ${root}`]);
    await store.pool.query('insert into person (user_id, disabled_at) values ($1, now())', [made.value.id]);
    expect(await whyOf(come(access, 'new'))).toBe('sso-refused account_not_linked');
    expect(
      (await store.pool.query('select 1 from auth_session where user_id = $1', [made.value.id])).rows,
    ).toHaveLength(1);
    access.forget();
    expect(await access.actorOf({ cookie: cookieOf(made.cookies) })).toBeUndefined();
  });

  it('takes nothing that was tampered with, from elsewhere, or twice', async () => {
    expect(await whyOf(come(access, undefined))).toBe('sso-refused access_denied');
    expect(await whyOf(come(access, 'an', (query) => Object.assign(query, { state: 'x'.repeat(32) })))).toMatch(
      /^sso-refused/,
    );
    expect(await whyOf(come(access, 'an', (query) => Object.assign(query, { code: 'x' })))).toMatch(/^sso-refused/);
    expect(await whyOf(come(access, 'an', (query) => Object.assign(query, { iss: 'http://evil.example' })))).toMatch(
      /^sso-refused/,
    );
    // A link that somebody else began (login CSRF): the state's cookie is not this browser's.
    provider.present = 'an';
    const [mine, theirs] = [await access.beginSso(), await access.beginSso()];
    const query = Object.fromEntries((await provider.visit(theirs.value)).searchParams);
    const finish = (cookies: readonly string[]) => access.finishSso({ ...visitor, query, cookie: cookieOf(cookies) });
    expect(await whyOf(finish(mine.cookies))).toMatch(/^sso-refused/);
    expect(await whyOf(finish([]))).toMatch(/^sso-refused/);
    const before = (await store.pool.query('select count(*) from auth_session')).rows;
    expect(await whyOf(come(access, 'an', (tampered) => delete tampered['state']))).toMatch(/^sso-refused/);
    expect((await store.pool.query('select count(*) from auth_session')).rows).toEqual(before);
    const again = await access.beginSso();
    const once = Object.fromEntries((await provider.visit(again.value)).searchParams);
    const back = { ...visitor, query: once, cookie: cookieOf(again.cookies) };
    expect(await whyOf(access.finishSso(back))).toBe('in');
    expect(await whyOf(access.finishSso(back))).toMatch(/^sso-refused/);
  });

  it('is off without a provider, and says so when the provider is away', async () => {
    const without = createAccess({ store, secret: 's'.repeat(40), publicUrl, clock, log: silentLog });
    expect(without.ssoLabel()).toBeUndefined();
    expect(await whyOf(without.beginSso())).toMatch(/^sso-refused/);
    const away = open({ issuer: 'http://127.0.0.1:9' });
    expect(await whyOf(away.beginSso())).toMatch(/^sign-in-unavailable/);
  });
});
