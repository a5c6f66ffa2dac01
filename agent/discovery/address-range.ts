import { isIPv4 } from 'node:net';
import { FatalError } from '../../protocols/errors.ts';

/** Blocks of addresses, read once and then taken from bit by bit. */
export interface AddressRanges {
  /** How many addresses they have, network and broadcast addresses left out. */
  readonly size: number;
  /** At most `count` addresses from place `from` on, going round at the end; no place comes twice. */
  take(from: number, count: number): readonly string[];
}

/** Larger blocks are a mistake: they would take days. */
const shortestPrefix = 16;

interface Block {
  readonly first: number;
  readonly size: number;
}

/** Reads IPv4 blocks such as `192.168.7.0/24`. Throws FatalError `invalid-ranges` naming the entry that cannot be read. */
export function readRanges(entries: readonly string[]): AddressRanges {
  const blocks = entries.map(readBlock);
  const size = blocks.reduce((sum, block) => sum + block.size, 0);
  return {
    size,
    take: (from, count) =>
      Array.from({ length: Math.min(count, size) }, (_, at) => addressAt(blocks, (from + at) % size)),
  };
}

function readBlock(entry: string): Block {
  const [address = '', prefixText = '32', ...rest] = entry.split('/');
  const prefix = /^\d{1,2}$/.test(prefixText) ? Number(prefixText) : Number.NaN;
  if (!isIPv4(address) || rest.length > 0 || !(prefix >= shortestPrefix && prefix <= 32)) {
    throw new FatalError(
      'invalid-ranges',
      `${entry} is no block of IPv4 addresses from /${shortestPrefix} to /32, such as 192.168.7.0/24`,
    );
  }
  const all = 2 ** (32 - prefix);
  const start = Math.floor(numberOf(address) / all) * all;
  // The first and the last address of a block are no machine, but for links of two and single addresses (RFC 3021).
  return prefix >= 31 ? { first: start, size: all } : { first: start + 1, size: all - 2 };
}

function addressAt(blocks: readonly Block[], place: number): string {
  let left = place;
  for (const { first, size } of blocks) {
    if (left < size) return textOf(first + left);
    left -= size;
  }
  throw new RangeError(`there is no place ${place}`);
}

function numberOf(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

function textOf(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}
