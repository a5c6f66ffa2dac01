import type { CapabilityName, CapabilityState } from '../../../protocols/fleet/capabilities/index.ts';
import type { Descriptor } from '../../../protocols/fleet/record.ts';
import type { Sighted } from './stations.ts';
import type { Facts, Kind, Port, PrinterReading, Reading, SwitchReading, UpsReading } from './survey.ts';

export const family = 'network-device';

type States = { -readonly [N in CapabilityName]?: CapabilityState<N> };
type Samples = Readonly<Record<string, number>>;

/** Where devices of this agent are heard, by their id. */
type Places = ReadonlyMap<string, Sighted>;

const mostPorts = 256;
const mostDevices = 16;
/** Rates of more ports would be most of a school's samples. */
const mostRates = 64;
/** IANAifType ethernetCsmacd and gigabitEthernet: loopback, VLANs and tunnels are no ports. */
const ethernetTypes: readonly (number | undefined)[] = [6, 117];

const capabilityOf: Readonly<Record<Kind, 'ports' | 'supplies' | 'ups'>> = {
  switch: 'ports',
  printer: 'supplies',
  ups: 'ups',
};

export function mapDescriptor(facts: Facts): Descriptor {
  return {
    family,
    ...identityOf(facts),
    capabilities: { identity: { commands: [] }, [capabilityOf[facts.kind]]: { commands: [] } },
  };
}

/** The whole reported state: who it is, and the one thing that it is for. */
export function mapStates(facts: Facts, reading: Reading, places: Places = new Map()): States {
  const name = facts.name ? { name: facts.name } : {};
  const identity = { ...identityOf(facts), ...name };
  if (reading.kind === 'switch') return { identity, ports: mapPorts(reading, places) };
  if (reading.kind === 'printer') return { identity, supplies: mapSupplies(reading) };
  return { identity, ups: mapUps(reading) };
}

/** Octets of a port, and when they were read. */
export interface Counted {
  readonly atMs: number;
  readonly ports: readonly Port[];
}

/** Numbers of one poll; rates need the poll before. */
export function mapSamples(reading: Reading, atMs: number, before: Counted | undefined): Samples {
  if (reading.kind === 'switch') return sampleSwitch(reading, atMs, before);
  if (reading.kind === 'printer') return samplePrinter(reading);
  return {
    ...(isShare(reading.charge) ? { 'ups.charge': reading.charge } : {}),
    ...(reading.minutes !== undefined && reading.minutes >= 0 && Number.isFinite(reading.minutes)
      ? { 'ups.remaining': reading.minutes }
      : {}),
    ...(reading.load !== undefined && reading.load >= 0 && reading.load <= 300 ? { 'ups.load': reading.load } : {}),
  };
}

function identityOf({ vendor, model, serial, firmware, description }: Facts) {
  return {
    ...(vendor ? { vendor } : {}),
    // Devices without an inventory of themselves tell everything in one sentence.
    ...(model || description ? { model: model || description } : {}),
    ...(serial ? { serial } : {}),
    ...(firmware ? { firmware } : {}),
  };
}

function isPort({ type }: Port): boolean {
  return ethernetTypes.includes(type);
}

/** RFC 3621 pethPsePortDetectionStatus. */
const detections = ['other', 'disabled', 'searching', 'delivering', 'fault', 'other', 'fault'] as const;

function mapPorts({ ports, powered }: SwitchReading, places: Places): CapabilityState<'ports'> {
  const devicesOf = (id: string) =>
    [...places]
      .flatMap(([device, { port }]) => (port === id ? [device] : []))
      .sort()
      .slice(0, mostDevices);
  return {
    ports: ports
      .filter(isPort)
      .slice(0, mostPorts)
      .map(({ id, name, alias, isUp, isEnabled, speedMbps }) => ({
        id: clip(id, 20),
        name: clip(name, 120),
        ...(alias ? { alias: clip(alias, 120) } : {}),
        up: isUp,
        enabled: isEnabled,
        // A port without a link tells its last or its best speed, as it likes.
        ...(isUp && speedMbps !== undefined && speedMbps >= 0 ? { speedMbps } : {}),
        ...(devicesOf(id).length > 0 ? { devices: devicesOf(id) } : {}),
      })),
    ...(powered.length > 0
      ? {
          powered: powered
            .slice(0, mostPorts)
            .map(({ id, detection }) => ({ id: clip(id, 20), state: detections[detection] ?? 'other' })),
        }
      : {}),
  };
}

function sampleSwitch({ ports, watts }: SwitchReading, atMs: number, before: Counted | undefined): Samples {
  const samples: Record<string, number> = { 'ports.up': ports.filter((port) => isPort(port) && port.isUp).length };
  if (watts !== undefined) samples['ports.power'] = watts;
  const seconds = before ? (atMs - before.atMs) / 1_000 : 0;
  if (!before || seconds < 1) return samples;
  const known = new Map(before.ports.map((port) => [port.id, port]));
  for (const port of ports.filter(isPort).slice(0, mostRates)) {
    const earlier = known.get(port.id);
    const received = growth(earlier?.octetsIn, port.octetsIn, port.wraps);
    const sent = growth(earlier?.octetsOut, port.octetsOut, port.wraps);
    if (received !== undefined) samples[`ports.received@${port.id}`] = received / seconds;
    if (sent !== undefined) samples[`ports.sent@${port.id}`] = sent / seconds;
  }
  return samples;
}

const counter32 = 2 ** 32;

/** A counter of 32 bits that went back has wrapped once; one of 64 bits has been set to zero, and tells nothing. */
function growth(from: number | undefined, to: number | undefined, wraps: boolean): number | undefined {
  if (from === undefined || to === undefined) return undefined;
  if (to >= from) return to - from;
  return wraps ? to + counter32 - from : undefined;
}

/** RFC 2790 hrPrinterDetectedErrorState, the most significant bit first. */
const alertBits = [
  'low-paper',
  'no-paper',
  'low-toner',
  'no-toner',
  'door-open',
  'jammed',
  'offline',
  'service-requested',
] as const;
/** RFC 2790 hrPrinterStatus. */
const printerStates = ['unknown', 'other', 'unknown', 'idle', 'printing', 'warming'] as const;

function mapSupplies({ status, errors, supplies }: PrinterReading): CapabilityState<'supplies'> {
  const first = errors[0] ?? 0;
  return {
    status: printerStates[status ?? 0] ?? 'unknown',
    alerts: alertBits.filter((_, bit) => (first & (0x80 >> bit)) !== 0),
    supplies: supplies.map((supply) => ({
      id: clip(supply.id, 20),
      name: clip(supply.name || supply.id, 120),
      level: supplyShare(supply) !== undefined ? 'known' : supply.level === -3 ? 'some' : 'unknown',
    })),
  };
}

function samplePrinter({ pages, supplies }: PrinterReading): Samples {
  const levels = supplies.flatMap((supply) => {
    const share = supplyShare(supply);
    return share === undefined ? [] : [[`supplies.level@${supply.id}`, share] as const];
  });
  return {
    ...(pages !== undefined && pages >= 0 ? { 'supplies.pages': pages } : {}),
    ...Object.fromEntries(levels),
  };
}

/** Percent, where both numbers are real: negative ones are words (RFC 3805: -1 other, -2 unknown, -3 some left). */
function supplyShare({ max, level }: PrinterReading['supplies'][number]): number | undefined {
  if (max === undefined || level === undefined || max <= 0 || level < 0 || level > max) return undefined;
  return (level / max) * 100;
}

/** RFC 1628 upsOutputSource and upsBatteryStatus; booster and reducer correct the mains' voltage. */
const sources = ['unknown', 'other', 'none', 'mains', 'bypass', 'battery', 'mains', 'mains'] as const;
const batteries = ['unknown', 'unknown', 'normal', 'low', 'depleted'] as const;

function mapUps({ source, battery }: UpsReading): CapabilityState<'ups'> {
  return { source: sources[source ?? 0] ?? 'unknown', battery: batteries[battery ?? 0] ?? 'unknown' };
}

function isShare(value: number | undefined): value is number {
  return value !== undefined && value >= 0 && value <= 100;
}

function clip(text: string, length: number): string {
  return text.slice(0, length);
}
