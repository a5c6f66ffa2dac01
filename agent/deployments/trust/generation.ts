import { join } from 'node:path';
import type { Metadata, Root, Snapshot, Targets, Timestamp } from '@tufjs/models';
import { z } from 'zod';
import { FatalError } from '../../../protocols/errors.ts';
import { releaseComponentSchema, releaseLine } from '../../../protocols/fleet/rollout/target.ts';
import {
  parseRoot,
  parseSnapshot,
  parseTargets,
  parseTimestamp,
  requireSigned,
  signedAtOf,
} from '../../../provisioning/release/metadata.ts';
import type { TrustDisk } from './disk.ts';
import type { Floor } from './floor.ts';

/** A set of metadata that belongs together, each proven by the root in it. */
export interface Generation {
  readonly root: Metadata<Root>;
  readonly timestamp: Metadata<Timestamp>;
  readonly snapshot: Metadata<Snapshot>;
  readonly targets: Metadata<Targets>;
}

export const metadataFiles = ['root.json', 'timestamp.json', 'snapshot.json', 'targets.json'] as const;

const namePattern = /^generation-([0-9]{10})$/;

/** Folders that hold a set, newest first; those of an unfinished walk are not among them. */
export function generationsIn(names: readonly string[]): readonly string[] {
  return names.filter((name) => namePattern.test(name)).sort((a, b) => (a < b ? 1 : -1));
}

export function nextGeneration(names: readonly string[]): string {
  const last = Number(namePattern.exec(generationsIn(names)[0] ?? '')?.[1] ?? 0);
  return `generation-${String(last + 1).padStart(10, '0')}`;
}

/**
 * Reads a set and proves its signatures and that its parts belong together; whether it is still fresh is not asked. Throws
 * FatalError `release-metadata-unreadable` | `release-untrusted` | `release-metadata-mixed`.
 */
export async function readGeneration(disk: TrustDisk, folder: string): Promise<Generation> {
  const text = async (name: string): Promise<string> => {
    const found = await disk.read(join(folder, name));
    if (found === undefined) throw new FatalError('release-metadata-unreadable', `${name} is missing`);
    return found;
  };
  const root = parseRoot(await text('root.json'));
  requireSigned(root, 'root', root);
  const timestamp = parseTimestamp(await text('timestamp.json'));
  requireSigned(root, 'timestamp', timestamp);
  const snapshot = parseSnapshot(await text('snapshot.json'));
  requireSigned(root, 'snapshot', snapshot);
  const targetsText = await text('targets.json');
  const targets = parseTargets(targetsText);
  requireSigned(root, 'targets', targets);
  if (
    timestamp.signed.snapshotMeta.version !== snapshot.signed.version ||
    snapshot.signed.meta['targets.json']?.version !== targets.signed.version
  )
    throw new FatalError('release-metadata-mixed', 'timestamp, snapshot and targets do not belong together');
  return { root, timestamp, snapshot, targets };
}

/** The part of an artifact's `custom` that counts for floors, also where the rest is newer than this agent. */
const floorPartSchema = z.object({
  component: releaseComponentSchema,
  name: z.string(),
  minReleaseCounter: z.int().min(1),
});

/** What a set has signed about what must not come back. */
export function floorIn({ targets, timestamp }: Generation): Floor {
  const counters = new Map<string, number>();
  for (const target of Object.values(targets.signed.targets)) {
    const custom = floorPartSchema.safeParse(target.custom).data;
    if (!custom) continue;
    const line = releaseLine(custom);
    counters.set(line, Math.max(custom.minReleaseCounter, counters.get(line) ?? 0));
  }
  return { seenMs: signedAtOf(timestamp), counters: Object.fromEntries(counters) };
}
