import { expect, it } from 'vitest';
import { breakGlass, createAccess } from '../../../hub/access/index.ts';
import { createOrganisation } from '../../../hub/organisation/index.ts';
import type { Store } from '../../../hub/store/index.ts';
import { silentLog } from '../../../protocols/ports.ts';
import { createFakeClock } from '../../support/clock.ts';
import { describeStores } from '../../support/store.ts';
import { totpCode } from '../../support/totp.ts';

const hourMs = 3_600_000;
const password = 'một mật khẩu đủ dài';
const visitor = { address: '10.0.0.7', userAgent: 'test' };

async function open(store: Store) {
  const clock = createFakeClock(Date.now());
  const deps = { store, secret: 's'.repeat(40), publicUrl: 'http://fleet.example', clock, log: silentLog };
  const access = createAccess({ ...deps, twoFactorRoles: ['province-admin'] });
  await using organisation = createOrganisation({ store });
  await organisation.load();
  const unitId = await organisation.ensureRoot('Tỉnh');
  const school = (await organisation.create({ paths: ['/'] }, { parent: unitId, kind: 'school', name: 'Trường' })).id;
  const signIn = (email: string, secret: string) => access.signIn({ email, password: secret, ...visitor });
  const cookieOf = async (email: string, secret: string) =>
    (await signIn(email, secret)).cookies.map((line) => line.split(';')[0]).join('; ');
  const glass = (email: string, hours = 2) => breakGlass({ store, clock }, { email, hours, unitId });
  return { store, clock, access, unitId, school, signIn, cookieOf, glass };
}

describeStores('break-glass', (openStore) => {
  it('lets somebody new in as administrator for some hours, with a password to be changed', async () => {
    const { access, clock, cookieOf, glass, unitId } = await open(await openStore());
    const opened = await glass(' Khan@Cap.example ');
    expect(opened).toMatchObject({ isNew: true, until: new Date(clock.now() + 2 * hourMs) });
    expect(await access.listEmergencies()).toMatchObject([
      { person: { email: 'khan@cap.example' }, until: opened.until.toISOString(), signIns: 0 },
    ]);
    const cookie = await cookieOf('khan@cap.example', opened.password);
    expect(await access.noteSignIn(opened.userId)).toEqual(opened.until);
    expect(await access.actorOf({ cookie })).toMatchObject({
      mustChangePassword: true,
      mustSetUpTwoFactor: false,
      emergencyUntil: opened.until,
      grants: [{ role: 'province-admin', unit: { id: unitId } }],
    });
    expect(await access.listEmergencies()).toMatchObject([{ signIns: 1, lastSignInAt: expect.any(String) }]);
    await clock.advance(2 * hourMs);
    const after = await access.actorOf({ cookie });
    expect(after?.grants).toEqual([]);
    expect(after?.scopeFor('read').paths).toEqual([]);
    expect(await access.listEmergencies()).toEqual([]);
    expect(await access.noteSignIn(opened.userId)).toBeUndefined();
  });

  it('takes sessions and second factor of whoever is there already, and no right that lasts longer', async () => {
    const { access, store, clock, cookieOf, signIn, glass, unitId } = await open(await openStore());
    const email = 'admin@fleet.example';
    const { id } = await access.ensureUser({ email, name: 'A', password, role: 'province-admin', unitId });
    const cookie = await cookieOf(email, password);
    const oneself = { cookie, userId: id, email, address: visitor.address };
    const { secret } = await access.beginTwoFactor({ ...oneself, password });
    const on = await access.confirmTwoFactor({ ...oneself, code: totpCode(secret, Date.now()) });
    const session = on.cookies.map((line) => line.split(';')[0]).join('; ');
    const opened = await glass(email);
    access.forget();
    expect(opened).toMatchObject({ isNew: false, userId: id });
    expect(await access.actorOf({ cookie: session })).toBeUndefined();
    await expect(signIn(email, password)).rejects.toMatchObject({ code: 'wrong-credentials' });
    expect((await signIn(email, opened.password)).value).toMatchObject({ email });
    await clock.advance(3 * hourMs);
    const { rows } = await store.pool.query('select until from role_grant where user_id = $1', [id]);
    expect(rows).toEqual([{ until: null }]);
  });

  it('leaves a lesser role when it is over, lengthens by being done again, and opens no shut account', async () => {
    const { access, clock, cookieOf, signIn, glass, school, unitId } = await open(await openStore());
    const email = 'it@school.example';
    const { id } = await access.ensureUser({ email, name: 'IT', password, role: 'school-it', unitId: school });
    await glass(email, 1);
    const { password: once } = await glass(email, 3);
    await clock.advance(2 * hourMs);
    const cookie = await cookieOf(email, once);
    const roles = async () => (await access.actorOf({ cookie }))?.grants.map(({ role }) => role).sort();
    expect(await roles()).toEqual(['province-admin', 'school-it']);
    await clock.advance(hourMs);
    expect(await roles()).toEqual(['school-it']);

    const chief = await access.ensureUser({ email: 'c@x.vn', name: 'C', password, role: 'province-admin', unitId });
    const actor = await access.actorOf({ cookie: await cookieOf('c@x.vn', password) });
    if (!actor) throw new Error('the administrator is signed in');
    expect(actor.id).toBe(chief.id);
    await access.updatePerson(actor.scopeFor('manage-people'), actor, id, { disabled: true });
    await expect(glass(email)).rejects.toMatchObject({ code: 'person-disabled' });
    await expect(signIn(email, once)).rejects.toMatchObject({ code: 'wrong-credentials' });
  });
});
