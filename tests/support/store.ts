import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { openStore, type Store } from '../../hub/store/index.ts';
import type { Clock } from '../../protocols/ports.ts';
import { silentLog } from '../../protocols/ports.ts';
import { systemClock } from '../../provisioning/platform/clock.ts';
import { postgresPrograms, startPostgres } from './postgres.ts';

/** A folder for one test file, removed after it. */
export function temporaryFolder(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'edufleet-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** A store of the suite's engine, emptied. It is shared by the file: do not close it. */
export type OpenEmpty = () => Promise<Store>;

/**
 * Runs the same suite on the embedded database and on a PostgreSQL of the system's packages. Each engine is opened once a
 * suite. Without server programs the second is skipped by name; in CI that is a failure.
 */
export function describeStores(name: string, suite: (open: OpenEmpty) => void, clock: Clock = systemClock): void {
  describe(`${name} (embedded)`, () => {
    const folder = temporaryFolder();
    shareStore(
      () => openStore({ databaseUrl: undefined, dataDir: folder.path, clock, log: silentLog }),
      async () => folder[Symbol.dispose](),
      suite,
    );
  });
  if (!postgresPrograms()) {
    const reason = `${name} (postgresql): no server programs under /usr/lib/postgresql`;
    if (process.env['CI']) it(reason, () => Promise.reject(new Error('PostgreSQL is required in CI')));
    else it.skip(reason, () => {});
    return;
  }
  describe(`${name} (postgresql)`, () => {
    let server: AsyncDisposable | undefined;
    shareStore(
      async () => {
        const started = await startPostgres();
        server = started;
        const databaseUrl = await started.createDatabase('edufleet');
        return openStore({ databaseUrl, dataDir: tmpdir(), clock, log: silentLog });
      },
      async () => server?.[Symbol.asyncDispose](),
      suite,
    );
  });
}

function shareStore(open: () => Promise<Store>, after: () => Promise<void>, suite: (open: OpenEmpty) => void): void {
  let store: Store | undefined;
  beforeAll(async () => {
    store = await open();
  }, 60_000);
  afterAll(async () => {
    await store?.[Symbol.asyncDispose]();
    await after();
  }, 60_000);
  suite(async () => {
    if (!store) throw new Error('open() is for tests and hooks');
    await emptyStore(store);
    return store;
  });
}

/** Empties every table of ours; sequences start again. */
export async function emptyStore(store: Store): Promise<void> {
  const { rows } = await sql<{ name: string }>`
    select quote_ident(c.relname) as name from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      and c.relname <> 'schema_migration'`.execute(store.db);
  if (rows.length === 0) return;
  await store.transaction(async (trx) => {
    // The audit log refuses to be emptied; its triggers sleep for this one transaction.
    await sql`set local session_replication_role = replica`.execute(trx);
    await sql`truncate ${sql.raw(rows.map(({ name }) => name).join(', '))} restart identity cascade`.execute(trx);
  });
}
