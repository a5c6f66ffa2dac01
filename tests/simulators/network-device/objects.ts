import { encode, encodeNumber } from './ber.ts';

/** A value of one object: type and content as SNMP writes them. */
export type Objects = Map<string, () => Buffer>;

const integer = (value: number) => encodeNumber(0x02, BigInt(value));
const text = (value: string) => encode(0x04, Buffer.from(value));
const counter32 = (value: number) => encodeNumber(0x41, BigInt(value));
const gauge = (value: number) => encodeNumber(0x42, BigInt(value));
const counter64 = (value: bigint) => encodeNumber(0x46, value);

export interface SwitchPort {
  readonly name: string;
  alias: string;
  isUp: boolean;
  octetsIn: bigint;
  octetsOut: bigint;
  detection: number;
}

/** What a person can see or set at the device. */
export class Equipment {
  readonly ports: SwitchPort[] = ['Phòng máy', 'Thư viện', 'Camera cổng', '', '', 'Lên lầu'].map((alias, at) => ({
    name: `Gi1/0/${at + 1}`,
    alias,
    isUp: at < 3,
    octetsIn: BigInt(at) * 10_000_000_000n,
    octetsOut: 5n,
    detection: at === 2 ? 3 : 2,
  }));
  /** Cards that the switch has learned, in six bytes each, by the place of the port. */
  readonly learned: { readonly mac: readonly number[]; port: number }[] = [];
  printerStatus = 3;
  printerErrors = 0;
  pages = 12_345;
  toner = 40;
  source = 3;
  battery = 2;
  charge = 98;
}

export type Kind = 'switch' | 'printer' | 'ups';

/** The objects of each kind, after the MIBs that the family's README names. */
export function objectsOf(kind: Kind, equipment: Equipment): Objects {
  const objects: Objects = new Map([
    ['1.3.6.1.2.1.1.1.0', () => text(`Simulated ${kind}`)],
    ['1.3.6.1.2.1.1.5.0', () => text(`thcs-${kind}`)],
  ]);
  const more = { switch: switchObjects, printer: printerObjects, ups: upsObjects }[kind](equipment);
  for (const [oid, value] of more) objects.set(oid, value);
  return objects;
}

function switchObjects({ ports, learned }: Equipment): Objects {
  const entity = (column: number) => `1.3.6.1.2.1.47.1.1.1.1.${column}.1`;
  const objects: Objects = new Map([
    [entity(5), () => integer(3)],
    [entity(10), () => text('12.2(55)SE12')],
    [entity(11), () => text('FOC1010X104')],
    [entity(12), () => text('cisco')],
    [entity(13), () => text('WS-C2960-8TC-L')],
    ['1.3.6.1.2.1.105.1.3.1.1.4.1', () => gauge(ports.filter(({ detection }) => detection === 3).length * 6)],
  ]);
  for (const [at, port] of ports.entries()) {
    const id = 10_101 + at;
    const columns: [string, () => Buffer][] = [
      ['2.2.1.2', () => text(port.name)],
      ['2.2.1.3', () => integer(6)],
      ['2.2.1.7', () => integer(1)],
      ['2.2.1.8', () => integer(port.isUp ? 1 : 2)],
      ['2.2.1.10', () => counter32(Number(port.octetsIn & 0xffff_ffffn))],
      ['2.2.1.16', () => counter32(Number(port.octetsOut & 0xffff_ffffn))],
      ['31.1.1.1.1', () => text(port.name)],
      ['31.1.1.1.6', () => counter64(port.octetsIn)],
      ['31.1.1.1.10', () => counter64(port.octetsOut)],
      ['31.1.1.1.15', () => gauge(1_000)],
      ['31.1.1.1.18', () => text(port.alias)],
    ];
    for (const [column, value] of columns) objects.set(`1.3.6.1.2.1.${column}.${id}`, value);
    objects.set(`1.3.6.1.2.1.105.1.1.1.6.1.${at + 1}`, () => integer(port.detection));
  }
  // RFC 4188: bridge ports count from 1; the forwarding table follows.
  for (const [at] of ports.entries()) objects.set(`1.3.6.1.2.1.17.1.4.1.2.${at + 1}`, () => integer(10_101 + at));
  for (const { mac, port } of learned) objects.set(`1.3.6.1.2.1.17.4.3.1.2.${mac.join('.')}`, () => integer(port + 1));
  // A VLAN beside the ports.
  objects.set('1.3.6.1.2.1.2.2.1.3.1', () => integer(53));
  objects.set('1.3.6.1.2.1.2.2.1.8.1', () => integer(1));
  return objects;
}

function printerObjects(equipment: Equipment): Objects {
  const supplies: readonly [string, number, () => number][] = [
    ['Black Toner', 100, () => equipment.toner],
    ['Waste Box', -2, () => -3],
    ['Drum', -2, () => -2],
  ];
  const objects: Objects = new Map([
    ['1.3.6.1.2.1.43.5.1.1.17.1', () => text('VNB3K12345')],
    ['1.3.6.1.2.1.25.3.2.1.3.1', () => text('HP LaserJet Pro M404dn')],
    ['1.3.6.1.2.1.25.3.5.1.1.1', () => integer(equipment.printerStatus)],
    ['1.3.6.1.2.1.25.3.5.1.2.1', () => encode(0x04, Buffer.from([equipment.printerErrors]))],
    ['1.3.6.1.2.1.43.10.2.1.4.1.1', () => counter32(equipment.pages)],
  ]);
  for (const [at, [name, max, level]] of supplies.entries()) {
    objects.set(`1.3.6.1.2.1.43.11.1.1.6.1.${at + 1}`, () => text(name));
    objects.set(`1.3.6.1.2.1.43.11.1.1.8.1.${at + 1}`, () => integer(max));
    objects.set(`1.3.6.1.2.1.43.11.1.1.9.1.${at + 1}`, () => integer(level()));
  }
  return objects;
}

function upsObjects(equipment: Equipment): Objects {
  return new Map([
    ['1.3.6.1.2.1.33.1.1.1.0', () => text('APC')],
    ['1.3.6.1.2.1.33.1.1.2.0', () => text('Smart-UPS 1500')],
    ['1.3.6.1.2.1.33.1.1.3.0', () => text('UPS 09.8')],
    ['1.3.6.1.2.1.33.1.2.1.0', () => integer(equipment.battery)],
    ['1.3.6.1.2.1.33.1.2.3.0', () => integer(57)],
    ['1.3.6.1.2.1.33.1.2.4.0', () => integer(equipment.charge)],
    ['1.3.6.1.2.1.33.1.4.1.0', () => integer(equipment.source)],
    ['1.3.6.1.2.1.33.1.4.4.1.5.1', () => integer(23)],
  ]);
}
