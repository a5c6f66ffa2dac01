import { expect, it } from 'vitest';
import { createAccess } from '../../../hub/access/index.ts';
import { createOrganisation } from '../../../hub/organisation/index.ts';
import type { Store } from '../../../hub/store/index.ts';
import { silentLog } from '../../../protocols/ports.ts';
import { createFakeClock } from '../../support/clock.ts';
import { describeStores } from '../../support/store.ts';

const hourMs = 3_600_000;

/** A province with two schools, and an administrator of each and of all. */
async function openPeople(store: Store) {
  const clock = createFakeClock(Date.now());
  const access = createAccess({
    store,
    secret: 's'.repeat(40),
    publicUrl: 'http://fleet.example',
    clock,
    log: silentLog,
  });
  await using organisation = createOrganisation({ store });
  await organisation.load();
  const root = await organisation.ensureRoot('Tỉnh');
  const school = async (name: string) =>
    (await organisation.create({ paths: ['/'] }, { parent: root, kind: 'school', name })).id;
  const [ours, theirs] = [await school('Trường mình'), await school('Trường khác')];
  const make = async (email: string, unitId: number) => {
    const { id } = await access.ensureUser({
      email,
      name: email,
      password: 'a long password',
      role: 'province-admin',
      unitId,
    });
    const { token } = await access.createToken(id, { name: 'x' });
    const actor = await access.actorOf({ authorization: `Bearer ${token}` });
    if (!actor) throw new Error('a token names its person');
    return { actor, scope: actor.scopeFor('manage-people'), token };
  };
  const whole = await make('root@fleet.example', root);
  const local = await make('local@fleet.example', ours);
  const signIn = (email: string, password: string) =>
    access.signIn({ email, password, address: '10.0.0.1', userAgent: '' });
  const cookieOf = async (email: string, password: string) =>
    (await signIn(email, password)).cookies.map((cookie) => cookie.split(';')[0]).join('; ');
  return { store, clock, access, root, ours, theirs, whole, local, signIn, cookieOf };
}

const an = (unit: number) => ({
  name: 'Lê Thị An',
  email: 'An@School.example',
  grants: [{ role: 'school-it' as const, unit }],
});

describeStores('people', (open) => {
  it('come in by a password that was handed out, and do nothing before they choose their own', async () => {
    const { access, ours, local, cookieOf } = await openPeople(await open());
    const { person, password } = await access.createPerson(local.scope, local.actor, an(ours));
    expect(person).toMatchObject({ email: 'an@school.example', temporaryPassword: true, disabled: false });
    const cookie = await cookieOf('an@school.example', password);
    expect(await access.actorOf({ cookie })).toMatchObject({ id: person.id, mustChangePassword: true });
    const own = 'mật khẩu của riêng tôi';
    const { cookies } = await access.changePassword(cookie, {
      email: 'an@school.example',
      address: '10.0.0.1',
      password,
      newPassword: own,
    });
    const next = cookies.map((one) => one.split(';')[0]).join('; ');
    expect(await access.actorOf({ cookie: next })).toMatchObject({ mustChangePassword: false });
    await expect(access.createPerson(local.scope, local.actor, an(ours))).rejects.toMatchObject({ code: 'conflict' });
  });

  it('are managed only where all their roles lie, and never by themselves', async () => {
    const { access, ours, theirs, root, whole, local } = await openPeople(await open());
    const there = access.createPerson(local.scope, local.actor, an(theirs));
    await expect(there).rejects.toMatchObject({ code: 'invalid-input', field: 'grants.0.unit' });
    const both = { ...an(ours), grants: [...an(ours).grants, { role: 'auditor' as const, unit: theirs }] };
    const { person } = await access.createPerson(whole.scope, whole.actor, both);
    for (const work of [
      () => access.updatePerson(local.scope, local.actor, person.id, { disabled: true }),
      () => access.resetPassword(local.scope, local.actor, person.id),
      () => access.updatePerson(local.scope, local.actor, whole.actor.id, { disabled: true }),
      () => access.updatePerson(local.scope, local.actor, 'nobody', { disabled: true }),
    ])
      await expect(work()).rejects.toMatchObject({ code: 'not-found' });
    await expect(
      access.updatePerson(local.scope, local.actor, local.actor.id, { disabled: true }),
    ).rejects.toMatchObject({ code: 'forbidden' });
    const raised = access.updatePerson(whole.scope, whole.actor, person.id, {
      grants: [{ role: 'province-admin', unit: root + 1_000 }],
    });
    await expect(raised).rejects.toMatchObject({ code: 'invalid-input' });
    const seen = async (scope: typeof local.scope) =>
      (await access.listPeople(scope, { limit: 50 })).rows.map(({ email }) => email).sort();
    expect(await seen(local.scope)).toEqual(['local@fleet.example']);
    expect(await seen(whole.scope)).toEqual(['an@school.example', 'local@fleet.example', 'root@fleet.example']);
    expect((await access.listPeople(whole.scope, { limit: 50, q: 'le thi' })).total).toBe(1);
    expect((await access.listPeople(whole.scope, { limit: 50, role: 'auditor' })).total).toBe(1);
  });

  it('are out at once when they are shut out: session, token and door', async () => {
    const { access, ours, local, cookieOf, signIn } = await openPeople(await open());
    const { person, password } = await access.createPerson(local.scope, local.actor, an(ours));
    const cookie = await cookieOf(person.email, password);
    const { token } = await access.createToken(person.id, { name: 'script' });
    expect(await access.actorOf({ authorization: `Bearer ${token}` })).toBeDefined();
    const shut = await access.updatePerson(local.scope, local.actor, person.id, { disabled: true });
    expect(shut.disabled).toBe(true);
    expect(await access.actorOf({ cookie })).toBeUndefined();
    expect(await access.actorOf({ authorization: `Bearer ${token}` })).toBeUndefined();
    await expect(signIn(person.email, password)).rejects.toMatchObject({ code: 'wrong-credentials' });
    await access.updatePerson(local.scope, local.actor, person.id, { disabled: false });
    await expect(signIn(person.email, password)).resolves.toBeDefined();
    const reset = await access.resetPassword(local.scope, local.actor, person.id);
    await expect(signIn(person.email, password)).rejects.toMatchObject({ code: 'wrong-credentials' });
    await expect(signIn(person.email, reset.password)).resolves.toBeDefined();
  });

  it('lose a role by themselves when its time is over', async () => {
    const { access, clock, ours, local, cookieOf } = await openPeople(await open());
    const until = new Date(clock.now() + hourMs).toISOString();
    const { person, password } = await access.createPerson(local.scope, local.actor, {
      ...an(ours),
      grants: [{ role: 'operator', unit: ours, until }],
    });
    expect(person.grants).toMatchObject([{ role: 'operator', until }]);
    const scopeOf = async () => {
      const cookie = await cookieOf(person.email, password);
      return (await access.actorOf({ cookie }))?.scopeFor('read').paths.length;
    };
    expect(await scopeOf()).toBe(1);
    await clock.advance(hourMs);
    expect(await scopeOf()).toBe(0);
  });

  it('of a supplier name whose devices they see and until when, two years at most', async () => {
    const { access, clock, ours, whole } = await openPeople(await open());
    const made = await access.createSupplier({ code: 'VT-QN', name: 'Viettel Quảng Ngãi' });
    expect(made).toMatchObject({ devices: 0 });
    await expect(access.createSupplier({ code: 'VT-QN', name: 'x' })).rejects.toMatchObject({ code: 'conflict' });
    expect(await access.updateSupplier(made.id, { contact: '0255 3000 000' })).toMatchObject({ code: 'VT-QN' });
    await expect(access.updateSupplier(999, { name: 'x' })).rejects.toMatchObject({ code: 'not-found' });
    const inDays = (days: number) => new Date(clock.now() + days * 24 * hourMs).toISOString();
    const give = (grant: object) =>
      access.createPerson(whole.scope, whole.actor, {
        name: 'Kỹ thuật viên',
        email: 'ky-thuat@supplier.example',
        grants: [{ role: 'supplier', unit: ours, ...grant }],
      });
    const refused = (field: string) => ({ code: 'invalid-input', details: { field: `grants.0.${field}` } });
    await expect(give({ until: inDays(30) })).rejects.toMatchObject(refused('supplier'));
    await expect(give({ until: inDays(30), supplier: 999 })).rejects.toMatchObject(refused('supplier'));
    await expect(give({ supplier: made.id })).rejects.toMatchObject(refused('until'));
    for (const days of [-1, 800])
      await expect(give({ supplier: made.id, until: inDays(days) })).rejects.toMatchObject(refused('until'));
    await expect(give({ role: 'operator', supplier: made.id })).rejects.toMatchObject(refused('supplier'));
    const { person, password } = await give({ supplier: made.id, until: inDays(30) });
    expect(person.grants).toMatchObject([{ role: 'supplier', supplier: { name: 'Viettel Quảng Ngãi' } }]);
    const signedIn = await access.signIn({ email: person.email, password, address: '10.0.0.1', userAgent: '' });
    const cookie = signedIn.cookies.map((line) => line.split(';')[0]).join('; ');
    const scope = async () => (await access.actorOf({ cookie }))?.scopeFor('read');
    expect(await scope()).toMatchObject({ paths: [], supplied: [{ supplier: made.id }] });
    expect((await access.actorOf({ cookie }))?.scopeFor('command')).toEqual({ paths: [] });
  });
});
