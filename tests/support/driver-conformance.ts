import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BrokerPort, Driver, DriverCommand, DriverSession, HostPort } from '../../agent/devices/driver.ts';
import { DeviceError, type DeviceErrorCode } from '../../agent/devices/error.ts';
import { DeviceRunner } from '../../agent/runtime/device-runner.ts';
import { FatalError } from '../../protocols/errors.ts';
import { type CapabilityName, capabilities, capabilityNames } from '../../protocols/fleet/capabilities/index.ts';
import type { DesiredDevice } from '../../protocols/fleet/messages.ts';
import { type Lane, type RecordBody, recordSchema } from '../../protocols/fleet/record.ts';
import type { Fault, Simulator } from '../simulators/simulator.ts';
import { createFastClock, type FastClock } from './clock.ts';
import { createTestContext, type TestContext } from './driver-context.ts';

/** One command that the driver must obey, and the sign at the simulator that it did. */
interface CommandCase<S> {
  readonly capability: CapabilityName;
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** Brings the simulator into a state in which the command must succeed and changes something. */
  readonly prepare?: (simulator: S) => void | Promise<void>;
  /** Throws when the simulator did not do it. */
  readonly verify: (simulator: S, context: TestContext<unknown>) => void | Promise<void>;
}

type DeviceSettings = Readonly<Record<string, unknown>>;

export interface Conformance<S extends Simulator> {
  readonly driver: Driver;
  /** Starts a healthy device in its usual state. */
  readonly start: (clock: FastClock) => Promise<S>;
  /** As in a desired document; the driver's own schema parses it. A function where they name what the simulator chose. */
  readonly settings?: DeviceSettings | ((simulator: S) => DeviceSettings);
  readonly credentials?: DesiredDevice['credentials'];
  /** Every command that the simulated device's descriptor offers, at least once. */
  readonly commands: readonly CommandCase<S>[];
  /** Changes something a poll must notice; absent for a family whose state never changes. */
  readonly change?: { readonly capability: CapabilityName; readonly make: (simulator: S) => void | Promise<void> };
  /** Faults that make no sense for the wire, each with the reason. */
  readonly without?: Partial<Record<Fault, string>>;
  /** For the family of the machine itself, which has no address. */
  readonly host?: (simulator: S) => HostPort;
  /** For a device that connects to the agent by itself: the broker at which it does. */
  readonly broker?: (simulator: S) => BrokerPort;
  /** How much faster than real the clock runs; 10 unless given. */
  readonly speed?: number;
}

/** What a driver may call each fault; an empty list means the poll must succeed, `undefined` beside codes that it may. */
const expectedCodes: Record<Fault, readonly (DeviceErrorCode | undefined)[]> = {
  silence: ['timeout', 'connection-lost'],
  garbage: ['protocol', 'timeout', 'connection-lost'],
  'half-frame': ['timeout', 'protocol', 'connection-lost'],
  'hang-up': ['connection-lost', 'unreachable', 'refused'],
  slow: [undefined, 'timeout'],
  'wrong-password': ['authentication'],
  busy: [undefined, 'busy', 'unavailable'],
  reboot: ['refused', 'unreachable', 'connection-lost', 'timeout'],
};

/** The longest that one poll or connect may take, whatever the device does, in milliseconds of the driver's clock. */
const pollLimitMs = 60_000;
/** HTTP families ask several questions until they know that nobody is there. */
const maxAttemptsPerConnect = 4;
/** An aborted driver must be gone within this. */
const stopLimitMs = 5_000;

/** The suite that every device family passes: same rules, whatever the wire. */
export function driverConformance<S extends Simulator>(conformance: Conformance<S>): void {
  const { driver } = conformance;
  describe(`family ${driver.family} conforms`, () => {
    let clock: FastClock;
    let simulator: S;
    let test: TestContext<unknown>;
    let resources: number;

    beforeEach(async () => {
      resources = openResources();
      clock = createFastClock(conformance.speed);
      simulator = await conformance.start(clock);
      test = contextFor(conformance, simulator, clock);
    });
    afterEach(async () => {
      test.stop();
      await simulator[Symbol.asyncDispose]();
      expect(test.openSockets(), 'sockets that the driver left open').toBe(0);
      expect(clock.pending, 'timers that driver or simulator left').toBe(0);
      await expect.poll(openResources, { message: 'sockets of the process' }).toBeLessThanOrEqual(resources);
    });

    const connect = () => within(clock, pollLimitMs, driver.connect(test.context));
    const poll = (session: DriverSession) => within(clock, pollLimitMs, session.poll(test.context.signal));
    const execute = (session: DriverSession, command: Omit<DriverCommand, 'id'>) =>
      within(clock, pollLimitMs * 5, session.execute({ id: 'command-1', ...command }, test.context.signal));

    it('describes itself and reports each capability that it offers', async () => {
      await using session = await connect();
      await poll(session);
      const descriptor = test.reporter.descriptors.at(-1);
      expect(descriptor?.family).toBe(driver.family);
      expect(session.pollIntervalMs).toBeGreaterThanOrEqual(5_000);
      expect(session.pollIntervalMs).toBeLessThanOrEqual(3_600_000);
      const offered = Object.keys(descriptor?.capabilities ?? {});
      expect(offered.length).toBeGreaterThan(0);
      for (const name of offered) {
        expect(driver.capabilities, 'capabilities that the driver declares').toContain(name);
        expect(test.reporter.last(name as CapabilityName), `state of ${name}`).toBeDefined();
      }
      for (const [name, { commands }] of Object.entries(descriptor?.capabilities ?? {})) {
        const known = Object.keys(capabilities[name as CapabilityName].commands);
        for (const command of commands) expect(known, `commands of ${name}`).toContain(command);
      }
    });

    it('says the same again while nothing changes', async () => {
      await using session = await connect();
      await poll(session);
      const before = lastStates(test);
      const events = test.reporter.events.length;
      await poll(session);
      expect(lastStates(test)).toEqual(before);
      expect(test.reporter.events).toHaveLength(events);
    });

    const { change } = conformance;
    it.runIf(change)('reports a change once', async () => {
      await using session = await connect();
      await poll(session);
      const before = lastStates(test);
      await change?.make(simulator);
      await poll(session);
      const changed = lastStates(test);
      expect(changedCapabilities(before, changed)).toContain(change?.capability);
      const events = test.reporter.events.length;
      await poll(session);
      expect(changedCapabilities(changed, lastStates(test))).toEqual([]);
      expect(test.reporter.events).toHaveLength(events);
    });

    it.runIf(change)('tells the hub a change once', async () => {
      await using run = startRunner(conformance, test, clock);
      await eventually(clock, () => run.runner.isUp);
      await quiet(clock, run);
      // Counted before: a device that speaks by itself may be heard while it changes.
      const told = run.records.length;
      await change?.make(simulator);
      run.runner.probe();
      const isTold = ({ body }: SentRecord) => body.kind === 'state' && body.capability === change?.capability;
      await eventually(clock, () => run.records.slice(told).some(isTold));
      await quiet(clock, run);
      run.runner.probe();
      await quiet(clock, run);
      expect(run.records.slice(told).filter(isTold)).toHaveLength(1);
      for (const { body } of run.records) recordSchema.parse({ ...body, seq: 1 });
    });

    const lost = (['reboot', 'silence'] as const).find((fault) => conformance.without?.[fault] === undefined);
    it.runIf(lost)(
      'is called away after a lost poll and its retry, is tried ever less often, and comes back',
      async () => {
        await using run = startRunner(conformance, test, clock);
        await eventually(clock, () => run.runner.isUp);
        await simulator.setFault(lost);
        run.runner.probe();
        const statuses = () =>
          run.records.flatMap(({ body }) =>
            body.kind === 'state' && body.capability === 'reachability' ? [body.state['status']] : [],
          );
        await eventually(clock, () => statuses().at(-1) !== 'up');
        // With the runner's dice at one half it waits 1.5, 2.5, 4.5 and 8.5 s.
        const before = test.attempts();
        await clock.wait(20_000);
        expect(test.attempts() - before, 'attempts in 20 s').toBeLessThanOrEqual(8 * maxAttemptsPerConnect);
        await simulator.setFault(undefined);
        run.runner.probe();
        await eventually(clock, () => statuses().at(-1) === 'up');
      },
    );

    it('has a test for each command that it offers', async () => {
      await using session = await connect();
      await poll(session);
      const tested = conformance.commands.map((entry) => `${entry.capability}.${entry.name}`);
      const offered = offeredCommands(test);
      for (const command of offered) expect(tested).toContain(command);
      for (const command of tested) expect(offered).toContain(command);
    });

    for (const entry of conformance.commands) {
      it(`obeys ${entry.capability}.${entry.name} ${JSON.stringify(entry.args)}`, async () => {
        await entry.prepare?.(simulator);
        await using session = await connect();
        await poll(session);
        await execute(session, { capability: entry.capability, name: entry.name, args: entry.args });
        await entry.verify(simulator, test);
        await poll(session);
      });
    }

    it('refuses a command that it does not offer', async () => {
      await using session = await connect();
      await poll(session);
      const offered = offeredCommands(test);
      for (const capability of capabilityNames) {
        for (const name of Object.keys(capabilities[capability].commands)) {
          if (capability === 'reachability' || offered.includes(`${capability}.${name}`)) continue;
          const thrown = await execute(session, { capability, name, args: {} }).catch((error: unknown) => error);
          expect(thrown, `${capability}.${name}`).toBeInstanceOf(FatalError);
          expect((thrown as FatalError).code).toBe('unsupported-command');
        }
      }
    });

    for (const [fault, codes] of Object.entries(expectedCodes) as [Fault, readonly DeviceErrorCode[]][]) {
      const reason = conformance.without?.[fault];
      if (reason !== undefined) continue;

      it(`survives ${fault} while it is connected, and recovers`, async () => {
        {
          await using session = await connect();
          await poll(session);
          await simulator.setFault(fault);
          // A wire that signs in once per connection notices a changed password only at the next one.
          const failure = await failureOf(poll(session));
          if (fault !== 'wrong-password' || failure) expectCode(failure, codes);
        }
        await simulator.setFault(undefined);
        await using session = await connect();
        await poll(session);
      });

      it(`survives ${fault} when it connects, and recovers`, async () => {
        await simulator.setFault(fault);
        const failure = await failureOf(connectAndPoll(connect, poll));
        expectCode(failure, codes);
        expect(test.openSockets(), 'sockets after a failed connect').toBe(0);
        await simulator.setFault(undefined);
        await using session = await connect();
        await poll(session);
      });
    }

    it('stops within the deadline when it is aborted in a poll', async () => {
      const session = await connect();
      await poll(session);
      if (conformance.without?.silence === undefined) await simulator.setFault('silence');
      const polling = failureOf(session.poll(test.context.signal));
      test.stop();
      await within(clock, stopLimitMs, polling);
      await within(clock, stopLimitMs, session[Symbol.asyncDispose]());
      await session[Symbol.asyncDispose]();
      expect(test.openSockets()).toBe(0);
    });

    it('does not start once it is aborted', async () => {
      test.stop();
      await expect(driver.connect(test.context)).rejects.toThrow();
      expect(test.openSockets()).toBe(0);
    });
  });
}

interface SentRecord {
  readonly lane: Lane;
  readonly body: RecordBody;
}

interface Run extends AsyncDisposable {
  readonly runner: DeviceRunner;
  readonly records: SentRecord[];
}

/** Runs the driver as the agent does, over the watched network of `test`. */
function startRunner<S extends Simulator>(
  { driver }: Conformance<S>,
  { context }: TestContext<unknown>,
  clock: FastClock,
): Run {
  const records: SentRecord[] = [];
  const { tcp, udp, http, websocket, broker, programs, host, log, upload } = context;
  const runner = new DeviceRunner(
    { ...context.device, settings: Object.assign({}, context.settings) },
    driver,
    context.settings,
    {
      clock,
      log,
      network: { tcp, udp, http, websocket },
      broker,
      programs,
      host,
      sink: (lane, body) => void records.push({ lane, body }),
      upload,
      random: () => 0.5,
    },
  );
  runner.start();
  return { runner, records, [Symbol.asyncDispose]: () => runner.stop() };
}

/** Waits until `isTrue`, for two minutes of the driver's clock. */
async function eventually(clock: FastClock, isTrue: () => boolean): Promise<void> {
  const endsAt = clock.mono() + pollLimitMs * 2;
  while (!isTrue()) {
    if (clock.mono() > endsAt) throw new Error('it did not happen within two minutes');
    await clock.wait(100);
  }
}

/** Waits until the runner is between two polls. */
async function quiet(clock: FastClock, { runner }: Run): Promise<void> {
  await clock.wait(100);
  await eventually(clock, () => runner.state.phase === 'waiting');
}

function contextFor<S extends Simulator>(
  conformance: Conformance<S>,
  simulator: S,
  clock: FastClock,
): TestContext<unknown> {
  const { settings: given } = conformance;
  const settings = typeof given === 'function' ? given(simulator) : given;
  return createTestContext({
    family: conformance.driver.family,
    settings: conformance.driver.settings.parse(settings ?? {}),
    clock,
    address: simulator.address,
    credentials: conformance.credentials,
    ...(conformance.host ? { host: conformance.host(simulator) } : {}),
    ...(conformance.broker ? { broker: conformance.broker(simulator) } : {}),
  });
}

/** Sockets that this process holds, whoever opened them. */
function openResources(): number {
  return process.getActiveResourcesInfo().filter((name) => /^(TCP|UDP|TLS|Pipe.*Connect)/.test(name)).length;
}

async function connectAndPoll(
  connect: () => Promise<DriverSession>,
  poll: (session: DriverSession) => Promise<void>,
): Promise<void> {
  await using session = await connect();
  await poll(session);
}

/** Fails the test when `work` takes longer than the driver may; the message tells a hang from a wrong answer. */
async function within<T>(clock: FastClock, limitMs: number, work: PromiseLike<T>): Promise<T> {
  using deadline = clock.deadline(limitMs);
  const expired = new Promise<never>((_, reject) => {
    deadline.signal.addEventListener('abort', () => reject(new Error(`the driver hangs: ${limitMs} ms are over`)));
  });
  return await Promise.race([work, expired]);
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
    return undefined;
  } catch (thrown) {
    return thrown;
  }
}

function expectCode(failure: unknown, codes: readonly (DeviceErrorCode | undefined)[]): void {
  if (failure === undefined) {
    expect(codes, 'the driver took a broken device for a sound one').toContain(undefined);
    return;
  }
  expect(failure).toBeInstanceOf(DeviceError);
  expect(codes, String(failure)).toContain((failure as DeviceError).code);
}

function lastStates(test: TestContext<unknown>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    capabilityNames.flatMap((name) => {
      const state = test.reporter.last(name);
      return state === undefined ? [] : [[name, state]];
    }),
  );
}

function changedCapabilities(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): string[] {
  return Object.keys(after).filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
}

function offeredCommands(test: TestContext<unknown>): string[] {
  return Object.entries(test.reporter.descriptors.at(-1)?.capabilities ?? {}).flatMap(([name, { commands }]) =>
    commands.map((command) => `${name}.${command}`),
  );
}
