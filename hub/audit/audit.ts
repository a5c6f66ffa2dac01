import { sql } from 'kysely';
import { RecoverableError } from '../../protocols/errors.ts';
import type { Clock } from '../../protocols/ports.ts';
import type { Scope } from '../access/index.ts';
import type { Store, Trx } from '../store/index.ts';
import { type AuditEntry, genesisHash, hashOf, type StorableEntry, storable } from './chain.ts';
import { type AuditPage, type AuditQuery, listEntries } from './list.ts';
import { type Verdict, verifyChain } from './verify.ts';

/** The append-only log of who did what to what, and why. */
export interface Audit extends AsyncDisposable {
  /**
   * Resolves when the entry is durable. Entries that wait at the same time share one transaction.
   * Throws RecoverableError `audit-busy` when 1,000 wait already: what cannot be written down is not done.
   */
  append(entry: AuditEntry): Promise<void>;
  /** Newest first. Entries of no unit are for those who see the whole province. */
  list(scope: Scope, query: AuditQuery): Promise<AuditPage>;
  /** Walks the whole chain and tells the first entry that does not follow from the one before. */
  verify(signal: AbortSignal): Promise<Verdict>;
}

const limits = { waiting: 1_000, batch: 100 } as const;
/** Any constant: it only has to be the same in every hub of one database. */
const lockKey = 7_314_203;

interface Waiting {
  readonly entry: StorableEntry;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

export function createAudit({ store, clock }: { readonly store: Store; readonly clock: Clock }): Audit {
  const waiting: Waiting[] = [];
  let running: Promise<void> | undefined;

  const drain = async () => {
    for (let batch = waiting.splice(0, limits.batch); batch.length > 0; batch = waiting.splice(0, limits.batch)) {
      try {
        const entries = batch.map(({ entry }) => entry);
        await store.transaction((trx) => appendAll(trx, entries));
        for (const { resolve } of batch) resolve();
      } catch (thrown) {
        for (const { reject } of batch) reject(thrown);
      }
    }
    running = undefined;
  };

  return {
    append: (entry) => {
      if (waiting.length >= limits.waiting)
        return Promise.reject(new RecoverableError('audit-busy', 'The audit log is behind; try again in a moment.'));
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      waiting.push({ entry: storable(entry, clock.now()), resolve, reject });
      running ??= drain();
      return promise;
    },
    list: (scope, query) => listEntries(store.db, scope, query),
    verify: (signal) => verifyChain(store.db, signal),
    [Symbol.asyncDispose]: async () => {
      await running;
    },
  };
}

/** The lock is taken before the last hash is read, so that two hubs never append to the same entry. */
async function appendAll(trx: Trx, entries: readonly StorableEntry[]): Promise<void> {
  await sql`select pg_advisory_xact_lock(${lockKey})`.execute(trx);
  const last = await trx.selectFrom('audit_entry').select('hash').orderBy('seq', 'desc').limit(1).executeTakeFirst();
  let previous = last?.hash ?? genesisHash;
  const rows = entries.map((entry) => {
    const hash = hashOf(previous, entry);
    const row = {
      at: entry.at,
      actor: entry.actor,
      action: entry.action,
      subject: entry.subject,
      unit_id: entry.unitId,
      reason: entry.reason,
      origin: entry.origin,
      detail: JSON.stringify(entry.detail),
      previous_hash: previous,
      hash,
    };
    previous = hash;
    return row;
  });
  await trx.insertInto('audit_entry').values(rows).execute();
}
