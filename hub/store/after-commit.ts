import type { Trx } from './store.ts';

/** Work that waits for a commit, by transaction. */
const waiting = new WeakMap<Trx, (() => void)[]>();

/**
 * Runs `work` once this transaction is durable, in order of registration; never when it rolls back. This is where memory
 * is brought up to date and events are published. `trx` must come from `Store.transaction`.
 */
export function afterCommit(trx: Trx, work: () => void): void {
  const list = waiting.get(trx);
  if (!list) throw new TypeError('afterCommit was given a transaction that Store.transaction did not open');
  list.push(work);
}

/** Opens the list of a new transaction and returns what runs it. */
export function collectAfterCommit(trx: Trx): () => void {
  const list: (() => void)[] = [];
  waiting.set(trx, list);
  return () => {
    for (const work of list) work();
  };
}

/** Where a list of waiting work stands, so that a savepoint that rolls back takes its own with it. */
export function markAfterCommit(trx: Trx): () => void {
  const list = waiting.get(trx);
  const length = list?.length ?? 0;
  return () => {
    if (list) list.length = length;
  };
}
