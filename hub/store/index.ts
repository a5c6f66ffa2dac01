export { afterCommit, markAfterCommit } from './after-commit.ts';
export { isDataError, isDuplicate, toStoreError } from './failure.ts';
export { tryLock } from './lock.ts';
export { openStore } from './open.ts';
export { newSealKey, readSealKeys, sealerOf, writeSealKeys } from './seal-key.ts';
export { createSealer, type Sealer } from './sealer.ts';
export type { Database, Queries, Store, Trx } from './store.ts';
