import { describe, expect, it } from 'vitest';
import { changesBetween } from '../../../hub/twin/changes.ts';
import { createTwin } from '../../../hub/twin/index.ts';
import type { Descriptor, StateRecord } from '../../../protocols/fleet/record.ts';
import { createFleet, everything } from '../../support/fleet.ts';
import { describeStores } from '../../support/store.ts';

const descriptor: Descriptor = {
  family: 'some-projector',
  vendor: 'Acme',
  firmware: '1.10',
  capabilities: { power: { commands: ['on', 'off'] } },
  parts: [{ kind: 'lamp', name: 'Lamp 1', serial: 'L1' }],
};

describe('changesBetween', () => {
  it('names each field that differs, and nothing for another order', () => {
    const after: Descriptor = {
      ...descriptor,
      firmware: '1.2',
      capabilities: { power: { commands: ['off', 'on'] }, input: { commands: [] } },
      parts: [{ kind: 'lamp', name: 'Lamp 1', serial: 'L2' }],
    };
    expect(changesBetween(descriptor, after)).toEqual([
      { field: 'capabilities.input', before: undefined, after: [] },
      { field: 'firmware', before: '1.10', after: '1.2' },
      {
        field: 'parts.lamp/Lamp 1',
        before: { serial: 'L1', detail: null },
        after: { serial: 'L2', detail: null },
      },
    ]);
    expect(
      changesBetween(after, {
        ...after,
        capabilities: { input: { commands: [] }, power: { commands: ['on', 'off'] } },
      }),
    ).toEqual([]);
  });
});

describeStores('twin', (open) => {
  const state = (seq: number, device: string, status: string, at: number): StateRecord => ({
    kind: 'state',
    seq,
    at,
    device,
    capability: 'reachability',
    state: { status, since: at },
  });

  it('keeps the last report by arrival, tells it after the commit, and knows it after a restart', async () => {
    const { store, twin, registry, bus, clock, host, events } = await createFleet(await open());
    await store.transaction(async (trx) => {
      await twin.applyStates(trx, [state(1, host, 'up', 2_000), state(2, host, 'unreachable', 1_000)]);
      expect(twin.stateOf(host, 'reachability')).toBeUndefined();
    });
    expect(twin.stateOf(host, 'reachability')).toMatchObject({ state: { status: 'unreachable' }, at: new Date(1_000) });
    expect(events.filter(({ event }) => event.type === 'device-state')).toHaveLength(1);
    await store
      .transaction(async (trx) => {
        await twin.applyStates(trx, [state(3, host, 'up', 3_000)]);
        throw new Error('away');
      })
      .catch(() => {});
    const again = createTwin({ store, registry, bus, clock });
    await again.load();
    for (const one of [twin, again])
      expect(one.stateOf(host, 'reachability')).toMatchObject({ state: { status: 'unreachable' } });
    expect(await again.reported(host)).toMatchObject({ reachability: { at: '1970-01-01T00:00:01.000Z' } });
    expect(again.lastReportAt(host)).toBeInstanceOf(Date);
  });

  it('keeps the history of a descriptor, and the identity where lists look', async () => {
    const { store, twin, registry, host } = await createFleet(await open());
    const apply = (at: number, firmware: string) =>
      store.transaction((trx) =>
        twin.applyInventory(trx, [
          { kind: 'inventory', seq: at, at, device: host, descriptor: { ...descriptor, firmware } },
        ]),
      );
    await apply(1, '1.10');
    expect(await twin.changesOf(host, { limit: 10 })).toEqual([]);
    await apply(2, '1.10');
    await apply(3, '1.2');
    await apply(4, '2.0');
    const changes = await twin.changesOf(host, { limit: 1 });
    expect(changes).toMatchObject([{ field: 'firmware', before: '1.2', after: '2.0', at: new Date(4) }]);
    expect(await twin.changesOf(host, { limit: 10, before: changes[0]!.id })).toMatchObject([
      { field: 'firmware', before: '1.10', after: '1.2' },
    ]);
    expect((await twin.inventoryOf(host))?.firmware).toBe('2.0');
    expect(await registry.getDevice(everything, host)).toMatchObject({ vendor: 'Acme', firmware: '2.0' });
  });
});
