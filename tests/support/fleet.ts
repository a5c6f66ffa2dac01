import type { Actor } from '../../hub/access/index.ts';
import { type Bus, type BusEvent, createBus } from '../../hub/events/bus.ts';
import { createOrganisation } from '../../hub/organisation/index.ts';
import { createQuarantine } from '../../hub/quarantine/index.ts';
import { createRegistry, type Facets } from '../../hub/registry/index.ts';
import { createSealer, type Store } from '../../hub/store/index.ts';
import { createTwin } from '../../hub/twin/index.ts';
import type { ProposalRecord } from '../../protocols/fleet/record.ts';
import { type Clock, silentLog } from '../../protocols/ports.ts';
import { systemClock } from '../../provisioning/platform/clock.ts';

export const everything = { paths: ['/'] };
export const someone: Actor = { id: 'u-1', name: 'Ngô Thị Hà', scopeFor: () => everything };

/** The hub's own features over a store, with one school and one agent in it. */
export async function createFleet(store: Store, options: { clock?: Clock; facets?: Facets } = {}) {
  const { clock = systemClock } = options;
  const bus: Bus = createBus(silentLog);
  const events: BusEvent[] = [];
  bus.subscribe((event) => events.push(event));
  const organisation = createOrganisation({ store });
  await organisation.load();
  const root = await organisation.ensureRoot('Tỉnh Quảng Ngãi');
  const school = await organisation.create(everything, {
    parent: root,
    kind: 'school',
    name: 'THPT Đặng Thuỳ Trâm',
  });
  const room = await organisation.create(everything, { parent: school.id, kind: 'room', name: 'Phòng 7' });
  const shared = { store, organisation, bus, clock, log: silentLog, sealer: createSealer(Buffer.alloc(32, 9)) };
  const registry = createRegistry({ ...shared, ...(options.facets ? { facets: options.facets } : {}) });
  await registry.load();
  const addAgent = (id: string, unitId: number = school.id) =>
    store.transaction((trx) =>
      registry.addAgent(trx, {
        id,
        unitId,
        name: `Máy ${id}`,
        fingerprint: { machine: id },
        host: { family: 'mini-pc', name: `Máy ${id}` },
        adoptedBy: 'voucher',
      }),
    );
  const host = await addAgent('a1');
  const twin = createTwin({ store, registry, bus, clock });
  const quarantine = createQuarantine({ store, bus, clock, log: silentLog });
  return { store, bus, events, organisation, registry, twin, quarantine, root, school, room, host, addAgent, clock };
}

export type Fleet = Awaited<ReturnType<typeof createFleet>>;

/** What discovery would say of a projector at this address. */
export function proposal(seq: number, host: string, more: Partial<ProposalRecord> = {}): ProposalRecord {
  return {
    kind: 'proposal',
    seq,
    at: Date.UTC(2026, 2, 2),
    key: `address:${host}`,
    family: 'some-projector',
    address: { host, port: 4352 },
    needsCredentials: false,
    evidence: ['answers on its port'],
    ...more,
  };
}
