import { expect, it } from 'vitest';
import type { Actor, Scope } from '../../../hub/access/index.ts';
import { createAudit } from '../../../hub/audit/index.ts';
import { createBus } from '../../../hub/events/bus.ts';
import { codeOf } from '../../../hub/health/index.ts';
import { createOrganisation } from '../../../hub/organisation/index.ts';
import { createProblems, type Problems } from '../../../hub/problems/index.ts';
import type { Store } from '../../../hub/store/index.ts';
import { ruleBody } from '../../../protocols/api/operation/rules.ts';
import { emptyCalendar } from '../../../protocols/fleet/calendar/calendar.ts';
import { silentLog } from '../../../protocols/ports.ts';
import { systemClock as clock } from '../../../provisioning/platform/clock.ts';
import { seedUnit } from '../../support/hub-store.ts';
import { describeStores } from '../../support/store.ts';

const whole: Scope = { paths: ['/'] };
const actor: Actor = { id: 'op', name: 'Vận hành', scopeFor: () => whole };
const label = { vi: 'Nóng', en: 'Hot' };

/** One hub of several over the same database. */
async function startHub(store: Store, stack: AsyncDisposableStack): Promise<Problems> {
  const organisation = stack.use(createOrganisation({ store }));
  await organisation.load();
  const problems = stack.use(
    createProblems({
      store,
      organisation,
      registry: { devices: () => [], deviceOf: () => undefined, agentOf: () => undefined },
      calendarOf: () => emptyCalendar,
      codeOf,
      verdictOf: () => undefined,
      telemetry: {
        latestOf: () => ({}),
        series: async () => ({ metric: 'x', unit: '', step: '5m' as const, points: [] }),
      },
      audit: stack.use(createAudit({ store, clock })),
      bus: createBus(silentLog),
      clock,
      log: silentLog,
    }),
  );
  await problems.load();
  return problems;
}

describeStores('problems in several hubs', (open) => {
  it('hears of rules and steps of escalation that another hub set', async () => {
    const store = await open();
    await using stack = new AsyncDisposableStack();
    const root = await seedUnit(store, { kind: 'province', name: 'Tỉnh' });
    const [one, two] = [await startHub(store, stack), await startHub(store, stack)];
    const namesAt = async (hub: Problems) => (await hub.rules.list(whole, undefined)).map(({ name }) => name);
    const body = ruleBody.parse({
      unit: root.id,
      name: 'Máy nóng',
      title: label,
      next: label,
      severity: 'major',
      condition: { source: { kind: 'metric', metric: 'temperature.celsius' }, operator: 'above', threshold: 60 },
    });
    const rule = await one.rules.create(whole, actor, body);
    await expect.poll(() => namesAt(two)).toEqual(['Máy nóng']);
    await two.rules.update(whole, actor, rule?.id ?? 0, { ...body, name: 'Quá nóng' });
    await expect.poll(() => namesAt(one)).toEqual(['Quá nóng']);
    await one.rules.remove(whole, actor, rule?.id ?? 0);
    await expect.poll(() => namesAt(two)).toEqual([]);

    const steps = [{ afterMinutes: 7, least: 'minor' as const }];
    await two.escalations.set(whole, actor, { unit: root.id, steps, workingTime: false });
    await expect.poll(() => one.escalations.get(whole, root.id).steps).toEqual(steps);
  });

  it('opens muted what lies in a window that another hub opened', async () => {
    const store = await open();
    await using stack = new AsyncDisposableStack();
    const root = await seedUnit(store, { kind: 'province', name: 'Tỉnh' });
    const [one, two] = [await startHub(store, stack), await startHub(store, stack)];
    const endsAt = new Date(clock.now() + 3_600_000).toISOString();
    const startsAt = new Date(clock.now() - 1_000).toISOString();
    const window = await one.windows.create(whole, actor, { unit: root.id, name: 'Sửa điện', startsAt, endsAt });
    const isMuted = async (id: string) => {
      await store.transaction(async (trx) => {
        const cause = {
          id,
          kind: 'area-silent' as const,
          code: 'EF-1012' as const,
          unitId: root.id,
          agentId: undefined,
          deviceId: undefined,
          affected: 1,
          affectedPeak: 1,
          openedAtMs: clock.now(),
        };
        await trx
          .insertInto('cause')
          .values({
            id,
            kind: cause.kind,
            code: cause.code,
            unit_id: root.id,
            affected: 1,
            affected_peak: 1,
            opened_at: new Date(clock.now()),
            evidence: '[]',
          })
          .execute();
        await two.journal.changed(trx, [{ what: 'opened', cause }]);
      });
      const problem = await two.get(whole, id);
      return problem.muted?.window;
    };
    let count = 0;
    await expect.poll(() => isMuted(`during-${count++}`)).toBe('Sửa điện');
    await one.windows.end(whole, actor, window.id);
    await expect.poll(() => isMuted(`after-${count++}`)).toBeUndefined();
  });
});
