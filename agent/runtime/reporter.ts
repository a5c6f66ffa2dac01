import { isDeepStrictEqual } from 'node:util';
import {
  type CapabilityName,
  type CapabilityState,
  capabilities,
  findMetric,
  type ReportedStates,
} from '../../protocols/fleet/capabilities/index.ts';
import { descriptorSchema, type Lane, metricKeySchema, type RecordBody } from '../../protocols/fleet/record.ts';
import type { Clock, Log } from '../../protocols/ports.ts';
import type { DriverEvent, Reporter } from '../devices/driver.ts';

/** Where records go; the outbox numbers and keeps them. */
export type RecordSink = (lane: Lane, body: RecordBody) => void;

export interface ReporterOptions {
  readonly device: string;
  readonly sink: RecordSink;
  readonly clock: Clock;
  readonly log: Log;
}

/** A metric is told at least this often, so that "no change" and "no news" stay apart. */
const metricRepeatMs = 300_000;
/** A state that the outbox had to shed is told again after this. */
const stateRepeatMs = 6 * 3_600_000;
/** Keys of one device; more is a driver that counts something without end. */
const maxMetrics = 512;

interface Told<T> {
  readonly value: T;
  readonly atMs: number;
}

/**
 * Report by exception for one device: what is unchanged, or within its deadband, is dropped; what breaks the contract is
 * logged and dropped, because one bad value must not cost the good ones. It outlives the device's sessions.
 */
export class DeviceReporter implements Reporter {
  readonly #options: ReporterOptions;
  readonly #states = new Map<CapabilityName, Told<unknown>>();
  readonly #metrics = new Map<string, Told<number>>();
  readonly #complaints = new Set<string>();
  #descriptor: unknown;
  #isClosed = false;

  constructor(options: ReporterOptions) {
    this.#options = options;
  }

  describe(descriptor: Parameters<Reporter['describe']>[0]): void {
    const parsed = descriptorSchema.safeParse(descriptor);
    if (!parsed.success) {
      this.#complain('descriptor', parsed.error);
      return;
    }
    // Every device can be looked at again, whatever its family.
    const offered = { ...parsed.data.capabilities, reachability: { commands: ['probe'] } };
    const whole = { ...parsed.data, capabilities: offered };
    if (isDeepStrictEqual(this.#descriptor, whole)) return;
    this.#descriptor = whole;
    this.#send('state', { kind: 'inventory', descriptor: whole });
  }

  report<N extends CapabilityName>(capability: N, state: CapabilityState<N>): void {
    const parsed = capabilities[capability].state.safeParse(state);
    if (!parsed.success) {
      this.#complain(capability, parsed.error);
      return;
    }
    const nowMs = this.#options.clock.mono();
    const before = this.#states.get(capability);
    if (before && nowMs - before.atMs < stateRepeatMs && isDeepStrictEqual(before.value, parsed.data)) return;
    this.#states.set(capability, { value: parsed.data, atMs: nowMs });
    this.#send('state', { kind: 'state', capability, state: parsed.data });
  }

  /** The last state of each capability. */
  states(): ReportedStates {
    return Object.fromEntries(
      [...this.#states].map(([capability, { value }]) => [capability, value as Readonly<Record<string, unknown>>]),
    );
  }

  sample(values: Readonly<Record<string, number>>): void {
    const nowMs = this.#options.clock.mono();
    const worthTelling = Object.entries(values).filter(([key, value]) => this.#isWorthTelling(key, value, nowMs));
    if (worthTelling.length === 0) return;
    for (const [key, value] of worthTelling) this.#metrics.set(key, { value, atMs: nowMs });
    this.#send('samples', { kind: 'samples', values: Object.fromEntries(worthTelling) });
  }

  emit({ capability, name, severity, data }: DriverEvent): void {
    const schemas: (typeof capabilities)[CapabilityName]['events'] = capabilities[capability].events;
    const schema = Object.entries(schemas).find(([known]) => known === name)?.[1];
    const parsed = schema?.safeParse(data);
    if (!parsed?.success) {
      this.#complain(`${capability}.${name}`, parsed?.error);
      return;
    }
    const lane = severity === 'critical' ? 'urgent' : 'state';
    this.#send(lane, { kind: 'event', capability, name, severity, data: parsed.data });
  }

  /** Tells nothing from now on. */
  close(): void {
    this.#isClosed = true;
  }

  #isWorthTelling(key: string, value: number, nowMs: number): boolean {
    const metric = findMetric(key);
    if (!metric || !Number.isFinite(value) || !metricKeySchema.safeParse(key).success) {
      this.#complain(key, new Error(`${value} is no sample of a known metric`));
      return false;
    }
    const before = this.#metrics.get(key);
    if (!before) return this.#metrics.size < maxMetrics;
    if (nowMs - before.atMs >= metricRepeatMs) return true;
    const change = Math.abs(value - before.value);
    return change > 0 && change >= metric.deadband;
  }

  #send(lane: Lane, body: ReportBody): void {
    const { device, sink, clock } = this.#options;
    if (this.#isClosed) return;
    sink(lane, { ...body, device, at: Math.round(clock.now()), mono: Math.max(0, Math.round(clock.mono())) });
  }

  /** Once for each thing: a driver that repeats a mistake each poll must not fill the log. */
  #complain(what: string, error: unknown): void {
    if (this.#complaints.has(what) || this.#complaints.size >= maxMetrics) return;
    this.#complaints.add(what);
    this.#options.log.error('a driver reports something that the contract does not know', { what, error });
  }
}

type WithoutStamp<T> = T extends unknown ? Omit<T, 'at' | 'mono' | 'device'> : never;
type ReportBody = WithoutStamp<Extract<RecordBody, { kind: 'samples' | 'state' | 'event' | 'inventory' }>>;
