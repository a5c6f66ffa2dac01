import { describe, expect, it } from 'vitest';
import type { DiscoveryContext, Driver, Proposal } from '../../../agent/devices/driver.ts';
import { Discovery, type DiscoveryPolicy } from '../../../agent/discovery/discovery.ts';
import { recordSchema } from '../../../protocols/fleet/record.ts';
import { createRuntimeBench, createScriptedDriver } from '../../support/scripted-driver.ts';

const seen: Proposal = {
  key: 'm1',
  family: 'scripted',
  address: { host: '10.0.0.1', port: 80 },
  needsCredentials: true,
  evidence: ['it greets'],
};

function setUp(over: Partial<DiscoveryPolicy> = {}) {
  const bench = createRuntimeBench();
  const contexts: DiscoveryContext[] = [];
  const refused = new Set<string>();
  const search = { find: async function* (_context: DiscoveryContext): AsyncGenerator<Proposal> {} };
  const driver: Driver = {
    ...createScriptedDriver().driver,
    discover: (context) => {
      contexts.push(context);
      return search.find(context);
    },
  };
  const discovery = new Discovery({
    drivers: [createScriptedDriver('without-search').driver, driver],
    policy: {
      enabled: true,
      targets: [{ host: '10.0.0.1' }],
      ranges: [],
      communities: [],
      broadcast: false,
      intervalMs: 600_000,
      ...over,
    },
    network: bench.ports.network,
    clock: bench.clock,
    log: bench.ports.log,
    sink: bench.ports.sink,
    known: () => ({ devices: [], refused }),
    random: bench.ports.random,
  });
  return { ...bench, contexts, refused, search, discovery };
}

describe('discovery', () => {
  it('proposes what is new or has changed, once', async () => {
    const { discovery, search, records, refused } = setUp();
    let proposal = seen;
    search.find = async function* () {
      yield proposal;
      yield proposal;
    };
    await discovery.run();
    await discovery.run();
    proposal = { ...seen, name: 'Board' };
    await discovery.run();
    refused.add('m1');
    proposal = { ...seen, name: 'Another' };
    await discovery.run();
    expect(records.map(({ lane, body }) => [lane, body.kind])).toEqual(Array(2).fill(['state', 'proposal']));
    for (const { body } of records) recordSchema.parse({ ...body, seq: 1 });
    expect(records[1]?.body).toMatchObject({ name: 'Board' });
  });

  it('tells an unchanged proposal again after a day', async () => {
    const { discovery, search, records, clock } = setUp();
    search.find = async function* () {
      yield seen;
    };
    await discovery.run();
    await clock.advance(24 * 3_600_000);
    await discovery.run();
    expect(records).toHaveLength(2);
  });

  it('gives families what the local policy allows, and nothing else', async () => {
    const { discovery, contexts } = setUp({ targets: [{ host: '10.0.0.9', port: 81 }], broadcast: true });
    await discovery.run();
    expect(contexts[0]).toMatchObject({ targets: [{ host: '10.0.0.9', port: 81 }], broadcast: true });
    const forbidden = setUp({ enabled: false });
    forbidden.discovery.start();
    await forbidden.discovery.run();
    expect([forbidden.contexts.length, forbidden.clock.pending]).toEqual([0, 0]);
  });

  it('repeats, and joins a request with the round that runs', async () => {
    const { discovery, contexts, clock, search } = setUp();
    search.find = async function* ({ signal }) {
      await clock.wait(30_000, signal);
      yield seen;
    };
    discovery.start();
    await clock.advance(25_000);
    expect(contexts).toHaveLength(1);
    const joined = discovery.run();
    await clock.advance(30_000);
    await joined;
    expect(contexts).toHaveLength(1);
    await clock.advance(600_000);
    expect(contexts).toHaveLength(2);
    await discovery[Symbol.asyncDispose]();
    expect(clock.pending).toBe(0);
  });

  it('keeps what a family found before it failed or was cut off, and bounds a flood', async () => {
    const { discovery, search, records, clock } = setUp();
    search.find = async function* () {
      yield seen;
      throw new TypeError('a bug');
    };
    await discovery.run();
    expect(records).toHaveLength(1);
    search.find = async function* ({ signal }) {
      yield { ...seen, key: 'm2', address: { host: '10.0.0.2' } };
      await clock.wait(3_600_000, signal);
    };
    const round = discovery.run();
    await clock.advance(90_000);
    await round;
    expect(records).toHaveLength(2);
    search.find = async function* () {
      for (let index = 0; ; index++) yield { ...seen, key: `flood-${index}`, address: { host: `h${index}` } };
    };
    await discovery.run();
    expect(records.length).toBe(502);
  });

  it('drops a proposal that breaks the contract', async () => {
    const { discovery, search, records } = setUp();
    search.find = async function* () {
      yield { ...seen, evidence: ['x'.repeat(1_000)] };
    };
    await discovery.run();
    expect(records).toEqual([]);
  });
});
