import { randomUUID } from 'node:crypto';
import type { Trx } from '../../store/index.ts';
import { type Thread, told } from '../decision/settle.ts';
import { type Load, limitsOf, release } from '../decision/storm.ts';
import { type Content, contentOf, type Item } from '../message/content.ts';
import { subjectOf } from '../message/text.ts';
import { type Cause, itemOf, readCauses, type Wording } from './causes.ts';
import { cancelOpening, insertDelivery, type Root, readRoots } from './deliveries.ts';
import { addEntry, updateEntry } from './entries.ts';
import type { Target } from './recipients.ts';
import { readDueOf, readLoads, type StoredThread, writeLoads, writeThreads } from './threads.ts';

export interface HandOverWork {
  /** Keys of targets with something due. */
  readonly due: readonly string[];
  readonly targets: ReadonlyMap<string, Target>;
  readonly wording: Wording;
  readonly nowMs: number;
}

interface DueMessage {
  readonly thread: StoredThread;
  readonly cause: Cause;
  readonly item: Item;
}

/** Turns what is due into deliveries and entries, within the transaction. Returns the people whose bell has something new. */
export async function handOver(trx: Trx, work: HandOverWork): Promise<string[]> {
  const { due, targets, wording, nowMs } = work;
  const threads = await readDueOf(trx, due, new Date(nowMs));
  const causes = await readCauses(trx, [...new Set(threads.map(({ causeId }) => causeId))], nowMs);
  const loads = await readLoads(trx, due);
  const changed: StoredThread[] = [];
  const people: string[] = [];
  for (const [key, own] of Map.groupBy(threads, ({ target }) => target)) {
    const target = targets.get(key);
    const { standing, passed } = sift(own, causes, target, wording);
    changed.push(...passed);
    if (!target || standing.length === 0) continue;
    const { load, settled } = await handOverTo(trx, target, standing, { load: loads.get(key), nowMs });
    changed.push(...settled);
    if (load) loads.set(key, load);
    if (target.channel === 'in-app') people.push(target.id);
  }
  await writeThreads(trx, changed);
  await writeLoads(trx, loads);
  return people;
}

async function handOverTo(
  trx: Trx,
  target: Target,
  standing: readonly DueMessage[],
  { load, nowMs }: { readonly load: Load | undefined; readonly nowMs: number },
): Promise<{ readonly load: Load | undefined; readonly settled: StoredThread[] }> {
  const { left, done } = await followUp(trx, target, standing, nowMs);
  if (left.length === 0) return { load, settled: done };
  const [scheduled = [], immediate = []] = [true, false].map((wanted) =>
    left.filter(({ thread }) => (thread.due?.inDigest === true) === wanted),
  );
  const released = release(load, { scheduled, immediate }, limitsOf(target.channel), nowMs);
  const settled = [...done];
  for (const message of released.singles) settled.push(...(await tell(trx, target, [message], false, nowMs)));
  if (released.digest.length > 0) settled.push(...(await tell(trx, target, released.digest, true, nowMs)));
  const laterAtMs = released.load.gatherUntilMs ?? nowMs;
  for (const { thread } of released.later)
    if (thread.due) settled.push({ ...thread, due: { ...thread.due, atMs: laterAtMs } });
  return { load: released.load, settled };
}

/** What still holds at this moment, and threads of which nothing is to be told any more. */
function sift(
  threads: readonly StoredThread[],
  causes: ReadonlyMap<string, Cause>,
  target: Target | undefined,
  wording: Wording,
): { readonly standing: DueMessage[]; readonly passed: StoredThread[] } {
  const standing: DueMessage[] = [];
  const passed: StoredThread[] = [];
  for (const thread of threads) {
    const cause = causes.get(thread.causeId);
    const { due } = thread;
    if (!cause || !due) continue;
    const isOver = cause.resolvedAtMs !== undefined;
    const holds = due.what === 'closing' ? isOver : !isOver && !cause.isMuted;
    // A message of an official account costs and rings: growth is not worth it.
    const isWorth = !(target?.channel === 'zalo' && due.what === 'update');
    if (target && holds && isWorth) standing.push({ thread, cause, item: itemOf(cause, due.what, wording) });
    else passed.push({ ...thread, stage: passedStage(thread, isOver), due: undefined });
  }
  return { standing, passed };
}

function passedStage({ stage }: Thread, isOver: boolean): Thread['stage'] {
  if (isOver) return 'closed';
  return stage === 'told' ? 'told' : 'silent';
}

/** What goes on with something that stands already: an entry at the bell, or an opening that has not left yet. */
async function followUp(
  trx: Trx,
  target: Target,
  messages: readonly DueMessage[],
  nowMs: number,
): Promise<{ readonly left: DueMessage[]; readonly done: StoredThread[] }> {
  const left: DueMessage[] = [];
  const done: StoredThread[] = [];
  const roots = await readRoots(
    trx,
    messages.flatMap(({ thread }) => (thread.rootId === undefined ? [] : [thread.rootId])),
  );
  for (const message of messages) {
    const { thread, cause } = message;
    const isDone =
      target.channel === 'in-app'
        ? await isToldAtEntry(trx, message, nowMs)
        : await isSpared(trx, message, thread.rootId === undefined ? undefined : roots.get(thread.rootId), nowMs);
    if (isDone) done.push({ ...thread, ...told(thread, cause, nowMs) });
    else left.push(message);
  }
  return { left, done };
}

async function isToldAtEntry(trx: Trx, { thread, item }: DueMessage, nowMs: number): Promise<boolean> {
  if (thread.rootId === undefined) return false;
  return updateEntry(trx, thread.rootId, contentOf(item.what, [item]), new Date(nowMs));
}

/** Whoever did not get the opening gets no more of it; an opening that has not left yet does not leave any more. */
async function isSpared(trx: Trx, { thread }: DueMessage, root: Root | undefined, nowMs: number): Promise<boolean> {
  const what = thread.due?.what;
  if (thread.rootId === undefined || what === 'opening') return false;
  if (!root || root.state === 'dead' || root.state === 'discarded') return true;
  if (what !== 'closing' || root.state !== 'pending' || root.attempts > 0 || root.kind !== 'opening') return false;
  await cancelOpening(trx, thread.rootId, new Date(nowMs));
  return true;
}

/** One message about these causes, and their threads as they stand after it. */
async function tell(
  trx: Trx,
  target: Target,
  messages: readonly DueMessage[],
  isDigest: boolean,
  nowMs: number,
): Promise<StoredThread[]> {
  const [first] = messages;
  if (!first) return [];
  const kind = isDigest ? 'digest' : first.item.what;
  const content = contentOf(
    kind,
    messages.map(({ item }) => item),
  );
  const isFollowUp = kind === 'update' || kind === 'closing';
  const subject = (isFollowUp ? first.thread.rootSubject : undefined) ?? subjectOf(content, target.reader);
  const id = randomUUID();
  await put(trx, target, {
    id,
    content,
    subject,
    nowMs,
    afterId: isFollowUp ? first.thread.rootId : undefined,
    unitId: isDigest ? null : first.cause.unitId,
  });
  return messages.map(({ thread, cause, item }) => {
    const next = { ...thread, ...told(thread, cause, nowMs) };
    return item.what === 'opening' || thread.rootId === undefined
      ? { ...next, rootId: id, rootSubject: subject }
      : next;
  });
}

interface Put {
  readonly id: string;
  readonly content: Content;
  readonly subject: string;
  readonly nowMs: number;
  readonly afterId: string | undefined;
  readonly unitId: number | null;
}

async function put(trx: Trx, target: Target, { id, content, subject, nowMs, afterId, unitId }: Put): Promise<void> {
  const now = new Date(nowMs);
  if (target.channel === 'in-app') return addEntry(trx, { id, userId: target.id, content, now });
  await insertDelivery(trx, {
    id,
    target: target.key,
    channel: target.channel,
    userId: target.channel === 'webhook' ? null : target.id,
    endpointId: target.channel === 'webhook' ? target.id : null,
    unitId,
    subject,
    content,
    afterId: afterId ?? null,
    now,
  });
}
