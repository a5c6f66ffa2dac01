import type { CapabilityName } from '../../protocols/fleet/capabilities/index.ts';
import type { DesiredDevice } from '../../protocols/fleet/messages.ts';
import { type Problem, toProblem } from '../../protocols/fleet/problem.ts';
import type { Descriptor } from '../../protocols/fleet/record.ts';
import { type Clock, silentLog } from '../../protocols/ports.ts';
import type { Driver, DriverContext, DriverEvent, DriverSession, HostPort, Reporter } from '../devices/driver.ts';
import { DeviceError } from '../devices/error.ts';
import type { BrokerPort } from '../platform/broker.ts';
import type { Network } from '../platform/network.ts';
import type { ProgramPort } from '../platform/program.ts';
import { tapPorts } from './tap.ts';
import type { WireListener } from './wire-event.ts';

export interface AttemptOptions {
  readonly driver: Driver;
  readonly device: DesiredDevice;
  /** Has passed the driver's schema. */
  readonly settings: unknown;
  readonly network: Network;
  readonly broker: BrokerPort;
  readonly programs: ProgramPort;
  readonly host: HostPort;
  readonly clock: Clock;
  readonly listener: WireListener;
  readonly signal: AbortSignal;
  /** How long to stay and poll again after the first poll; milliseconds, 0 for one poll. */
  readonly stayMs: number;
}

export type Phase = 'connect' | 'poll' | 'close';

/** What came of one conversation of the real driver with a device. */
export interface Attempt {
  readonly descriptor: Descriptor | undefined;
  /** The last state of each capability. */
  readonly states: ReadonlyMap<CapabilityName, unknown>;
  readonly samples: Readonly<Record<string, number>>;
  /** The first 100. */
  readonly events: readonly DriverEvent[];
  readonly failure: { readonly phase: Phase; readonly problem: Problem } | undefined;
  /** Milliseconds of each phase that was entered. */
  readonly took: Readonly<Partial<Record<Phase, number>>>;
  /** The wall clock at the start. */
  readonly startedAt: number;
  /** What the driver read from the wall clock, in milliseconds since the start: its answers may depend on it. At most 4,096. */
  readonly clockReads: readonly number[];
}

const limitsMs: Readonly<Record<Phase, number>> = { connect: 90_000, poll: 90_000, close: 5_000 };
const maxEvents = 100;
const maxClockReads = 4_096;

/** Connects, polls and closes as the agent's runner does, once, and keeps what the driver tells. Never throws but for an abort. */
export async function attemptDevice(options: AttemptOptions): Promise<Attempt> {
  const { driver, clock, signal } = options;
  const keeper = new Keeper(clock);
  const ending = new AbortController();
  const context = contextOf(options, keeper, AbortSignal.any([signal, ending.signal]));
  let session: DriverSession | undefined;
  try {
    session = await keeper.phase('connect', signal, async () => {
      const connecting = (async () => await driver.connect(context))();
      // A session that comes too late is let go.
      keeper.onLate = () => void connecting.then((late) => late[Symbol.asyncDispose]()).catch(() => undefined);
      return await connecting;
    });
    const polling = session;
    if (polling) await pollFor(options, keeper, polling);
    if (polling) await keeper.phase('close', undefined, async () => await polling[Symbol.asyncDispose]());
  } finally {
    ending.abort(new DeviceError('connection-lost', 'the attempt is over'));
  }
  signal.throwIfAborted();
  return keeper.result();
}

async function pollFor({ clock, signal, stayMs }: AttemptOptions, keeper: Keeper, session: DriverSession) {
  const endsAt = clock.mono() + stayMs;
  for (;;) {
    await keeper.phase('poll', signal, (inner) => session.poll(inner));
    const leftMs = endsAt - clock.mono();
    if (leftMs <= 0 || keeper.hasFailed || signal.aborted) return;
    await clock.wait(Math.min(leftMs, session.pollIntervalMs), signal).catch(() => undefined);
  }
}

function contextOf(options: AttemptOptions, keeper: Keeper, signal: AbortSignal): DriverContext {
  const { device, settings, network, broker, programs, host, clock, listener } = options;
  const { settings: _raw, ...rest } = device;
  return {
    ...tapPorts({ network, programs, clock, listener }),
    device: rest,
    settings,
    clock: { ...clock, now: () => keeper.readClock(), mono: () => clock.mono() },
    log: silentLog,
    broker,
    host,
    ownerOf: () => undefined,
    reporter: keeper.reporter,
    upload: async () => {
      throw new DeviceError('unsupported', 'nothing is taken and uploaded here');
    },
    signal,
  };
}

class Keeper {
  readonly reporter: Reporter;
  onLate: () => void = () => {};
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #clockReads: number[] = [];
  readonly #states = new Map<CapabilityName, unknown>();
  readonly #events: DriverEvent[] = [];
  readonly #took: Partial<Record<Phase, number>> = {};
  #samples: Readonly<Record<string, number>> = {};
  #descriptor: Descriptor | undefined;
  #failure: Attempt['failure'];

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startedAt = Math.floor(clock.now());
    this.reporter = {
      describe: (descriptor) => {
        this.#descriptor = descriptor;
      },
      report: (capability, state) => void this.#states.set(capability, structuredClone(state)),
      sample: (values) => {
        this.#samples = { ...this.#samples, ...values };
      },
      emit: (event) => {
        if (this.#events.length < maxEvents) this.#events.push(event);
      },
    };
  }

  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  readClock(): number {
    const now = Math.floor(this.#clock.now());
    if (this.#clockReads.length < maxClockReads) this.#clockReads.push(now - this.#startedAt);
    return now;
  }

  /** Runs one phase for no longer than its limit, whether the driver obeys its signal or not; undefined when it failed. */
  async phase<T>(
    phase: Phase,
    parent: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T | undefined> {
    const began = this.#clock.mono();
    using deadline = this.#clock.deadline(limitsMs[phase], parent);
    const { promise: over, reject } = Promise.withResolvers<never>();
    const onAbort = () => reject(this.#overdue(phase, parent));
    deadline.signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await Promise.race([work(deadline.signal), over]);
    } catch (thrown) {
      if (deadline.signal.aborted && phase === 'connect') this.onLate();
      this.#failure ??= { phase, problem: toProblem(thrown) };
      return undefined;
    } finally {
      deadline.signal.removeEventListener('abort', onAbort);
      this.#took[phase] = Math.round(this.#clock.mono() - began);
    }
  }

  result(): Attempt {
    return {
      descriptor: this.#descriptor,
      states: this.#states,
      samples: this.#samples,
      events: this.#events,
      failure: this.#failure,
      took: this.#took,
      startedAt: this.#startedAt,
      clockReads: this.#clockReads,
    };
  }

  #overdue(phase: Phase, parent: AbortSignal | undefined): unknown {
    if (parent?.aborted) return parent.reason;
    return new DeviceError('timeout', `the driver did not ${phase} within ${limitsMs[phase] / 1_000} s`);
  }
}
