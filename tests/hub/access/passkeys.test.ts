import { expect, it } from 'vitest';
import { createAccess } from '../../../hub/access/index.ts';
import { obstacleOf } from '../../../hub/access/sign-in/passkey.ts';
import { createOrganisation } from '../../../hub/organisation/index.ts';
import type { Store } from '../../../hub/store/index.ts';
import { silentLog } from '../../../protocols/ports.ts';
import { Authenticator } from '../../support/authenticator.ts';
import { createFakeClock } from '../../support/clock.ts';
import { describeStores } from '../../support/store.ts';

const password = 'một mật khẩu đủ dài';
const visitor = { address: '10.1.2.3', userAgent: 'vitest' };
const origin = 'https://fleet.example';
const cookieOf = (cookies: readonly string[]) => cookies.map((line) => line.split(';')[0]).join('; ');
const challengeOf = (options: Readonly<Record<string, unknown>>) => String(options['challenge']);

async function open(store: Store, publicUrl = origin) {
  const clock = createFakeClock(Date.now());
  const deps = { store, secret: 's'.repeat(40), publicUrl, clock, log: silentLog };
  const access = createAccess({ ...deps, twoFactorRoles: ['engineer'] });
  await using organisation = createOrganisation({ store });
  await organisation.load();
  const unitId = await organisation.ensureRoot('Tỉnh');
  const signIn = (email: string) => access.signIn({ email, password, ...visitor });
  const join = async (email: string, role: 'school-it' | 'engineer' | 'province-admin' = 'school-it') => {
    const { id: userId } = await access.ensureUser({ email, name: email, password, role, unitId });
    return { userId, email, cookie: cookieOf((await signIn(email)).cookies), address: visitor.address };
  };
  type Oneself = Awaited<ReturnType<typeof join>>;
  const add = async (oneself: Oneself, key = new Authenticator(origin), how: object = {}) => {
    const { value, cookies } = await access.beginPasskey({ ...oneself, password });
    const cookie = `${oneself.cookie}; ${cookieOf(cookies)}`;
    const response = key.register({ challenge: challengeOf(value), ...how });
    return { key, made: await access.addPasskey({ ...oneself, cookie, name: 'Điện thoại', response }) };
  };
  /** One sign-in by this key, made with what is wrong about it. */
  const enter = async (key: Authenticator, how: object = {}) => {
    const { value, cookies } = await access.beginPasskeySignIn();
    const response = key.sign({ challenge: challengeOf(value), ...how });
    const attempt = { ...visitor, cookie: cookieOf(cookies), response };
    return { attempt, done: await access.signInPasskey(attempt) };
  };
  return { access, clock, join, signIn, add, enter };
}

it('knows where browsers give passkeys', () => {
  expect(
    Object.fromEntries(
      [
        'https://a.example:8080',
        'http://localhost:80',
        'http://x.localhost',
        'http://a.example',
        'https://10.0.0.1',
        'https://[::1]',
      ].map((url) => [url, obstacleOf(url)]),
    ),
  ).toEqual({
    'https://a.example:8080': undefined,
    'http://localhost:80': undefined,
    'http://x.localhost': undefined,
    'http://a.example': 'plain-http',
    'https://10.0.0.1': 'ip-address',
    'https://[::1]': 'ip-address',
  });
});

describeStores('passkeys', (openStore) => {
  it('let in by the key alone, named and counted, and end other sessions when the first is added', async () => {
    const { access, join, add, enter } = await open(await openStore());
    const oneself = await join('an@school.example');
    const elsewhere = await join('an@school.example');
    await expect(access.beginPasskey({ ...oneself, password: 'not it' })).rejects.toMatchObject({
      code: 'wrong-credentials',
    });
    const { key } = await add(oneself);
    expect(await access.actorOf({ cookie: oneself.cookie })).toBeDefined();
    expect(await access.actorOf({ cookie: elsewhere.cookie })).toBeUndefined();
    const { value: options } = await access.beginPasskeySignIn();
    expect(options).toMatchObject({ rpId: 'fleet.example', userVerification: 'required' });
    expect(options['allowCredentials'] ?? []).toEqual([]);
    const { done } = await enter(key, { counter: 1 });
    expect(done.value).toMatchObject({ user: { email: 'an@school.example' }, passkey: 'Điện thoại' });
    expect(await access.actorOf({ cookie: cookieOf(done.cookies) })).toMatchObject({ via: 'session' });
    expect(await access.listPasskeys(oneself.userId)).toMatchObject([
      { name: 'Điện thoại', lastUsedAt: expect.any(String), backedUp: false },
    ]);
    expect(await access.passkeyOwner(key.id)).toMatchObject({ email: 'an@school.example' });
  });

  it('take no answer twice, none for another page, another name, a locked key or an old counter', async () => {
    const { access, join, add, enter } = await open(await openStore());
    const { key } = await add(await join('steal@school.example'), undefined, { counter: 5 });
    const { attempt } = await enter(key, { counter: 7 });
    await expect(access.signInPasskey(attempt), 'replayed').rejects.toMatchObject({ code: 'sign-in-expired' });
    const wrong = { code: 'wrong-passkey' };
    const { cookies } = await access.beginPasskeySignIn();
    await expect(
      access.signInPasskey({ ...attempt, cookie: cookieOf(cookies) }),
      'an old answer to a new challenge',
    ).rejects.toMatchObject(wrong);
    await expect(enter(key, { counter: 8, origin: 'https://fleet.example.evil' })).rejects.toMatchObject(wrong);
    await expect(enter(key, { counter: 8, rpId: 'evil.example' })).rejects.toMatchObject(wrong);
    await expect(enter(key, { counter: 8, isUnlocked: false })).rejects.toMatchObject(wrong);
    await enter(key, { counter: 8 });
    await expect(enter(key, { counter: 8 }), 'a copy of the key').rejects.toMatchObject({
      ...wrong,
      details: { why: 'counter' },
    });
    await expect(enter(new Authenticator(origin)), 'nobody knows it').rejects.toMatchObject(wrong);
    await expect(enter(key, { counter: 9 })).resolves.toBeDefined();
  });

  it('are not registered by a locked key, a foreign page, or somebody else’s challenge', async () => {
    const { access, join, add } = await open(await openStore());
    const [one, other] = [await join('one@school.example'), await join('other@school.example')];
    const wrong = { code: 'wrong-passkey' };
    await expect(add(one, undefined, { isUnlocked: false })).rejects.toMatchObject(wrong);
    await expect(add(one, undefined, { origin: 'https://evil.example' })).rejects.toMatchObject(wrong);
    const { value, cookies } = await access.beginPasskey({ ...one, password });
    const response = new Authenticator(origin).register({ challenge: challengeOf(value) });
    const cookie = `${other.cookie}; ${cookieOf(cookies)}`;
    await expect(access.addPasskey({ ...other, cookie, name: 'x', response })).rejects.toBeDefined();
    // A challenge for signing in does not register anything.
    const door = await access.beginPasskeySignIn();
    const stray = new Authenticator(origin).register({ challenge: challengeOf(door.value) });
    const mixed = `${one.cookie}; ${cookieOf(door.cookies)}`;
    await expect(access.addPasskey({ ...one, cookie: mixed, name: 'x', response: stray })).rejects.toMatchObject({
      code: 'sign-in-expired',
    });
    expect(await access.listPasskeys(one.userId)).toEqual([]);
    expect(await access.listPasskeys(other.userId)).toEqual([]);
  });

  it('get nowhere once removed, with the sessions that they opened', async () => {
    const { access, join, add, enter } = await open(await openStore());
    const oneself = await join('lost@school.example');
    const { key, made } = await add(oneself);
    const opened = cookieOf((await enter(key)).done.cookies);
    const stranger = await join('stranger@school.example');
    const taking = { ...stranger, id: made.id, password };
    await expect(access.removePasskey(taking)).rejects.toMatchObject({ code: 'not-found' });
    await expect(access.removePasskey({ ...oneself, id: made.id, password: 'no' })).rejects.toMatchObject({
      code: 'wrong-credentials',
    });
    await access.removePasskey({ ...oneself, id: made.id, password });
    expect(await access.actorOf({ cookie: opened })).toBeUndefined();
    expect(await access.actorOf({ cookie: oneself.cookie })).toBeDefined();
    await expect(enter(key)).rejects.toMatchObject({ code: 'wrong-passkey' });
  });

  it('do not help whoever is shut out or has a handed-out password, and go with the second factor', async () => {
    const { access, join, add, enter } = await open(await openStore());
    const admin = await join('admin@fleet.example', 'province-admin');
    const actor = await access.actorOf({ cookie: admin.cookie });
    if (!actor) throw new Error('the administrator is signed in');
    const scope = actor.scopeFor('manage-people');
    const { userId, ...oneself } = await join('shut@school.example');
    const { key } = await add({ ...oneself, userId });
    const wrong = { code: 'wrong-passkey' };
    await access.updatePerson(scope, actor, userId, { disabled: true });
    await expect(enter(key)).rejects.toMatchObject(wrong);
    await access.updatePerson(scope, actor, userId, { disabled: false });
    await expect(enter(key)).resolves.toBeDefined();
    expect((await access.resetPassword(scope, actor, userId)).person).toMatchObject({ passkeys: 1 });
    await expect(enter(key)).rejects.toMatchObject(wrong);
    expect(await access.resetTwoFactor(scope, actor, userId)).toMatchObject({ passkeys: 0 });
  });

  it('count towards the lock: five wrong answers within 30 s close the door for five minutes, the password’s too', async () => {
    const { clock, join, add, enter, signIn } = await open(await openStore());
    const { key } = await add(await join('guess@school.example'));
    for (let i = 0; i < 5; i++)
      await expect(enter(key, { origin: 'https://evil.example' })).rejects.toMatchObject({ code: 'wrong-passkey' });
    const locked = { code: 'locked-out', details: { retryAfterMs: 300_000 } };
    await expect(enter(key)).rejects.toMatchObject(locked);
    await expect(signIn('guess@school.example')).rejects.toMatchObject(locked);
    await clock.advance(300_000);
    await expect(enter(key)).resolves.toBeDefined();
    const unknown = new Authenticator(origin);
    for (let i = 0; i < 5; i++) await expect(enter(unknown)).rejects.toMatchObject({ code: 'wrong-passkey' });
    await expect(enter(unknown)).rejects.toMatchObject({ code: 'locked-out' });
    await expect(enter(key), 'others are not shut out by it').resolves.toBeDefined();
  });

  it('are the second factor where a role asks for one, and then the password alone opens nothing', async () => {
    const { access, join, add, enter, signIn } = await open(await openStore());
    const oneself = await join('eng@school.example', 'engineer');
    expect(await access.actorOf({ cookie: oneself.cookie })).toMatchObject({ mustSetUpTwoFactor: true });
    const { key, made } = await add(oneself);
    expect(await access.actorOf({ cookie: oneself.cookie })).toMatchObject({ mustSetUpTwoFactor: false });
    await expect(signIn(oneself.email)).rejects.toMatchObject({ code: 'passkey-required' });
    const { done } = await enter(key);
    const cookie = cookieOf(done.cookies);
    expect(await access.actorOf({ cookie })).toMatchObject({ mustSetUpTwoFactor: false });
    const newPassword = 'một mật khẩu khác hẳn';
    const changed = await access.changePassword(cookie, { ...visitor, email: oneself.email, password, newPassword });
    const after = cookieOf(changed.cookies);
    expect(await access.actorOf({ cookie: after })).toMatchObject({ mustSetUpTwoFactor: false });
    await access.removePasskey({ ...oneself, cookie: after, id: made.id, password: newPassword });
    expect(await access.actorOf({ cookie: after })).toMatchObject({ mustSetUpTwoFactor: true });
  });

  it('are refused plainly where browsers give none', async () => {
    const { access } = await open(await openStore(), 'http://10.0.0.7:8080');
    expect(access.passkeyAddress()).toEqual({ origin: 'http://10.0.0.7:8080', obstacle: 'ip-address' });
    await expect(access.beginPasskeySignIn()).rejects.toMatchObject({ code: 'conflict' });
  });
});
