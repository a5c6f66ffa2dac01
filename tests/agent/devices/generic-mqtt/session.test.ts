import { afterEach, describe, expect, it } from 'vitest';
import type { BrokerGrant, BrokerMessage, BrokerPort, BrokerSeat } from '../../../../agent/devices/driver.ts';
import { genericMqtt } from '../../../../agent/devices/generic-mqtt/index.ts';
import { FatalError, RecoverableError } from '../../../../protocols/errors.ts';
import type { DesiredDevice } from '../../../../protocols/fleet/messages.ts';
import { createFakeClock, type FakeClock } from '../../../support/clock.ts';
import { createTestContext } from '../../../support/driver-context.ts';

/** A seat whose device is the test itself. */
class StandInSeat implements BrokerSeat {
  isConnected = true;
  refused = 0;
  readonly dropped = 0;
  readonly sent: string[] = [];
  grant: BrokerGrant | undefined;
  isDisposed = false;
  /** What the device does with what it hears. */
  obey: (topic: string, payload: string) => void = () => {};
  readonly #waiting: BrokerMessage[] = [];
  #wake: () => void = () => {};

  say(topic: string, payload: string, isRetained = false): void {
    this.#waiting.push({ topic, payload: Buffer.from(payload), isRetained });
    this.#wake();
  }

  async receive(signal?: AbortSignal): Promise<BrokerMessage> {
    for (;;) {
      signal?.throwIfAborted();
      const message = this.#waiting.shift();
      if (message) return message;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        signal?.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  }

  async publish(topic: string, payload: Uint8Array | string): Promise<void> {
    if (!this.isConnected) throw new RecoverableError('not-connected', 'nobody');
    this.sent.push(`${topic} ${String(payload)}`);
    this.obey(topic, String(payload));
  }

  addressFor = async () => ({ host: '192.168.1.5', port: 1_883 });

  async [Symbol.asyncDispose](): Promise<void> {
    this.isDisposed = true;
  }
}

const clocks: FakeClock[] = [];
afterEach(() => {
  for (const clock of clocks.splice(0)) expect(clock.pending, 'timers').toBe(0);
});

function prepare(
  given: object,
  credentials: DesiredDevice['credentials'] = { username: 'fan', password: 'secret' },
  address?: { host: string; port: number },
) {
  const clock = createFakeClock();
  clocks.push(clock);
  const seat = new StandInSeat();
  const broker: BrokerPort = {
    admit: async (grant) => {
      seat.grant = grant;
      return seat;
    },
  };
  const test = createTestContext({
    family: genericMqtt.family,
    settings: genericMqtt.settings.parse(given),
    clock,
    broker,
    ...(credentials ? { credentials } : {}),
    ...(address ? { address } : {}),
  });
  /** Runs to the end, however long it takes on the fake clock. */
  const run = async <T>(work: Promise<T>): Promise<T> => {
    let isOver = false;
    const settled = work.finally(() => {
      isOver = true;
    });
    settled.catch(() => undefined);
    for (let step = 0; !isOver && step < 2_000; step++) await clock.advance(100);
    return await settled;
  };
  return { clock, seat, test, run, connect: () => run(genericMqtt.connect(test.context)) };
}

const tasmota = { dialect: 'tasmota', topic: 'fan' };
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: { code?: unknown }) => error.code,
  );

/** A plug that answers everything. */
function answer(seat: StandInSeat, plug: { power: string }): void {
  seat.obey = (topic, payload) => {
    if (topic === 'cmnd/fan/POWER1') plug.power = payload;
    const state = JSON.stringify({ UptimeSec: 600, POWER: plug.power });
    if (topic === 'cmnd/fan/STATUS' && payload === '0') seat.say('stat/fan/STATUS11', `{"StatusSTS":${state}}`);
    else if (topic === 'cmnd/fan/STATUS') seat.say('stat/fan/STATUS8', '{"StatusSNS":{"ENERGY":{"Power":32}}}');
    else seat.say('stat/fan/RESULT', state);
  };
}

describe('the session of an MQTT device', () => {
  it('asks for credentials before anything else', async () => {
    for (const credentials of [{}, { username: 'fan' }, { password: 'secret' }]) {
      const { connect, seat } = prepare(tasmota, credentials);
      expect(await codeOf(connect())).toBe('missing-credentials');
      expect(seat.grant).toBeUndefined();
    }
  });

  it('admits exactly its own topics, from its own address where it has one', async () => {
    const { connect, seat } = prepare(tasmota, undefined, { host: '192.168.1.40', port: 80 });
    answer(seat, { power: 'ON' });
    await (await connect())[Symbol.asyncDispose]();
    expect(seat.grant).toEqual({
      username: 'fan',
      password: 'secret',
      from: '192.168.1.40',
      publish: ['tele/fan/+', 'stat/fan/+', 'tasmota/discovery/+/config'],
      subscribe: ['cmnd/fan/#'],
    });
    expect(seat.isDisposed).toBe(true);
  });

  it('tells a person what to set in a device that does not come', async () => {
    const { connect, seat } = prepare(tasmota, undefined, { host: '192.168.1.40', port: 80 });
    seat.isConnected = false;
    const thrown = await connect().catch((error: Error) => error);
    expect(thrown).toMatchObject({ code: 'unreachable' });
    expect(String(thrown)).toMatch(/host 192\.168\.1\.5, port 1883 and the topic fan/);
    expect(seat.isDisposed).toBe(true);
  });

  it('tells a wrong password from an absent device, once for each knock', async () => {
    const { connect, seat, run, test } = prepare(tasmota);
    answer(seat, { power: 'ON' });
    await using session = await connect();
    seat.isConnected = false;
    seat.refused = 1;
    expect(await codeOf(run(session.poll(test.context.signal)))).toBe('authentication');
    expect(await codeOf(run(session.poll(test.context.signal)))).toBe('unreachable');
  });

  it('takes a last will for the end, and silence after a question too', async () => {
    const { connect, seat, run, test, clock } = prepare(tasmota);
    answer(seat, { power: 'ON' });
    await using session = await connect();
    seat.say('tele/fan/LWT', 'Offline');
    await clock.settle();
    expect(await codeOf(run(session.poll(test.context.signal)))).toBe('unreachable');
    seat.say('tele/fan/LWT', 'Online');
    await clock.settle();
    await run(session.poll(test.context.signal));
    expect(test.reporter.samples.at(-1)).toEqual({ 'energy.power': 32 });
    seat.obey = () => {};
    expect(await codeOf(run(session.poll(test.context.signal)))).toBe('timeout');
  });

  it('tells what happens between two polls at once', async () => {
    const { connect, seat, clock, test } = prepare(tasmota);
    answer(seat, { power: 'ON' });
    await using _session = await connect();
    seat.say('stat/fan/POWER', 'OFF');
    await clock.settle();
    expect(test.reporter.last('power')).toEqual({ state: 'off' });
    expect(test.reporter.events.map(({ name }) => name)).toEqual(['changed']);
  });

  it('believes no relay that does not move, and none that says nothing', async () => {
    const { connect, seat, run, test, clock } = prepare(tasmota);
    const plug = { power: 'ON' };
    answer(seat, plug);
    await using session = await connect();
    const off = { id: '1', capability: 'power', name: 'off', args: {} } as const;
    seat.obey = () => seat.say('stat/fan/RESULT', '{"POWER":"ON"}');
    expect(await codeOf(run(session.execute(off, test.context.signal)))).toBe('no-effect');
    seat.obey = () => {};
    expect(await codeOf(run(session.execute(off, test.context.signal)))).toBe('timeout');
    // What it said before the command is no proof.
    seat.say('stat/fan/RESULT', '{"POWER":"OFF"}');
    await clock.settle();
    expect(await codeOf(run(session.execute(off, test.context.signal)))).toBe('timeout');
    answer(seat, plug);
    expect(await run(session.execute(off, test.context.signal))).toEqual({ state: 'off' });
    expect(seat.sent.at(-1)).toBe('cmnd/fan/POWER1 OFF');
  });

  it('does not take a device for rebooted that counts on', async () => {
    const { connect, seat, run, test } = prepare(tasmota);
    answer(seat, { power: 'ON' });
    await using session = await connect();
    const reboot = { id: '1', capability: 'power', name: 'reboot', args: {} } as const;
    expect(await codeOf(run(session.execute(reboot, test.context.signal)))).toBe('no-effect');
  });

  it('counts a silent Zigbee device as gone only after its time, or with its bridge', async () => {
    const given = { dialect: 'zigbee2mqtt', topic: 'door', silentAfterSeconds: 60 };
    const { connect, seat, run, test, clock } = prepare(given);
    seat.say('zigbee2mqtt/bridge/state', 'online', true);
    seat.say('zigbee2mqtt/door/availability', '{"state":"online"}', true);
    await using session = await connect();
    seat.say('zigbee2mqtt/door', '{"contact":true,"battery":90}');
    await run(session.poll(test.context.signal));
    expect(test.reporter.last('surroundings')).toEqual({ contact: 'closed' });
    expect(seat.sent).toEqual([]);
    await clock.advance(61_000);
    expect(await codeOf(run(session.poll(test.context.signal)))).toBe('timeout');
    seat.say('zigbee2mqtt/door', '{"contact":false}');
    await run(session.poll(test.context.signal));
    seat.say('zigbee2mqtt/bridge/state', '{"state":"offline"}');
    await clock.settle();
    expect(await codeOf(run(session.poll(test.context.signal)))).toBe('unreachable');
  });

  it('says plainly that a switch without a state cannot be verified', async () => {
    const { connect, seat, run, test } = prepare({ dialect: 'home-assistant', topic: 'siren' });
    seat.say('homeassistant/switch/siren/config', '{"cmd_t":"siren/set","pl_on":"1"}', true);
    await using session = await connect();
    expect(test.reporter.last('power')).toEqual({ state: 'unknown' });
    const on = { id: '1', capability: 'power', name: 'on', args: {} } as const;
    expect(await run(session.execute(on, test.context.signal))).toEqual({ state: 'on', verified: false });
    expect(seat.sent).toEqual(['siren/set 1']);
  });

  it('passes on what the broker cannot do', async () => {
    const { test } = prepare(tasmota);
    const admit = async () => {
      throw new FatalError('grant-conflict', 'taken');
    };
    expect(await codeOf(genericMqtt.connect({ ...test.context, broker: { admit } }))).toBe('grant-conflict');
  });
});
