import { FatalError, toError } from '../../../protocols/errors.ts';
import type { DriverCommand, DriverContext, DriverSession, HostFacts, HostLoad } from '../driver.ts';
import { DeviceError } from '../error.ts';
import { mapDescriptor, mapHost, mapIdentity, mapSamples, mapStorage, mapTemperature, meaningful } from './mapping.ts';

export interface Settings {
  readonly pollSeconds: number;
}

const factsMaxAgeMs = 6 * 3_600_000;
const factsLimitMs = 30_000;
const loadLimitMs = 10_000;
/** The boot time is computed from two clocks; smaller moves are NTP, not a reboot. */
const bootToleranceMs = 60_000;
/** A machine that booted less than this ago is told as rebooted when the session starts. */
const freshBootSeconds = 300;

/** The session with the machine that the agent runs on: no connection, no password. */
export class MiniPcSession implements DriverSession {
  readonly pollIntervalMs: number;
  readonly #context: DriverContext<Settings>;
  #facts: HostFacts | undefined;
  #factsAt = 0;
  #bootedAt: number | undefined;
  #descriptor = '';

  constructor(context: DriverContext<Settings>) {
    this.#context = context;
    this.pollIntervalMs = context.settings.pollSeconds * 1_000;
  }

  async poll(signal: AbortSignal): Promise<void> {
    const { reporter, host } = this.#context;
    const facts = await this.#freshFacts(signal);
    const load = await this.#ask('load', loadLimitMs, signal, (limit) => host.load(limit));
    const celsius = load.temperatureCelsius;
    this.#describe(facts, celsius !== undefined);
    const version = meaningful(facts.firmware);
    reporter.report('identity', mapIdentity(facts));
    reporter.report('host', mapHost(facts, this.#noticeBoot(facts, load)));
    reporter.report('storage', mapStorage(facts, load));
    reporter.report('firmware', version === undefined ? {} : { version });
    if (celsius !== undefined) reporter.report('temperature', mapTemperature(celsius));
    reporter.sample(mapSamples(facts, load));
  }

  async execute(command: DriverCommand): Promise<Readonly<Record<string, unknown>>> {
    throw new FatalError('unsupported-command', `this machine has no command ${command.capability}.${command.name}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Nothing is held open.
  }

  async #freshFacts(signal: AbortSignal): Promise<HostFacts> {
    const { clock, host } = this.#context;
    if (this.#facts && clock.mono() - this.#factsAt < factsMaxAgeMs) return this.#facts;
    this.#facts = await this.#ask('facts', factsLimitMs, signal, (limit) => host.facts(limit));
    this.#factsAt = clock.mono();
    return this.#facts;
  }

  #describe(facts: HostFacts, hasSensor: boolean): void {
    const descriptor = mapDescriptor(facts, hasSensor);
    const text = JSON.stringify(descriptor);
    if (text === this.#descriptor) return;
    this.#descriptor = text;
    this.#context.reporter.describe(descriptor);
  }

  /** The boot time, held still against the jitter of clocks. */
  #noticeBoot(facts: HostFacts, load: HostLoad): number {
    const { clock, reporter } = this.#context;
    if (!Number.isFinite(load.uptimeSeconds) || load.uptimeSeconds < 0) return this.#bootedAt ?? facts.bootedAt;
    const bootedAt = Math.round(clock.now() - load.uptimeSeconds * 1_000);
    const known = this.#bootedAt;
    if (known !== undefined && Math.abs(bootedAt - known) < bootToleranceMs) return known;
    this.#bootedAt = bootedAt;
    if (known === undefined && load.uptimeSeconds < freshBootSeconds) {
      reporter.emit({ capability: 'host', name: 'rebooted', severity: 'info', data: { bootedAt } });
    }
    return bootedAt;
  }

  async #ask<T>(
    what: string,
    limitMs: number,
    signal: AbortSignal,
    question: (limit: AbortSignal) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    using deadline = this.#context.clock.deadline(limitMs, signal);
    try {
      return await question(deadline.signal);
    } catch (thrown) {
      signal.throwIfAborted();
      const cause = toError(thrown);
      if (deadline.signal.aborted)
        throw new DeviceError('timeout', `this machine does not tell its ${what}`, { cause });
      throw new DeviceError('device-fault', `this machine does not tell its ${what}: ${cause.message}`, { cause });
    }
  }
}
