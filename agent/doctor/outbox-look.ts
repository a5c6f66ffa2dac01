import { existsSync, statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { toError } from '../../protocols/errors.ts';
import type { DesiredDevice } from '../../protocols/fleet/messages.ts';
import { lifeSetting } from '../health/sign-of-life.ts';
import { databaseFile, readDatabaseCopy, readSetting } from '../uplink/database-copy.ts';
import { readStoredDesired } from '../uplink/desired-store.ts';
import type { FolderFact, OutboxFact } from './facts.ts';

/** What the file of an agent says, also while the agent runs. */
export interface OutboxLook {
  readonly outbox: OutboxFact;
  /** Undefined when it cannot be read; empty when the hub has told nothing yet. */
  readonly devices: readonly DesiredDevice[] | undefined;
}

/** A copy must not be what fills the disk. */
const spareBytes = 50e6;

const account = z.object({
  generated: z.int(),
  delivered: z.int(),
  pending: z.int(),
  shed: z.int(),
  bytes: z.int(),
});
const row = account.extend({ name: z.enum(['urgent', 'state', 'samples']) });
const nothing = { generated: 0, delivered: 0, pending: 0, shed: 0, bytes: 0 };

export function lookAtOutbox(dataDir: string, folder: FolderFact): OutboxLook {
  const file = databaseFile(dataDir);
  if (folder.state === 'not-writable') return unseen('the folder takes no copy of it');
  try {
    if (!existsSync(file)) return { outbox: { state: 'absent' }, devices: [] };
    const fileBytes = [file, `${file}-wal`].reduce(
      (sum, path) => sum + (existsSync(path) ? statSync(path).size : 0),
      0,
    );
    const freeBytes = folder.state === 'writable' ? folder.freeBytes : 0;
    if (fileBytes + spareBytes > freeBytes) return unseen('there is no room for a copy of it');
    return readDatabaseCopy(dataDir, (sql) => ({
      outbox: { state: 'read', fileBytes, ...readAccounts(sql) },
      devices: readStoredDesired(sql)?.devices ?? [],
    }));
  } catch (thrown) {
    return unseen(toError(thrown).message);
  }
}

function unseen(detail: string): OutboxLook {
  return { outbox: { state: 'unseen', detail }, devices: undefined };
}

function readAccounts(sql: DatabaseSync) {
  const rows = sql.prepare('select name, generated, delivered, pending, shed, bytes from lane').all();
  const lanes = Object.fromEntries(rows.map((read) => row.parse(read)).map(({ name, ...rest }) => [name, rest]));
  const aliveAt = Number(readSetting(sql, lifeSetting));
  return {
    lanes: { urgent: nothing, state: nothing, samples: nothing, ...lanes },
    aliveAt: aliveAt > 0 ? aliveAt : undefined,
  };
}
