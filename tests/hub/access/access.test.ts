import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Access, createAccess } from '../../../hub/access/index.ts';
import { createOrganisation } from '../../../hub/organisation/index.ts';
import type { Store } from '../../../hub/store/index.ts';
import { silentLog } from '../../../protocols/ports.ts';
import { createFakeClock, type FakeClock } from '../../support/clock.ts';
import { openTestStore, type TestStore } from '../../support/hub-store.ts';

const password = 'một mật khẩu đủ dài';
const attempt = { email: 'an@school.example', address: '10.0.0.7', userAgent: 'test' };

describe('access', () => {
  let opened: TestStore;
  let store: Store;
  let clock: FakeClock;
  let access: Access;
  let root: { readonly id: number; readonly path: string };
  let school: { readonly id: number; readonly path: string };

  beforeAll(async () => {
    clock = createFakeClock(Date.now());
    opened = await openTestStore(clock);
    store = opened.store;
    await using organisation = createOrganisation({ store });
    await organisation.load();
    const rootId = await organisation.ensureRoot('Quảng Ngãi');
    root = { id: rootId, path: organisation.pathOf(rootId) };
    const unit = await organisation.create(
      { paths: [root.path] },
      { parent: rootId, kind: 'school', name: 'THCS Nghĩa Lộ' },
    );
    school = { id: unit.id, path: organisation.pathOf(unit.id) };
    access = createAccess({
      store,
      secret: 's'.repeat(40),
      publicUrl: 'http://127.0.0.1:8080',
      clock,
      log: silentLog,
    });
  }, 60_000);
  afterAll(() => opened[Symbol.asyncDispose](), 60_000);

  const ensure = (email: string) =>
    access.ensureUser({ email, name: 'An', password, role: 'school-it', unitId: school.id });
  const cookieOf = (cookies: readonly string[]) => cookies.map((line) => line.split(';')[0]).join('; ');

  it('makes a user once, and keeps the password that stands', async () => {
    expect(await access.hasUsers()).toBe(false);
    const first = await ensure('An@School.example');
    expect(first.created).toBe(true);
    const again = await access.ensureUser({
      email: attempt.email,
      name: 'Other',
      password: 'another password of length',
      role: 'accountant',
      unitId: root.id,
    });
    expect(again).toEqual({ id: first.id, created: false });
    const { value } = await access.signIn({ ...attempt, password });
    expect(value).toEqual({ id: first.id, name: 'An', email: attempt.email });
    expect(await access.hasUsers()).toBe(true);
  });

  it('stores the password as argon2id of the stated cost', async () => {
    const { rows } = await store.pool.query<{ password: string }>('select password from auth_account limit 1');
    expect(rows[0]?.password).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  });

  it('takes a password however its marks were typed', async () => {
    const { value } = await access.signIn({ ...attempt, password: password.normalize('NFD') });
    expect(value?.email).toBe(attempt.email);
  });

  it('keeps the session in an HttpOnly, strict cookie and knows the person by it until sign-out', async () => {
    const { cookies } = await access.signIn({ ...attempt, password });
    expect(cookies[0]).toMatch(/^edufleet\.session_token=.+HttpOnly.*SameSite=Strict/);
    expect(cookies[0]).not.toContain('Secure');
    const cookie = cookieOf(cookies);
    expect(access.hasSessionCookie(cookie)).toBe(true);
    const actor = await access.actorOf({ cookie });
    expect(actor).toMatchObject({ name: 'An', email: attempt.email, via: 'session' });
    expect(actor?.scopeFor('command').paths).toEqual([school.path]);
    expect(actor?.scopeFor('read').paths).toEqual([root.path]);
    expect(actor?.scopeFor('view-audit').paths).toEqual([]);
    await access.signOut(cookie);
    expect(await access.actorOf({ cookie })).toBeUndefined();
  });

  it('sets Secure and the prefix when people come by https', async () => {
    const secure = createAccess({
      store,
      secret: 's'.repeat(40),
      publicUrl: 'https://x.example',
      clock,
      log: silentLog,
    });
    const { cookies } = await secure.signIn({ ...attempt, password });
    expect(cookies[0]).toMatch(/^__Secure-edufleet\.session_token=.*; Secure/);
  });

  it('believes nobody with a forged, empty or foreign cookie', async () => {
    const { cookies } = await access.signIn({ ...attempt, password });
    const cookie = cookieOf(cookies);
    const other = createAccess({ store, secret: 'o'.repeat(40), publicUrl: 'http://x', clock, log: silentLog });
    expect(await other.actorOf({ cookie })).toBeUndefined();
    expect(await access.actorOf({ cookie: `${cookie}x` })).toBeUndefined();
    expect(await access.actorOf({ cookie: 'edufleet.session_token=' })).toBeUndefined();
    expect(await access.actorOf({ cookie: 'other=1' })).toBeUndefined();
    expect(await access.actorOf({})).toBeUndefined();
  });

  it('ends a session at its time, though it was believed a moment ago', async () => {
    const { cookies } = await access.signIn({ ...attempt, password });
    const cookie = cookieOf(cookies);
    const actor = await access.actorOf({ cookie });
    clock.setWall((actor?.expiresAt?.getTime() ?? 0) + 1);
    expect(await access.actorOf({ cookie })).toBeUndefined();
    expect(await access.expireSessions()).toBeGreaterThan(0);
    clock.setWall(Date.now());
  });

  it('tells an unknown e-mail and a wrong password in the same words', async () => {
    const told = async (email: string) =>
      access.signIn({ ...attempt, email, password: 'not the password' }).catch((error: Error) => error);
    await ensure('same@school.example');
    const [unknown, wrong] = [await told('nobody@school.example'), await told('same@school.example')];
    expect(unknown).toMatchObject({ code: 'wrong-credentials' });
    expect(`${wrong}`).toBe(`${unknown}`);
  });

  it('locks for five minutes after five failures in 30 s, that person from that address', async () => {
    const email = 'locked@school.example';
    await ensure(email);
    for (let i = 0; i < 5; i++)
      await expect(access.signIn({ ...attempt, email, password: 'wrong password' })).rejects.toMatchObject({
        code: 'wrong-credentials',
      });
    await expect(access.signIn({ ...attempt, email, password })).rejects.toMatchObject({
      code: 'locked-out',
      details: { retryAfterMs: 300_000 },
    });
    await access.signIn({ ...attempt, email, password, address: '10.0.0.8' });
    await clock.advance(300_000);
    await access.signIn({ ...attempt, email, password });
  });

  it('changes a password, ends the other sessions and refuses the old one', async () => {
    const email = 'change@school.example';
    await ensure(email);
    const mine = cookieOf((await access.signIn({ ...attempt, email, password })).cookies);
    const other = cookieOf((await access.signIn({ ...attempt, email, password })).cookies);
    expect(await access.actorOf({ cookie: other })).toBeDefined();
    const change = { email, address: '1', password: 'not it at all', newPassword: 'a new password, long enough' };
    await expect(access.changePassword(mine, change)).rejects.toMatchObject({ code: 'wrong-credentials' });
    const { cookies } = await access.changePassword(mine, { ...change, password });
    expect(await access.actorOf({ cookie: other })).toBeUndefined();
    expect(await access.actorOf({ cookie: cookieOf(cookies) })).toMatchObject({ email });
    await expect(access.signIn({ ...attempt, email, password })).rejects.toMatchObject({ code: 'wrong-credentials' });
    await access.signIn({ ...attempt, email, password: change.newPassword });
  });

  it('makes a token that is shown once, works as the person, and can be revoked', async () => {
    const { id } = await ensure('program@school.example');
    const made = await access.createToken(id, { name: 'reports', expiresInDays: 30 });
    expect(made.token).toMatch(/^ef_[\w-]{43}$/);
    const { rows } = await store.pool.query('select * from api_token where id = $1', [made.id]);
    expect(JSON.stringify(rows)).not.toContain(made.token);
    const authorization = `Bearer ${made.token}`;
    const actor = await access.actorOf({ authorization });
    expect(actor).toMatchObject({ id, via: 'token' });
    expect((await access.listTokens(id))[0]).toMatchObject({ id: made.id, name: 'reports' });
    expect((await access.listTokens(id))[0]?.lastUsedAt).toBeDefined();
    expect(await access.actorOf({ authorization: `Bearer ef_${'x'.repeat(43)}` })).toBeUndefined();
    await expect(access.revokeToken('someone else', made.id)).rejects.toMatchObject({ code: 'not-found' });
    await access.revokeToken(id, made.id);
    expect(await access.actorOf({ authorization })).toBeUndefined();
    expect(await access.listTokens(id)).toEqual([]);
  });

  it('narrows a token to some actions and one unit, and gives it no more than the person has now', async () => {
    const { id } = await ensure('narrow@school.example');
    const refused = (token: Omit<Parameters<Access['createToken']>[1], 'name'>) =>
      access.createToken(id, { name: 'x', ...token }).then(
        () => 'made',
        ({ field, message }) => `${field}: ${message}`,
      );
    expect(await refused({ actions: ['read', 'view-audit'] })).toBe('actions.1: None of your roles allows this.');
    expect(await refused({ unit: 9_999 })).toBe(await refused({ unit: root.id }));
    const made = await access.createToken(id, { name: 'plugs', actions: ['command', 'read'], unit: school.id });
    expect(made).toMatchObject({ actions: ['read', 'command'], unit: { id: school.id, name: 'THCS Nghĩa Lộ' } });
    expect((await access.listTokens(id))[0]).toMatchObject({ actions: ['read', 'command'], unit: { id: school.id } });
    const authorization = `Bearer ${made.token}`;
    const actor = await access.actorOf({ authorization });
    expect(actor).toMatchObject({ isNarrowed: true, via: 'token' });
    expect(actor?.scopeFor('command').paths).toEqual([school.path]);
    expect(actor?.scopeFor('issue-voucher').paths).toEqual([]);
    await store.db.deleteFrom('role_grant').where('user_id', '=', id).execute();
    access.forget();
    expect((await access.actorOf({ authorization }))?.scopeFor('read').paths).toEqual([]);
  });

  it('refuses a token past its time', async () => {
    const { id } = await ensure('brief@school.example');
    const made = await access.createToken(id, { name: 'brief', expiresInDays: 1 });
    await clock.advance(86_400_000);
    expect(await access.actorOf({ authorization: `Bearer ${made.token}` })).toBeUndefined();
    clock.setWall(Date.now());
  });
});
