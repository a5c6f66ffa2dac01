export { afterCommit, markAfterCommit } from './after-commit.ts';
export { isDataError, isDuplicate, toStoreError } from './failure.ts';
export { tryLock } from './lock.ts';
export { openStore } from './open.ts';
export { createSealer, openSealer, type Sealer } from './sealer.ts';
export type { Database, Queries, Store, Trx } from './store.ts';
