import { FatalError, toError } from '../../protocols/errors.ts';
import { type CapabilityName, obstaclesOf, requireCommand } from '../../protocols/fleet/capabilities/index.ts';
import type { Configuration } from '../../protocols/fleet/configuration/configuration.ts';
import { findSetting } from '../../protocols/fleet/configuration/settings.ts';
import type { DesiredDevice } from '../../protocols/fleet/messages.ts';
import { toProblem } from '../../protocols/fleet/problem.ts';
import type { RecordBody } from '../../protocols/fleet/record.ts';
import type { Clock, Log } from '../../protocols/ports.ts';
import type { CommandTarget } from '../runtime/command-router.ts';
import { DeviceReporter, type RecordSink } from '../runtime/reporter.ts';
import { afterTry, type KeepingState, planKeeping, rowsOf, watchedBy } from './plan.ts';

export interface KeeperOptions {
  readonly target: (device: string) => CommandTarget | undefined;
  readonly sink: RecordSink;
  readonly clock: Clock;
  readonly log: Log;
}

interface Entry {
  configuration: Configuration;
  watched: ReadonlySet<string>;
  kept: KeepingState;
  /** Its power as it was reported last; it has come on when that was another. */
  power: unknown;
  cameOn: boolean;
  readonly reporter: DeviceReporter;
  /** The setting under way. */
  working: Promise<void> | undefined;
  wakeAtMs: number | undefined;
}

/** How often waiting settings are looked at; a pause ends this much late at most. */
const lookEveryMs = 15_000;
/** Devices with wishes; the desired document holds no more devices. */
const mostDevices = 1_000;

/**
 * Keeps devices as they are wished to be, with or without the hub: it hears what they report, sets what differs one thing a
 * device at a time, and reports how each setting stands. What a setting's command throws is told as its problem.
 */
export class ConfigurationKeeper implements AsyncDisposable {
  readonly #options: KeeperOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #stop = new AbortController();
  #looking: Promise<void> | undefined;
  #count = 0;

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  /** Takes the wishes of all devices; those without are forgotten. */
  apply(devices: readonly DesiredDevice[]): void {
    const wished = new Map(devices.slice(0, mostDevices).map((device) => [device.id, device.configuration ?? {}]));
    for (const [id, entry] of this.#entries) {
      if (wished.has(id)) continue;
      entry.reporter.close();
      this.#entries.delete(id);
    }
    for (const [id, configuration] of wished) {
      const entry = this.#entries.get(id) ?? this.#entryOf(id);
      this.#entries.set(id, entry);
      entry.configuration = configuration;
      entry.watched = watchedBy(configuration);
      this.#plan(id, entry);
    }
    this.#looking ??= this.#look();
  }

  /** Hears each record before it goes to the hub. */
  observe(body: RecordBody): void {
    if (body.kind !== 'state') return;
    const entry = this.#entries.get(body.device);
    if (!entry || body.capability === 'configuration') return;
    if (body.capability === 'power') {
      const power = body.state['state'];
      if (power === 'on' && entry.power !== undefined && entry.power !== 'on') entry.cameOn = true;
      entry.power = power;
    }
    if (entry.watched.has(body.capability)) this.#plan(body.device, entry);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error('the agent stops'));
    await this.#looking;
    await Promise.all([...this.#entries.values()].map(({ working }) => working));
  }

  #entryOf(device: string): Entry {
    const { sink, clock, log } = this.#options;
    return {
      configuration: {},
      watched: new Set(),
      kept: new Map(),
      power: undefined,
      cameOn: false,
      reporter: new DeviceReporter({ device, sink, clock, log }),
      working: undefined,
      wakeAtMs: undefined,
    };
  }

  #plan(device: string, entry: Entry): void {
    if (this.#stop.signal.aborted) return;
    const states = this.#options.target(device)?.reported() ?? {};
    const { state, act, wakeAtMs } = planKeeping(entry.kept, {
      configuration: entry.configuration,
      states,
      isUp: states['reachability']?.['status'] === 'up',
      cameOn: entry.cameOn,
      nowMs: this.#now(),
    });
    entry.cameOn = false;
    entry.kept = state;
    entry.wakeAtMs = wakeAtMs;
    if (act && !entry.working) entry.working = this.#act(device, entry, act);
    if (state.size > 0) entry.reporter.report('configuration', { settings: rowsOf(state) });
  }

  async #act(
    device: string,
    entry: Entry,
    { key, command }: NonNullable<ReturnType<typeof planKeeping>['act']>,
  ): Promise<void> {
    const { log } = this.#options;
    const capability = findSetting(key)?.capability as CapabilityName;
    const { requires } = requireCommand(capability, command.name);
    const id = `configuration-${++this.#count}`;
    const { wish } = entry.kept.get(key) ?? {};
    let problem: ReturnType<typeof toProblem> | undefined;
    try {
      const target = this.#options.target(device);
      if (!target) return;
      const requireNoObstacle = () => {
        const [obstacle] = obstaclesOf(requires, target.reported());
        if (obstacle) throw new FatalError(obstacle.code, obstacle.label.en);
      };
      await target.execute({ id, capability, ...command }, requireNoObstacle, requires.length > 0);
      entry.reporter.emit({ capability: 'configuration', name: 'kept', severity: 'info', data: { key } });
      log.info('a device was set as wished', { device, setting: key });
    } catch (thrown) {
      problem = toProblem(thrown);
      log.warn('a device could not be set as wished', { device, setting: key, error: toError(thrown) });
    } finally {
      // A wish that came meanwhile has not been tried.
      const kept = entry.kept.get(key);
      if (kept && kept.wish === wish) entry.kept = new Map(entry.kept).set(key, afterTry(kept, this.#now(), problem));
      entry.working = undefined;
    }
    this.#plan(device, entry);
  }

  async #look(): Promise<void> {
    const { clock } = this.#options;
    while (!this.#stop.signal.aborted) {
      try {
        await clock.wait(lookEveryMs, this.#stop.signal);
      } catch {
        // Only the stop ends a wait early.
        return;
      }
      const nowMs = this.#now();
      for (const [device, entry] of this.#entries)
        if (entry.wakeAtMs !== undefined && entry.wakeAtMs <= nowMs) this.#plan(device, entry);
    }
  }

  #now(): number {
    return Math.round(this.#options.clock.now());
  }
}
