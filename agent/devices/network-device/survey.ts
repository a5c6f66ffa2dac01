import type { Row, SnmpClient } from './client.ts';
import type { Settings } from './settings.ts';
import { numberOf, type SnmpValue, textOf } from './values.ts';

export type Kind = 'switch' | 'printer' | 'ups';

/** Who it is: read when a session starts and then once an hour. */
export interface Facts {
  readonly kind: Kind;
  readonly name: string;
  readonly description: string;
  readonly vendor: string;
  readonly model: string;
  readonly serial: string;
  readonly firmware: string;
}

/** SNMPv2-MIB (RFC 3418). */
const system = { description: '1.3.6.1.2.1.1.1.0', name: '1.3.6.1.2.1.1.5.0' };
/** ENTITY-MIB (RFC 6933) entPhysicalTable: class, software revision, serial, maker, model. */
const entity = ['5', '10', '11', '12', '13'].map((column) => `1.3.6.1.2.1.47.1.1.1.1.${column}`);
const chassisClass = 3;
const stackClass = 11;
const maxEntities = 32;
/** Printer-MIB (RFC 3805) and HOST-RESOURCES-MIB (RFC 2790). */
const printer = {
  serial: '1.3.6.1.2.1.43.5.1.1.17.1',
  description: '1.3.6.1.2.1.25.3.2.1.3.1',
  status: '1.3.6.1.2.1.25.3.5.1.1.1',
  errors: '1.3.6.1.2.1.25.3.5.1.2.1',
  pages: '1.3.6.1.2.1.43.10.2.1.4.1.1',
};
/** Printer-MIB prtMarkerSuppliesTable: description, greatest level, level. */
const supplyColumns = ['6', '8', '9'].map((column) => `1.3.6.1.2.1.43.11.1.1.${column}`);
/** UPS-MIB (RFC 1628). */
const ups = {
  vendor: '1.3.6.1.2.1.33.1.1.1.0',
  model: '1.3.6.1.2.1.33.1.1.2.0',
  firmware: '1.3.6.1.2.1.33.1.1.3.0',
  battery: '1.3.6.1.2.1.33.1.2.1.0',
  minutes: '1.3.6.1.2.1.33.1.2.3.0',
  charge: '1.3.6.1.2.1.33.1.2.4.0',
  source: '1.3.6.1.2.1.33.1.4.1.0',
  load: '1.3.6.1.2.1.33.1.4.4.1.5.1',
};
/** IF-MIB (RFC 2863): type, admin state, oper state, name, speed in Mbit/s, alias, octets in and out of 64 and 32 bits. */
const portColumns = [
  '1.3.6.1.2.1.2.2.1.3',
  '1.3.6.1.2.1.2.2.1.7',
  '1.3.6.1.2.1.2.2.1.8',
  '1.3.6.1.2.1.31.1.1.1.1',
  '1.3.6.1.2.1.31.1.1.1.15',
  '1.3.6.1.2.1.31.1.1.1.18',
  '1.3.6.1.2.1.31.1.1.1.6',
  '1.3.6.1.2.1.31.1.1.1.10',
  '1.3.6.1.2.1.2.2.1.10',
  '1.3.6.1.2.1.2.2.1.16',
  '1.3.6.1.2.1.2.2.1.2',
];
/** POWER-ETHERNET-MIB (RFC 3621): detection state of a port, watts that a whole supply gives. */
const poeColumns = ['1.3.6.1.2.1.105.1.1.1.6'];
const poeSupplyColumns = ['1.3.6.1.2.1.105.1.3.1.1.4'];
const maxPorts = 512;
const maxSupplies = 64;

export interface Port {
  readonly id: string;
  /** IANAifType. */
  readonly type: number | undefined;
  readonly name: string;
  readonly alias: string;
  readonly isEnabled: boolean;
  readonly isUp: boolean;
  readonly speedMbps: number | undefined;
  readonly octetsIn: number | undefined;
  readonly octetsOut: number | undefined;
  /** Of the counters: 2^32 where the device has only the old ones. */
  readonly wraps: boolean;
}

export interface SwitchReading {
  readonly kind: 'switch';
  readonly ports: readonly Port[];
  /** pethPsePortDetectionStatus by `group.port`; empty without PoE. */
  readonly powered: readonly { readonly id: string; readonly detection: number }[];
  readonly watts: number | undefined;
}

export interface PrinterReading {
  readonly kind: 'printer';
  readonly status: number | undefined;
  readonly errors: Uint8Array;
  readonly pages: number | undefined;
  readonly supplies: readonly {
    readonly id: string;
    readonly name: string;
    readonly max: number | undefined;
    readonly level: number | undefined;
  }[];
}

export interface UpsReading {
  readonly kind: 'ups';
  readonly battery: number | undefined;
  readonly source: number | undefined;
  readonly charge: number | undefined;
  readonly minutes: number | undefined;
  readonly load: number | undefined;
}

export type Reading = SwitchReading | PrinterReading | UpsReading;

/** Asks what the device is and who made it. */
export async function readFacts(client: SnmpClient, configured: Settings['kind']): Promise<Facts> {
  const asked = [system.description, system.name, printer.serial, printer.description, printer.status];
  const values = await client.get([...asked, ups.battery, ups.vendor, ups.model, ups.firmware]);
  const kind = configured === 'auto' ? kindOf(values) : configured;
  const text = (oid: string) => textOf(values.get(oid));
  const shared = { kind, name: text(system.name), description: text(system.description) };
  if (kind === 'ups') {
    return { ...shared, vendor: text(ups.vendor), model: text(ups.model), serial: '', firmware: text(ups.firmware) };
  }
  if (kind === 'printer') {
    return { ...shared, vendor: '', model: text(printer.description), serial: text(printer.serial), firmware: '' };
  }
  const rows = await client.table(entity, maxEntities);
  const isWhole = ({ cells }: Row) => cells[0] === chassisClass || cells[0] === stackClass;
  const cells = rows.find((row) => isWhole(row) && textOf(row.cells[2]) !== '')?.cells ?? rows[0]?.cells ?? [];
  const [, firmware, serial, vendor, model] = cells.map(textOf);
  return { ...shared, vendor: vendor ?? '', model: model ?? '', serial: serial ?? '', firmware: firmware ?? '' };
}

function kindOf(values: ReadonlyMap<string, SnmpValue>): Kind {
  if (values.has(ups.battery)) return 'ups';
  return values.has(printer.serial) || values.has(printer.status) ? 'printer' : 'switch';
}

export async function readNow(client: SnmpClient, kind: Kind): Promise<Reading> {
  if (kind === 'switch') return await readSwitch(client);
  return kind === 'printer' ? await readPrinter(client) : await readUps(client);
}

async function readSwitch(client: SnmpClient): Promise<SwitchReading> {
  const ports = (await client.table(portColumns, maxPorts)).map(portOf);
  const powered = (await client.table(poeColumns, maxPorts)).flatMap(({ index, cells: [detection] }) =>
    typeof detection === 'number' ? [{ id: index, detection }] : [],
  );
  const watts = (await client.table(poeSupplyColumns, 16)).flatMap(({ cells }) => numberOf(cells[0]) ?? []);
  return {
    kind: 'switch',
    ports,
    powered,
    watts: watts.length > 0 ? watts.reduce((sum, value) => sum + value, 0) : undefined,
  };
}

function portOf({ index, cells }: Row): Port {
  const [type, admin, oper, name, speed, alias, in64, out64, in32, out32, description] = cells;
  const isWide = numberOf(in64) !== undefined && numberOf(out64) !== undefined;
  return {
    id: index,
    type: numberOf(type),
    name: textOf(name) || textOf(description) || index,
    alias: textOf(alias),
    // RFC 2863: 1 is up.
    isEnabled: numberOf(admin) === 1,
    isUp: numberOf(oper) === 1,
    speedMbps: numberOf(speed),
    octetsIn: numberOf(isWide ? in64 : in32),
    octetsOut: numberOf(isWide ? out64 : out32),
    wraps: !isWide,
  };
}

async function readPrinter(client: SnmpClient): Promise<PrinterReading> {
  const values = await client.get([printer.status, printer.errors, printer.pages]);
  const rows = await client.table(supplyColumns, maxSupplies);
  const errors = values.get(printer.errors);
  return {
    kind: 'printer',
    status: numberOf(values.get(printer.status)),
    errors: errors instanceof Uint8Array ? errors : new Uint8Array(),
    pages: numberOf(values.get(printer.pages)),
    supplies: rows.map(({ index, cells: [name, max, level] }) => ({
      id: index,
      name: textOf(name),
      max: numberOf(max),
      level: numberOf(level),
    })),
  };
}

async function readUps(client: SnmpClient): Promise<UpsReading> {
  const values = await client.get([ups.battery, ups.source, ups.charge, ups.minutes, ups.load]);
  const read = (oid: string) => numberOf(values.get(oid));
  return {
    kind: 'ups',
    battery: read(ups.battery),
    source: read(ups.source),
    charge: read(ups.charge),
    minutes: read(ups.minutes),
    load: read(ups.load),
  };
}
