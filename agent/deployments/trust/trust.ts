import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { FatalError, RecoverableError, toError } from '../../../protocols/errors.ts';
import {
  parseTargetPath,
  releaseLine,
  type TargetCustom,
  targetCustomSchema,
} from '../../../protocols/fleet/rollout/target.ts';
import type { Clock, Log } from '../../../protocols/ports.ts';
import { expiryOf, parseRoot, requireSigned, signedAtOf } from '../../../provisioning/release/metadata.ts';
import { openVouchedRoot, vouchedRootFile } from '../../../provisioning/release/vouching.ts';
import { readWhole } from './content.ts';
import { nodeDisk, type TrustDisk } from './disk.ts';
import { type Floor, isSameFloor, noFloor, raise, readFloor, writeFloor } from './floor.ts';
import {
  floorIn,
  type Generation,
  generationsIn,
  metadataFiles,
  nextGeneration,
  readGeneration,
} from './generation.ts';
import { walkMetadata } from './refresh.ts';
import type { ReleaseFetch } from './source.ts';

export interface TrustOptions {
  readonly dataDir: string;
  /** Text of the root that the agent's package brings; without one the first root is that which the enrolled authority vouches for. */
  readonly packageRoot?: string | undefined;
  /** PEM of the root that this agent was enrolled with; without one nobody can vouch. */
  readonly enrolledRootPem?: string | undefined;
  /** When this agent was built, milliseconds since the epoch: no right clock stands before it. */
  readonly buildTimeMs: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly fetch: ReleaseFetch;
  readonly disk?: TrustDisk;
}

/** What the release's signature says of one artifact. */
export interface VerifiedTarget {
  readonly length: number;
  readonly sha256: string;
  readonly custom: TargetCustom;
}

/** How far the clocks of hub and machine may lie apart. */
const slackMs = 600_000;
/** How many sets are kept: the one that holds and the one before. */
const kept = 2;
const pinnedRootFile = 'pinned-root.json';
const vouchedRootMaxLength = 600_000;

/**
 * What this agent knows to be released, in `<dataDir>/releases`: sets of metadata, each a folder that comes into being by one
 * rename, the first root, and a floor that never falls. Every set is proven whenever it is read; when the newest is no good,
 * the one before holds, and when none is, a walk begins again at the first root.
 */
export class ReleaseTrust {
  readonly #options: TrustOptions;
  readonly #disk: TrustDisk;
  readonly #folder: string;
  #current: { readonly name: string; readonly generation: Generation } | undefined;
  #floor: Floor = noFloor;
  #walk: Promise<unknown> = Promise.resolve();

  private constructor(options: TrustOptions) {
    this.#options = options;
    this.#disk = options.disk ?? nodeDisk;
    this.#folder = join(options.dataDir, 'releases');
  }

  /** Reads what is there. Never throws for what a file holds; throws what the file system throws. */
  static async open(options: TrustOptions): Promise<ReleaseTrust> {
    const trust = new ReleaseTrust(options);
    await trust.#load();
    return trust;
  }

  /** Versions of what holds, for the log and for `doctor`; undefined while there is nothing. */
  get versions(): { readonly root: number; readonly targets: number; readonly freshUntilMs: number } | undefined {
    const generation = this.#current?.generation;
    return (
      generation && {
        root: generation.root.signed.version,
        targets: generation.targets.signed.version,
        freshUntilMs: Math.min(expiryOf(generation.snapshot), expiryOf(generation.targets)),
      }
    );
  }

  /** The lowest release counter that may be installed; 0 when none was signed. */
  floorOf(custom: Pick<TargetCustom, 'component' | 'name'>): number {
    return this.#floor.counters[releaseLine(custom)] ?? 0;
  }

  /**
   * Brings the metadata up to date from the hub, or from `source` (a stick, a neighbour); `changed` says whether there is
   * something new. One at a time. After any error what was there before holds. Throws RecoverableError `clock-behind` |
   * `release-source-failed` | `release-storage-failed`, FatalError `release-metadata-refused` | `release-root-missing` |
   * `release-root-untrusted`, and the reason of `signal`.
   */
  async refresh(
    signal: AbortSignal,
    source: ReleaseFetch = this.#options.fetch,
  ): Promise<{ readonly changed: boolean }> {
    const mine = this.#walk.then(() => this.#refresh(signal, source));
    // The next one waits for this one, however it ends.
    this.#walk = mine.catch(() => undefined);
    return await mine;
  }

  /**
   * What was signed about an artifact, once it may be installed: known to metadata that still holds, and not below the floor.
   * The timestamp's own day is not asked for: that it was fresh when it was fetched is enough while its snapshot holds.
   * Throws FatalError `release-metadata-missing` | `release-metadata-stale` | `release-unknown` | `release-unreadable` |
   * `release-below-floor`, RecoverableError `clock-behind`.
   */
  verify(path: string): VerifiedTarget {
    this.#requireClock();
    const generation = this.#current?.generation;
    if (!generation)
      throw new FatalError(
        'release-metadata-missing',
        'this agent holds no release metadata yet; nothing is installed',
      );
    this.#requireHolding(generation);
    const { targets } = generation.targets.signed;
    const target = Object.hasOwn(targets, path) ? targets[path] : undefined;
    const sha256 = target?.hashes['sha256'];
    if (!target || sha256 === undefined)
      throw new FatalError('release-unknown', `${path} was not released; it is not installed`);
    const custom = readCustom(path, sha256, target.custom);
    const floor = this.floorOf(custom);
    if (custom.releaseCounter < floor)
      throw new FatalError(
        'release-below-floor',
        `${path} has release counter ${custom.releaseCounter}, but nothing below ${floor} is installed any more; release it anew with a higher counter`,
      );
    return { length: target.length, sha256, custom };
  }

  #requireHolding(generation: Generation): void {
    const now = this.#options.clock.now();
    for (const role of ['root', 'snapshot', 'targets'] as const)
      if (expiryOf(generation[role]) <= now)
        throw new FatalError(
          'release-metadata-stale',
          `${role} metadata held until ${generation[role].signed.expires}; fetch newer metadata or bring a stick`,
        );
  }

  /** A clock that stands before what is known to be past would take expired metadata for fresh. */
  #requireClock(): void {
    const earliest = Math.max(this.#options.buildTimeMs, this.#floor.seenMs);
    const now = this.#options.clock.now();
    if (now + slackMs < earliest)
      throw new RecoverableError(
        'clock-behind',
        `the clock says ${new Date(now).toISOString()}, but ${new Date(earliest).toISOString()} is past already; set the clock or let NTP do it`,
      );
  }

  async #load(): Promise<void> {
    await this.#disk.makeFolder(this.#folder);
    const { floor, damaged } = await readFloor(this.#disk, this.#folder);
    this.#floor = floor;
    const names = await this.#disk.list(this.#folder);
    for (const name of generationsIn(names)) {
      try {
        this.#current = { name, generation: await readGeneration(this.#disk, join(this.#folder, name)) };
        break;
      } catch (thrown) {
        this.#options.log.warn('release metadata is damaged', { name, error: toError(thrown).message });
      }
    }
    if (this.#current) this.#floor = raise(this.#floor, floorIn(this.#current.generation));
    if (damaged.length > 0) this.#options.log.warn('a floor file is damaged', { files: damaged });
    await this.#tidy(names);
  }

  async #refresh(signal: AbortSignal, source: ReleaseFetch): Promise<{ readonly changed: boolean }> {
    signal.throwIfAborted();
    this.#requireClock();
    const work = join(this.#folder, `work-${randomBytes(6).toString('hex')}`);
    try {
      await this.#begin(work, signal, source);
      await walkMetadata(work, source, this.#options.clock, signal);
      const generation = await readGeneration(this.#disk, work);
      return { changed: await this.#commit(work, generation) };
    } catch (thrown) {
      throw storageError(thrown);
    } finally {
      await this.#disk.remove(work);
    }
  }

  /** A copy of what holds, or the first root alone. */
  async #begin(work: string, signal: AbortSignal, source: ReleaseFetch): Promise<void> {
    const firstRoot = this.#current ? undefined : await this.#firstRoot(signal, source);
    await this.#disk.makeFolder(work);
    if (firstRoot !== undefined) await this.#disk.writeDurable(join(work, 'root.json'), firstRoot);
    else if (this.#current)
      for (const file of metadataFiles)
        await this.#disk.copy(join(this.#folder, this.#current.name, file), join(work, file));
  }

  /** The pinned root, else the package's, else one that the enrolled authority vouches for, which is pinned from then on. */
  async #firstRoot(signal: AbortSignal, source: ReleaseFetch): Promise<string> {
    const pinned = await this.#disk.read(join(this.#folder, pinnedRootFile));
    if (pinned !== undefined && isRoot(pinned)) return pinned;
    const { packageRoot, enrolledRootPem } = this.#options;
    const root = packageRoot ?? (await vouchedRoot(source, enrolledRootPem, signal));
    await this.#disk.writeDurable(join(this.#folder, pinnedRootFile), root);
    return root;
  }

  /** The floor first: no set ever holds whose floor is not on the disk. */
  async #commit(work: string, generation: Generation): Promise<boolean> {
    this.#requirePast(generation);
    const floor = raise(this.#floor, floorIn(generation));
    if (!isSameFloor(floor, this.#floor)) await writeFloor(this.#disk, this.#folder, floor);
    this.#floor = floor;
    if (this.#current && isSameSet(this.#current.generation, generation)) return false;
    for (const file of metadataFiles) await this.#disk.sync(join(work, file));
    await this.#disk.sync(work);
    const name = nextGeneration(await this.#disk.list(this.#folder));
    await this.#disk.rename(work, join(this.#folder, name));
    this.#current = { name, generation };
    await this.#disk.sync(this.#folder);
    await this.#tidy(await this.#disk.list(this.#folder));
    return true;
  }

  /** Signed in what this machine takes for the future: its clock is behind, or the hub's key must not be believed. */
  #requirePast({ timestamp }: Generation): void {
    const now = this.#options.clock.now();
    const signedAt = signedAtOf(timestamp);
    if (signedAt > now + slackMs)
      throw new RecoverableError(
        'clock-behind',
        `the metadata was signed at ${new Date(signedAt).toISOString()}, but the clock says ${new Date(now).toISOString()}; set the clock or let NTP do it`,
      );
  }

  /** Takes away what a cut left over, and sets that are no longer needed, never the one that holds. */
  async #tidy(names: readonly string[]): Promise<void> {
    const old = generationsIn(names).filter((name, index) => index >= kept && name !== this.#current?.name);
    const leftOver = names.filter((name) => name.startsWith('work-') || name.endsWith('.tmp'));
    for (const name of [...old, ...leftOver]) await this.#disk.remove(join(this.#folder, name));
  }
}

async function vouchedRoot(source: ReleaseFetch, rootPem: string | undefined, signal: AbortSignal): Promise<string> {
  if (rootPem === undefined)
    throw new FatalError(
      'release-root-missing',
      'this agent knows no first root of releases: its package brings none, and it is not enrolled; enrol it or install a package with a root',
    );
  const text = await readWhole(source, `metadata/${vouchedRootFile}`, vouchedRootMaxLength, signal);
  return openVouchedRoot(text.toString('utf8'), rootPem);
}

function isRoot(text: string): boolean {
  try {
    const root = parseRoot(text);
    requireSigned(root, 'root', root);
    return true;
  } catch {
    // Damaged on the disk: the package's or the vouched one takes its place.
    return false;
  }
}

function isSameSet(one: Generation, other: Generation): boolean {
  return (['root', 'timestamp', 'snapshot', 'targets'] as const).every(
    (role) => one[role].signed.version === other[role].signed.version,
  );
}

function readCustom(path: string, sha256: string, value: unknown): TargetCustom {
  const name = parseTargetPath(path);
  const { data: custom, error } = targetCustomSchema.safeParse(value);
  if (!custom || !name) {
    const why = error?.issues[0]?.message ?? 'its path';
    throw new FatalError('release-unreadable', `${path} says what this agent does not know: ${why}; update the agent`);
  }
  const isOne =
    name.component === custom.component &&
    name.name === custom.name &&
    name.version === custom.version &&
    name.sha256 === sha256;
  if (isOne) return custom;
  throw new FatalError('release-unreadable', `${path} and what was signed about it do not agree; release it anew`);
}

/** An error of the file system as one of ours. */
function storageError(thrown: unknown): Error {
  const error = toError(thrown);
  if (!('syscall' in error)) return error;
  return new RecoverableError(
    'release-storage-failed',
    `release metadata cannot be stored, what was there before holds: ${error.message}; free some space`,
    { cause: error },
  );
}
