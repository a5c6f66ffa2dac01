import { sql } from 'kysely';
import type { z } from 'zod';
import type { Severity } from '../../../hub/notifications/decision/severity.ts';
import { createNotifications, notificationConfig } from '../../../hub/notifications/index.ts';
import { createSealer, type Store } from '../../../hub/store/index.ts';
import type { ProblemEventKind } from '../../../hub/store/tables/problem.ts';
import { silentLog } from '../../../protocols/ports.ts';
import { createFakeClock } from '../../support/clock.ts';
import { createFleet, everything } from '../../support/fleet.ts';

export type Config = z.input<typeof notificationConfig>;

export const asker = (id: string) => ({
  id,
  name: `Người ${id}`,
  email: `${id}@school.example`,
  scopeFor: () => everything,
});

/** A school with an agent and devices, people, and problems that a test opens and closes. */
export async function createScene(store: Store, config: Config = {}) {
  const clock = createFakeClock();
  const fleet = await createFleet(store, { clock });
  const { organisation, bus, school, room } = fleet;
  const notifications = await createNotifications({
    store,
    organisation,
    textOf: (code) => ({ title: { vi: `Lỗi ${code}`, en: `Fault ${code}` }, next: { vi: 'Kiểm tra', en: 'Check' } }),
    sealer: createSealer(Buffer.alloc(32, 9)),
    bus,
    config: notificationConfig.parse(config),
    publicUrl: 'https://fleet.example/',
    clock,
    log: silentLog,
    random: () => 0.5,
  });

  const addPerson = async (id: string, unitId = fleet.root) => {
    const now = new Date(clock.now());
    await sql`insert into auth_user (id, name, email, email_verified, created_at, updated_at)
      values (${id}, ${`Người ${id}`}, ${`${id}@school.example`}, true, ${now}, ${now})`.execute(store.db);
    await store.db.insertInto('role_grant').values({ user_id: id, role: 'operator', unit_id: unitId }).execute();
    return asker(id);
  };
  const event = (causeId: string, kind: ProblemEventKind, severity: Severity) =>
    store.db
      .insertInto('problem_event')
      .values({ cause_id: causeId, kind, at: new Date(clock.now()), severity, detail: '{}' })
      .execute();
  const open = async (
    ids: readonly string[],
    severity: Severity = 'major',
    more: { unitId?: number; affected?: number } = {},
  ) => {
    const now = new Date(clock.now());
    const affected = more.affected ?? 1;
    await store.transaction(async (trx) => {
      for (let from = 0; from < ids.length; from += 500) {
        const part = ids.slice(from, from + 500);
        const rows = part.map((id) => ({
          id,
          kind: 'device-fault',
          code: 'EF-2301',
          unit_id: more.unitId ?? room.id,
          affected,
          affected_peak: affected,
          opened_at: now,
          evidence: '[]',
        }));
        await trx.insertInto('cause').values(rows).execute();
        await trx
          .insertInto('problem')
          .values(part.map((id) => ({ cause_id: id, severity, escalates_from: now })))
          .execute();
        await trx
          .insertInto('problem_event')
          .values(part.map((id) => ({ cause_id: id, kind: 'opened' as const, at: now, severity, detail: '{}' })))
          .execute();
      }
    });
  };
  const resolve = async (ids: readonly string[]) => {
    const now = new Date(clock.now());
    await store.db.updateTable('cause').set({ resolved_at: now, affected: 0 }).where('id', 'in', ids).execute();
    for (const id of ids) await event(id, 'resolved', 'major');
  };
  const grow = async (id: string, affected: number) => {
    await store.db.updateTable('cause').set({ affected, affected_peak: affected }).where('id', '=', id).execute();
    await event(id, 'grew', 'major');
  };
  /** Time passes, and the jobs run as they do in a hub. */
  const pass = async (ms: number, stepMs = 10_000) => {
    for (let left = ms; left > 0; left -= stepMs) {
      await clock.advance(Math.min(stepMs, left));
      await notifications.tick();
    }
  };
  const deliver = () => notifications.deliver(new AbortController().signal);
  const entries = (who: ReturnType<typeof asker>) => notifications.listMine(who, { limit: 100, state: 'all' });
  const deliveries = () => store.db.selectFrom('notification_delivery').selectAll().orderBy('created_at').execute();
  return {
    ...fleet,
    clock,
    notifications,
    school,
    room,
    addPerson,
    event,
    open,
    resolve,
    grow,
    pass,
    deliver,
    entries,
    deliveries,
  };
}

/** A subscription as the page sends it. */
export function wanted(channel: 'in-app' | 'email' | 'zalo', more: Record<string, unknown> = {}) {
  return { channel, severity: 'minor' as const, digest: { every: 'none' as const, at: '07:00' }, ...more };
}
