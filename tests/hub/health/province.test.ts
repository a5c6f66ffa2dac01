import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFakeClock } from '../../support/clock.ts';
import { openTestStore, type TestStore } from '../../support/hub-store.ts';
import {
  communeOf,
  type LivingProvince,
  openProvince,
  provinceSize,
  seedProvince,
  unitOfSchool,
  withOutage,
} from '../../support/school-fleet.ts';
import { asker, wanted } from '../notifications/scene.ts';

const clock = createFakeClock();
const minuteMs = 60_000;
let opened: TestStore;
let outage: ReturnType<typeof withOutage>;
let province: LivingProvince;

const begin = async () => {
  province = await openProvince(outage.store, clock);
};
const counts = () => province.health.counts({ paths: ['/'] });
const allWell = { devices: provinceSize.devices, wrong: 0, silentAgents: 0, byHealth: { ok: provinceSize.devices } };
/** Events that somebody would see. */
const flips = () => province.events.filter(({ type }) => type === 'device-health' || type === 'causes-changed');
const cutSchools = (...schools: number[]) => {
  for (const school of schools) province.cut.add(`a${school}`);
};

/** Messages that somebody was sent, the oldest first. What waits counts as sent: nobody may take it back. */
const messages = async () => {
  await opened.store.db
    .updateTable('notification_delivery')
    .set({ state: 'sent' })
    .where('state', '=', 'pending')
    .execute();
  return opened.store.db.selectFrom('notification_delivery').selectAll().orderBy('created_at').execute();
};

/** Agents come back over five minutes, each after its own pause; then a minute passes. */
const comeBack = async () => {
  for (let school = 0; school < provinceSize.schools; school += 20) {
    for (let one = school; one < school + 20; one++) province.cut.delete(`a${one}`);
    await province.pass(5_000);
  }
  await province.pass(minuteMs);
};

describe('a province of 1,000 schools and 50,000 devices', () => {
  beforeAll(async () => {
    opened = await openTestStore(clock);
    outage = withOutage(opened.store);
    await seedProvince(opened.store, clock.now());
    await sql`insert into auth_user (id, name, email, email_verified, created_at, updated_at)
      values ('an', 'Người trực', 'an@school.example', true, now(), now())`.execute(opened.store.db);
    await opened.store.db.insertInto('role_grant').values({ user_id: 'an', role: 'operator', unit_id: 1 }).execute();
    await begin();
    await province.notifications.subscribe({ paths: ['/'] }, asker('an'), wanted('email'));
    await province.pass(minuteMs);
  }, 240_000);
  afterAll(async () => {
    await province[Symbol.asyncDispose]();
    await opened[Symbol.asyncDispose]();
  }, 60_000);

  it('is well, and nobody is told anything', async () => {
    expect(counts()).toMatchObject(allWell);
    expect((await province.open()).total).toBe(0);
    expect(flips()).toEqual([]);
    expect(await messages()).toEqual([]);
  });

  it('tells one cut line within 90 s as one problem that names 43 devices; a restart keeps it, its return ends it', async () => {
    const cutAtMs = clock.now();
    cutSchools(7);
    let told = await province.open();
    while (told.total === 0) {
      expect(clock.now() - cutAtMs).toBeLessThan(90_000);
      await province.pass(5_000);
      told = await province.open();
    }
    expect(clock.now() - cutAtMs).toBeLessThanOrEqual(90_000);
    expect(told.rows).toMatchObject([
      { kind: 'agent-silent', affected: 43, unit: { id: unitOfSchool(7) }, hint: { of: 'isp' } },
    ]);
    await province.pass(3 * minuteMs);
    expect(counts()).toMatchObject({ wrong: 43, silentAgents: 1 });
    expect((await province.open()).rows).toEqual(told.rows);
    expect((await messages()).map(({ kind }) => kind)).toEqual(['opening']);

    await province[Symbol.asyncDispose]();
    await clock.advance(30_000);
    await begin();
    cutSchools(7);
    await province.pass(8 * minuteMs);
    expect((await province.open()).rows).toEqual(told.rows);
    expect(flips()).toEqual([]);
    expect(counts()).toMatchObject({ wrong: 43, silentAgents: 1, byHealth: { ok: provinceSize.devices - 43 } });

    expect(await messages()).toHaveLength(1);

    province.cut.clear();
    await province.pass(minuteMs);
    expect(counts()).toMatchObject(allWell);
    expect((await province.open()).total).toBe(0);
    const ended = await province.resolved();
    expect(ended.rows).toMatchObject([{ id: told.rows[0]?.id, affected: 0, affectedPeak: 43 }]);
    const [row] = ended.rows;
    const lengthMs = Date.parse(row?.resolvedAt ?? '') - Date.parse(row?.openedAt ?? '');
    expect(lengthMs).toBeGreaterThan(11 * minuteMs);
    expect(lengthMs).toBeLessThanOrEqual(clock.now() - cutAtMs + 30_000);
    await province.pass(10 * minuteMs);
    const sent = await messages();
    expect(sent.map(({ kind }) => kind)).toEqual(['opening', 'closing']);
    expect(sent[1]?.content).toMatchObject({ items: [{ openedAt: row?.openedAt, resolvedAt: row?.resolvedAt }] });
  }, 240_000);

  it('flips nothing when the database is away for ten minutes, whether agents are heard or not', async () => {
    province.events.length = 0;
    outage.away = true;
    await province.pass(10 * minuteMs);
    outage.away = false;
    await province.pass(minuteMs);
    expect(flips()).toEqual([]);
    expect(await messages()).toHaveLength(2);
    // Now nobody is let in either; they come back after their longest pause.
    outage.away = true;
    cutSchools(...Array.from({ length: provinceSize.schools }, (_, school) => school));
    for (let second = 0; second < 600; second += 5) {
      province.health.deaf();
      await province.pass(5_000);
    }
    outage.away = false;
    await comeBack();
    expect(flips().filter(({ type }) => type === 'device-health')).toEqual([]);
    expect(counts()).toMatchObject(allWell);
    expect((await province.open()).total).toBe(0);
    expect(await messages()).toHaveLength(2);
  }, 240_000);

  it('blames its own line when it hears nobody at all, and flips nobody', async () => {
    province.events.length = 0;
    cutSchools(...Array.from({ length: provinceSize.schools }, (_, school) => school));
    await province.pass(20 * minuteMs);
    expect((await province.open()).rows).toMatchObject([
      { kind: 'hub-link', code: 'EF-1013', affected: provinceSize.devices, hint: { of: 'hub' } },
    ]);
    expect(counts()).toMatchObject(allWell);
    await comeBack();
    expect(province.events.filter(({ type }) => type === 'device-health')).toEqual([]);
    expect((await province.open()).total).toBe(0);
    expect((await province.resolved()).rows[0]).toMatchObject({ kind: 'hub-link' });
  }, 240_000);

  it('sees the outage of a commune as one', async () => {
    const schools = Array.from({ length: provinceSize.schools }, (_, school) => school).filter(
      (school) => communeOf(school) === communeOf(7),
    );
    cutSchools(...schools.slice(0, 14));
    await province.pass(2 * minuteMs);
    const { rows, total } = await province.open();
    expect(total).toBe(1);
    expect(rows).toMatchObject([{ kind: 'area-silent', unit: { id: communeOf(7) }, hint: { of: 'isp' } }]);
    expect(rows[0]?.affected).toBe(counts().wrong);
    expect(province.health.verdictOf('d7007')).toMatchObject({ state: 'unknown', cause: rows[0]?.id });
    expect(province.health.agentVerdictOf('a7')).toMatchObject({ state: 'unreachable', cause: rows[0]?.id });
    province.cut.clear();
    await province.pass(minuteMs);
    expect((await province.open()).total).toBe(0);
    expect(counts()).toMatchObject(allWell);
  }, 240_000);
});
