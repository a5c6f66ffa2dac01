import { type SqlBool, sql } from 'kysely';
import type { z } from 'zod';
import type { QuarantineRow, quarantineQuery } from '../../protocols/api/quarantine.ts';
import { toError } from '../../protocols/errors.ts';
import { unpackJson } from '../../protocols/fleet/payload.ts';
import type { Lane } from '../../protocols/fleet/record.ts';
import type { Clock, Log } from '../../protocols/ports.ts';
import { InvalidInputError, type Scope, scopeCondition } from '../access/index.ts';
import type { Bus } from '../events/bus.ts';
import { afterCommit, type Queries, type Store, type Trx } from '../store/index.ts';
import { decodeCursor, type Page, pageOfRows } from '../store/page.ts';
import { searchCondition, searchWords } from '../store/search.ts';

/** Something that was received and could not be taken. */
export interface QuarantineEntry {
  readonly agentId?: string | undefined;
  readonly channel: string;
  readonly lane?: Lane | undefined;
  readonly seq?: number | undefined;
  /** Stable, kebab-case. */
  readonly code: string;
  readonly message: string;
  readonly payload: Uint8Array;
}

export interface QuarantineDeps {
  readonly store: Store;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
}

export interface QuarantineCounters {
  /** Entries written since the start. */
  readonly written: number;
  /** Entries given up because the database was away and the buffer full. */
  readonly dropped: number;
  readonly waiting: number;
}

/** What was refused at the door, or could not be understood: kept as it came, for a person to look at. */
export interface Quarantine extends AsyncDisposable {
  /** Keeps an entry soon. Never throws and never waits; when the buffer is full the entry is dropped and counted. */
  add(entry: QuarantineEntry): void;
  /** Keeps entries in the caller's transaction, for what must not be lost. */
  write(trx: Trx, entries: readonly QuarantineEntry[]): Promise<void>;
  /** One page, the newest first. What has no known agent is seen by those who see the whole province. */
  list(scope: Scope, query: z.output<typeof quarantineQuery>): Promise<Page<QuarantineRow>>;
  /** How many entries within the scope came after this moment. */
  countSince(scope: Scope, sinceMs: number): Promise<number>;
  /** Removes what is older than 30 days or beyond the newest 100,000. */
  trim(): Promise<void>;
  readonly counters: QuarantineCounters;
}

const buffer = { entries: 1_000, bytes: 8 * 1024 * 1024 } as const;
const batchSize = 100;
const gatherMs = 250;
const retryMs = 5_000;
const mostPayloadBytes = 128 * 1024;
const keep = { days: 30, rows: 100_000 } as const;
const excerptCharacters = 500;
/** Payloads up to this size are unpacked for their excerpt. */
const unpackBytes = 32 * 1024;

interface Stamped extends QuarantineEntry {
  readonly receivedAt: Date;
}

export function createQuarantine({ store, bus, clock, log }: QuarantineDeps): Quarantine {
  const waiting: Stamped[] = [];
  const stop = new AbortController();
  let waitingBytes = 0;
  let written = 0;
  let dropped = 0;
  let flushing: Promise<void> | undefined;

  const flushBatch = async () => {
    const batch = waiting.slice(0, batchSize);
    await insert(store.db, batch);
    waiting.splice(0, batch.length);
    waitingBytes -= batch.reduce((sum, entry) => sum + entry.payload.length, 0);
    written += batch.length;
    bus.publish({ type: 'quarantine-changed' }, undefined);
  };
  const flush = async () => {
    await clock.wait(gatherMs, stop.signal);
    while (waiting.length > 0) {
      try {
        await flushBatch();
      } catch (thrown) {
        log.warn('quarantine cannot be written', { error: toError(thrown), waiting: waiting.length });
        await clock.wait(retryMs, stop.signal);
      }
    }
  };
  const startFlush = () => {
    flushing ??= flush()
      .catch(() => {})
      .finally(() => {
        flushing = undefined;
      });
  };

  return {
    add: (entry) => {
      if (stop.signal.aborted || waiting.length >= buffer.entries || waitingBytes >= buffer.bytes) {
        dropped++;
        return;
      }
      // A copy: the caller's buffer may be part of a larger one that lives only as long as the packet.
      const payload = Uint8Array.prototype.slice.call(entry.payload, 0, mostPayloadBytes) as Uint8Array;
      waiting.push({ ...entry, payload, receivedAt: new Date(clock.now()) });
      waitingBytes += payload.length;
      startFlush();
    },
    write: async (trx, entries) => {
      if (entries.length === 0) return;
      const receivedAt = new Date(clock.now());
      for (let at = 0; at < entries.length; at += batchSize)
        await insert(
          trx,
          entries.slice(at, at + batchSize).map((entry) => ({ ...entry, receivedAt })),
        );
      afterCommit(trx, () => {
        written += entries.length;
        bus.publish({ type: 'quarantine-changed' }, undefined);
      });
    },
    list: (scope, query) => list(store, scope, query),
    countSince: async (scope, sinceMs) => {
      const { count } = await inScopeRows(store, scope)
        .where('quarantine.received_at', '>', new Date(sinceMs))
        .select((e) => e.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow();
      return count;
    },
    trim: async () => {
      const oldest = new Date(clock.now() - keep.days * 86_400_000);
      await store.db.deleteFrom('quarantine').where('received_at', '<', oldest).execute();
      await sql`delete from quarantine where id <= (select id from quarantine order by id desc offset ${keep.rows} limit 1)`.execute(
        store.db,
      );
    },
    get counters() {
      return { written, dropped, waiting: waiting.length };
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await flushing;
      try {
        while (waiting.length > 0) await flushBatch();
      } catch (thrown) {
        log.warn('quarantine entries are lost at the stop', { error: toError(thrown), entries: waiting.length });
      }
    },
  };
}

async function insert(queries: Queries, entries: readonly Stamped[]): Promise<void> {
  if (entries.length === 0) return;
  await queries
    .insertInto('quarantine')
    .values(
      entries.map((entry) => ({
        agent_id: entry.agentId ?? null,
        channel: clean(entry.channel, 80),
        lane: entry.lane ?? null,
        seq: entry.seq ?? null,
        code: clean(entry.code, 64),
        message: clean(entry.message, 500),
        payload: Buffer.from(entry.payload.subarray(0, mostPayloadBytes)),
        payload_bytes: entry.payload.length,
        received_at: entry.receivedAt,
      })),
    )
    .execute();
}

/** Text that any database and any page takes: control characters escaped, no half characters. */
function clean(text: string, most: number): string {
  return text
    .toWellFormed()
    .replace(/\p{Cc}/gu, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .slice(0, most)
    .toWellFormed();
}

function inScopeRows(store: Store, scope: Scope) {
  // A row without a known agent belongs to the province: only a scope that holds the root sees it.
  const wholeProvince = sql<SqlBool>`unit.id is null and exists (
    select from unit as root where root.parent_id is null and ${scopeCondition(scope, 'root.path')})`;
  return store.db
    .selectFrom('quarantine')
    .leftJoin('agent', 'agent.id', 'quarantine.agent_id')
    .leftJoin('unit', 'unit.id', 'agent.unit_id')
    .where(sql<SqlBool>`(${scopeCondition(scope, 'unit.path')} or (${wholeProvince}))`);
}

async function list(store: Store, scope: Scope, query: z.output<typeof quarantineQuery>): Promise<Page<QuarantineRow>> {
  const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor);
  if (query.cursor !== undefined && !after) throw new InvalidInputError('cursor', 'This is not a cursor of this list.');
  let rows = inScopeRows(store, scope).where(searchCondition(['quarantine.message'], searchWords(query.q)));
  if (query.agent !== undefined) rows = rows.where('quarantine.agent_id', '=', query.agent);
  if (query.code !== undefined) rows = rows.where('quarantine.code', '=', query.code);
  let page = rows.selectAll('quarantine').orderBy('quarantine.id', 'desc');
  if (after) page = page.where('quarantine.id', '<', Number(after.id));
  const [fetched, { total }] = await Promise.all([
    page.limit(query.limit + 1).execute(),
    rows.select((e) => e.fn.countAll<number>().as('total')).executeTakeFirstOrThrow(),
  ]);
  return pageOfRows(
    fetched,
    query.limit,
    total,
    (row) => ({ key: 0, id: row.id }),
    (row) => ({
      id: String(row.id),
      ...(row.agent_id === null ? {} : { agent: row.agent_id }),
      channel: row.channel,
      ...(row.lane === null ? {} : { lane: row.lane }),
      ...(row.seq === null ? {} : { seq: row.seq }),
      code: row.code,
      message: row.message,
      payloadBytes: row.payload_bytes,
      excerpt: excerptOf(row.payload),
      receivedAt: row.received_at.toISOString(),
    }),
  );
}

function excerptOf(payload: Buffer): string {
  if (payload.length <= unpackBytes) {
    try {
      return clean(JSON.stringify(unpackJson(payload)), excerptCharacters);
    } catch {
      // Not ours, or damaged: shown byte by byte below, which is the point of keeping it.
    }
  }
  return clean(payload.subarray(0, excerptCharacters * 4).toString('utf8'), excerptCharacters);
}
