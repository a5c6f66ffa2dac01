import type { CapabilityName, CapabilityState } from '../../../protocols/fleet/capabilities/index.ts';
import { encodeMagicPacket } from '../../../protocols/wake-on-lan/packet.ts';
import type { DriverCommand, DriverContext, DriverSession } from '../driver.ts';
import { DeviceError } from '../error.ts';
import { Channel } from './channel.ts';
import { executeCommand } from './commands.ts';
import { abilitiesOf, mapDescriptor, mapSamples, mapStates } from './mapping.ts';
import type { PanelFault, PanelWire, Readings } from './panel-wire.ts';
import { createWire } from './profiles.ts';
import { Reader } from './reading.ts';
import type { Settings } from './settings.ts';

type Context = DriverContext<Settings>;

/**
 * Boards that have refused the PIN of a context. A context lives until settings or credentials change: a wrong PIN is
 * sent once and no more, because a few wrong ones make the board block it.
 */
const refusedPins = new WeakMap<Context, DeviceError>();

/** The session of one board, whatever its wire: it connects for each poll and each command and keeps what it learned. */
export class BoardSession implements DriverSession {
  readonly pollIntervalMs: number;
  readonly #context: Context;
  readonly #wire: PanelWire;
  readonly #reader: Reader;
  #power: Readings['power'] | undefined;
  #faults: readonly PanelFault[] | undefined;
  #descriptor = '';

  constructor(context: Context) {
    const { settings, device, clock, log } = context;
    this.#context = context;
    this.#wire = createWire({ settings, password: device.credentials?.password || undefined });
    this.#reader = new Reader(this.#wire, clock, log);
    this.pollIntervalMs = settings.pollSeconds * 1_000;
  }

  async poll(signal: AbortSignal): Promise<void> {
    await using channel = await this.#open(signal);
    const power = await this.#reader.readPower(channel);
    await this.#reader.readRest(channel, power);
    const { reporter, settings } = this.#context;
    const { readings } = this.#reader;
    const abilities = abilitiesOf(this.#wire, settings, this.#reader.refused);
    this.#describe(readings);
    const states = mapStates(readings, this.#wire.vendor, abilities, settings);
    for (const [name, value] of Object.entries(states)) {
      reporter.report(name as CapabilityName, value as CapabilityState<CapabilityName>);
    }
    const samples = mapSamples(readings);
    if (Object.keys(samples).length > 0) reporter.sample(samples);
    this.#noticePower(power);
    this.#noticeFaults(readings.faults);
  }

  async execute(command: DriverCommand, signal: AbortSignal): Promise<Readonly<Record<string, unknown>>> {
    const { settings, clock, reporter } = this.#context;
    return await executeCommand(command, {
      open: () => this.#open(signal),
      reader: this.#reader,
      wire: this.#wire,
      abilities: abilitiesOf(this.#wire, settings, this.#reader.refused),
      settings,
      clock,
      signal,
      sendWake: settings.wake ? () => this.#sendWake() : undefined,
      onPower: (power) => {
        reporter.report('power', { state: power });
        this.#noticePower(power);
      },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // No connection outlives a poll or a command.
  }

  async #open(signal: AbortSignal): Promise<Channel> {
    const { device, tcp, clock } = this.#context;
    const refused = refusedPins.get(this.#context);
    if (refused) throw refused;
    if (!device.address) throw new DeviceError('unreachable', 'no address is configured for this board');
    const { port, paceMs, answerTimeoutMs, tls, open } = this.#wire;
    const channel = await Channel.open({
      address: { host: device.address.host, port: device.address.port ?? port },
      framer: this.#wire.createFramer(),
      tcp,
      clock,
      signal,
      paceMs,
      answerTimeoutMs,
      tls,
    });
    try {
      await open?.(channel);
      return channel;
    } catch (thrown) {
      await channel[Symbol.asyncDispose]();
      if (thrown instanceof DeviceError && thrown.details['refused'] === 'pin') refusedPins.set(this.#context, thrown);
      throw thrown;
    }
  }

  async #sendWake(): Promise<void> {
    const { settings, udp } = this.#context;
    const { wake } = settings;
    if (!wake) return;
    const packet = encodeMagicPacket(wake.mac, wake.secureOn);
    await using socket = await udp.open({ broadcast: true });
    for (const host of wake.addresses) await socket.send(packet, { host, port: wake.port });
  }

  /** Describes at the start, and again when the board says or refuses more than before. */
  #describe(readings: Partial<Readings>): void {
    const { settings, reporter } = this.#context;
    const abilities = abilitiesOf(this.#wire, settings, this.#reader.refused);
    const descriptor = mapDescriptor(readings, this.#wire.vendor, abilities, settings);
    const text = JSON.stringify(descriptor);
    if (text === this.#descriptor) return;
    this.#descriptor = text;
    reporter.describe(descriptor);
  }

  #noticePower(power: Readings['power']): void {
    const before = this.#power;
    this.#power = power;
    if (before === undefined || before === power) return;
    const data = { from: before, to: power };
    this.#context.reporter.emit({ capability: 'power', name: 'changed', severity: 'info', data });
  }

  /** A board that is off does not say its faults: the last ones stand until it speaks again. */
  #noticeFaults(faults: readonly PanelFault[] | undefined): void {
    const before = this.#faults;
    if (!faults) return;
    this.#faults = faults;
    if (!before) return;
    const severities = { ok: 'info', warning: 'warning', error: 'critical' } as const;
    for (const part of new Set([...before, ...faults].map((fault) => fault.part))) {
      const levelIn = (list: readonly PanelFault[]) => list.find((fault) => fault.part === part)?.level ?? 'ok';
      const level = levelIn(faults);
      if (level === levelIn(before)) continue;
      this.#context.reporter.emit({
        capability: 'diagnostics',
        name: 'fault',
        severity: severities[level],
        data: { part, level },
      });
    }
  }
}
