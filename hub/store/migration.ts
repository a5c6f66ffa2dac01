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

/** The `NNN-name.sql` files of a folder, in order. Throws FatalError `bad-migration` for another name or a number that comes twice. */
export function readMigrations(folder: URL = new URL('./migrations/', import.meta.url)): readonly Migration[] {
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort();
  const seen = new Set<number>();
  return files.map((file) => {
    const match = /^(\d{3})-([a-z0-9-]+)\.sql$/.exec(file);
    const version = Number(match?.[1]);
    if (!match?.[2] || seen.has(version)) {
      throw new FatalError('bad-migration', `${file}: migrations are named 001-name.sql, each number once`);
    }
    seen.add(version);
    const sql = readFileSync(new URL(file, folder), 'utf8');
    return { version, name: match[2], sql, checksum: createHash('sha256').update(sql).digest('hex') };
  });
}

/**
 * Brings the schema up to the last migration, all of it in one transaction; several hubs may start at once. Numbers may have
 * gaps: two features that are built at the same time each take one, and what arrives later is applied later.
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
    for (const migration of migrations.filter(({ version }) => !applied.has(version))) {
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

/** Numbers of the migrations that stand already. */
async function checkApplied(client: PoolClient, migrations: readonly Migration[]): Promise<ReadonlySet<number>> {
  const { rows } = await client.query<{ version: number; name: string; checksum: string }>(
    'select version, name, checksum from schema_migration order by version',
  );
  const byVersion = new Map(migrations.map((migration) => [migration.version, migration]));
  for (const row of rows) {
    const known = byVersion.get(row.version);
    if (!known) {
      throw new FatalError(
        'schema-newer',
        `the database has migration ${row.version} (${row.name}), which this hub does not know; install the newer hub again`,
      );
    }
    if (known.checksum !== row.checksum) {
      throw new FatalError(
        'schema-changed',
        `migration ${row.version} (${row.name}) was applied with another text; migrations are forward only, add a new one`,
      );
    }
  }
  return new Set(rows.map(({ version }) => version));
}
