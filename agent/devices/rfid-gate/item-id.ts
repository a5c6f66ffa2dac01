import { Buffer } from 'node:buffer';
import type { TagSighting } from '../../../protocols/llrp/reports.ts';
import type { ItemRule } from './settings.ts';

type Tag = Pick<TagSighting, 'epc' | 'pc'>;
type Gs1Rule = Extract<ItemRule, { by: 'grai-96' | 'sgtin-96' }>;

/** Bit 0x17 of the EPC bank: set when what follows is an ISO identifier with an AFI, clear for an EPC [Gen2 section 6.3.2.1.2.2]. */
const toggleBit = 0x0100;
const afiMask = 0xff;
/** Longest id that an event or a question carries. */
const maxIdLength = 80;

const epcHexLength = 24;
const headerBits = 8;
const filterBits = 3;
const partitionBits = 3;
const partitionedBits = 44;
const serialBits = 38;

/** Bits and digits of the company prefix for each partition value; the rest of 44 bits is the reference [GS1 TDS, tables of SGTIN-96 and GRAI-96]. */
const partitions: readonly { readonly bits: number; readonly digits: number }[] = [
  { bits: 40, digits: 12 },
  { bits: 37, digits: 11 },
  { bits: 34, digits: 10 },
  { bits: 30, digits: 9 },
  { bits: 27, digits: 8 },
  { bits: 24, digits: 7 },
  { bits: 20, digits: 6 },
];

/** Header of each scheme, and how many digits company prefix and reference have together. */
const schemes = {
  'grai-96': { header: 0x33, digits: 12, name: 'grai' },
  'sgtin-96': { header: 0x30, digits: 13, name: 'sgtin' },
} as const;

/** The AFI of a tag; undefined for a tag with an EPC, and for a report without the protocol control word. */
export function afiOf({ pc }: Tag): number | undefined {
  return pc === undefined || (pc & toggleBit) === 0 ? undefined : pc & afiMask;
}

/** The id by which the library knows the item; undefined when the rule does not fit the tag. It never guesses. */
export function readItemId(tag: Tag, rule: ItemRule): string | undefined {
  const id = readBy(tag, rule);
  return id === undefined || id === '' || id.length > maxIdLength ? undefined : id;
}

function readBy(tag: Tag, rule: ItemRule): string | undefined {
  switch (rule.by) {
    case 'epc':
      return tag.epc.toUpperCase();
    case 'table':
      return readTable(tag.epc, rule.items);
    case 'iso-uii':
      return readUii(tag, rule);
    case 'grai-96':
    case 'sgtin-96':
      return readGs1(tag, rule);
  }
}

function readTable(epc: string, items: Readonly<Record<string, string>>): string | undefined {
  const key = [epc.toUpperCase(), epc.toLowerCase()].find((spelling) => Object.hasOwn(items, spelling));
  return key === undefined ? undefined : items[key];
}

function readUii(tag: Tag, rule: Extract<ItemRule, { by: 'iso-uii' }>): string | undefined {
  const afi = afiOf(tag);
  if (afi === undefined || !rule.afi.includes(afi)) return undefined;
  if (rule.as === 'integer') return BigInt(`0x${tag.epc}`).toString().padStart(rule.digits, '0');
  const text = Buffer.from(tag.epc, 'hex').toString('latin1').replace(/\0+$/, '');
  return /^[ -~]+$/.test(text) ? text : undefined;
}

function readGs1(tag: Tag, rule: Gs1Rule): string | undefined {
  const { header, digits, name } = schemes[rule.by];
  // An ISO identifier may begin with the same byte as an EPC.
  if (tag.epc.length !== epcHexLength || afiOf(tag) !== undefined) return undefined;
  const take = bitTaker(tag.epc);
  if (take(headerBits) !== BigInt(header)) return undefined;
  take(filterBits);
  const partition = partitions[Number(take(partitionBits))];
  if (!partition) return undefined;
  const company = take(partition.bits).toString().padStart(partition.digits, '0');
  const referenceDigits = digits - partition.digits;
  const reference = take(partitionedBits - partition.bits)
    .toString()
    .padStart(referenceDigits, '0');
  // More digits than the scheme has cannot have been written by anyone who follows it.
  if (company.length > partition.digits || reference.length > Math.max(referenceDigits, 1)) return undefined;
  if (rule.companyPrefix !== undefined && rule.companyPrefix !== company) return undefined;
  const serial = take(serialBits).toString();
  if (rule.id === 'serial') return `${rule.prefix}${serial.padStart(rule.digits, '0')}`;
  return `urn:epc:id:${name}:${company}.${referenceDigits === 0 ? '' : reference}.${serial}`;
}

/** Takes bits off the front of `hex`, most significant first. */
function bitTaker(hex: string): (bits: number) => bigint {
  const value = BigInt(`0x${hex}`);
  let left = hex.length * 4;
  return (bits) => {
    left -= bits;
    return (value >> BigInt(left)) & ((1n << BigInt(bits)) - 1n);
  };
}
