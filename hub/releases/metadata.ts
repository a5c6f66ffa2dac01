import { isDeepStrictEqual } from 'node:util';
import { Metadata, MetadataKind, type Root, type Targets } from '@tufjs/models';
import { toError } from '../../protocols/errors.ts';
import { type TargetCustom, targetCustomSchema } from '../../protocols/fleet/rollout/target.ts';
import { InvalidInputError } from '../access/index.ts';

/** Reading signed metadata after The Update Framework 1.0.34, section 5.3 (root) and 5.6 (targets). Pure. */

export interface SignedTarget {
  readonly length: number;
  readonly sha256: string;
  readonly custom: TargetCustom;
}

export interface TargetsInForce {
  readonly version: number;
  readonly expiresAt: Date;
  readonly byPath: ReadonlyMap<string, SignedTarget>;
  /** Highest `minReleaseCounter` by `component/name`. */
  readonly floors: ReadonlyMap<string, number>;
}

/** Root metadata that follows on `current`: exactly one version on, signed by the keys of both. Throws InvalidInputError. */
export function readRoot(text: string, current: Metadata<Root> | undefined): Metadata<Root> {
  const root = refusing(() => Metadata.fromJSON(MetadataKind.Root, parse(text)));
  if (current && root.signed.version !== current.signed.version + 1)
    throw refused(`This is root ${root.signed.version}; the next one is ${current.signed.version + 1}.`);
  refusing(() => current?.verifyDelegate('root', root));
  refusing(() => root.verifyDelegate('root', root));
  return root;
}

/** Targets metadata, signed as `root` asks. Throws InvalidInputError. */
export function readTargets(text: string, root: Metadata<Root>): Metadata<Targets> {
  const targets = refusing(() => Metadata.fromJSON(MetadataKind.Targets, parse(text)));
  refusing(() => root.verifyDelegate('targets', targets));
  return targets;
}

/** What stands in targets metadata that was checked; targets that are none of ours are passed over. */
export function targetsOf({ signed }: Metadata<Targets>): TargetsInForce {
  const byPath = new Map<string, SignedTarget>();
  const floors = new Map<string, number>();
  for (const [path, { length, hashes, custom: told }] of Object.entries(signed.targets)) {
    const custom = targetCustomSchema.safeParse(told);
    const sha256 = hashes['sha256'];
    if (!custom.success || sha256 === undefined) continue;
    byPath.set(path, { length, sha256, custom: custom.data });
    const line = `${custom.data.component}/${custom.data.name}`;
    floors.set(line, Math.max(floors.get(line) ?? 0, custom.data.minReleaseCounter ?? 0));
  }
  return { version: signed.version, expiresAt: new Date(signed.expires), byPath, floors };
}

/** What a release must agree in with the target of its path. */
interface Facts {
  readonly path: string;
  readonly length: number;
  readonly sha256: string;
  readonly custom: Omit<TargetCustom, 'minReleaseCounter' | 'notes' | 'sbomSha256'>;
}

type Unsigned = 'no-targets' | 'not-named' | 'other-bytes' | 'other-facts' | 'expired' | 'below-floor';

/** Why metadata does not stand for exactly this release; undefined when it does. */
export function whyUnsigned(targets: TargetsInForce | undefined, facts: Facts, nowMs: number): Unsigned | undefined {
  if (!targets) return 'no-targets';
  const named = targets.byPath.get(facts.path);
  if (!named) return 'not-named';
  if (named.length !== facts.length || named.sha256 !== facts.sha256) return 'other-bytes';
  const { minReleaseCounter: _floor, notes: _notes, sbomSha256: _sbom, ...told } = named.custom;
  if (!isDeepStrictEqual(told, facts.custom)) return 'other-facts';
  if (targets.expiresAt.getTime() <= nowMs) return 'expired';
  const floor = targets.floors.get(`${facts.custom.component}/${facts.custom.name}`) ?? 0;
  return facts.custom.releaseCounter < floor ? 'below-floor' : undefined;
}

type JsonObject = Parameters<(typeof Metadata)['fromJSON']>[1];

function parse(text: string): JsonObject {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('This is no JSON object.');
  return value as JsonObject;
}

function refusing<T>(read: () => T): T {
  try {
    return read();
  } catch (thrown) {
    if (thrown instanceof InvalidInputError) throw thrown;
    throw refused(toError(thrown).message.slice(0, 300));
  }
}

function refused(message: string): InvalidInputError {
  return new InvalidInputError('text', message);
}
