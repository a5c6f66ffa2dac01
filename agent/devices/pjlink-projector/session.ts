import type { CapabilityName, CapabilityState } from '../../../protocols/fleet/capabilities/index.ts';
import type { DigestAlgorithm } from '../../../protocols/pjlink/authentication.ts';
import { pjlinkPort } from '../../../protocols/pjlink/line.ts';
import type { Faults, PjlinkPower } from '../../../protocols/pjlink/values.ts';
import type { DriverCommand, DriverContext, DriverSession } from '../driver.ts';
import { DeviceError } from '../error.ts';
import { executeCommand } from './commands.ts';
import { Conversation, type OpenConversation } from './conversation.ts';
import { changedFaults, type Facts, mapDescriptor, mapSamples, mapStates, type Wear } from './mapping.ts';
import { Reader, requirePower } from './reading.ts';
import type { Settings } from './settings.ts';

const factsMaxAgeMs = 3_600_000;
const wearMaxAgeMs = 300_000;

/** What the last conversation with the projector left behind. */
interface Memory {
  facts: Facts | undefined;
  factsAt: number;
  wear: Wear;
  wearAt: number;
  power: PjlinkPower | undefined;
  faults: Faults | undefined;
  descriptor: string;
}

/** The session of one projector: it connects for each poll and each command, and keeps what it learned between them. */
export class ProjectorSession implements DriverSession {
  readonly pollIntervalMs: number;
  readonly #context: DriverContext<Settings>;
  readonly #reader: Reader;
  readonly #memory: Memory;
  #digest: DigestAlgorithm;

  constructor(context: DriverContext<Settings>) {
    this.#context = context;
    this.#reader = new Reader(context.log);
    this.pollIntervalMs = context.settings.pollSeconds * 1_000;
    this.#digest = context.settings.digest === 'sha256' ? 'sha256' : 'md5';
    this.#memory = {
      facts: undefined,
      factsAt: 0,
      wear: {},
      wearAt: Number.NEGATIVE_INFINITY,
      power: undefined,
      faults: undefined,
      descriptor: '',
    };
  }

  async poll(signal: AbortSignal): Promise<void> {
    const { conversation, power } = await this.#open(signal);
    await using _ = conversation;
    const { clock, reporter } = this.#context;
    const state = requirePower(power);
    const facts = await this.#freshFacts(conversation);
    const status = await this.#reader.readStatus(conversation, facts.class);
    const isWearDue = clock.mono() - this.#memory.wearAt >= wearMaxAgeMs || state !== this.#memory.power;
    if (isWearDue) {
      this.#memory.wear = await this.#reader.readWear(conversation, facts.class);
      this.#memory.wearAt = clock.mono();
    }
    this.#describe(facts);
    const states = mapStates(facts, { ...status, power: state, wear: this.#memory.wear }, this.#reader.unknownCodes);
    for (const [name, value] of Object.entries(states)) {
      reporter.report(name as CapabilityName, value as CapabilityState<CapabilityName>);
    }
    const samples = mapSamples(this.#memory.wear);
    if (Object.keys(samples).length > 0) reporter.sample(samples);
    this.#noticePower(state);
    this.#noticeFaults(status.faults);
  }

  async execute(command: DriverCommand, signal: AbortSignal): Promise<Readonly<Record<string, unknown>>> {
    return await executeCommand(command, {
      open: () => this.#open(signal),
      reader: this.#reader,
      class: this.#memory.facts?.class ?? 1,
      settings: this.#context.settings,
      clock: this.#context.clock,
      signal,
      onPower: (power) => {
        this.#context.reporter.report('power', { state: power });
        this.#noticePower(power);
      },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // No connection outlives a poll or a command.
  }

  /** Connects; a refused digest is tried once in its other form when the settings leave the form open. */
  async #open(signal: AbortSignal): Promise<OpenConversation> {
    const { device, settings, tcp, clock, log } = this.#context;
    if (!device.address) throw new DeviceError('unreachable', 'no address is configured for this projector');
    const options = {
      address: { host: device.address.host, port: device.address.port ?? pjlinkPort },
      password: device.credentials?.password || undefined,
      allowUnauthenticated: settings.allowUnauthenticated,
      tcp,
      clock,
      log,
      signal,
    };
    try {
      return await Conversation.open({ ...options, digest: this.#digest });
    } catch (thrown) {
      const isRefused = thrown instanceof DeviceError && thrown.details['refused'] === 'digest';
      if (!isRefused || settings.digest !== 'auto') throw thrown;
      const other = this.#digest === 'md5' ? 'sha256' : 'md5';
      const opened = await Conversation.open({ ...options, digest: other });
      log.info('projector takes the other form of digest', { digest: other });
      this.#digest = other;
      return opened;
    }
  }

  async #freshFacts(conversation: Conversation): Promise<Facts> {
    const { clock } = this.#context;
    const known = this.#memory.facts;
    if (known && clock.mono() - this.#memory.factsAt < factsMaxAgeMs) return known;
    const facts = await this.#reader.readFacts(conversation);
    // A projector in standby may not name itself; what it said before stays true.
    const merged = known ? mergeFacts(known, facts) : facts;
    this.#memory.facts = merged;
    this.#memory.factsAt = clock.mono();
    return merged;
  }

  /** Describes at the start, and again when a name or an ERR1 changes what the projector is. */
  #describe(facts: Facts): void {
    const descriptor = mapDescriptor(facts, this.#reader.unknownCodes);
    const text = JSON.stringify(descriptor);
    if (text === this.#memory.descriptor) return;
    this.#memory.descriptor = text;
    this.#context.reporter.describe(descriptor);
  }

  #noticePower(power: PjlinkPower): void {
    const before = this.#memory.power;
    this.#memory.power = power;
    if (before === undefined || before === power) return;
    const data = { from: before, to: power };
    this.#context.reporter.emit({ capability: 'power', name: 'changed', severity: 'info', data });
  }

  #noticeFaults(faults: Faults | undefined): void {
    const before = this.#memory.faults;
    if (!faults) return;
    this.#memory.faults = faults;
    if (!before) return;
    const severities = { ok: 'info', warning: 'warning', error: 'critical' } as const;
    for (const part of changedFaults(before, faults)) {
      const level = faults[part];
      this.#context.reporter.emit({
        capability: 'lamp',
        name: 'fault',
        severity: severities[level],
        data: { part, level },
      });
    }
  }
}

function mergeFacts(known: Facts, fresh: Facts): Facts {
  const said = Object.entries(fresh).filter(([, value]) => value !== undefined && value !== '');
  const inputs = fresh.inputs.length > 0 ? fresh.inputs : known.inputs;
  return { ...known, ...Object.fromEntries(said), inputs };
}
