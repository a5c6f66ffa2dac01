import { type Metadata, TargetFile, type Targets } from '@tufjs/models';
import { FatalError } from '../../protocols/errors.ts';
import {
  releaseLine,
  type TargetCustom,
  targetCustomSchema,
  targetPath,
} from '../../protocols/fleet/rollout/target.ts';
import { buildTargets } from './metadata.ts';

/** An artifact that is to be released, measured. */
export interface NewArtifact {
  readonly custom: TargetCustom;
  readonly file: string;
  readonly length: number;
  readonly sha256: string;
}

/** How far a component's releases have come. */
interface Line {
  readonly counter: number;
  readonly floor: number;
}

/**
 * The next targets metadata, unsigned: what there is and the new artifacts; without any, only its time is renewed. Artifacts
 * that are added together may share a counter where they are of one version. Throws FatalError `counter-not-rising` |
 * `floor-falling` | `floor-above-release` | `target-known`.
 */
export function addArtifacts(
  current: Metadata<Targets>,
  artifacts: readonly NewArtifact[],
  nowMs: number,
): Metadata<Targets> {
  const lines = linesOf(current);
  const targets = { ...current.signed.targets };
  const versions = new Map<string, string>();
  for (const { custom, file, length, sha256 } of artifacts) {
    requireRising(custom, lines.get(releaseLine(custom)));
    requireOneVersion(custom, versions);
    const path = targetPath({ ...custom, file, sha256 });
    if (Object.hasOwn(targets, path)) throw new FatalError('target-known', `${path} is there already`);
    const unrecognizedFields = { custom: structuredClone(definedOf(custom)) };
    targets[path] = new TargetFile({ path, length, hashes: { sha256 }, unrecognizedFields });
  }
  return buildTargets(current.signed.version + 1, targets, nowMs);
}

function linesOf({ signed }: Metadata<Targets>): ReadonlyMap<string, Line> {
  const lines = new Map<string, Line>();
  for (const target of Object.values(signed.targets)) {
    const parsed = targetCustomSchema.safeParse(target.custom);
    if (!parsed.success) continue;
    const line = lines.get(releaseLine(parsed.data));
    lines.set(releaseLine(parsed.data), {
      counter: Math.max(line?.counter ?? 0, parsed.data.releaseCounter),
      floor: Math.max(line?.floor ?? 0, parsed.data.minReleaseCounter ?? 0),
    });
  }
  return lines;
}

function requireRising(custom: TargetCustom, line: Line = { counter: 0, floor: 0 }): void {
  const name = releaseLine(custom);
  if (custom.releaseCounter <= line.counter)
    throw new FatalError(
      'counter-not-rising',
      `${name}: the release counter ${custom.releaseCounter} does not rise above ${line.counter}; give ${line.counter + 1} or more, also when old content is released again`,
    );
  const floor = custom.minReleaseCounter;
  if (floor === undefined) return;
  if (floor > custom.releaseCounter)
    throw new FatalError(
      'floor-above-release',
      `${name}: minReleaseCounter ${floor} forbids the release itself, whose counter is ${custom.releaseCounter}`,
    );
  if (floor < line.floor)
    throw new FatalError(
      'floor-falling',
      `${name}: minReleaseCounter ${floor} lies below ${line.floor}, which was signed before; a floor never falls, leave it out`,
    );
}

function requireOneVersion({ version, releaseCounter, ...of }: TargetCustom, versions: Map<string, string>): void {
  const key = `${releaseLine(of)} ${releaseCounter}`;
  const other = versions.get(key);
  if (other !== undefined && other !== version)
    throw new FatalError(
      'counter-not-rising',
      `${key}: two versions (${other}, ${version}) share one counter; give each its own`,
    );
  versions.set(key, version);
}

/** Without fields that are undefined, which JSON does not know. */
function definedOf(custom: TargetCustom) {
  return Object.fromEntries(
    Object.entries(custom).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const])),
  );
}
