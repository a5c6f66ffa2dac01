import type { Row, SnmpClient } from './client.ts';
import { numberOf } from './values.ts';

/** Which network cards a switch has heard on which of its ports: by ifIndex, in lower case with colons. */
export type Stations = ReadonlyMap<string, readonly string[]>;

/** Q-BRIDGE-MIB (RFC 4363) dot1qTpFdbPort by VLAN and card; BRIDGE-MIB (RFC 4188) dot1dTpFdbPort by card. */
const learnedByVlan = '1.3.6.1.2.1.17.7.1.2.2.1.2';
const learned = '1.3.6.1.2.1.17.4.3.1.2';
/** BRIDGE-MIB dot1dBasePortIfIndex: which interface a bridge port is. */
const interfaceOfPort = '1.3.6.1.2.1.17.1.4.1.2';
const maxCards = 4_096;
const maxPorts = 512;
const macParts = 6;

/** Reads the forwarding table of a switch; empty where it has none that it tells. */
export async function readStations(client: SnmpClient): Promise<Stations> {
  const interfaces = await client.table([interfaceOfPort], maxPorts);
  if (interfaces.length === 0) return new Map();
  const byVlan = await client.table([learnedByVlan], maxCards);
  const rows = byVlan.length > 0 ? byVlan : await client.table([learned], maxCards);
  return groupStations(rows, interfaces);
}

/** What the two tables say together. A port of number 0 is not known (RFC 4188). */
export function groupStations(rows: readonly Row[], interfaces: readonly Row[]): Stations {
  const indexOf = new Map(interfaces.map(({ index, cells: [value] }) => [index, numberOf(value)]));
  const stations = new Map<string, string[]>();
  for (const { index, cells } of rows) {
    const port = indexOf.get(String(numberOf(cells[0]) ?? 0));
    const mac = macOf(index);
    if (port === undefined || mac === undefined) continue;
    const macs = stations.get(String(port)) ?? [];
    if (!macs.includes(mac)) macs.push(mac);
    stations.set(String(port), macs);
  }
  return stations;
}

/** The last six numbers of an index are the card. */
function macOf(index: string): string | undefined {
  const parts = index.split('.').slice(-macParts).map(Number);
  if (parts.length < macParts || parts.some((part) => !Number.isInteger(part) || part < 0 || part > 255))
    return undefined;
  return parts.map((part) => part.toString(16).padStart(2, '0')).join(':');
}

/** Where a device of this agent was last heard. */
export interface Sighted {
  readonly port: string;
  readonly atMs: number;
}

/** A switch forgets a card that is silent for five minutes; it hangs there all the same. */
const rememberMs = 24 * 3_600_000;
/** A port with more cards leads to another switch, or to the wireless network. */
const mostCardsOfOnePlace = 16;

/**
 * Ports of the agent's own devices, from what the switch hears now and heard lately. Cards of nobody, such as phones of pupils,
 * are not kept and not told.
 */
export function placeDevices(
  stations: Stations,
  ownerOf: (mac: string) => string | undefined,
  before: ReadonlyMap<string, Sighted>,
  atMs: number,
): ReadonlyMap<string, Sighted> {
  const places = new Map([...before].filter(([, sighted]) => atMs - sighted.atMs < rememberMs));
  for (const [port, macs] of stations) {
    if (macs.length > mostCardsOfOnePlace) continue;
    for (const device of macs.flatMap((mac) => ownerOf(mac) ?? [])) places.set(device, { port, atMs });
  }
  return places;
}
