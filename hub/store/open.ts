import { Kysely, PostgresDialect, sql } from 'kysely';
import type { Pool } from 'pg';
import type { Clock, Log } from '../../protocols/ports.ts';
import { collectAfterCommit } from './after-commit.ts';
import { openEmbedded } from './embedded/open.ts';
import { toStoreError } from './failure.ts';
import { migrate, readMigrations } from './migration.ts';
import { createLocalNotifications, createPostgresNotifications } from './notification.ts';
import { askDurability, createPool, poolConfig } from './postgres.ts';
import type { Database, Durability, Store } from './store.ts';
import type { Tables } from './tables.ts';

export interface StoreOptions {
  /** `postgresql://…`; the embedded database in `dataDir` without it. */
  readonly databaseUrl: string | undefined;
  readonly dataDir: string;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Opens the database and brings its schema up to date.
 * Throws RecoverableError `database-unavailable`, FatalError `data-folder-in-use`, `embedded-database`, `schema-newer` or
 * `schema-changed`.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { log } = options;
  const store =
    options.databaseUrl === undefined ? await embedded(options) : await server(options, options.databaseUrl);
  if (store.durability.durable) log.info('database open', { engine: store.engine, detail: store.durability.detail });
  else log.error('database open without durability', { engine: store.engine, detail: store.durability.detail });
  return store;
}

async function embedded({ dataDir, clock, log }: StoreOptions): Promise<Store> {
  const database = await openEmbedded(dataDir, clock, log);
  try {
    await migrate(database.pool, readMigrations(), log);
  } catch (thrown) {
    await database[Symbol.asyncDispose]();
    throw toStoreError(thrown);
  }
  database.startUpkeep();
  const notifications = createLocalNotifications(log);
  return {
    ...queriesOf(database.pool, database.durability),
    engine: 'embedded',
    notify: async (channel, payload) => notifications.notify(channel, payload),
    listen: (channel, listener) => notifications.listen(channel, listener),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

async function server({ clock, log }: StoreOptions, databaseUrl: string): Promise<Store> {
  const pool = createPool(databaseUrl, log);
  try {
    await migrate(pool, readMigrations(), log);
    const durability = await askDurability(pool);
    const notifications = createPostgresNotifications(poolConfig(databaseUrl), clock, log);
    const queries = queriesOf(pool, durability);
    return {
      ...queries,
      engine: 'postgresql',
      notify: async (channel, payload) => {
        await sql`select pg_notify(${channel}, ${payload})`.execute(queries.db);
      },
      listen: (channel, listener) => notifications.listen(channel, listener),
      [Symbol.asyncDispose]: async () => {
        await notifications[Symbol.asyncDispose]();
        await pool.end();
      },
    };
  } catch (thrown) {
    await pool.end();
    throw toStoreError(thrown);
  }
}

function queriesOf(
  pool: Pool,
  durability: Durability,
): Pick<Store, 'db' | 'pool' | 'durability' | 'transaction' | 'tableBytes'> {
  const db: Database = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  return {
    db,
    pool,
    durability,
    transaction: async (work) => {
      let settle = () => {};
      try {
        const result = await db.transaction().execute((trx) => {
          settle = collectAfterCommit(trx);
          return work(trx);
        });
        settle();
        return result;
      } catch (thrown) {
        throw toStoreError(thrown);
      }
    },
    tableBytes: async (table) => {
      const { rows } = await sql<{ bytes: number }>`
        select (pg_total_relation_size(${table}::regclass) + coalesce((
          select sum(pg_total_relation_size(relid)) from pg_partition_tree(${table}::regclass)
          where relid <> ${table}::regclass), 0))::bigint as bytes`.execute(db);
      return rows[0]?.bytes ?? 0;
    },
  };
}
