import { describe, expect, it } from 'vitest';
import { DeviceError } from '../../../agent/devices/error.ts';
import type { Address } from '../../../agent/platform/network.ts';
import { DeviceRunner } from '../../../agent/runtime/device-runner.ts';
import type { CardMemory } from '../../../agent/runtime/waking.ts';
import { FatalError } from '../../../protocols/errors.ts';
import { encodeMagicPacket } from '../../../protocols/wake-on-lan/packet.ts';
import { createRuntimeBench, createScriptedDriver, desiredDevice } from '../../support/scripted-driver.ts';

const mac = '00:11:22:aa:bb:cc';
const command = { id: 'c1', capability: 'wake', name: 'wake', args: {} } as const;

/** A memory as the store has it, which outlives the runner. */
function createCards(known: Record<string, readonly string[]> = {}): CardMemory & { known: typeof known } {
  return {
    known,
    of: (device) => known[device] ?? [],
    ownerOf: () => undefined,
    keep: (device, macs) => {
      known[device] = macs;
    },
  };
}

function setUp({
  macs = [mac],
  cards = createCards(),
  capabilities = ['identity', 'power'],
  address = { host: '10.1.2.3' } as { host: string } | null,
  refused = [] as readonly string[],
} = {}) {
  const bench = createRuntimeBench();
  const script = createScriptedDriver();
  const sent: { readonly bytes: string; readonly to: Address; readonly atMs: number }[] = [];
  let open = 0;
  const ports = {
    ...bench.ports,
    cards,
    network: {
      ...bench.ports.network,
      udp: {
        open: async () => {
          open++;
          return {
            port: 40_000,
            send: async (bytes: Uint8Array, to: Address) => {
              if (refused.includes(to.host)) throw new FatalError('address-not-allowed', `${to.host} is not allowed`);
              sent.push({ bytes: Buffer.from(bytes).toString('hex'), to, atMs: bench.clock.mono() });
            },
            receive: async () => await new Promise<never>(() => {}),
            [Symbol.asyncDispose]: async () => {
              open--;
            },
          };
        },
      },
    },
  };
  const state = { isAsleep: false };
  script.onConnect = async ({ reporter }) => {
    if (state.isAsleep) throw new DeviceError('unreachable', 'nobody there');
    reporter.describe({ family: 'scripted', macs: [...macs], capabilities: { identity: { commands: [] } } });
  };
  script.onPoll = async () => {
    if (state.isAsleep) throw new DeviceError('unreachable', 'nobody there');
  };
  const { address: _, ...device } = desiredDevice('pc-7');
  const driver = { ...script.driver, capabilities: capabilities as typeof script.driver.capabilities };
  const create = () => new DeviceRunner({ ...device, ...(address ? { address } : {}) }, driver, {}, ports);
  const said = (kind: 'inventory' | 'state') => bench.records.flatMap(({ body }) => (body.kind === kind ? [body] : []));
  return { ...bench, script, sent, state, cards, create, said, sockets: () => open };
}

const settled = (promise: Promise<unknown>) =>
  promise.then(
    (output) => ({ output }),
    (thrown: unknown) => thrown as { code: string },
  );

describe('waking a device of any family', () => {
  it('is offered with its card, which is remembered', async () => {
    const { clock, create, said, cards } = setUp({
      macs: ['00-11-22-AA-BB-CC', 'ff:ff:ff:ff:ff:ff', '00:00:00:00:00:00'],
    });
    const runner = create();
    runner.start();
    await clock.advance(1_000);
    expect(said('inventory')[0]).toMatchObject({ descriptor: { capabilities: { wake: { commands: ['wake'] } } } });
    expect(said('state')).toContainEqual(expect.objectContaining({ capability: 'wake', state: { mac } }));
    expect(cards.known).toEqual({ 'pc-7': [mac] });
    await runner.stop();
  });

  it('is not offered without a card, without an address, or where the family does it itself', async () => {
    for (const over of [{ macs: [] }, { address: null }, { capabilities: ['identity', 'wake'] }]) {
      const { clock, create, said, cards } = setUp(over);
      const runner = create();
      runner.start();
      await clock.advance(1_000);
      expect(said('inventory')[0]).not.toMatchObject({ descriptor: { capabilities: { wake: {} } } });
      expect(cards.known).toEqual({});
      await runner.stop();
    }
  });

  it('leaves the command to a family that wakes its devices itself', async () => {
    const { clock, create, script, sent } = setUp({ capabilities: ['identity', 'wake'] });
    const runner = create();
    runner.start();
    await clock.advance(1_000);
    await runner.execute(command, () => {});
    expect(script.executed).toEqual([command]);
    expect(sent).toEqual([]);
    await runner.stop();
  });

  it('works on a device that has been away for hours, and that this agent has never seen since its start', async () => {
    const test = setUp({ cards: createCards({ 'pc-7': [mac] }) });
    const { clock, create, state, sent, verdict, script } = test;
    state.isAsleep = true;
    const runner = create();
    runner.start();
    await clock.advance(4 * 3_600_000);
    expect(verdict('pc-7')).toMatchObject({ status: 'unreachable' });
    let started = 0;
    const waking = settled(runner.execute(command, () => started++));
    await clock.advance(20_000);
    state.isAsleep = false;
    await clock.advance(4_000);
    expect(await waking).toMatchObject({ output: { afterSeconds: expect.any(Number) } });
    expect(started).toBe(1);
    expect(verdict('pc-7')).toMatchObject({ status: 'up' });
    expect(script.executed).toEqual([]);
    const packet = Buffer.from(encodeMagicPacket(mac)).toString('hex');
    expect(new Set(sent.map(({ bytes }) => bytes))).toEqual(new Set([packet]));
    expect(new Set(sent.map(({ to }) => `${to.host}:${to.port}`))).toEqual(
      new Set(['255.255.255.255:9', '10.1.2.3:9']),
    );
    expect(test.sockets()).toBe(0);
    await runner.stop();
    expect(clock.pending).toBe(0);
  });

  it('says that the packets left and nothing was seen, and repeats them meanwhile', async () => {
    const { clock, create, state, sent, cards } = setUp();
    cards.keep('pc-7', [mac]);
    state.isAsleep = true;
    const runner = create();
    runner.start();
    const waking = settled(runner.execute(command, () => {}));
    await clock.advance(119_000);
    const second = await settled(runner.execute(command, () => {}));
    expect(second).toMatchObject({ code: 'busy' });
    await clock.advance(10_000);
    expect(await waking).toMatchObject({ code: 'no-effect', message: expect.stringContaining('has not been seen') });
    expect(new Set(sent.map(({ atMs }) => atMs)).size).toBeGreaterThan(4);
    await runner.stop();
    expect(clock.pending).toBe(0);
  });

  it('does not take an answer of before for one of now: a device that went to sleep unnoticed is really awaited', async () => {
    const { clock, create, state, script } = setUp();
    script.pollIntervalMs = 3_600_000;
    const runner = create();
    runner.start();
    await clock.advance(60_000);
    expect(runner.isUp).toBe(true);
    state.isAsleep = true;
    const waking = settled(runner.execute(command, () => {}));
    await clock.advance(130_000);
    expect(await waking).toMatchObject({ code: 'no-effect' });
    await runner.stop();
  });

  it('goes by the last address alone where the policy allows no broadcast, and fails where it allows nothing', async () => {
    const some = setUp({ refused: ['255.255.255.255'] });
    const runner = some.create();
    runner.start();
    await some.clock.advance(1_000);
    const waking = settled(runner.execute(command, () => {}));
    await some.clock.advance(4_000);
    expect(await waking).toMatchObject({ output: {} });
    expect(new Set(some.sent.map(({ to }) => to.host))).toEqual(new Set(['10.1.2.3']));
    await runner.stop();

    const none = setUp({ refused: ['255.255.255.255', '10.1.2.3'] });
    const other = none.create();
    other.start();
    await none.clock.advance(1_000);
    expect(await settled(other.execute(command, () => {}))).toMatchObject({ code: 'address-not-allowed' });
    await other.stop();
  });

  it('needs a card, and ends with the device', async () => {
    const unknown = setUp({ macs: [] });
    const first = unknown.create();
    first.start();
    await unknown.clock.advance(1_000);
    let started = 0;
    expect(await settled(first.execute(command, () => started++))).toMatchObject({ code: 'unsupported-command' });
    expect(started).toBe(0);
    await first.stop();

    const known = setUp({ cards: createCards({ 'pc-7': [mac] }) });
    known.state.isAsleep = true;
    const second = known.create();
    second.start();
    const waking = settled(second.execute(command, () => {}));
    await known.clock.advance(5_000);
    await second.stop();
    expect(await waking).toMatchObject({ code: 'device-removed' });
    expect([known.clock.pending, known.sockets()]).toEqual([0, 0]);
  });

  it('costs a device nothing when its card cannot be remembered', async () => {
    const { clock, create, said } = setUp({
      cards: {
        ...createCards(),
        keep: () => {
          throw new Error('the disk is full');
        },
      },
    });
    const runner = create();
    runner.start();
    await clock.advance(1_000);
    expect(runner.isUp).toBe(true);
    expect(said('inventory')).toHaveLength(1);
    await runner.stop();
  });
});
