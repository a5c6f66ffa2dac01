import type { CapabilityState } from '../../../protocols/fleet/capabilities/index.ts';
import type { Descriptor } from '../../../protocols/fleet/record.ts';
import type { LibraryStatus } from './library.ts';
import type { GateMemory } from './memory.ts';
import type { ReaderFacts } from './reader-setup.ts';
import type { Settings } from './settings.ts';

export const family = 'rfid-gate';

/** Makers by their IANA private enterprise number; others are shown by the number. */
const makers: Readonly<Record<number, string>> = { 25882: 'Impinj' };

const maxAntennas = 64;

export function mapDescriptor(facts: ReaderFacts, settings: Settings): Descriptor {
  return {
    family,
    ...mapIdentity(facts),
    capabilities: {
      identity: { commands: [] },
      gate: { commands: settings.output ? ['silence', 'testAlarm'] : [] },
      ...(settings.readsTags ? { tagreader: { commands: [] } } : {}),
    },
  };
}

export function mapIdentity({ vendor, model, firmware, id }: ReaderFacts) {
  const mac = id?.kind === 'mac' ? macOf(id.hex) : undefined;
  return {
    vendor: makers[vendor] ?? `PEN ${vendor}`,
    model: String(model),
    ...(firmware === '' ? {} : { firmware: firmware.slice(0, 200) }),
    ...(id?.kind === 'epc' && id.hex !== '' ? { serial: id.hex.toUpperCase().slice(0, 200) } : {}),
    ...(mac === undefined ? {} : { macs: [mac] }),
  };
}

/** A MAC that was widened to EUI-64 has FF FE (or FF FF) in its middle; anything else is no MAC. */
function macOf(hex: string): string | undefined {
  const [, first, second] = /^([0-9a-f]{6})(?:fffe|ffff)([0-9a-f]{6})$/i.exec(hex) ?? [];
  if (first !== undefined && second !== undefined) return pairs(first + second);
  // Some readers give the six bytes as they are, before or without padding.
  const [, plain] = /^([0-9a-f]{12})(?:0000)?$/i.exec(hex) ?? [];
  return plain && pairs(plain);
}

function pairs(hex: string): string {
  return (hex.toLowerCase().match(/../g) ?? []).join(':');
}

/** What the gate is at this moment, beside what it remembers. */
export interface GateNow {
  readonly isReading: boolean;
  /** Undefined without an output. */
  readonly isSounding: boolean | undefined;
  /** Undefined for a gate that asks nobody. */
  readonly library: LibraryStatus | undefined;
  readonly monoMs: number;
}

export function mapGate(memory: GateMemory, settings: Settings, now: GateNow): CapabilityState<'gate'> {
  const { lastAlarmAt, silencedUntil } = memory;
  const isSilenced = silencedUntil !== undefined && silencedUntil.monoMs > now.monoMs;
  return {
    ...(settings.readsTags ? { reading: now.isReading } : {}),
    ...(now.isSounding === undefined ? {} : { alarmOutput: now.isSounding }),
    ...(lastAlarmAt === undefined ? {} : { lastAlarmAt }),
    ...(isSilenced ? { silencedUntil: silencedUntil.wallMs } : {}),
    ...(now.library === undefined ? {} : { lookup: now.library }),
  };
}

/** Antennas in use: those of the settings, or all that the reader has. */
export function mapAntennas(
  facts: ReaderFacts,
  settings: Settings,
  connected: ReadonlyMap<number, boolean>,
): CapabilityState<'tagreader'> {
  const all = Array.from({ length: Math.min(facts.antennas, maxAntennas) }, (_, index) => index + 1);
  const ids = settings.antennas.length > 0 ? settings.antennas : all;
  return {
    antennas: ids.map((id) => {
      const isConnected = connected.get(id);
      return { id, state: isConnected === undefined ? 'unknown' : isConnected ? 'connected' : 'disconnected' };
    }),
  };
}

export function mapSamples(memory: GateMemory, settings: Settings): Readonly<Record<string, number>> {
  const counts = (what: 'people' | 'alarms') => settings.inputs.some((input) => input.counts === what);
  return {
    ...(counts('people') ? { 'gate.people': memory.people } : {}),
    ...(settings.security || counts('alarms') ? { 'gate.alarms': memory.alarms } : {}),
    ...(settings.security ? { 'gate.unknownItems': memory.unknownItems } : {}),
    ...(settings.security?.by === 'library' ? { 'gate.undecided': memory.undecided } : {}),
    ...(settings.readsTags
      ? {
          'gate.passes': memory.passes,
          'tagreader.present': memory.presence.size,
          'tagreader.moved': memory.moved,
          'tagreader.departed': memory.departed,
        }
      : {}),
    ...(settings.readsTags ? { 'tagreader.exceptions': memory.exceptions } : {}),
  };
}
