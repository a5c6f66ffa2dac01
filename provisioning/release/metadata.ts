import { createHash } from 'node:crypto';
import { type Key, Metadata, MetadataKind, MetaFile, type Root, Snapshot, Targets, Timestamp } from '@tufjs/models';
import { FatalError, toError } from '../../protocols/errors.ts';
import type { AnyMetadata } from './keys.ts';

/** TUF as its specification 1.0.34 has it; metadata names the version that it follows. */
const tufVersion = '1.0.34';

const day = 86_400_000;
/** How long metadata holds after it was signed: what is signed offline for long, what the hub signs for as long as a freeze may last. */
export const lifetimes = { root: 365 * day, targets: 90 * day, snapshot: 7 * day, timestamp: day } as const;

/** Field of a timestamp that is ours: when it was signed, so that an agent knows a moment which lies behind it. */
const signedAtField = 'x-edufleet-signed-at';

export type RoleName = keyof typeof lifetimes;

/** Which keys may sign what. `online` signs snapshot and timestamp. */
export interface RootKeys {
  readonly root: readonly Key[];
  readonly rootThreshold: number;
  readonly targets: readonly Key[];
  readonly online: readonly Key[];
}

/** A moment as TUF writes it: whole seconds, UTC. */
function tufTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** Unsigned root metadata; made from JSON, because the roles of @tufjs/models can be made in no other way. */
export function buildRoot(version: number, keys: RootKeys, nowMs: number): Metadata<Root> {
  const all = [...keys.root, ...keys.targets, ...keys.online];
  const role = (of: readonly Key[], threshold = 1) => ({ keyids: of.map(({ keyID }) => keyID), threshold });
  return Metadata.fromJSON(MetadataKind.Root, {
    signatures: [],
    signed: {
      _type: 'root',
      spec_version: tufVersion,
      version,
      expires: tufTime(nowMs + lifetimes.root),
      consistent_snapshot: true,
      keys: Object.fromEntries(all.map((key) => [key.keyID, key.toJSON()])),
      roles: {
        root: role(keys.root, keys.rootThreshold),
        targets: role(keys.targets),
        snapshot: role(keys.online),
        timestamp: role(keys.online),
      },
    },
  });
}

/** The keys that a root names, as they were given. */
export function keysOf({ signed }: Metadata<Root>): RootKeys {
  const of = (role: RoleName) =>
    (signed.roles[role]?.keyIDs ?? []).flatMap((id) => {
      const key = signed.keys[id];
      return key ? [key] : [];
    });
  return {
    root: of('root'),
    rootThreshold: signed.roles['root']?.threshold ?? 1,
    targets: of('targets'),
    online: of('timestamp'),
  };
}

export function buildTargets(version: number, targets: Targets['targets'], nowMs: number): Metadata<Targets> {
  const expires = tufTime(nowMs + lifetimes.targets);
  return new Metadata(new Targets({ version, specVersion: tufVersion, expires, targets: { ...targets } }));
}

export function buildSnapshot(
  version: number,
  targets: { readonly version: number; readonly text: string },
  expiresMs: number,
): Metadata<Snapshot> {
  const meta = { 'targets.json': metaFile(targets.version, targets.text) };
  return new Metadata(new Snapshot({ version, specVersion: tufVersion, expires: tufTime(expiresMs), meta }));
}

export function buildTimestamp(
  version: number,
  snapshot: { readonly version: number; readonly text: string },
  nowMs: number,
  expiresMs: number,
): Metadata<Timestamp> {
  return new Metadata(
    new Timestamp({
      version,
      specVersion: tufVersion,
      expires: tufTime(expiresMs),
      snapshotMeta: metaFile(snapshot.version, snapshot.text),
      unrecognizedFields: { [signedAtField]: tufTime(nowMs) },
    }),
  );
}

/** As it is stored and served; hashes and lengths are those of this text. */
export function metadataText(metadata: AnyMetadata): string {
  return `${JSON.stringify(metadata.toJSON(), null, 1)}\n`;
}

type Json = Parameters<typeof Metadata.fromJSON>[1];

/** These read metadata without believing it. They throw FatalError `release-metadata-unreadable`. */
export const parseRoot = (text: string) => parse('root', text, (json) => Metadata.fromJSON(MetadataKind.Root, json));
export const parseTargets = (text: string) =>
  parse('targets', text, (json) => Metadata.fromJSON(MetadataKind.Targets, json));
export const parseSnapshot = (text: string) =>
  parse('snapshot', text, (json) => Metadata.fromJSON(MetadataKind.Snapshot, json));
export const parseTimestamp = (text: string) =>
  parse('timestamp', text, (json) => Metadata.fromJSON(MetadataKind.Timestamp, json));

/** Throws FatalError `release-untrusted` unless as many keys of the role as its threshold wants have signed. */
export function requireSigned(root: Metadata<Root>, role: RoleName, metadata: AnyMetadata): void {
  try {
    root.verifyDelegate(role, metadata);
  } catch (thrown) {
    throw new FatalError(
      'release-untrusted',
      `${role} metadata ${metadata.signed.version} is not signed as root ${root.signed.version} wants: ${toError(thrown).message}`,
    );
  }
}

/** Milliseconds since the epoch. */
export function expiryOf(metadata: AnyMetadata): number {
  return Date.parse(metadata.signed.expires);
}

/** When the hub signed a timestamp, 0 where it does not say. */
export function signedAtOf({ signed }: Metadata<Timestamp>): number {
  const value = signed.unrecognizedFields[signedAtField];
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isFinite(ms) ? ms : 0;
}

function metaFile(version: number, text: string): MetaFile {
  const bytes = Buffer.from(text);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return new MetaFile({ version, length: bytes.length, hashes: { sha256 } });
}

function parse<T>(role: RoleName, text: string, make: (json: Json) => T): T {
  try {
    return make(JSON.parse(text));
  } catch (thrown) {
    throw new FatalError('release-metadata-unreadable', `this is no ${role} metadata: ${toError(thrown).message}`);
  }
}
