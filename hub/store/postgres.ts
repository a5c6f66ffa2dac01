import { Pool, type PoolConfig } from 'pg';
import type { Log } from '../../protocols/ports.ts';
import type { Durability } from './store.ts';
import { columnTypes } from './type-parser.ts';

/** Most connections of one hub. */
const maxConnections = 10;

/** How this hub talks to a PostgreSQL server; every wait has an end. */
export function poolConfig(databaseUrl: string): PoolConfig {
  return {
    connectionString: databaseUrl,
    application_name: 'edufleet-hub',
    max: maxConnections,
    connectionTimeoutMillis: 10_000,
    idle_in_transaction_session_timeout: 60_000,
    statement_timeout: 120_000,
    query_timeout: 130_000,
    keepAlive: true,
    types: columnTypes,
  };
}

export function createPool(databaseUrl: string, log: Log): Pool {
  const pool = new Pool(poolConfig(databaseUrl));
  surviveBrokenConnections(pool, log);
  return pool;
}

/**
 * The pool listens only to connections that rest in it. One that ends while a transaction holds it between two statements
 * would have no listener, and the event would end the process; with one, the next statement is refused instead.
 */
export function surviveBrokenConnections(pool: Pool, log: Log): void {
  pool.on('connect', (client) => client.on('error', (error) => log.warn('database connection broke', { error })));
  // Of a connection at rest the pool tells what the connection has told already.
  pool.on('error', (error) => log.debug('the pool lost a connection', { error }));
}

/** Asks the server what its commits are worth. */
export async function askDurability(pool: Pool): Promise<Durability> {
  const { rows } = await pool.query<{ fsync: string; commit: string; version: string }>(
    `select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit,
       current_setting('server_version') as version`,
  );
  const { fsync = '', commit = '', version = '' } = rows[0] ?? {};
  const durable = fsync === 'on' && commit !== 'off';
  const settings = `PostgreSQL ${version}: fsync=${fsync}, synchronous_commit=${commit}`;
  return { durable, detail: durable ? settings : `${settings}; a power cut may lose what was acknowledged` };
}
