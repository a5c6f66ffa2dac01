import type { Writable } from 'node:stream';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { judgeDurability } from '../../../hub/store/embedded/open.ts';
import { afterCommit, openStore, toStoreError } from '../../../hub/store/index.ts';
import { migrate, readMigrations } from '../../../hub/store/migration.ts';
import { silentLog } from '../../../protocols/ports.ts';
import { systemClock } from '../../../provisioning/platform/clock.ts';
import { createFastClock } from '../../support/clock.ts';
import { startPostgres } from '../../support/postgres.ts';
import { describeStores, temporaryFolder } from '../../support/store.ts';

const unit = {
  path: '/1/',
  kind: 'province' as const,
  name: 'Quảng Ngãi',
  name_folded: 'quang ngai',
  name_sort: 'quang ngai',
};

describeStores('store', (open) => {
  it('proves at start that a commit reaches the disk', async () => {
    const store = await open();
    expect(store.durability).toMatchObject({ durable: true });
  });

  it('reads 64-bit integers as numbers, times as Date, bytes as Buffer, JSON as values', async () => {
    const store = await open();
    const { rows } = await sql`select 9007199254740991::int8 as n, '2026-03-02T00:00:00Z'::timestamptz as t,
      ${Buffer.from([0, 1, 255])}::bytea as b, '{"a":[1]}'::jsonb as j`.execute(store.db);
    expect(rows[0]).toEqual({
      n: 9007199254740991,
      t: new Date('2026-03-02T00:00:00Z'),
      b: Buffer.from([0, 1, 255]),
      j: { a: [1] },
    });
  });

  it('rolls everything back, and runs after-commit work only after a commit', async () => {
    const store = await open();
    const ran: string[] = [];
    await expect(
      store.transaction(async (trx) => {
        await trx.insertInto('unit').values(unit).execute();
        afterCommit(trx, () => ran.push('rolled back'));
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    expect(await store.db.selectFrom('unit').selectAll().execute()).toEqual([]);
    await store.transaction(async (trx) => {
      await trx.insertInto('unit').values(unit).execute();
      afterCommit(trx, () => ran.push('committed'));
      expect(ran).toEqual([]);
    });
    expect(ran).toEqual(['committed']);
  });

  it('keeps transactions apart that run at the same time', async () => {
    const store = await open();
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) =>
        store.transaction(async (trx) => {
          await trx
            .insertInto('unit')
            .values({ ...unit, path: `/${index}/` })
            .execute();
          if (index % 2) throw new Error('odd');
        }),
      ),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
    const { count } = await store.db
      .selectFrom('unit')
      .select((e) => e.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow();
    expect(count).toBe(10);
  });

  it('goes on after an error in a statement', async () => {
    const store = await open();
    await expect(sql`select 1/0`.execute(store.db)).rejects.toMatchObject({ code: '22012' });
    await expect(sql`select no_such_column`.execute(store.db)).rejects.toMatchObject({ code: '42703' });
    expect((await sql`select 1 as one`.execute(store.db)).rows).toEqual([{ one: 1 }]);
  });

  it('moves megabytes in both directions', async () => {
    const store = await open();
    const bytes = Buffer.alloc(3_000_000, 7);
    const { rows } = await sql<{ b: Buffer }>`select ${bytes}::bytea as b`.execute(store.db);
    expect(rows[0]?.b.equals(bytes)).toBe(true);
  });

  it('notifies its listeners until they go', async () => {
    const store = await open();
    const heard: string[] = [];
    const listening = await store.listen('test_channel', { heard: (payload) => heard.push(payload) });
    await store.notify('test_channel', 'Đặng');
    await expect.poll(() => heard).toEqual(['Đặng']);
    await listening[Symbol.asyncDispose]();
    await store.notify('test_channel', 'later');
    await store.notify('other_channel', 'elsewhere');
    expect(heard).toEqual(['Đặng']);
  });

  it('migrates once, refuses a changed migration and a newer schema', async () => {
    const store = await open();
    const migrations = readMigrations();
    await migrate(store.pool, migrations, silentLog);
    const changed = migrations.map((migration) => ({ ...migration, checksum: 'other' }));
    await expect(migrate(store.pool, changed, silentLog)).rejects.toMatchObject({ code: 'schema-changed' });
    await expect(migrate(store.pool, migrations.slice(0, -1), silentLog)).rejects.toMatchObject({
      code: 'schema-newer',
    });
    const broken = {
      version: 900,
      name: 'broken',
      sql: 'create table half (a int); select 1/0;',
      checksum: 'x',
    };
    await expect(migrate(store.pool, [...migrations, broken], silentLog)).rejects.toMatchObject({ code: '22012' });
    expect((await sql`select to_regclass('half') as half`.execute(store.db)).rows).toEqual([{ half: null }]);
    const late = { version: 800, name: 'late', sql: 'create table late (a int)', checksum: 'y' };
    const last = { version: 900, name: 'last', sql: 'create table last (a int)', checksum: 'x' };
    await migrate(store.pool, [...migrations, last], silentLog);
    await migrate(store.pool, [...migrations, late, last], silentLog);
    await migrate(store.pool, [...migrations, late, last], silentLog);
    expect((await sql`select to_regclass('late') is not null as late`.execute(store.db)).rows).toEqual([
      { late: true },
    ]);
  });

  it('measures a table', async () => {
    const store = await open();
    expect(await store.tableBytes('unit')).toBeGreaterThan(0);
  });
});

describe('embedded store', () => {
  it('says plainly when a commit makes no fsync', () => {
    expect(judgeDurability(0)).toMatchObject({ durable: false, detail: expect.stringContaining('no fsync') });
    expect(judgeDurability(1).durable).toBe(true);
  });

  it('keeps its folder for one process, and its rows over a restart', { timeout: 60_000 }, async () => {
    using folder = temporaryFolder();
    const options = { databaseUrl: undefined, dataDir: folder.path, clock: systemClock, log: silentLog };
    {
      await using store = await openStore(options);
      await store.db.insertInto('unit').values(unit).execute();
      await expect(openStore(options)).rejects.toMatchObject({
        code: 'data-folder-in-use',
        message: expect.stringContaining(String(process.pid)),
      });
    }
    await using again = await openStore(options);
    expect(await again.db.selectFrom('unit').select('name').execute()).toEqual([{ name: 'Quảng Ngãi' }]);
  });
});

describe('embedded store whose thread hangs', () => {
  it('fails what was under way, and opens again with all that was committed', { timeout: 60_000 }, async () => {
    using folder = temporaryFolder();
    // The three minutes that an answer may take pass in two seconds.
    const clock = createFastClock(100);
    await using store = await openStore({ databaseUrl: undefined, dataDir: folder.path, clock, log: silentLog });
    await store.db.insertInto('unit').values(unit).execute();
    const client = await store.pool.connect();
    client.on('error', () => {});
    const { stream } = (client as unknown as { connection: { stream: Writable } }).connection;
    // No message of the protocol: PostgreSQL ends the session, which here is the whole server.
    stream.write(Buffer.from('~~~~~~~~~~~~~~~~'));
    const failure = await client.query('select 1').catch((thrown: Error) => thrown);
    client.release(true);
    expect(toStoreError(failure)).toMatchObject({ code: 'database-unavailable' });
    await expect
      .poll(() => store.db.selectFrom('unit').select('name').execute(), { timeout: 20_000 })
      .toEqual([{ name: 'Quảng Ngãi' }]);
  });
});

describe('postgresql store', () => {
  it('outlives a connection that ends between two statements of a transaction', { timeout: 60_000 }, async () => {
    await using server = await startPostgres();
    const databaseUrl = await server.createDatabase('edufleet');
    await using store = await openStore({ databaseUrl, dataDir: '/tmp', clock: systemClock, log: silentLog });
    const broken = store.transaction(async (trx) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(trx);
      await sql`select pg_terminate_backend(${rows[0]!.pid}, 5000)`.execute(store.db);
      // The news comes while nobody asks anything of this connection: nobody hears it but the connection itself.
      await new Promise((resolve) => setTimeout(resolve, 100));
      await sql`select 1`.execute(trx);
    });
    await expect(broken).rejects.toThrow();
    expect((await sql<{ n: number }>`select 1 as n`.execute(store.db)).rows).toEqual([{ n: 1 }]);
  });

  it('tells that the server is away as something that passes, and recovers', { timeout: 60_000 }, async () => {
    await using server = await startPostgres();
    const databaseUrl = await server.createDatabase('edufleet');
    await using store = await openStore({ databaseUrl, dataDir: '/tmp', clock: systemClock, log: silentLog });
    const events: string[] = [];
    await store.listen('test_channel', { heard: (text) => events.push(text), missed: () => events.push('missed') });
    await server.crash();
    await expect(store.transaction((trx) => sql`select 1`.execute(trx))).rejects.toMatchObject({
      name: 'RecoverableError',
      code: 'database-unavailable',
    });
    await server.start();
    await expect.poll(() => store.transaction((trx) => sql`select 1`.execute(trx)).then(() => 'up')).toBe('up');
    await expect.poll(() => events, { timeout: 10_000 }).toEqual(['missed']);
    await store.notify('test_channel', 'again');
    await expect.poll(() => events).toEqual(['missed', 'again']);
  });
});
