import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { z } from 'zod';
import type { TrustDisk } from './disk.ts';

/** What must never go back, whatever becomes of the metadata. */
export interface Floor {
  /** The newest moment that the hub's online key signed, milliseconds; 0 when none was seen. The clock lies behind it only when it is wrong. */
  readonly seenMs: number;
  /** Lowest release counter that may be installed, by `component/name`. */
  readonly counters: Readonly<Record<string, number>>;
}

const floorSchema = z.object({
  seenMs: z.int().min(0),
  counters: z.record(z.string().max(130), z.int().min(1)),
});

export const noFloor: Floor = { seenMs: 0, counters: {} };

const slots = ['floor-a', 'floor-b'] as const;

/** The higher of both in everything. */
export function raise(one: Floor, other: Floor): Floor {
  const counters = new Map(Object.entries(one.counters));
  for (const [line, counter] of Object.entries(other.counters))
    counters.set(line, Math.max(counter, counters.get(line) ?? 0));
  return { seenMs: Math.max(one.seenMs, other.seenMs), counters: Object.fromEntries(counters) };
}

export function isSameFloor(one: Floor, other: Floor): boolean {
  const lines = new Set([...Object.keys(one.counters), ...Object.keys(other.counters)]);
  return one.seenMs === other.seenMs && [...lines].every((line) => one.counters[line] === other.counters[line]);
}

/** One line: the CRC-32 of what follows, then the floor as JSON. */
function floorText(floor: Floor): string {
  const json = JSON.stringify(floor);
  return `${checksum(json)} ${json}\n`;
}

/** Undefined for a text that was cut or changed. */
function parseFloor(text: string): Floor | undefined {
  const match = /^([0-9a-f]{8}) (.*)\n$/s.exec(text);
  const json = match?.[2];
  if (json === undefined || checksum(json) !== match?.[1]) return undefined;
  return floorSchema.safeParse(JSON.parse(json)).data;
}

/** The highest of what both files say; `damaged` names those that say nothing. */
export async function readFloor(
  disk: TrustDisk,
  folder: string,
): Promise<{ readonly floor: Floor; readonly damaged: readonly string[] }> {
  let floor = noFloor;
  const damaged: string[] = [];
  for (const slot of slots) {
    const text = await disk.read(join(folder, slot));
    if (text === undefined) continue;
    const found = parseFloor(text);
    if (found) floor = raise(floor, found);
    else damaged.push(slot);
  }
  return { floor, damaged };
}

/** Into both files, one after the other: a cut between them leaves one of each, and the higher counts. */
export async function writeFloor(disk: TrustDisk, folder: string, floor: Floor): Promise<void> {
  for (const slot of slots) await disk.writeDurable(join(folder, slot), floorText(floor));
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}
