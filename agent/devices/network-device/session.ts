import { FatalError } from '../../../protocols/errors.ts';
import type { CapabilityName, CapabilityState } from '../../../protocols/fleet/capabilities/index.ts';
import type { DriverCommand, DriverContext, DriverEvent, DriverSession } from '../driver.ts';
import { DeviceError } from '../error.ts';
import { changesBetween } from './changes.ts';
import { SnmpClient } from './client.ts';
import { type Counted, mapDescriptor, mapSamples, mapStates } from './mapping.ts';
import type { Settings } from './settings.ts';
import { placeDevices, readStations, type Sighted } from './stations.ts';
import { type Facts, readFacts, readNow } from './survey.ts';

export const snmpPort = 161;
const factsMaxAgeMs = 3_600_000;
const placesMaxAgeMs = 300_000;

type States = ReturnType<typeof mapStates>;

/** The session of one switch, printer or UPS: a socket for each poll, nothing between them. */
export class NetworkDeviceSession implements DriverSession {
  readonly pollIntervalMs: number;
  readonly #context: DriverContext<Settings>;
  #facts: { readonly value: Facts; readonly at: number } | undefined;
  #counted: Counted | undefined;
  #states: States | undefined;
  #descriptor = '';
  #places: ReadonlyMap<string, Sighted> = new Map();
  #placedAtMs = Number.NEGATIVE_INFINITY;

  constructor(context: DriverContext<Settings>) {
    this.#context = context;
    this.pollIntervalMs = context.settings.pollSeconds * 1_000;
  }

  async poll(signal: AbortSignal): Promise<void> {
    const { reporter, clock } = this.#context;
    await using client = await this.#open(signal);
    const facts = await this.#freshFacts(client);
    const reading = await readNow(client, facts.kind);
    const atMs = clock.mono();
    const descriptor = mapDescriptor(facts);
    const text = JSON.stringify(descriptor);
    if (text !== this.#descriptor) reporter.describe(descriptor);
    this.#descriptor = text;
    if (reading.kind === 'switch') await this.#place(client, atMs);
    const states = mapStates(facts, reading, this.#places);
    for (const [name, state] of Object.entries(states)) {
      reporter.report(name as CapabilityName, state as CapabilityState<CapabilityName>);
    }
    reporter.sample(mapSamples(reading, atMs, this.#counted));
    if (reading.kind === 'switch') this.#counted = { atMs, ports: reading.ports };
    const events: readonly DriverEvent[] = this.#states ? changesBetween(this.#states, states) : [];
    this.#states = states;
    for (const event of events) reporter.emit(event);
  }

  async execute(command: DriverCommand): Promise<Readonly<Record<string, unknown>>> {
    throw new FatalError(
      'unsupported-command',
      `this device is only read; it has no command ${command.capability}.${command.name}`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // No socket outlives a poll.
  }

  async #open(signal: AbortSignal): Promise<SnmpClient> {
    const { device, settings, udp, clock } = this.#context;
    if (!device.address) throw new DeviceError('unreachable', 'no address is configured for this device');
    return await SnmpClient.open({
      address: { host: device.address.host, port: device.address.port ?? snmpPort },
      username: device.credentials?.username || undefined,
      password: device.credentials?.password || undefined,
      settings,
      udp,
      clock,
      signal,
    });
  }

  /** The table of a large switch takes a hundred questions, so it is asked seldom. */
  async #place(client: SnmpClient, atMs: number): Promise<void> {
    if (atMs - this.#placedAtMs < placesMaxAgeMs) return;
    this.#placedAtMs = atMs;
    const { ownerOf, log, signal } = this.#context;
    try {
      this.#places = placeDevices(await readStations(client), (mac) => ownerOf(mac), this.#places, atMs);
    } catch (thrown) {
      // A switch that is too slow for its table is a switch that works.
      signal.throwIfAborted();
      if (!(thrown instanceof DeviceError)) throw thrown;
      log.debug('the switch does not tell who hangs on its ports', { reason: thrown.message });
    }
  }

  async #freshFacts(client: SnmpClient): Promise<Facts> {
    const { clock, settings } = this.#context;
    const now = clock.mono();
    if (this.#facts && now - this.#facts.at < factsMaxAgeMs) return this.#facts.value;
    const value = await readFacts(client, settings.kind);
    this.#facts = { value, at: now };
    return value;
  }
}
