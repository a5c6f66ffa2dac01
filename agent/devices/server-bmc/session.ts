import { FatalError } from '../../../protocols/errors.ts';
import type { CapabilityName, CapabilityState } from '../../../protocols/fleet/capabilities/index.ts';
import type { DriverCommand, DriverContext, DriverSession } from '../driver.ts';
import { DeviceError } from '../error.ts';
import type { Controller, Facts, Reading } from './controller.ts';
import { type LogMemory, newEntries, noLogMemory } from './event-log.ts';
import { changesBetween, logEvent, mapDescriptor, mapSamples, mapStates } from './mapping.ts';
import { changePower, planPower } from './power.ts';
import type { Settings } from './settings.ts';

type Context = DriverContext<Settings>;
type States = ReturnType<typeof mapStates>;

const factsMaxAgeMs = 3_600_000;
/** One connect and one poll may take this, all questions together. */
const pollLimitMs = 50_000;
/** A controller that refused our credentials is not asked again within this: most lock an account after a few failures. */
const refusalHoldMs = 300_000;
/** A clock that moves less than this is the same: controllers tell whole seconds. */
const skewToleranceSeconds = 2;

/** What outlives a connection, so that a log is not told twice. */
export interface BmcMemory {
  log: LogMemory;
  states: States | undefined;
}

export function createMemory(): BmcMemory {
  return { log: noLogMemory, states: undefined };
}

/** The session of one management controller, whatever wire it speaks. */
export class BmcSession implements DriverSession {
  readonly pollIntervalMs: number;
  readonly #context: Context;
  readonly #controller: Controller;
  readonly #memory: BmcMemory;
  #facts: { readonly value: Facts; readonly at: number } | undefined;
  #skewSeconds: number | undefined;
  #descriptor = '';
  #refusal: { readonly error: DeviceError; readonly until: number } | undefined;
  #isDisposed = false;

  constructor(context: Context, controller: Controller, memory: BmcMemory) {
    this.pollIntervalMs = context.settings.pollSeconds * 1_000;
    this.#context = context;
    this.#controller = controller;
    this.#memory = memory;
  }

  async poll(signal: AbortSignal): Promise<void> {
    using deadline = this.#context.clock.deadline(pollLimitMs, signal);
    await this.#unlessRefused(signal, async () => {
      try {
        const facts = await this.#freshFacts(deadline.signal);
        const reading = await this.#controller.read(deadline.signal);
        this.#tell(facts, reading);
      } catch (thrown) {
        signal.throwIfAborted();
        if (!deadline.signal.aborted) throw thrown;
        throw new DeviceError('timeout', `the controller did not answer everything within ${pollLimitMs / 1_000} s`);
      }
    });
  }

  async execute(command: DriverCommand, signal: AbortSignal): Promise<Readonly<Record<string, unknown>>> {
    const { clock, settings } = this.#context;
    return await this.#unlessRefused(signal, async () => {
      if (command.capability === 'power') {
        const { orders } = await this.#freshFacts(signal);
        const plan = planPower(command.name, orders, settings);
        const work = { controller: this.#controller, orders, settings, clock, signal };
        if (plan) return await changePower(command.name, plan, work);
      }
      throw new FatalError('unsupported-command', `this server has no ${command.capability}.${command.name}`);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    await this.#controller[Symbol.asyncDispose]();
  }

  #tell(facts: Facts, reading: Reading): void {
    const { reporter, settings } = this.#context;
    const descriptor = mapDescriptor(facts, reading, settings);
    const text = JSON.stringify(descriptor);
    if (text !== this.#descriptor) reporter.describe(descriptor);
    this.#descriptor = text;
    this.#noteSkew(reading.clockSkewSeconds);
    const states = mapStates(facts, reading, this.#skewSeconds);
    for (const [name, state] of Object.entries(states)) {
      reporter.report(name as CapabilityName, state as CapabilityState<CapabilityName>);
    }
    reporter.sample(mapSamples(reading, this.#skewSeconds));
    const before = this.#memory.states;
    this.#memory.states = states;
    for (const event of before ? changesBetween(before, states) : []) reporter.emit(event);
    if (reading.log) this.#tellLog(reading.log);
  }

  #tellLog(entries: NonNullable<Reading['log']>): void {
    const { memory, news } = newEntries(this.#memory.log, entries, this.#context.clock.now());
    this.#memory.log = memory;
    for (const entry of news) {
      const event = logEvent(entry);
      if (event) this.#context.reporter.emit(event);
    }
  }

  #noteSkew(seconds: number | undefined): void {
    const hasMoved = (this.#skewSeconds === undefined) !== (seconds === undefined);
    if (hasMoved || Math.abs((seconds ?? 0) - (this.#skewSeconds ?? 0)) > skewToleranceSeconds)
      this.#skewSeconds = seconds;
  }

  async #freshFacts(signal: AbortSignal): Promise<Facts> {
    const now = this.#context.clock.mono();
    if (this.#facts && now - this.#facts.at < factsMaxAgeMs) return this.#facts.value;
    const value = await this.#controller.readFacts(signal);
    this.#facts = { value, at: now };
    return value;
  }

  async #unlessRefused<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const now = this.#context.clock.mono();
    if (this.#refusal && now < this.#refusal.until) throw this.#refusal.error;
    try {
      return await work();
    } catch (thrown) {
      signal.throwIfAborted();
      if (thrown instanceof DeviceError && thrown.code === 'authentication') {
        this.#refusal = { error: thrown, until: now + refusalHoldMs };
      }
      throw thrown;
    }
  }
}
