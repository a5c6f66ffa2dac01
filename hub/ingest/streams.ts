import { sql } from 'kysely';
import { RecoverableError } from '../../protocols/errors.ts';
import type { Lane } from '../../protocols/fleet/record.ts';
import { type Store, type Trx, toStoreError } from '../store/index.ts';
import { beginning, type StreamPosition } from './plan.ts';

export interface StreamKey {
  readonly agentId: string;
  readonly epoch: string;
  readonly lane: Lane;
}

/** A stream that a transaction moves, from what memory believed to what will stand. */
export interface StreamMove {
  readonly key: StreamKey;
  readonly before: StreamPosition;
  readonly after: StreamPosition;
}

/**
 * How far every lane of every outbox is stored. The row is the whole guard against doubles: it moves in the transaction of
 * the records, and only from where memory believed it to be, so that several hubs may hold the same agent for a moment.
 */
export interface Streams {
  /** Positions of these streams; those that never were are at the beginning. */
  read(keys: readonly StreamKey[]): Promise<ReadonlyMap<string, StreamPosition>>;
  /** Throws RecoverableError `stream-moved` when another hub was there first. */
  write(trx: Trx, moves: readonly StreamMove[], nowMs: number): Promise<void>;
  /** After a commit, what stands now. */
  remember(moves: readonly StreamMove[]): void;
  /** After anything else: the database is asked again. */
  forget(keys: readonly StreamKey[]): void;
}

export function nameOf({ agentId, epoch, lane }: StreamKey): string {
  return `${agentId} ${epoch} ${lane}`;
}

/** Streams in memory; when full, those that were not used for the longest time are read again. */
const mostKept = 200_000;

export function createStreams(store: Store): Streams {
  const kept = new Map<string, StreamPosition>();
  const keep = (name: string, position: StreamPosition) => {
    kept.delete(name);
    kept.set(name, position);
    if (kept.size <= mostKept) return;
    const [oldest] = kept.keys();
    if (oldest !== undefined) kept.delete(oldest);
  };

  return {
    read: async (keys) => {
      const missing = keys.filter((key) => !kept.has(nameOf(key)));
      if (missing.length > 0) {
        const found = new Map(missing.map((key) => [nameOf(key), beginning]));
        for (const row of await readRows(store, missing))
          found.set(nameOf({ agentId: row.agent_id, epoch: row.epoch, lane: row.lane }), row);
        for (const [name, { through, delivered, shed, missing: lost }] of found)
          keep(name, { through, delivered, shed, missing: lost });
      }
      return new Map(keys.map((key) => [nameOf(key), kept.get(nameOf(key)) ?? beginning]));
    },
    write: async (trx, moves, nowMs) => {
      if (moves.length === 0) return;
      const { numAffectedRows } = await upsert(trx, moves, new Date(nowMs));
      if (numAffectedRows !== BigInt(moves.length))
        throw new RecoverableError('stream-moved', 'another hub stored records of the same agent meanwhile');
    },
    remember: (moves) => {
      for (const { key, after } of moves) keep(nameOf(key), after);
    },
    forget: (keys) => {
      for (const key of keys) kept.delete(nameOf(key));
    },
  };
}

function columnsOf(keys: readonly StreamKey[]) {
  return sql`${keys.map(({ agentId }) => agentId)}::text[], ${keys.map(({ epoch }) => epoch)}::text[], ${keys.map(({ lane }) => lane)}::text[]`;
}

async function readRows(store: Store, keys: readonly StreamKey[]) {
  const query = sql<{ agent_id: string; epoch: string; lane: Lane } & StreamPosition>`
    select s.agent_id, s.epoch, s.lane, s.through, s.delivered, s.shed, s.missing
    from stream s join unnest(${columnsOf(keys)}) as k (agent_id, epoch, lane) using (agent_id, epoch, lane)`;
  try {
    return (await query.execute(store.db)).rows;
  } catch (thrown) {
    throw toStoreError(thrown);
  }
}

/**
 * One statement for rows that stand and rows that are new. A conflicting row moves only when it still is where it was
 * believed; a new row that another hub made meanwhile is at some other place, hence not moved either.
 */
function upsert(trx: Trx, moves: readonly StreamMove[], now: Date) {
  const numbers = (pick: (move: StreamMove) => number) => sql`${moves.map(pick)}::bigint[]`;
  return sql`
    with move as (
      select * from unnest(${columnsOf(moves.map(({ key }) => key))}, ${numbers(({ before }) => before.through)},
        ${numbers(({ after }) => after.through)}, ${numbers(({ after }) => after.delivered)},
        ${numbers(({ after }) => after.shed)}, ${numbers(({ after }) => after.missing)})
      as m (agent_id, epoch, lane, expected, through, delivered, shed, missing)
    ), moved as (
      update stream s set through = m.through, delivered = m.delivered, shed = m.shed, missing = m.missing, updated_at = ${now}
      from move m
      where s.agent_id = m.agent_id and s.epoch = m.epoch and s.lane = m.lane and s.through = m.expected
      returning s.agent_id
    ), made as (
      insert into stream (agent_id, epoch, lane, through, delivered, shed, missing, updated_at)
      select m.agent_id, m.epoch, m.lane, m.through, m.delivered, m.shed, m.missing, ${now} from move m
      where m.expected = 0 and not exists (
        select from stream s where s.agent_id = m.agent_id and s.epoch = m.epoch and s.lane = m.lane)
      on conflict do nothing returning agent_id
    )
    select agent_id from moved union all select agent_id from made`
    .execute(trx)
    .then(({ rows }) => ({ numAffectedRows: BigInt(rows.length) }));
}
