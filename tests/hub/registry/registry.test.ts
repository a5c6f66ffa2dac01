import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { createOrganisation } from '../../../hub/organisation/index.ts';
import { noFacets } from '../../../hub/registry/facets.ts';
import { createRegistry } from '../../../hub/registry/index.ts';
import { createSealer } from '../../../hub/store/index.ts';
import type { DevicesQuery } from '../../../protocols/api/devices.ts';
import { desiredSchema } from '../../../protocols/fleet/messages.ts';
import { silentLog } from '../../../protocols/ports.ts';
import { createFleet, everything, type Fleet, proposal, someone } from '../../support/fleet.ts';
import { describeStores } from '../../support/store.ts';

const devicesQuery: DevicesQuery = { limit: 50, sort: 'name' };
const proposalsQuery = { limit: 50, status: 'open' as const };

async function propose(fleet: Fleet, count: number, agent = 'a1') {
  const records = Array.from({ length: count }, (_, index) => proposal(index + 1, `10.0.0.${index + 1}`));
  await fleet.store.transaction((trx) => fleet.registry.applyProposals(trx, agent, records));
  const { rows } = await fleet.registry.listProposals(everything, { ...proposalsQuery, agent });
  return rows.sort((a, b) => a.address.host.localeCompare(b.address.host));
}

describeStores('registry', (open) => {
  it('gives an agent its own machine as first device, and a desired document', async () => {
    const { registry, host, school, organisation } = await createFleet(await open());
    expect(host).toMatch(/^d-[0-9abcdefghjkmnpqrstvwxyz]{12}$/);
    expect(registry.deviceOf(host)).toMatchObject({ agentId: 'a1', unitPath: organisation.pathOf(school.id) });
    const desired = await registry.desiredFor('a1');
    expect(desiredSchema.parse(desired)).toMatchObject({
      generation: 1,
      devices: [{ id: host, family: 'mini-pc', settings: {} }],
      refused: [],
    });
    await expect(registry.desiredFor('nobody')).rejects.toMatchObject({ code: 'unknown-agent' });
  });

  it('passes on the settings that were found, unless a person gives others', async () => {
    const { registry, store } = await createFleet(await open());
    const settings = { profile: 'one' };
    const records = [1, 2].map((n) => proposal(n, `10.0.0.${n}`, { settings, confidence: 'possible' }));
    await store.transaction((trx) => registry.applyProposals(trx, 'a1', records));
    const { rows } = await registry.listProposals(everything, proposalsQuery);
    expect(rows).toMatchObject([1, 2].map(() => ({ settings, confidence: 'possible' })));
    const [first, second] = rows;
    const items = [{ proposal: first!.id }, { proposal: second!.id, settings: { profile: 'another' } }];
    const { adopted } = await registry.adopt(everything, someone, { dryRun: false, items });
    const { devices } = await registry.desiredFor('a1');
    expect(adopted.map(({ device }) => devices.find(({ id }) => id === device)?.settings)).toEqual([
      settings,
      { profile: 'another' },
    ]);
  });

  it('checks settings by what agents tell of the family, and neither shows nor loses a secret one', async () => {
    const { registry, store } = await createFleet(await open());
    const field = (name: string, over: object = {}) => ({
      name,
      type: 'text' as const,
      required: false,
      secret: false,
      ...over,
    });
    const settings = [
      field('topic', { required: true }),
      field('relay', { type: 'integer', minimum: 1, maximum: 4 }),
      field('apiToken', { secret: true }),
    ];
    await registry.learnFamilies([{ name: 'some-plug', label: { vi: 'Ổ cắm', en: 'Plug' }, settings }]);
    // An older agent, which tells none, takes nothing away.
    await registry.learnFamilies([{ name: 'some-plug', label: { vi: 'Ổ cắm', en: 'Plug' } }]);
    expect(registry.families()).toMatchObject([{ name: 'some-plug', settings }]);
    const found = { family: 'some-plug', settings: { topic: 'fan', apiToken: 'let-me-in' }, needsCredentials: false };
    await store.transaction((trx) => registry.applyProposals(trx, 'a1', [proposal(1, '10.0.0.1', found)]));
    const { rows } = await registry.listProposals(everything, proposalsQuery);
    expect(rows[0]?.settings).toEqual({ topic: 'fan' });
    const id = rows[0]?.id ?? '';
    const tried = async (wanted: Record<string, unknown>) => {
      const items = [{ proposal: id, settings: wanted }];
      const { refused } = await registry.adopt(everything, someone, { dryRun: true, items });
      return refused.map(({ code, field: name }) => [code, name]);
    };
    expect(await tried({ topic: 'fan', relay: 5 })).toEqual([['settings-refused', 'relay']]);
    expect(await tried({ relay: 1 })).toEqual([['settings-refused', 'topic']]);
    expect(await tried({ topic: 'fan', colour: 'red' })).toEqual([['settings-refused', 'colour']]);
    expect(await tried({ topic: 'fan', relay: 2 })).toEqual([]);
    const items = [{ proposal: id, settings: { topic: 'hall-fan', relay: 2 } }];
    const { adopted } = await registry.adopt(everything, someone, { dryRun: false, items });
    const row = await store.db
      .selectFrom('device')
      .select('settings')
      .where('id', '=', adopted[0]?.device ?? '')
      .executeTakeFirstOrThrow();
    expect(row.settings).toEqual({ topic: 'hall-fan', relay: 2, apiToken: 'let-me-in' });
  });

  it('adopts all or none, tells why, and changes nothing in a dry run', async () => {
    const fleet = await createFleet(await open());
    const { registry, room, store } = fleet;
    const [first, second] = await propose(fleet, 2);
    const items = [
      { proposal: first!.id, name: 'Máy chiếu', unit: room.id, credentials: { username: 'admin', password: 'bí mật' } },
      { proposal: 'p-none' },
    ];
    const refused = await registry.adopt(everything, someone, { dryRun: false, items });
    expect(refused).toMatchObject({ adopted: [], refused: [{ proposal: 'p-none', code: 'not-found' }] });
    expect((await registry.desiredFor('a1')).generation).toBe(1);

    const wanted: string[] = [];
    registry.onDesired((agentId) => wanted.push(agentId));
    const good = [items[0]!, { proposal: second!.id }];
    const dry = await registry.adopt(everything, someone, { dryRun: true, items: good });
    expect(dry.adopted.map(({ name }) => name)).toEqual(['Máy chiếu', 'some-projector 10.0.0.2']);
    expect(wanted).toEqual([]);

    const done = await registry.adopt(everything, someone, { dryRun: false, items: good });
    expect(wanted).toEqual(['a1']);
    const desired = await registry.desiredFor('a1');
    expect(desired.generation).toBe(2);
    expect(desired.devices.find(({ id }) => id === done.adopted[0]!.device)).toMatchObject({
      name: 'Máy chiếu',
      credentials: { username: 'admin', password: 'bí mật' },
      address: { host: '10.0.0.1', port: 4352 },
    });
    const { secret } = await store.db
      .selectFrom('device')
      .select('secret')
      .where('id', '=', done.adopted[0]!.device)
      .executeTakeFirstOrThrow();
    expect(secret!.includes('bí mật')).toBe(false);
    const again = await registry.adopt(everything, someone, { dryRun: false, items: [{ proposal: first!.id }] });
    expect(again.refused).toMatchObject([{ code: 'already-adopted' }]);
  });

  it('asks for credentials where they are needed, and for a unit of the same school', async () => {
    const fleet = await createFleet(await open());
    const { registry, organisation, root, store } = fleet;
    const other = await organisation.create(everything, { parent: root, kind: 'school', name: 'THCS khác' });
    const record = proposal(1, '10.0.0.9', { needsCredentials: true });
    await store.transaction((trx) => registry.applyProposals(trx, 'a1', [record, proposal(2, '10.0.0.8')]));
    const { rows } = await registry.listProposals(everything, proposalsQuery);
    const items = rows.map(({ id, needsCredentials }) =>
      needsCredentials ? { proposal: id } : { proposal: id, unit: other.id },
    );
    const { refused } = await registry.adopt(everything, someone, { dryRun: true, items: [...items, items[0]!] });
    expect(new Set(refused.map(({ code }) => code))).toEqual(
      new Set(['credentials-needed', 'unit-refused', 'duplicate']),
    );
  });

  it('takes in a device by hand, with its settings, and tells what is wrong with one', async () => {
    const fleet = await createFleet(await open());
    const { registry, room, organisation, root } = fleet;
    await registry.learnFamilies([{ name: 'some-gate', label: { vi: 'Cổng', en: 'Gate' } }]);
    const other = await organisation.create(everything, { parent: root, kind: 'school', name: 'THCS khác' });
    const body = { agent: 'a1', family: 'some-gate', name: 'Cổng thư viện', settings: { readsTags: true } };
    const wanted: string[] = [];
    registry.onDesired((agentId) => wanted.push(agentId));
    const device = await registry.addDevice(everything, someone, {
      ...body,
      unit: room.id,
      address: { host: '10.0.0.7' },
      credentials: { password: 'bí mật' },
    });
    expect(device).toMatchObject({ name: 'Cổng thư viện', unit: { id: room.id }, address: { host: '10.0.0.7' } });
    expect(wanted).toEqual(['a1']);
    expect((await registry.desiredFor('a1')).devices).toContainEqual({
      id: device.id,
      family: 'some-gate',
      name: 'Cổng thư viện',
      address: { host: '10.0.0.7' },
      credentials: { password: 'bí mật' },
      settings: { readsTags: true },
    });
    const elsewhere = { paths: [organisation.pathOf(other.id)] };
    const refusals = [
      registry.addDevice(everything, someone, { ...body, family: 'some-robot' }),
      registry.addDevice(everything, someone, { ...body, unit: other.id }),
      registry.addDevice(everything, someone, { ...body, agent: 'a9' }),
      registry.addDevice(elsewhere, someone, body),
    ];
    const fields = await Promise.all(refusals.map((work) => work.catch((thrown: { field: string }) => thrown.field)));
    expect(fields).toEqual(['family', 'unit', 'agent', 'agent']);
  });

  it('keeps what was decided when discovery finds a device again', async () => {
    const fleet = await createFleet(await open());
    const { registry, store } = fleet;
    const [first, second] = await propose(fleet, 2);
    await registry.refuse(everything, someone, { proposals: [first!.id] });
    expect((await registry.desiredFor('a1')).refused).toEqual(['address:10.0.0.1']);
    await store.transaction((trx) =>
      registry.applyProposals(trx, 'a1', [proposal(3, '10.0.0.1', { vendor: 'Acme', at: Date.UTC(2026, 3, 1) })]),
    );
    const refused = await registry.listProposals(everything, { ...proposalsQuery, status: 'refused' });
    expect(refused.rows).toMatchObject([{ id: first!.id, vendor: 'Acme', lastSeenAt: '2026-04-01T00:00:00.000Z' }]);
    expect((await registry.listProposals(everything, proposalsQuery)).rows.map(({ id }) => id)).toEqual([second!.id]);
    await expect(registry.refuse(everything, someone, { proposals: [second!.id, 'p-none'] })).rejects.toMatchObject({
      field: 'proposals.1',
    });
  });

  it('pages devices by each sort, in both directions, each device once', async () => {
    const fleet = await createFleet(await open());
    const proposals = await propose(fleet, 11);
    await fleet.registry.adopt(everything, someone, {
      dryRun: false,
      items: proposals.map(({ id }, index) => ({ proposal: id, name: `Máy chiếu ${index}` })),
    });
    await fleet.store.db.updateTable('device').set({ health: 'fault' }).where('name', 'like', '%5').execute();
    for (const sort of ['name', '-name', 'health', '-health', 'since', '-since'] as const) {
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await fleet.registry.listDevices(everything, {
          ...devicesQuery,
          sort,
          limit: 5,
          ...(cursor ? { cursor } : {}),
        });
        expect(page.total).toBe(12);
        seen.push(...page.rows.map(({ name }) => name));
        cursor = page.next;
      } while (cursor);
      expect(new Set(seen).size).toBe(12);
      if (sort === 'name') expect(seen.slice(1, 4)).toEqual(['Máy chiếu 0', 'Máy chiếu 1', 'Máy chiếu 2']);
      if (sort === '-name') expect(seen[0]).toBe('Máy chiếu 10');
      if (sort === 'health') expect(seen[0]).toBe('Máy chiếu 5');
      if (sort === '-health') expect(seen.at(-1)).toBe('Máy chiếu 5');
    }
  });

  it('shows of a list that is narrowed to a capability what that one says, page by page', async () => {
    const at = '2026-03-02T00:00:00.000Z';
    const latest = { 'battery.level': { value: 83, at }, 'storage.used': { value: 19, at } };
    const fleet = await createFleet(await open(), { facets: { ...noFacets, latestOf: () => latest } });
    const { registry, twin, store } = fleet;
    const proposals = await propose(fleet, 3);
    const { adopted } = await registry.adopt(everything, someone, {
      dryRun: false,
      items: proposals.map(({ id }, index) => ({ proposal: id, name: `Kính ${index}` })),
    });
    const capabilities = { battery: { commands: [] }, power: { commands: [] } };
    const stamp = { at: Date.parse(at), seq: 1, mono: 1 };
    await store.transaction(async (trx) => {
      const devices = adopted.map(({ device }) => device);
      await twin.applyInventory(
        trx,
        devices.map((device) => ({
          kind: 'inventory' as const,
          device,
          descriptor: { family: 'some-headset', capabilities },
          ...stamp,
        })),
      );
      await twin.applyStates(
        trx,
        devices.slice(1).flatMap((device) => [
          { kind: 'state' as const, device, capability: 'battery' as const, state: { state: 'charging' }, ...stamp },
          { kind: 'state' as const, device, capability: 'power' as const, state: { state: 'on' }, ...stamp },
        ]),
      );
    });
    const [untold, ...told] = (await registry.listDevices(everything, { ...devicesQuery, capability: 'battery' })).rows;
    expect(untold).toMatchObject({ name: 'Kính 0', reported: {} });
    expect(told).toHaveLength(2);
    for (const row of told) {
      expect(row.reported).toEqual({ battery: { state: { state: 'charging' }, at, receivedAt: expect.any(String) } });
      expect(row.latest).toEqual({ 'battery.level': { value: 83, at } });
    }
    for (const row of (await registry.listDevices(everything, devicesQuery)).rows) {
      expect(row).not.toHaveProperty('reported');
      expect(row).not.toHaveProperty('latest');
    }
  });

  it('filters devices, and finds them without marks', async () => {
    const fleet = await createFleet(await open());
    const { registry, twin, store, room } = fleet;
    const [first] = await propose(fleet, 1);
    const { adopted } = await registry.adopt(everything, someone, {
      dryRun: false,
      items: [{ proposal: first!.id, name: 'Máy chiếu Đức', unit: room.id }],
    });
    const device = adopted[0]!.device;
    const descriptor = {
      family: 'some-projector',
      vendor: 'Acme',
      serial: 'SN-0042',
      capabilities: { lamp: { commands: [] } },
    };
    await store.transaction((trx) =>
      twin.applyInventory(trx, [{ kind: 'inventory', seq: 1, at: 1, device, descriptor }]),
    );
    const found = async (query: Partial<DevicesQuery>) =>
      (await registry.listDevices(everything, { ...devicesQuery, ...query })).rows.map(({ id }) => id);
    expect(await found({ q: 'may chieu duc' })).toEqual([device]);
    expect(await found({ q: 'dang thuy tram may chieu' })).toEqual([device]);
    expect(await found({ q: 'acme sn-0042' })).toEqual([device]);
    expect(await found({ q: 'acme khong' })).toEqual([]);
    expect(await found({ capability: 'lamp' })).toEqual([device]);
    expect(await found({ capability: 'power' })).toEqual([]);
    expect(await found({ family: 'some-projector' })).toEqual([device]);
    expect(await found({ unit: room.id })).toEqual([device]);
    expect(await found({ health: ['fault'] })).toEqual([]);
    expect(await found({ lifecycle: 'retired' })).toEqual([]);
    expect((await found({ agent: 'a1' })).length).toBe(2);
    await expect(found({ cursor: 'nonsense' })).rejects.toMatchObject({ code: 'invalid-input' });
  });

  it('shows nothing outside the scope, and says of it what it says of nothing', async () => {
    const fleet = await createFleet(await open());
    const { registry, organisation, root, host } = fleet;
    const other = await organisation.create(everything, { parent: root, kind: 'school', name: 'THCS khác' });
    const scope = { paths: [organisation.pathOf(other.id)] };
    const [first] = await propose(fleet, 1);
    expect((await registry.listDevices(scope, devicesQuery)).total).toBe(0);
    expect(registry.listAgents(scope, { limit: 5, sort: 'name' }).total).toBe(0);
    expect((await registry.listProposals(scope, proposalsQuery)).total).toBe(0);
    const failures = await Promise.all(
      [
        registry.getDevice(scope, host),
        registry.getDevice(scope, 'd-none'),
        registry.getAgent(scope, 'a1'),
        registry.updateDevice(scope, someone, host, { name: 'x' }),
      ].map((work) => work.catch((thrown: Error) => thrown.message)),
    );
    expect(new Set(failures)).toEqual(new Set(['There is nothing here, or not for you.']));
    const adopted = await registry.adopt(scope, someone, { dryRun: false, items: [{ proposal: first!.id }] });
    expect(adopted.refused).toMatchObject([{ code: 'not-found' }]);
    await expect(registry.refuse(scope, someone, { proposals: [first!.id] })).rejects.toMatchObject({
      code: 'invalid-input',
    });
  });

  it('sends an agent the new address and credentials of a device, and shows nobody what they are', async () => {
    const { registry, host } = await createFleet(await open());
    const change = (body: Parameters<typeof registry.updateDevice>[3]) =>
      registry.updateDevice(everything, someone, host, body);
    const device = await change({
      address: { host: '10.0.0.9', port: 81 },
      credentials: { username: 'admin', password: 'mật khẩu' },
    });
    expect(device).toMatchObject({ address: { host: '10.0.0.9', port: 81 }, hasCredentials: true });
    expect(JSON.stringify(device)).not.toContain('mật khẩu');
    expect(await registry.desiredFor('a1')).toMatchObject({
      generation: 2,
      devices: [{ address: { host: '10.0.0.9' }, credentials: { username: 'admin', password: 'mật khẩu' } }],
    });
    expect(await change({ name: 'Như cũ' })).toMatchObject({ hasCredentials: true });
    expect(await change({ credentials: null })).toMatchObject({ hasCredentials: false });
    expect((await registry.desiredFor('a1')).devices[0]).not.toHaveProperty('credentials');
  });

  it('takes a device out of the desired document when it is stored away', async () => {
    const { registry, host } = await createFleet(await open());
    const device = await registry.updateDevice(everything, someone, host, { lifecycle: 'in-store', name: 'Kho' });
    expect(device).toMatchObject({ name: 'Kho', lifecycle: 'in-store' });
    expect(await registry.desiredFor('a1')).toMatchObject({ generation: 2, devices: [] });
    expect(registry.deviceOf(host)).toMatchObject({ name: 'Kho' });
  });

  it.each([
    ['a number beyond its column', { heldGeneration: 2 ** 40 }],
    ['a letter that the database cannot keep', { session: 'a\u0000b' }],
  ])('writes signs of life although one agent says %s', async (_, poison) => {
    const fleet = await createFleet(await open());
    const { registry, addAgent, store } = fleet;
    await addAgent('a2');
    const at = new Date('2026-03-02T01:00:00Z');
    await registry.touchAgents([
      { id: 'a1', lastSeenAt: at, ...poison },
      { id: 'a2', lastSeenAt: at, session: 'sound' },
    ]);
    const rows = await store.db.selectFrom('agent').select(['id', 'last_seen_at', 'session']).orderBy('id').execute();
    expect(rows).toEqual([
      { id: 'a1', last_seen_at: null, session: null },
      { id: 'a2', last_seen_at: at, session: 'sound' },
    ]);
  });

  it('writes signs of life of many agents at once, and leaves the rest as it was', async () => {
    const fleet = await createFleet(await open());
    const { registry, addAgent } = fleet;
    await addAgent('a2');
    const at = new Date('2026-03-02T01:00:00Z');
    await registry.touchAgents([
      { id: 'a1', lastSeenAt: at, version: '1.2.3', queue: { records: 3, bytes: 400, shed: 1 } },
      { id: 'a2', lastSeenAt: at },
      { id: 'a1', clockSkewMs: -12.5, load: { rssBytes: 5, cpuPercent: 1, loopDelayP99Ms: 2 } },
    ]);
    await registry.touchAgents([{ id: 'a1', heldGeneration: 1 }]);
    const fromMemory = await registry.getAgent(everything, 'a1');
    await registry.load();
    const agent = await registry.getAgent(everything, 'a1');
    expect(agent).toEqual(fromMemory);
    expect(agent).toMatchObject({
      version: '1.2.3',
      lastSeenAt: at.toISOString(),
      clockSkewMs: -12.5,
      queue: { records: 3, bytes: 400, shed: 1 },
      load: { rssBytes: 5 },
      generation: { desired: 1, held: 1 },
      devices: { total: 1, wrong: 0 },
      streams: [],
    });
    expect(registry.listAgents(everything, { limit: 1, sort: '-name' }).rows.map(({ id }) => id)).toEqual(['a2']);
  });

  it('learns from agents how families are called, writes only news, and names what has no name by it', async () => {
    const fleet = await createFleet(await open());
    const { registry, store } = fleet;
    const called = (name: string, vi: string, en: string) => ({ name, label: { vi, en } });
    const projector = called('some-projector', 'Máy chiếu', 'Projector');
    await registry.learnFamilies([projector, called('board', 'Bảng', 'Board'), called('board', 'Bảng số', 'Board')]);
    const known = [called('board', 'Bảng số', 'Board'), projector];
    expect(registry.families()).toEqual(known);
    // The version of each row tells whether it was written.
    const versions = async () => (await sql`select name, xmin::text from family order by name`.execute(store.db)).rows;
    const before = await versions();
    await registry.learnFamilies(known);
    expect(await versions()).toEqual(before);
    await registry.learnFamilies([called('some-projector', 'Máy chiếu', 'Beamer')]);
    expect(await versions()).not.toEqual(before);
    expect(registry.families()).toContainEqual(called('some-projector', 'Máy chiếu', 'Beamer'));
    await registry.learnFamilies([projector]);
    expect(registry.families()).toEqual(known);
    const [first] = await propose(fleet, 1);
    const { adopted } = await registry.adopt(everything, someone, {
      dryRun: true,
      items: [{ proposal: first!.id }],
    });
    expect(adopted.map(({ name }) => name)).toEqual(['Máy chiếu 10.0.0.1']);
  });

  it('bounds what agents make it remember', async () => {
    const { registry } = await createFleet(await open());
    const named = (from: number) =>
      Array.from({ length: 400 }, (_, index) => ({ name: `f${from + index}`, label: { vi: 'x', en: 'x' } }));
    await registry.learnFamilies(named(0));
    await registry.learnFamilies(named(400));
    expect(registry.families()).toHaveLength(500);
    await registry.learnFamilies(named(0).map(({ name }) => ({ name, label: { vi: 'y', en: 'y' } })));
    expect(registry.families()).toHaveLength(500);
    expect(registry.families().filter(({ label }) => label.vi === 'y')).toHaveLength(400);
  });

  it('follows what another hub writes', async () => {
    const store = await open();
    const fleet = await createFleet(store);
    const organisation = createOrganisation({ store });
    await organisation.load();
    const second = createRegistry({
      store,
      organisation,
      bus: fleet.bus,
      clock: fleet.clock,
      log: silentLog,
      sealer: createSealer(Buffer.alloc(32, 9)),
    });
    await second.load();
    const wanted: string[] = [];
    second.onDesired((agentId) => wanted.push(agentId));
    const [first] = await propose(fleet, 1);
    const { adopted } = await fleet.registry.adopt(everything, someone, {
      dryRun: false,
      items: [{ proposal: first!.id }],
    });
    await expect.poll(() => second.deviceOf(adopted[0]!.device)?.agentId).toBe('a1');
    expect(wanted).toEqual(['a1']);
    await fleet.registry.learnFamilies([{ name: 'board', label: { vi: 'Bảng', en: 'Board' } }]);
    await expect.poll(() => second.families().map(({ name }) => name)).toEqual(['board']);
    await second[Symbol.asyncDispose]();
    await organisation[Symbol.asyncDispose]();
  });
});
