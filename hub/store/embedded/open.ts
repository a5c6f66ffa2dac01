import { join } from 'node:path';
import { Pool } from 'pg';
import type { Clock, Log } from '../../../protocols/ports.ts';
import { lockFolder } from '../folder-lock.ts';
import { surviveBrokenConnections } from '../postgres.ts';
import type { Durability } from '../store.ts';
import { columnTypes } from '../type-parser.ts';
import { createDatabaseThread } from './thread.ts';
import { startUpkeep } from './upkeep.ts';

/** The embedded database as a pool of one connection. */
export interface EmbeddedDatabase extends AsyncDisposable {
  readonly pool: Pool;
  readonly durability: Durability;
  /** Starts checkpoints and vacuum; call it once the schema stands. */
  startUpkeep(): void;
}

/** A query that waits longer than this for the one connection fails instead of hanging: a lock held across itself. */
const waitForConnectionMs = 60_000;

/** Opens `<dataDir>/database`. Throws FatalError `data-folder-in-use` or `embedded-database`. */
export async function openEmbedded(dataDir: string, clock: Clock, log: Log): Promise<EmbeddedDatabase> {
  const lock = lockFolder(dataDir);
  const thread = createDatabaseThread(join(dataDir, 'database'), clock, log);
  try {
    const fsyncs = await thread.start();
    const pool = new Pool({
      stream: () => thread.connect(),
      user: 'postgres',
      database: 'postgres',
      max: 1,
      idleTimeoutMillis: 0,
      connectionTimeoutMillis: waitForConnectionMs,
      types: columnTypes,
    });
    surviveBrokenConnections(pool, log);
    let upkeep: AsyncDisposable | undefined;
    return {
      pool,
      durability: judgeDurability(fsyncs),
      startUpkeep: () => {
        upkeep ??= startUpkeep(pool, clock, log);
      },
      [Symbol.asyncDispose]: async () => {
        await upkeep?.[Symbol.asyncDispose]();
        await pool.end();
        await thread.close();
        lock[Symbol.dispose]();
      },
    };
  } catch (thrown) {
    await thread.close();
    lock[Symbol.dispose]();
    throw thrown;
  }
}

/** What the fsync calls of one commit prove. */
export function judgeDurability(fsyncs: number): Durability {
  if (fsyncs > 0)
    return { durable: true, detail: `one commit of the embedded database made ${fsyncs} fsync before it returned` };
  return {
    durable: false,
    detail:
      'one commit of the embedded database made no fsync: a power cut may lose what was acknowledged; use PostgreSQL',
  };
}
