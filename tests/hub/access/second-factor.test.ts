import { expect, it } from 'vitest';
import { createAccess } from '../../../hub/access/index.ts';
import { createOrganisation } from '../../../hub/organisation/index.ts';
import type { Store } from '../../../hub/store/index.ts';
import { silentLog } from '../../../protocols/ports.ts';
import { createFakeClock } from '../../support/clock.ts';
import { describeStores } from '../../support/store.ts';
import { totpCode } from '../../support/totp.ts';

const password = 'một mật khẩu đủ dài';
const visitor = { address: '10.0.0.7', userAgent: 'test' };
const cookieOf = (cookies: readonly string[]) => cookies.map((line) => line.split(';')[0]).join('; ');

/** A school with its IT person, and an administrator; codes are checked by the machine's own clock. */
async function open(store: Store) {
  const clock = createFakeClock(Date.now());
  const deps = { store, secret: 's'.repeat(40), publicUrl: 'http://fleet.example', clock, log: silentLog };
  const access = createAccess({ ...deps, twoFactorRoles: ['engineer'] });
  await using organisation = createOrganisation({ store });
  await organisation.load();
  const unitId = await organisation.ensureRoot('Tỉnh');
  const ensure = (email: string, role: 'school-it' | 'engineer' | 'province-admin') =>
    access.ensureUser({ email, name: email, password, role, unitId });
  const signIn = (email: string, secret = password) => access.signIn({ email, password: secret, ...visitor });
  const second = (cookie: string, code: string) => access.signInSecond({ cookie, code, ...visitor });
  /** Signs in and turns the second step on; codes of the step before now are used up by it. */
  const enrol = async (email: string) => {
    const { id: userId } = await ensure(email, 'school-it');
    const cookie = cookieOf((await signIn(email)).cookies);
    const oneself = { cookie, userId, email, address: visitor.address };
    const { secret, backupCodes, uri } = await access.beginTwoFactor({ ...oneself, password });
    const { cookies } = await access.confirmTwoFactor({ ...oneself, code: totpCode(secret, Date.now() - 30_000) });
    return { userId, secret, backupCodes, uri, oneself: { ...oneself, cookie: cookieOf(cookies) }, before: cookie };
  };
  return { store, clock, access, ensure, signIn, second, enrol };
}

it('shows the codes of RFC 6238, appendix B', () => {
  const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
  expect([59, 1_111_111_109, 20_000_000_000].map((s) => totpCode(secret, s * 1_000, 8))).toEqual([
    '94287082',
    '07081804',
    '65353130',
  ]);
});

describeStores('the second step', (openStore) => {
  it('is asked for once an authenticator has shown its first code, and ends the other sessions', async () => {
    const { access, ensure, signIn, second } = await open(await openStore());
    const email = 'an@school.example';
    const { id: userId } = await ensure(email, 'school-it');
    const [here, elsewhere] = [await signIn(email), await signIn(email)].map(({ cookies }) => cookieOf(cookies));
    const oneself = { cookie: here ?? '', userId, email, address: visitor.address };
    await expect(access.beginTwoFactor({ ...oneself, password: 'not it' })).rejects.toMatchObject({
      code: 'wrong-credentials',
    });
    const { secret, uri, backupCodes } = await access.beginTwoFactor({ ...oneself, password });
    expect(uri).toMatch(/^otpauth:\/\/totp\/Edufleet:an%40school\.example\?secret=[A-Z2-7]+&issuer=Edufleet/);
    expect(new Set(backupCodes).size).toBe(10);
    expect((await signIn(email)).value, 'nothing is asked for yet').toBeDefined();
    await expect(access.confirmTwoFactor({ ...oneself, code: '000000' })).rejects.toMatchObject({ code: 'wrong-code' });
    const { cookies } = await access.confirmTwoFactor({ ...oneself, code: totpCode(secret, Date.now() - 30_000) });
    expect(await access.actorOf({ cookie: cookieOf(cookies) })).toMatchObject({ hasTwoFactor: true });
    expect(await access.actorOf({ cookie: here })).toBeUndefined();
    expect(await access.actorOf({ cookie: elsewhere })).toBeUndefined();

    const first = await signIn(email);
    expect(first.value).toBeUndefined();
    expect(first.cookies).toHaveLength(1);
    expect(first.cookies[0]).toMatch(/^edufleet\.two_factor=[^;]+; Max-Age=300;.*HttpOnly; SameSite=Strict/);
    const pending = cookieOf(first.cookies);
    expect(access.hasSessionCookie(pending)).toBe(false);
    expect(await access.actorOf({ cookie: pending })).toBeUndefined();
    expect(await access.secondStepOf(pending)).toMatchObject({ email });
    const done = await second(pending, totpCode(secret, Date.now()));
    expect(done.value).toMatchObject({ email });
    expect(await access.actorOf({ cookie: cookieOf(done.cookies) })).toMatchObject({ email, via: 'session' });
  });

  it('takes a code once, whether it comes from the phone or from paper', async () => {
    const { access, signIn, second, enrol } = await open(await openStore());
    const email = 'once@school.example';
    const { secret, backupCodes } = await enrol(email);
    const pending = async () => cookieOf((await signIn(email)).cookies);
    const code = totpCode(secret, Date.now());
    const [one, other] = [await pending(), await pending()];
    // A code that was seen over a shoulder is worth nothing, at the same moment or later.
    const both = await Promise.allSettled([second(one, code), second(other, code)]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await expect(second(await pending(), code)).rejects.toMatchObject({ code: 'wrong-code' });
    const [paper = ''] = backupCodes;
    const { cookies } = await second(await pending(), paper);
    expect(await access.actorOf({ cookie: cookieOf(cookies) })).toBeDefined();
    await expect(second(await pending(), paper)).rejects.toMatchObject({ code: 'wrong-code' });
    const used = await pending();
    await second(used, backupCodes[1] ?? '');
    await expect(second(used, backupCodes[2] ?? ''), 'a step is taken once').rejects.toMatchObject({
      code: 'sign-in-expired',
    });
  });

  it('does not believe a cookie that somebody made', async () => {
    const { second, signIn, enrol } = await open(await openStore());
    const email = 'forged@school.example';
    const { secret } = await enrol(email);
    const pending = cookieOf((await signIn(email)).cookies);
    const code = totpCode(secret, Date.now());
    for (const cookie of ['', 'edufleet.two_factor=', `${pending}x`, pending.replace(/\..*$/, '.2fa-x.y'), '%'])
      await expect(second(cookie, code), cookie).rejects.toMatchObject({ code: 'sign-in-expired' });
    await expect(second(pending, code)).resolves.toBeDefined();
  });

  it('counts wrong codes towards the lock, and no right password in between makes them forgotten', async () => {
    const { clock, signIn, second, enrol } = await open(await openStore());
    const email = 'guessed@school.example';
    const { secret } = await enrol(email);
    for (let i = 0; i < 5; i++) {
      const pending = cookieOf((await signIn(email)).cookies);
      await expect(second(pending, '000000')).rejects.toMatchObject({ code: 'wrong-code' });
    }
    const locked = { code: 'locked-out', details: { retryAfterMs: 300_000 } };
    await expect(signIn(email)).rejects.toMatchObject(locked);
    await clock.advance(300_000);
    const pending = cookieOf((await signIn(email)).cookies);
    clock.setWall(Date.now());
    await expect(second(pending, totpCode(secret, Date.now()))).resolves.toBeDefined();
  });

  it('locks for longer after ten wrong codes in a row, however slowly they come', async () => {
    const { clock, signIn, second, enrol } = await open(await openStore());
    const email = 'slow@school.example';
    const { secret } = await enrol(email);
    for (let i = 0; i < 10; i++) {
      await expect(second(cookieOf((await signIn(email)).cookies), '000000')).rejects.toBeDefined();
      await clock.advance(30_000);
    }
    const pending = cookieOf((await signIn(email)).cookies);
    await expect(second(pending, totpCode(secret, Date.now()))).rejects.toMatchObject({
      code: 'locked-out',
      details: { retryAfterMs: 900_000 },
    });
  });

  it('is turned off, and its backup codes renewed, by whoever has the session and the password', async () => {
    const { access, signIn, second, enrol } = await open(await openStore());
    const email = 'off@school.example';
    const { oneself, backupCodes } = await enrol(email);
    await expect(access.renewBackupCodes({ ...oneself, password: 'not it' })).rejects.toMatchObject({
      code: 'wrong-credentials',
    });
    const renewed = await access.renewBackupCodes({ ...oneself, password });
    const pending = cookieOf((await signIn(email)).cookies);
    await expect(second(pending, backupCodes[0] ?? '')).rejects.toMatchObject({ code: 'wrong-code' });
    await expect(second(pending, renewed[0] ?? '')).resolves.toBeDefined();
    await expect(access.disableTwoFactor({ ...oneself, password: 'not it' })).rejects.toMatchObject({
      code: 'wrong-credentials',
    });
    await access.disableTwoFactor({ ...oneself, password });
    expect((await signIn(email)).value).toMatchObject({ email });
  });

  it('is taken away by an administrator, and does not help whoever was shut out between the steps', async () => {
    const { access, ensure, signIn, second, enrol } = await open(await openStore());
    const email = 'lost@school.example';
    const { userId, oneself, secret } = await enrol(email);
    await ensure('admin@fleet.example', 'province-admin');
    const admin = await access.actorOf({ cookie: cookieOf((await signIn('admin@fleet.example')).cookies) });
    if (!admin) throw new Error('the administrator is signed in');
    const scope = admin.scopeFor('manage-people');
    const pending = cookieOf((await signIn(email)).cookies);
    await access.updatePerson(scope, admin, userId, { disabled: true });
    await expect(second(pending, totpCode(secret, Date.now()))).rejects.toMatchObject({ code: 'wrong-credentials' });
    await access.updatePerson(scope, admin, userId, { disabled: false });
    expect(await access.resetTwoFactor(scope, admin, userId)).toMatchObject({ twoFactor: false });
    await expect(access.resetTwoFactor(scope, admin, admin.id)).rejects.toMatchObject({ code: 'forbidden' });
    expect(await access.actorOf({ cookie: oneself.cookie })).toBeUndefined();
    await expect(second(pending, totpCode(secret, Date.now()))).rejects.toBeDefined();
    expect((await signIn(email)).value).toMatchObject({ email });
  });

  it('is owed by whoever has a role that asks for it', async () => {
    const { access, ensure, signIn } = await open(await openStore());
    await ensure('eng@school.example', 'engineer');
    const { id } = await ensure('it@school.example', 'school-it');
    const actorOf = async (email: string) => access.actorOf({ cookie: cookieOf((await signIn(email)).cookies) });
    expect(await actorOf('eng@school.example')).toMatchObject({ mustSetUpTwoFactor: true });
    expect(await actorOf('it@school.example')).toMatchObject({ mustSetUpTwoFactor: false });
    expect(id).toBeDefined();
  });
});
