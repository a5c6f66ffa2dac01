import { expect, it } from 'vitest';
import { createHistory } from '../../../hub/history/index.ts';
import { createFleet } from '../../support/fleet.ts';
import { describeStores } from '../../support/store.ts';

describeStores('history', (open) => {
  it('joins events, inventory, commands and causes in one line, newest first, page by page', async () => {
    const fleet = await createFleet(await open());
    const { store, host, school } = fleet;
    const device = host;
    const at = (minute: number) => new Date(Date.UTC(2026, 2, 2, 7, minute));
    await store.db.deleteFrom('inventory_change').execute();
    await store.db
      .insertInto('event')
      .values(
        [1, 4].map((minute) => ({
          agent_id: 'a1',
          device_id: device,
          capability: 'power',
          name: 'changed',
          severity: 'info' as const,
          data: '{"to":"on"}',
          at: at(minute),
          received_at: at(minute),
        })),
      )
      .execute();
    await store.db
      .insertInto('inventory_change')
      .values({ device_id: device, field: 'firmware', before: '"1.0"', after: '"1.10"', at: at(2), received_at: at(2) })
      .execute();
    await store.db
      .insertInto('command')
      .values({
        id: 'c1',
        agent_id: 'a1',
        device_id: device,
        capability: 'power',
        name: 'off',
        args: '{}',
        state: 'failed',
        not_after: at(9),
        created_by: 'Hà',
        created_at: at(3),
        updated_at: at(3),
        problem: '{"code":"busy","message":"x","retryable":true}',
      })
      .execute();
    await store.db
      .insertInto('cause')
      .values({
        id: 'k1',
        kind: 'agent-silent',
        code: 'EF-1101',
        agent_id: 'a1',
        unit_id: school.id,
        affected: 3,
        affected_peak: 3,
        opened_at: at(4),
        evidence: '[]',
      })
      .execute();
    const history = createHistory({ store });
    const all = await history.eventsOf(device, { limit: 50 });
    expect(all.next).toBeUndefined();
    expect(all.rows.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'event changed',
      'cause agent-silent',
      'command off',
      'inventory firmware',
      'event changed',
    ]);
    expect(all.rows[3]).toMatchObject({ data: { before: '1.0', after: '1.10' }, at: at(2).toISOString() });
    expect(all.rows[2]).toMatchObject({
      severity: 'warning',
      capability: 'power',
      data: { state: 'failed', by: 'Hà' },
    });

    const walked = [];
    let cursor: string | undefined;
    do {
      const page = await history.eventsOf(device, { limit: 1, ...(cursor ? { cursor } : {}) });
      walked.push(...page.rows);
      cursor = page.next;
    } while (cursor);
    expect(walked).toEqual(all.rows);
    expect((await history.eventsOf('d-nobody', { limit: 5 })).rows).toEqual([]);
    await expect(history.eventsOf(device, { limit: 5, cursor: 'x' })).rejects.toMatchObject({ code: 'invalid-input' });
  });
});
