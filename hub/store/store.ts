import type { Kysely, Transaction } from 'kysely';
import type { Pool } from 'pg';
import type { Tables } from './tables.ts';

export type Database = Kysely<Tables>;
export type Trx = Transaction<Tables>;
/** Either a transaction or the database itself: what a query function takes. */
export type Queries = Database | Trx;

/** What one commit is worth on this machine, as proven at start. */
export interface Durability {
  /** True when a commit was seen to end in a real fsync before it returned. */
  readonly durable: boolean;
  /** One sentence for the log and the status page. */
  readonly detail: string;
}

/** What a listener is called for. */
export interface Listener {
  readonly heard: (payload: string) => void;
  /** The connection was away for a while: notifications may be missing, read again what they keep current. */
  readonly missed?: () => void;
}

/** The database behind the hub: PostgreSQL, or the embedded one of the same dialect. */
export interface Store extends AsyncDisposable {
  readonly engine: 'postgresql' | 'embedded';
  readonly db: Database;
  /** For libraries that bring their own queries. The embedded engine has one connection: never take it inside a transaction. */
  readonly pool: Pool;
  readonly durability: Durability;
  /**
   * Runs `work` in one transaction; what it throws rolls everything back. Resolves after the commit is durable.
   * Throws RecoverableError `database-unavailable` when the connection is lost, so that the caller may try again.
   * Inside, use only `trx`: the embedded engine has a single connection, and `db` would wait for this transaction.
   */
  transaction<T>(work: (trx: Trx) => Promise<T>): Promise<T>;
  /** Tells every hub on this database. `payload` is at most 7,000 bytes. */
  notify(channel: string, payload: string): Promise<void>;
  /** Calls back for each notification of any hub, this one included, until disposed. */
  listen(channel: string, listener: Listener): Promise<AsyncDisposable>;
  /** Bytes on disk of a table with its indexes and partitions; for metrics and benchmarks. */
  tableBytes(table: string): Promise<number>;
}
