import type { Metadata, Root, Snapshot, Targets } from '@tufjs/models';
import { FatalError } from '../../protocols/errors.ts';
import { generateKeyPem, publicKeyPem, readSigningKey, type SigningKey, signWith } from './keys.ts';
import {
  buildSnapshot,
  buildTimestamp,
  expiryOf,
  keysOf,
  lifetimes,
  metadataText,
  parseRoot,
  parseSnapshot,
  parseTargets,
  parseTimestamp,
  requireSigned,
} from './metadata.ts';

/** The texts of what was signed offline, and of what was signed here before. */
export interface OnlineInput {
  readonly root: string;
  readonly targets: string;
  readonly previous?: { readonly snapshot: string; readonly timestamp: string };
  /** The online key, PKCS#8 in PEM. */
  readonly keyPem: string;
  readonly nowMs: number;
  /** For a stick that travels: how long both hold from now. */
  readonly validMs?: number;
}

/** A file of the metadata folder. */
interface MetadataFile {
  readonly name: string;
  readonly text: string;
}

/** A new online key, PKCS#8 in PEM, for a file that only the hub reads. */
export function createOnlineKey(): string {
  return generateKeyPem();
}

/** What a ceremony or a rotation is given of the online key: its public half, in PEM. */
export function onlineRequest(keyPem: string): string {
  return publicKeyPem(keyPem);
}

/**
 * Snapshot and timestamp over what was signed offline. Versions are seconds since the epoch where that is higher than the one
 * before, so that a stick and the hub, which know nothing of each other, never sign the same version differently. A stick's
 * snapshot keeps the version of the hub's: what it says is the same, it only holds for longer.
 * Throws FatalError `online-key-foreign` | `release-expired` | `release-targets-older` and as `requireSigned` does.
 */
export function signOnline(input: OnlineInput): { readonly snapshot: MetadataFile; readonly timestamp: MetadataFile } {
  const { nowMs } = input;
  const key = readSigningKey(input.keyPem);
  const root = parseRoot(input.root);
  const targets = parseTargets(input.targets);
  requireUsable(root, targets, key, nowMs);
  const before = input.previous && parseSnapshot(input.previous.snapshot);
  const snapshotText = snapshotFor({ input, root, targets, key, before });
  const snapshotVersion = parseSnapshot(snapshotText).signed.version;
  const last = input.previous ? parseTimestamp(input.previous.timestamp).signed.version : 0;
  const expires = nowMs + (input.validMs ?? lifetimes.timestamp);
  const timestamp = buildTimestamp(
    nextVersion(last, nowMs),
    { version: snapshotVersion, text: snapshotText },
    nowMs,
    expires,
  );
  signWith(timestamp, key);
  return {
    snapshot: { name: `${snapshotVersion}.snapshot.json`, text: snapshotText },
    timestamp: { name: 'timestamp.json', text: metadataText(timestamp) },
  };
}

interface SnapshotWork {
  readonly input: OnlineInput;
  readonly root: Metadata<Root>;
  readonly targets: Metadata<Targets>;
  readonly key: SigningKey;
  readonly before: Metadata<Snapshot> | undefined;
}

function snapshotFor({ input, root, targets, key, before }: SnapshotWork): string {
  const { nowMs, validMs, previous } = input;
  const listed = before?.signed.meta['targets.json'];
  if (listed && listed.version > targets.signed.version)
    throw new FatalError(
      'release-targets-older',
      `targets ${targets.signed.version} is older than ${listed.version}, which was already served; put the newest targets metadata back`,
    );
  const isSame = listed?.version === targets.signed.version && listed.equals(metaOf(targets, input.targets));
  const lasts = before !== undefined && expiryOf(before) - nowMs > lifetimes.snapshot / 2;
  if (previous && isSame && lasts && validMs === undefined && isSignedFor(root, before)) return previous.snapshot;
  const keeps = validMs !== undefined && isSame && before;
  const version = keeps ? before.signed.version : nextVersion(before?.signed.version ?? 0, nowMs);
  const made = buildSnapshot(
    version,
    { version: targets.signed.version, text: input.targets },
    nowMs + (validMs ?? lifetimes.snapshot),
  );
  signWith(made, key);
  return metadataText(made);
}

function metaOf(targets: Metadata<Targets>, text: string) {
  const meta = buildSnapshot(1, { version: targets.signed.version, text }, 0).signed.meta['targets.json'];
  if (!meta) throw new FatalError('release-metadata-unreadable', 'a snapshot must list targets.json');
  return meta;
}

function isSignedFor(root: Metadata<Root>, snapshot: Metadata<Snapshot>): boolean {
  try {
    requireSigned(root, 'snapshot', snapshot);
    return true;
  } catch {
    // Signed by a key that was rotated out: it is made anew.
    return false;
  }
}

function requireUsable(root: Metadata<Root>, targets: Metadata<Targets>, key: SigningKey, nowMs: number): void {
  requireSigned(root, 'root', root);
  requireSigned(root, 'targets', targets);
  if (!keysOf(root).online.some(({ keyID }) => keyID === key.tuf.keyID))
    throw new FatalError(
      'online-key-foreign',
      `root ${root.signed.version} does not know the online key ${key.tuf.keyID.slice(0, 12)}; give its request to "edufleet-provision rotate --online" and bring the new root here`,
    );
  if (expiryOf(root) <= nowMs)
    throw new FatalError(
      'release-expired',
      `root ${root.signed.version} has expired; make the next with "edufleet-provision rotate"`,
    );
  if (expiryOf(targets) <= nowMs)
    throw new FatalError(
      'release-expired',
      `targets ${targets.signed.version} has expired; sign it again with "edufleet-provision sign"`,
    );
}

/** Higher than the last, and at least the seconds since the epoch. */
function nextVersion(last: number, nowMs: number): number {
  return Math.max(last + 1, Math.floor(nowMs / 1_000));
}
