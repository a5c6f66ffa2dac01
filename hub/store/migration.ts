import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { Pool, PoolClient } from 'pg';
import { FatalError } from '../../protocols/errors.ts';
import type { Log } from '../../protocols/ports.ts';

export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

/** Any constant: it only has to be the same in every hub. */
const lockKey = 7_314_202;

/** The `NNN-name.sql` files of a folder, in order. Throws FatalError `bad-migration` for a name or number out of line. */
export function readMigrations(folder: URL = new URL('./migrations/', import.meta.url)): readonly Migration[] {
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort();
  return files.map((file, index) => {
    const match = /^(\d{3})-([a-z0-9-]+)\.sql$/.exec(file);
    if (!match?.[1] || !match[2] || Number(match[1]) !== index + 1) {
      throw new FatalError('bad-migration', `${file}: migrations are named 001-name.sql, without gaps`);
    }
    const sql = readFileSync(new URL(file, folder), 'utf8');
    return { version: index + 1, name: match[2], sql, checksum: createHash('sha256').update(sql).digest('hex') };
  });
}

/**
 * Brings the schema up to the last migration, all of it in one transaction; several hubs may start at once.
 * Throws FatalError `schema-newer` when a newer hub was here, `schema-changed` when an applied migration was edited.
 */
export async function migrate(pool: Pool, migrations: readonly Migration[], log: Log): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query('select pg_advisory_xact_lock($1)', [lockKey]);
    await client.query(
      `create table if not exists schema_migration (
         version integer primary key, name text not null, checksum text not null, applied_at timestamptz not null default now())`,
    );
    const applied = await checkApplied(client, migrations);
    for (const migration of migrations.slice(applied)) {
      await client.query(migration.sql);
      await client.query('insert into schema_migration (version, name, checksum) values ($1, $2, $3)', [
        migration.version,
        migration.name,
        migration.checksum,
      ]);
      log.info('schema migrated', { version: migration.version, name: migration.name });
    }
    await client.query('commit');
    client.release();
  } catch (thrown) {
    // The connection is thrown away with the transaction on it.
    client.release(true);
    throw thrown;
  }
}

/** How many migrations stand already. */
async function checkApplied(client: PoolClient, migrations: readonly Migration[]): Promise<number> {
  const { rows } = await client.query<{ version: number; name: string; checksum: string }>(
    'select version, name, checksum from schema_migration order by version',
  );
  for (const row of rows) {
    const known = migrations[row.version - 1];
    if (!known) {
      throw new FatalError(
        'schema-newer',
        `the database has migration ${row.version} (${row.name}), this hub knows ${migrations.length}; install the newer hub again`,
      );
    }
    if (known.checksum !== row.checksum) {
      throw new FatalError(
        'schema-changed',
        `migration ${row.version} (${row.name}) was applied with another text; migrations are forward only, add a new one`,
      );
    }
  }
  return rows.length;
}
