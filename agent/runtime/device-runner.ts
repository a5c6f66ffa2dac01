import { RecoverableError, toError } from '../../protocols/errors.ts';
import type { ReportedStates } from '../../protocols/fleet/capabilities/index.ts';
import type { DesiredDevice } from '../../protocols/fleet/messages.ts';
import { type Problem, toProblem } from '../../protocols/fleet/problem.ts';
import type { Clock, Log } from '../../protocols/ports.ts';
import type { Driver, DriverCommand, DriverContext, DriverSession, HostPort } from '../devices/driver.ts';
import { DeviceError } from '../devices/error.ts';
import type { BrokerPort } from '../platform/broker.ts';
import type { Network } from '../platform/network.ts';
import type { ProgramPort } from '../platform/program.ts';
import { CommandQueue, type WaitingCommand } from './command-queue.ts';
import { type MeasuredNetwork, measureLatency } from './latency.ts';
import { listenForHints } from './listening.ts';
import { advance, type DeviceEffect, type DeviceInput, type DeviceState, initialDeviceState } from './machine.ts';
import { DeviceReporter, type RecordSink } from './reporter.ts';
import type { Verdict } from './verdict.ts';
import { type CardMemory, createCardMemory, Waker } from './waking.ts';

/** What every runner shares. */
export interface RunnerPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly network: Network;
  readonly broker: BrokerPort;
  readonly programs: ProgramPort;
  readonly host: HostPort;
  readonly sink: RecordSink;
  /** The agent's memory of network cards; this life's alone unless given. */
  readonly cards?: CardMemory;
  readonly upload: DriverContext['upload'];
  /** In [0, 1). */
  readonly random: () => number;
}

/** The longest that one step of a driver may take; a driver that has not ended by then is given up. */
const limitsMs = { connect: 90_000, poll: 90_000, command: 20 * 60_000, close: 5_000 } as const;

const defaultPollIntervalMs = 30_000;
/** A guarded command is judged by a state that is at most this old. */
const freshMs = 5_000;

/** Runs one device: feeds the machine, does what it says, one thing at a time. */
export class DeviceRunner {
  readonly #driver: Driver;
  readonly #ports: RunnerPorts;
  readonly #network: MeasuredNetwork;
  readonly #reporter: DeviceReporter;
  readonly #waker: Waker;
  readonly #context: DriverContext;
  readonly #removal = new AbortController();
  readonly #commands = new CommandQueue();
  readonly #log: Log;
  #state: DeviceState = initialDeviceState;
  #session: DriverSession | undefined;
  #told: Verdict | undefined;
  #answers = 0;
  #polledMono = Number.NEGATIVE_INFINITY;
  #current: WaitingCommand | undefined;
  #isWakePending = false;
  #wake: () => void = () => {
    this.#isWakePending = true;
  };
  #running: Promise<unknown> | undefined;

  /** `settings` has passed the driver's schema. */
  constructor(device: DesiredDevice, driver: Driver, settings: unknown, ports: RunnerPorts) {
    const { settings: _raw, ...rest } = device;
    this.#driver = driver;
    this.#ports = ports;
    this.#log = ports.log.child({ device: device.id, family: device.family });
    this.#network = measureLatency(ports.network, ports.clock);
    this.#reporter = new DeviceReporter({ device: device.id, sink: ports.sink, clock: ports.clock, log: this.#log });
    const { clock, cards = createCardMemory() } = ports;
    const signal = this.#removal.signal;
    this.#waker = new Waker({ device, driver, udp: this.#network.udp, clock, log: this.#log, cards, signal });
    this.#context = {
      device: rest,
      settings,
      clock,
      log: this.#log,
      tcp: this.#network.tcp,
      udp: this.#network.udp,
      http: this.#network.http,
      websocket: this.#network.websocket,
      broker: ports.broker,
      programs: ports.programs,
      ownerOf: (mac) => cards.ownerOf(mac),
      host: ports.host,
      reporter: this.#waker.reporting(this.#reporter),
      upload: ports.upload,
      signal,
    };
  }

  /** The device answers and accepts us. */
  get isUp(): boolean {
    return this.#state.verdict?.status === 'up';
  }

  /** What it reported last, by capability. */
  reported(): ReportedStates {
    return this.#reporter.states();
  }

  get state(): DeviceState {
    return this.#state;
  }

  /** Starts after `delayMs`. */
  start(delayMs = 0): void {
    this.#running ??= Promise.all([
      this.#run({ kind: 'start', delayMs }),
      listenForHints(this.#driver, this.#context, () => this.#wake()),
    ]);
  }

  /** Looks at the device as soon as it is free. */
  probe(): void {
    this.#wake();
  }

  /**
   * Carries out one command after what is under way. `onStart` runs right before the driver gets it, and may throw to
   * prevent that. Throws DeviceError `busy` when too many wait, `unavailable` when the device is removed meanwhile, and
   * what the driver throws. Waking is no work of the driver's: it needs no session.
   */
  execute(command: DriverCommand, onStart: () => void, isGuarded = false): Promise<Readonly<Record<string, unknown>>> {
    if (this.#waker.takes(command)) {
      return this.#waker.wake(onStart, { look: () => this.#wake(), answers: () => this.#answers });
    }
    const outcome = this.#commands.add(command, onStart, isGuarded);
    this.#wake();
    return outcome;
  }

  /** Aborts what is under way, closes the session and ends within `limitMs`; later the rest is abandoned, with a log. */
  async stop(limitMs: number = limitsMs.close): Promise<void> {
    this.#removal.abort(removed());
    this.#commands.refuse(new DeviceError('unavailable', 'the device is removed or the agent stops'));
    this.#wake();
    if (!this.#running) return;
    using deadline = this.#ports.clock.deadline(limitMs);
    const { promise: over, resolve } = Promise.withResolvers<void>();
    deadline.signal.addEventListener('abort', () => resolve(), { once: true });
    await Promise.race([this.#running, over]);
    // What is abandoned may still speak, but no longer for this device.
    this.#reporter.close();
    this.#current?.reject(removed());
    if (this.#state.phase !== 'stopped') this.#log.warn('a driver does not stop; it is abandoned', { limitMs });
  }

  async #run(first: DeviceInput): Promise<void> {
    let input: DeviceInput | undefined = first;
    let isStopTold = false;
    while (input) {
      if (this.#removal.signal.aborted && !isStopTold) {
        isStopTold = true;
        const effects = this.#advance({ kind: 'stop' });
        // Without an effect something was under way; what came of it is the next input, so that its session is closed.
        if (effects.length > 0 || this.#state.phase === 'stopped') {
          input = await this.#performAll(effects);
          continue;
        }
      }
      input = await this.#performAll(this.#advance(input));
    }
  }

  #advance(input: DeviceInput): readonly DeviceEffect[] {
    const transition = advance(this.#state, input, {
      nowMs: Math.round(this.#ports.clock.now()),
      random: this.#ports.random(),
      pollIntervalMs: this.#session?.pollIntervalMs ?? defaultPollIntervalMs,
      hasCommands: this.#commands.size > 0,
    });
    this.#state = transition.state;
    return transition.effects;
  }

  async #performAll(effects: readonly DeviceEffect[]): Promise<DeviceInput | undefined> {
    let input: DeviceInput | undefined;
    for (const effect of effects) input = await this.#perform(effect);
    return input;
  }

  async #perform(effect: DeviceEffect): Promise<DeviceInput | undefined> {
    switch (effect.kind) {
      case 'connect':
        return await this.#connect();
      case 'poll':
        return await this.#poll();
      case 'command':
        return await this.#command();
      case 'refuse-commands':
        this.#commands.refuse(new DeviceError('unavailable', `the device cannot be had: ${effect.problem.message}`));
        return undefined;
      case 'wait':
        return await this.#wait(effect.delayMs);
      case 'close':
        return await this.#close();
      case 'verdict':
        this.#tellVerdict(effect.verdict);
        return undefined;
    }
  }

  async #connect(): Promise<DeviceInput> {
    const connecting = (async () => await this.#driver.connect(this.#context))();
    try {
      this.#session = await this.#within('connect', () => connecting);
      return { kind: 'connected' };
    } catch (thrown) {
      // A session that comes too late is let go; its failure has been told already.
      connecting.then((late) => late[Symbol.asyncDispose]()).catch(() => undefined);
      return { kind: 'connect-failed', problem: this.#problemOf(thrown) };
    }
  }

  async #poll(): Promise<DeviceInput> {
    const session = this.#session;
    if (!session) return { kind: 'poll-failed', problem: lostSession };
    this.#network.takeLatencyMs();
    try {
      await this.#within('poll', (signal) => session.poll(signal));
    } catch (thrown) {
      return { kind: 'poll-failed', problem: this.#problemOf(thrown) };
    }
    this.#polledMono = this.#ports.clock.mono();
    const latencyMs = this.#network.takeLatencyMs();
    if (latencyMs !== undefined) this.#reporter.sample({ 'reachability.latency': Math.round(latencyMs) });
    return { kind: 'polled' };
  }

  async #command(): Promise<DeviceInput> {
    const waiting = this.#commands.take();
    const session = this.#session;
    if (!waiting || !session) return { kind: 'commanded' };
    this.#current = waiting;
    try {
      if (waiting.isGuarded) await this.#refresh(session);
      waiting.onStart();
      waiting.resolve(await this.#within('command', (signal) => session.execute(waiting.command, signal)));
    } catch (thrown) {
      waiting.reject(thrown);
    }
    this.#current = undefined;
    return { kind: 'commanded' };
  }

  /** Asks for the state by which a command is judged. A device that does not answer is judged by what it said last. */
  async #refresh(session: DriverSession): Promise<void> {
    if (this.#ports.clock.mono() - this.#polledMono <= freshMs) return;
    try {
      await this.#within('poll', (signal) => session.poll(signal));
      this.#polledMono = this.#ports.clock.mono();
    } catch (thrown) {
      if (this.#removal.signal.aborted) throw thrown;
      this.#log.info('a device does not tell its state before a command', { error: toError(thrown) });
    }
  }

  async #wait(delayMs: number): Promise<DeviceInput> {
    const interrupt = new AbortController();
    this.#wake = () => interrupt.abort();
    if (this.#isWakePending || this.#commands.size > 0) interrupt.abort();
    this.#isWakePending = false;
    try {
      await this.#ports.clock.wait(delayMs, interrupt.signal);
    } catch (thrown) {
      if (!interrupt.signal.aborted) throw thrown;
    }
    this.#wake = () => {
      this.#isWakePending = true;
    };
    return { kind: 'wake' };
  }

  async #close(): Promise<DeviceInput> {
    const session = this.#session;
    this.#session = undefined;
    try {
      if (session) await this.#within('close', async () => await session[Symbol.asyncDispose](), false);
    } catch (thrown) {
      this.#log.warn('a session does not close; it is abandoned', { error: toError(thrown) });
    }
    return { kind: 'closed' };
  }

  /** Runs one step of the driver for no longer than its limit, whether the driver obeys its signal or not. */
  async #within<T>(
    step: keyof typeof limitsMs,
    work: (signal: AbortSignal) => Promise<T>,
    isRemovable = true,
  ): Promise<T> {
    using deadline = this.#ports.clock.deadline(limitsMs[step], isRemovable ? this.#removal.signal : undefined);
    const tooLong = new DeviceError('timeout', `the driver did not ${step} within ${limitsMs[step] / 1_000} s`);
    const { promise: over, reject } = Promise.withResolvers<never>();
    const onAbort = () => {
      if (!isRemovable || !this.#removal.signal.aborted) reject(tooLong);
    };
    deadline.signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await Promise.race([work(deadline.signal), over]);
    } finally {
      deadline.signal.removeEventListener('abort', onAbort);
    }
  }

  #tellVerdict(verdict: Verdict): void {
    const before = this.#told?.status;
    this.#told = verdict;
    if (verdict.status !== 'unreachable') this.#answers++;
    this.#reporter.report('reachability', verdict);
    if (before === verdict.status) return;
    this.#log.info('device reachability changed', {
      from: before ?? 'unknown',
      to: verdict.status,
      problem: verdict.problem,
    });
  }

  #problemOf(thrown: unknown): Problem {
    const problem = toProblem(thrown);
    if (problem.code === 'internal') this.#log.error('a driver failed', { error: toError(thrown) });
    return problem;
  }
}

const lostSession: Problem = { code: 'connection-lost', message: 'the session is gone', retryable: true };

function removed(): RecoverableError {
  return new RecoverableError('device-removed', 'the device is removed or the agent stops');
}
