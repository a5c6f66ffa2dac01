import { expect, it } from 'vitest';
import { findVia } from '../../../hub/registry/via.ts';
import { createFleet, everything, proposal, someone } from '../../support/fleet.ts';
import { describeStores } from '../../support/store.ts';

const state = (ports: Record<string, readonly string[]>) => ({
  ports: Object.entries(ports).map(([name, devices]) => ({ id: name, name, up: true, enabled: true, devices })),
});

describeStores('who hangs behind whom', (open) => {
  it('is the port with the fewest devices, of another device, whatever the state looks like', () => {
    const core = { id: 'core', state: state({ '1': ['a', 'b', 'edge'], '2': ['c'] }) };
    const edge = { id: 'edge', state: state({ '7': ['a'], '8': ['core', 'c', 'd'] }) };
    const odd = [
      { id: 'odd', state: null },
      { id: 'odder', state: { ports: [{ id: 1 }] } },
    ];
    const via = (device: string) => findVia(device, [core, edge, ...odd]);
    expect([via('a'), via('b'), via('c'), via('edge'), via('nobody')]).toEqual([
      { id: 'edge', port: '7' },
      { id: 'core', port: '1' },
      { id: 'core', port: '2' },
      { id: 'core', port: '1' },
      undefined,
    ]);
    expect(findVia('edge', [edge])).toBeUndefined();
  });

  it('is told on the page of the device, to whoever may see the other one', async () => {
    const { registry, store } = await createFleet(await open());
    await store.transaction((trx) =>
      registry.applyProposals(trx, 'a1', [proposal(1, '10.0.0.1'), proposal(2, '10.0.0.2')]),
    );
    const { rows } = await registry.listProposals(everything, { limit: 50, status: 'open' });
    const items = rows.map(({ id, address }) => ({ proposal: id, name: address.host }));
    const { adopted } = await registry.adopt(everything, someone, { dryRun: false, items });
    const idOf = (name: string) => adopted.find((one) => one.name === name)?.device ?? '';
    const [hub, camera] = [idOf('10.0.0.1'), idOf('10.0.0.2')];
    expect((await registry.getDevice(everything, camera)).via).toBeUndefined();
    await store.db
      .insertInto('twin')
      .values({
        device_id: hub,
        capability: 'ports',
        state: JSON.stringify(state({ 'Gi1/0/7': [camera] })),
        at: new Date(),
        received_at: new Date(),
      })
      .execute();
    expect((await registry.getDevice(everything, camera)).via).toEqual({
      device: { id: hub, name: '10.0.0.1' },
      port: 'Gi1/0/7',
    });
    expect((await registry.getDevice(everything, hub)).via).toBeUndefined();
  });
});
