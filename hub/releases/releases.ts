import { randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Selectable } from 'kysely';
import type { z } from 'zod';
import type {
  CreateReleaseBody,
  PreflightBody,
  PreflightView,
  Release,
  ReleaseTrust,
  releasesQuery,
} from '../../protocols/api/releases/releases.ts';
import { FatalError } from '../../protocols/errors.ts';
import { targetPath } from '../../protocols/fleet/rollout/target.ts';
import type { Clock } from '../../protocols/ports.ts';
import { type Actor, ConflictError, inScope, NotFoundError, requireProvince, type Scope } from '../access/index.ts';
import type { Registry } from '../registry/index.ts';
import { isDuplicate } from '../store/index.ts';
import { decodeCursor, type Page, pageInMemory } from '../store/page.ts';
import type { Tables } from '../store/tables.ts';
import { createCandidates } from './candidates.ts';
import { NoRoomError } from './error.ts';
import { type TargetsInForce, whyUnsigned } from './metadata.ts';
import { countReasons, type FitDevice, judgeFit } from './preflight.ts';
import type { ArtifactStore } from './store/port.ts';
import { createTrust, type TrustDeps } from './trust.ts';

export interface ReleasesDeps extends TrustDeps {
  readonly artifacts: ArtifactStore;
  readonly registry: Pick<Registry, 'agents' | 'devices' | 'agentOf'>;
  readonly limits: {
    /** Of all artifacts and open uploads together. */
    readonly storeBytes: number;
    readonly artifactBytes: number;
    /** Uploads that nobody goes on with are thrown away after this. */
    readonly uploadHours: number;
  };
  readonly clock: Clock;
}

type Row = Selectable<Tables['release']>;

interface UploadState {
  readonly offset: number;
  readonly length: number;
}

/** What may be brought to devices: bytes, what they are for, and whether metadata signed elsewhere lets them run. */
export interface Releases {
  list(query: z.output<typeof releasesQuery>): Promise<Page<Release>>;
  get(id: string): Promise<Release>;
  /** Throws ConflictError for a version or counter that stands, NoRoomError where quota or disk do not hold it. */
  create(scope: Scope, actor: Actor, body: CreateReleaseBody): Promise<Release>;
  /** Never offered again; its bytes go when no other release stands on them. */
  withdraw(scope: Scope, actor: Actor, id: string): Promise<Release>;
  upload(id: string): Promise<UploadState>;
  /** See ArtifactStore.append; a second sender takes the place of the first. What completes it seals it. */
  append(scope: Scope, id: string, offset: number, bytes: AsyncIterable<Uint8Array>): Promise<UploadState>;
  preflightView(scope: Scope, id: string, body: PreflightBody): Promise<PreflightView>;
  trust(): Promise<ReleaseTrust>;
  takeMetadata(scope: Scope, actor: Actor, role: 'root' | 'targets', text: string): Promise<ReleaseTrust>;
  /** For rollouts: undefined where there is none, or it is withdrawn. */
  releaseOf(id: string): Promise<Release | undefined>;
  /** For rollouts: ids of devices, or of agents for a release of the agent. Each is in one of the lists; unknown ids in none. */
  preflight(
    id: string,
    devices: readonly string[],
  ): Promise<{
    readonly fits: readonly string[];
    readonly refused: readonly { readonly device: string; readonly reason: string }[];
  }>;
  /** For the door of agents; undefined for what is not there. */
  metadataFile(name: string): Promise<string | undefined>;
  /** Length of an artifact that metadata in force names; undefined for every other. */
  servable(sha256: string): Promise<number | undefined>;
  read(sha256: string, from: number, to: number): Promise<Readable>;
  renew(): Promise<void>;
  sweep(): Promise<void>;
}

const mostExamples = 50;

export function createReleases(deps: ReleasesDeps): Releases {
  const { store, artifacts, limits, clock } = deps;
  const trust = createTrust(deps);
  const candidates = createCandidates(deps);
  const senders = new Map<string, { readonly stop: AbortController; readonly done: Promise<unknown> }>();

  const rowOf = (id: string) => store.db.selectFrom('release').selectAll().where('id', '=', id).executeTakeFirst();
  const requireRow = async (id: string): Promise<Row> => {
    const row = await rowOf(id);
    if (!row) throw new NotFoundError();
    return row;
  };
  const view = async (row: Row, force?: Awaited<ReturnType<typeof trust.inForce>>): Promise<Release> => {
    const { hasRoot, targets } = force ?? (await trust.inForce());
    const received = row.state === 'uploading' ? ((await artifacts.received(row.id)) ?? 0) : row.length;
    const why = row.state !== 'stored' ? undefined : hasRoot ? reasonOf(row, targets, clock.now()) : 'no-root';
    return { ...viewOf(row, received), signed: row.state === 'stored' && !why, ...(why ? { unsigned: why } : {}) };
  };
  const requireQuota = async (length: number): Promise<number> => {
    if (length > limits.artifactBytes) throw new NoRoomError(`A file has at most ${limits.artifactBytes} bytes here.`);
    const stored = await store.db.selectFrom('artifact').select('length').execute();
    const open = await store.db
      .selectFrom('release')
      .select(['id', 'length'])
      .where('state', '=', 'uploading')
      .execute();
    const sum = (rows: readonly { length: number }[]) => rows.reduce((total, row) => total + row.length, 0);
    const left = limits.storeBytes - sum(stored) - sum(open);
    if (length > left)
      throw new NoRoomError(`The store has ${Math.max(0, left)} bytes left; withdraw old releases first.`);
    const received = await Promise.all(open.map(async ({ id }) => (await artifacts.received(id)) ?? 0));
    return sum(open) - received.reduce((total, bytes) => total + bytes, 0);
  };
  const markStored = async (row: Row): Promise<void> => {
    const at = new Date(clock.now());
    await store.transaction(async (trx) => {
      const values = { sha256: row.sha256, length: row.length, stored_at: at };
      await trx
        .insertInto('artifact')
        .values(values)
        .onConflict((same) => same.doNothing())
        .execute();
      await trx
        .updateTable('release')
        .set({ state: 'stored', stored_at: at })
        .where('id', '=', row.id)
        .where('state', '=', 'uploading')
        .execute();
    });
  };
  /** The bytes may have got their name just before the hub was killed, with nothing of it in the database. */
  const settle = async (row: Row): Promise<number | undefined> => {
    const received = await artifacts.received(row.id);
    if (received !== undefined) return received;
    if ((await artifacts.lengthOf(row.sha256)) !== row.length) return undefined;
    await markStored(row);
    return row.length;
  };
  const requireOpen = async (id: string): Promise<Row & { readonly received: number }> => {
    const row = await requireRow(id);
    if (row.state === 'withdrawn') throw new NotFoundError();
    if (row.state === 'stored') return { ...row, received: row.length };
    const received = await settle(row);
    if (received !== undefined) return { ...row, received };
    await artifacts.begin(row.id, row.length, 0);
    return { ...row, received: 0 };
  };
  const appendTo = async (row: Row, offset: number, bytes: AsyncIterable<Uint8Array>, signal: AbortSignal) => {
    const at = await artifacts.append(row.id, { offset, length: row.length, bytes }, signal);
    if (at === row.length) {
      await artifacts.seal(row.id, row.sha256);
      await markStored(row);
    }
    return { offset: at, length: row.length };
  };
  const fitOf = async (row: Row) => {
    const { targets } = await trust.inForce();
    const line = await store.db
      .selectFrom('release')
      .select(['version', 'release_counter'])
      .where('component', '=', row.component)
      .where('name', '=', row.name)
      .where('state', '<>', 'withdrawn')
      .execute();
    return {
      component: row.component,
      version: row.version,
      family: row.family ?? undefined,
      models: row.models,
      fromVersions: row.from_versions,
      releaseCounter: row.release_counter,
      leastAgentVersion: row.least_agent_version ?? undefined,
      neededBytes: row.needed_bytes ?? row.length,
      floor: targets?.floors.get(`${row.component}/${row.name}`) ?? 0,
      counters: new Map(line.map((one) => [one.version, one.release_counter])),
    };
  };
  const judge = async (id: string, isMeant: (device: { id: string; unitPath: string; family?: string }) => boolean) => {
    const row = await requireRow(id);
    const devices: readonly FitDevice[] = await candidates.read(row.component, isMeant);
    return judgeFit(await fitOf(row), devices);
  };

  return {
    list: async ({ q, component, cursor, limit }) => {
      const rows = await store.db.selectFrom('release').selectAll().execute();
      const words = (q ?? '').toLowerCase();
      const found = rows.filter(
        (row) =>
          (!component || row.component === component) && `${row.name} ${row.version}`.toLowerCase().includes(words),
      );
      const place = (row: Row) => ({ key: row.created_at.getTime(), id: row.id });
      const after = cursor === undefined ? undefined : decodeCursor(cursor);
      const page = pageInMemory(found, place, { limit, after, descending: true });
      const force = await trust.inForce();
      return { ...page, rows: await Promise.all(page.rows.map((row) => view(row, force))) };
    },
    get: async (id) => view(await requireRow(id)),
    create: async (scope, actor, body) => {
      requireProvince(scope);
      const isHere = (await artifacts.lengthOf(body.sha256)) === body.length;
      const promised = isHere ? 0 : await requireQuota(body.length);
      const id = `r-${randomBytes(6).toString('hex')}`;
      if (!isHere) await artifacts.begin(id, body.length, promised);
      try {
        const row = await store.db
          .insertInto('release')
          .values(rowFrom(id, body, actor, new Date(clock.now())))
          .returningAll()
          .executeTakeFirstOrThrow();
        if (isHere) await markStored(row);
      } catch (thrown) {
        await artifacts.discard(id);
        if (isDuplicate(thrown)) throw new ConflictError('This version or this counter of the name stands already.');
        throw thrown;
      }
      return view(await requireRow(id));
    },
    withdraw: async (scope, actor, id) => {
      requireProvince(scope);
      const row = await requireRow(id);
      senders.get(id)?.stop.abort(new FatalError('conflict', 'The release was withdrawn.'));
      const set = { state: 'withdrawn' as const, withdrawn_at: new Date(clock.now()), withdrawn_by: actor.id };
      if (row.state !== 'withdrawn') await store.db.updateTable('release').set(set).where('id', '=', id).execute();
      await artifacts.discard(id);
      const others = await store.db
        .selectFrom('release')
        .select('id')
        .where('sha256', '=', row.sha256)
        .where('state', '=', 'stored')
        .execute();
      if (others.length === 0) {
        await store.db.deleteFrom('artifact').where('sha256', '=', row.sha256).execute();
        await artifacts.remove(row.sha256);
      }
      return view(await requireRow(id));
    },
    upload: async (id) => {
      const { received, length } = await requireOpen(id);
      return { offset: received, length };
    },
    append: async (scope, id, offset, bytes) => {
      requireProvince(scope);
      const before = senders.get(id);
      before?.stop.abort(new FatalError('conflict', 'Somebody else goes on with this upload.'));
      await before?.done;
      const row = await requireOpen(id);
      if (row.state === 'stored') throw new ConflictError('This release has all its bytes.');
      const stop = new AbortController();
      const running = appendTo(row, offset, bytes, stop.signal);
      const sender = { stop, done: running.catch(() => undefined) };
      senders.set(id, sender);
      try {
        return await running;
      } finally {
        if (senders.get(id) === sender) senders.delete(id);
      }
    },
    preflightView: async (scope, id, { family, devices }) => {
      const meant = devices && new Set(devices);
      const { fits, refused } = await judge(
        id,
        (device) =>
          inScope(scope, device.unitPath) &&
          (meant === undefined || meant.has(device.id)) &&
          (family === undefined || device.family === family),
      );
      const examples = refused
        .toSorted((a, b) => a.device.name.localeCompare(b.device.name, 'vi'))
        .slice(0, mostExamples)
        .map(({ device, ...why }) => ({ id: device.id, name: device.name, ...why }));
      return { looked: fits.length + refused.length, fits: fits.length, refused: countReasons(refused), examples };
    },
    trust: () => trust.state(),
    takeMetadata: async (scope, actor, role, text) => {
      requireProvince(scope);
      await trust.take(actor, role, text);
      return trust.state();
    },
    releaseOf: async (id) => {
      const row = await rowOf(id);
      return row && row.state !== 'withdrawn' ? view(row) : undefined;
    },
    preflight: async (id, devices) => {
      const meant = new Set(devices);
      const { fits, refused } = await judge(id, (device) => meant.has(device.id));
      return {
        fits: fits.map((device) => device.id),
        refused: refused.map(({ device, reason }) => ({ device: device.id, reason })),
      };
    },
    metadataFile: (name) => trust.file(name),
    servable: async (sha256) => {
      const rows = await store.db
        .selectFrom('release')
        .selectAll()
        .where('sha256', '=', sha256)
        .where('state', '=', 'stored')
        .execute();
      if (rows.length === 0) return undefined;
      const { targets } = await trust.inForce();
      const signed = rows.find((row) => reasonOf(row, targets, clock.now()) === undefined);
      return signed && (await artifacts.lengthOf(sha256));
    },
    read: (sha256, from, to) => artifacts.read(sha256, from, to),
    renew: () => trust.renew(),
    sweep: async () => {
      const before = new Date(clock.now() - limits.uploadHours * 3_600_000);
      const open = await store.db.selectFrom('release').selectAll().where('state', '=', 'uploading').execute();
      for (const row of open)
        if (row.created_at < before && !senders.has(row.id) && (await settle(row)) !== row.length)
          await store.db.deleteFrom('release').where('id', '=', row.id).where('state', '=', 'uploading').execute();
      const standing = await store.db.selectFrom('release').select('id').where('state', '=', 'uploading').execute();
      await artifacts.sweep(new Set(standing.map(({ id }) => id)));
    },
  };
}

const pathOf = ({ component, name, version, sha256, file }: Row) =>
  targetPath({ component, name, version, sha256, file });

function reasonOf(row: Row, targets: TargetsInForce | undefined, nowMs: number) {
  const custom = {
    component: row.component,
    name: row.name,
    version: row.version,
    ...(row.family === null ? {} : { family: row.family }),
    models: [...row.models],
    fromVersions: [...row.from_versions],
    releaseCounter: row.release_counter,
  };
  return whyUnsigned(targets, { path: pathOf(row), length: row.length, sha256: row.sha256, custom }, nowMs);
}

function rowFrom(id: string, body: CreateReleaseBody, actor: Actor, at: Date) {
  const { fromVersions, releaseCounter, leastAgentVersion, neededBytes, sbomSha256, models, ...same } = body;
  return {
    ...same,
    id,
    models: JSON.stringify(models),
    from_versions: JSON.stringify(fromVersions),
    release_counter: releaseCounter,
    least_agent_version: leastAgentVersion ?? null,
    needed_bytes: neededBytes ?? null,
    sbom_sha256: sbomSha256 ?? null,
    family: body.family ?? null,
    notes: body.notes ?? null,
    state: 'uploading' as const,
    created_at: at,
    created_by: actor.name,
  };
}

function viewOf(row: Row, received: number) {
  return {
    id: row.id,
    component: row.component,
    name: row.name,
    version: row.version,
    ...(row.family === null ? {} : { family: row.family }),
    models: [...row.models],
    fromVersions: [...row.from_versions],
    releaseCounter: row.release_counter,
    ...(row.least_agent_version === null ? {} : { leastAgentVersion: row.least_agent_version }),
    ...(row.needed_bytes === null ? {} : { neededBytes: row.needed_bytes }),
    ...(row.notes === null ? {} : { notes: row.notes }),
    ...(row.sbom_sha256 === null ? {} : { sbomSha256: row.sbom_sha256 }),
    file: row.file,
    length: row.length,
    sha256: row.sha256,
    state: row.state,
    received,
    target: pathOf(row),
    createdAt: row.created_at.toISOString(),
    createdBy: row.created_by,
    ...(row.stored_at === null ? {} : { storedAt: row.stored_at.toISOString() }),
    ...(row.withdrawn_at === null ? {} : { withdrawnAt: row.withdrawn_at.toISOString() }),
  };
}
