import type { Clock } from '../../../protocols/ports.ts';
import { afterCommit, type Store, type Trx, tryLock } from '../../store/index.ts';
import { advance } from '../decision/cursor.ts';
import { settle, type Thread } from '../decision/settle.ts';
import { type Cause, readCauses, type Wording } from './causes.ts';
import { handOver } from './hand-over.ts';
import { readTargets, type Target } from './recipients.ts';
import { readThreads, type StoredThread, writeThreads } from './threads.ts';

export interface RoundDeps {
  readonly store: Store;
  readonly wording: Wording;
  readonly clock: Clock;
  /** These people have something new at their bell. */
  readonly told: (userIds: readonly string[]) => void;
}

const cursorName = 'problems';
const mostEvents = 500;
/** Recipients whose due messages one transaction hands over. */
const mostTargets = 20;

/**
 * Reads what happened to problems, decides who is told, and hands over what is due. Everything of a round is one transaction
 * under one lock over all hubs: a hub that is killed has done it wholly or not at all. Resolves to whether more waits.
 */
export function createRound({ store, wording, clock, told }: RoundDeps): () => Promise<boolean> {
  return () =>
    store.transaction(async (trx) => {
      if (!(await tryLock(trx, 'notifications'))) return false;
      const nowMs = clock.now();
      const causeIds = await readEvents(trx, nowMs);
      const due = await dueTargets(trx, new Date(nowMs));
      if (causeIds.length === 0 && due.length === 0) return false;
      const targets = new Map((await readTargets(trx, new Date(nowMs))).map((target) => [target.key, target]));
      if (causeIds.length > 0) await decide(trx, causeIds, targets, nowMs);
      const now = { ms: nowMs, due: await dueTargets(trx, new Date(nowMs)) };
      const people = await handOver(trx, { due: now.due, targets, wording, nowMs });
      if (people.length > 0) afterCommit(trx, () => told(people));
      return causeIds.length > 0 || now.due.length === mostTargets;
    });
}

/** The causes of which something was written since the last round. */
async function readEvents(trx: Trx, nowMs: number): Promise<string[]> {
  const cursor = await trx
    .selectFrom('notification_cursor')
    .selectAll()
    .where('name', '=', cursorName)
    .executeTakeFirst();
  const position = cursor ?? { through: 0, gaps: [] };
  const gapIds = position.gaps.map(({ id }) => id);
  const events = await trx
    .selectFrom('problem_event')
    .select(['id', 'cause_id'])
    .where((eb) => {
      const newer = eb('id', '>', position.through);
      return gapIds.length === 0 ? newer : eb.or([newer, eb('id', 'in', gapIds)]);
    })
    .orderBy('id')
    .limit(mostEvents)
    .execute();
  if (events.length === 0) return [];
  const ids = events.map(({ id }) => id);
  const next = advance(position, ids, nowMs);
  const row = { through: next.through, gaps: JSON.stringify(next.gaps) };
  await trx
    .insertInto('notification_cursor')
    .values({ name: cursorName, ...row })
    .onConflict((conflict) => conflict.column('name').doUpdateSet(row))
    .execute();
  return [...new Set(events.map(({ cause_id }) => cause_id))];
}

async function decide(
  trx: Trx,
  causeIds: readonly string[],
  targets: ReadonlyMap<string, Target>,
  nowMs: number,
): Promise<void> {
  const causes = await readCauses(trx, causeIds, nowMs);
  const held = Map.groupBy(await readThreads(trx, causeIds), ({ causeId }) => causeId);
  const changed: StoredThread[] = [];
  for (const cause of causes.values()) {
    const threads = new Map((held.get(cause.id) ?? []).map((thread) => [thread.target, thread]));
    for (const key of new Set([...targets.keys(), ...threads.keys()])) {
      const before = threads.get(key);
      const after = settle(before, cause, targets.get(key)?.rules ?? [], nowMs);
      if (after && !isSame(before, after)) changed.push(stored(after, key, cause, before));
    }
  }
  await writeThreads(trx, changed);
}

function stored(thread: Thread, target: string, cause: Cause, before: StoredThread | undefined): StoredThread {
  return { ...thread, target, causeId: cause.id, rootId: before?.rootId, rootSubject: before?.rootSubject };
}

function isSame(before: Thread | undefined, after: Thread): boolean {
  return (
    before?.stage === after.stage &&
    before.due?.what === after.due?.what &&
    before.due?.atMs === after.due?.atMs &&
    before.due?.inDigest === after.due?.inDigest
  );
}

async function dueTargets(trx: Trx, now: Date): Promise<string[]> {
  const rows = await trx
    .selectFrom('notification_thread')
    .select('target')
    .where('due_at', '<=', now)
    .groupBy('target')
    .orderBy((eb) => eb.fn.min('due_at'))
    .orderBy('target')
    .limit(mostTargets)
    .execute();
  return rows.map(({ target }) => target);
}
