import { sql } from 'kysely';
import { RecoverableError, toError } from '../../protocols/errors.ts';
import type { Ack } from '../../protocols/fleet/messages.ts';
import { packJson } from '../../protocols/fleet/payload.ts';
import type { Clock, Log } from '../../protocols/ports.ts';
import type { Quarantine } from '../quarantine/index.ts';
import { afterCommit, markAfterCommit, type Store, type Trx } from '../store/index.ts';
import type { Telemetry, TelemetryFrame } from '../telemetry/index.ts';
import type { Rejected } from './plan.ts';
import type { RecordSinks } from './sinks.ts';
import type { Streams } from './streams.ts';
import {
  ackedRejections,
  type IngestCounters,
  type Item,
  keysOf,
  mostRejectedInAck,
  planWork,
  type Work,
} from './work.ts';

export interface BatchDeps {
  readonly store: Store;
  readonly streams: Streams;
  readonly telemetry: Pick<Telemetry, 'appendFrames'>;
  readonly quarantine: Pick<Quarantine, 'write'>;
  readonly sinks: RecordSinks;
  readonly counters: IngestCounters;
  /** Called for each frame of samples once it is durable. */
  readonly tell: (frame: TelemetryFrame) => void;
  readonly clock: Clock;
  readonly log: Log;
}

/** What an item gets: undefined where there is nothing to acknowledge. */
export type Answer = Ack | undefined | Error;

/** How often a batch is planned anew when another hub moved one of its streams. */
const attempts = 3;

/**
 * Stores a run of items in one transaction and returns their acknowledgements, in order. What the database refuses for
 * its content is found record by record and put into quarantine, so that nothing loops for ever.
 * Throws RecoverableError when nothing was stored and trying again may help. An item that cannot be stored in any way has
 * its error in place of an acknowledgement, and holds up no other.
 */
export async function storeBatch(deps: BatchDeps, items: readonly Item[]): Promise<readonly Answer[]> {
  for (let attempt = 1; ; attempt++) {
    const keys = items.flatMap(keysOf);
    try {
      let work = planWork(items, await deps.streams.read(keys));
      if (work.gaps.length > 0) {
        // Before an agent is told to go back, the database is asked: another hub may have stored what is missing here.
        deps.streams.forget(work.gaps);
        work = planWork(items, await deps.streams.read(keys));
      }
      await commit(deps, work, (trx) => apply(deps, trx, work));
      return work.acks;
    } catch (thrown) {
      // Whether a broken COMMIT took place is not known: only the database can tell.
      deps.streams.forget(keys);
      deps.counters.failures++;
      const recoverable = thrown instanceof RecoverableError;
      if (!recoverable) return await storeCarefully(deps, items, thrown);
      if (thrown.code === 'database-unavailable' || attempt >= attempts) throw thrown;
    }
  }
}

async function commit(deps: BatchDeps, work: Work, write: (trx: Trx) => Promise<void>): Promise<void> {
  const { counters } = deps;
  if (work.moves.length > 0 || work.quarantine.length > 0) {
    await deps.store.transaction(write);
    deps.streams.remember(work.moves);
    counters.commits++;
  }
  for (const name of Object.keys(work.counts) as (keyof IngestCounters)[]) counters[name] += work.counts[name] ?? 0;
}

/** One item after the other, and within the one that fails, one record after the other. */
async function storeCarefully(deps: BatchDeps, items: readonly Item[], reason: unknown): Promise<readonly Answer[]> {
  const [item] = items;
  if (items.length === 1 && item) return [await storeItem(deps, item, reason)];
  const answers: Answer[] = [];
  for (const one of items) answers.push(...(await storeBatch(deps, [one])));
  return answers;
}

async function storeItem(deps: BatchDeps, item: Item, reason: unknown): Promise<Answer> {
  deps.log.warn('a message is stored record by record', { error: toError(reason), agent: item.agentId });
  const keys = keysOf(item);
  const work = planWork([item], await deps.streams.read(keys));
  const refused: Rejected[] = [];
  try {
    await commit(deps, work, async (trx) => {
      refused.length = 0;
      refused.push(...(await applyRecordByRecord(deps, trx, work)));
    });
  } catch (thrown) {
    deps.streams.forget(keys);
    if (thrown instanceof RecoverableError) throw thrown;
    return toError(thrown);
  }
  const [ack] = work.acks;
  return ack && { ...ack, rejected: [...ackedRejections(refused), ...ack.rejected].slice(0, mostRejectedInAck) };
}

async function apply(deps: BatchDeps, trx: Trx, work: Work): Promise<void> {
  const { quarantine, sinks } = deps;
  await applyStreams(deps, trx, work);
  await sinks.applyTicks(trx, work.telemetry);
  await sinks.apply(trx, work.records);
  await quarantine.write(trx, work.quarantine);
}

async function applyStreams({ streams, telemetry, clock, tell }: BatchDeps, trx: Trx, work: Work): Promise<void> {
  await streams.write(trx, work.moves, clock.now());
  await telemetry.appendFrames(trx, work.telemetry);
  afterCommit(trx, () => {
    for (const frame of work.telemetry) tell(frame);
  });
}

/** Each record in a savepoint of its own; returns those that were refused. */
async function applyRecordByRecord(deps: BatchDeps, trx: Trx, work: Work): Promise<readonly Rejected[]> {
  const { quarantine, sinks, log } = deps;
  await applyStreams(deps, trx, work);
  // Telemetry has the samples already; a watcher that cannot take them loses only its own view.
  const failure = await attempt(trx, () => sinks.applyTicks(trx, work.telemetry));
  if (failure) log.error('samples were stored without those who watch them', { error: failure });
  const refused: (Rejected & { readonly agentId: string })[] = [];
  const lane = work.moves[0]?.key.lane ?? 'state';
  for (const { agentId, records } of work.records) {
    for (const record of records) {
      const error = await attempt(trx, () => sinks.apply(trx, [{ agentId, records: [record] }]));
      if (!error) continue;
      const { message } = error;
      log.error('a record cannot be stored', { error, agent: agentId, kind: record.kind });
      refused.push({ agentId, lane, seq: record.seq, code: 'not-storable', message, payload: packJson(record) });
    }
  }
  await quarantine.write(trx, [...work.quarantine, ...refused.map((one) => ({ ...one, channel: 'up/frames' }))]);
  return refused;
}

/** Does `work` in a savepoint; returns why it was undone. What may pass by itself is thrown on. */
async function attempt(trx: Trx, work: () => Promise<void>): Promise<Error | undefined> {
  const undo = markAfterCommit(trx);
  await sql`savepoint attempt`.execute(trx);
  try {
    await work();
    await sql`release savepoint attempt`.execute(trx);
    return undefined;
  } catch (thrown) {
    if (thrown instanceof RecoverableError) throw thrown;
    await sql`rollback to savepoint attempt`.execute(trx);
    undo();
    return toError(thrown);
  }
}
