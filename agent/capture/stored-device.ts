import { constants, copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { FatalError, toError } from '../../protocols/errors.ts';
import { type DesiredDevice, desiredSchema } from '../../protocols/fleet/messages.ts';

/** A copy that was taken while the agent wrote is seldom bad; a third one never was. */
const attempts = 3;

/**
 * The device `id` as the hub last wished it, out of the outbox file of `dataDir`. A running agent holds that file for itself,
 * so a copy is read: the log beside it has checksums, and what is half written counts as not written. The copy holds
 * credentials; it lies in the same folder, for its owner only, and is gone when this returns.
 * Throws FatalError `unknown-device`, `unknown-outbox`.
 */
export function readStoredDevice(dataDir: string, id: string): DesiredDevice {
  const file = join(dataDir, 'outbox.db');
  if (!existsSync(file)) {
    throw new FatalError(
      'unknown-outbox',
      `there is no outbox in ${dataDir}: give the folder of the agent by --data, or an address together with --family`,
    );
  }
  const devices = readDevices(dataDir, file);
  const device = devices.find((candidate) => candidate.id === id);
  if (device) return device;
  const known = devices.map((candidate) => `${candidate.id} (${candidate.name})`).join(', ');
  throw new FatalError(
    'unknown-device',
    `this agent has no device ${id}; it has ${known || 'none'}. For an address give --family as well`,
  );
}

function readDevices(dataDir: string, file: string): readonly DesiredDevice[] {
  let failure: unknown;
  for (let attempt = 1; attempt <= attempts; attempt++) {
    try {
      return readCopy(dataDir, file);
    } catch (thrown) {
      failure = thrown;
    }
  }
  throw new FatalError(
    'unknown-outbox',
    `the outbox of the agent cannot be read (${toError(failure).message}); stop the agent for a moment, or give the address`,
  );
}

function readCopy(dataDir: string, file: string): readonly DesiredDevice[] {
  const folder = mkdtempSync(join(dataDir, 'capture-'));
  try {
    const copy = join(folder, 'outbox.db');
    copyFileSync(file, copy, constants.COPYFILE_FICLONE);
    if (existsSync(`${file}-wal`)) copyFileSync(`${file}-wal`, `${copy}-wal`, constants.COPYFILE_FICLONE);
    const sql = new DatabaseSync(copy);
    try {
      const [check] = Object.values(sql.prepare('pragma quick_check(1)').get() ?? {});
      if (check !== 'ok') throw new FatalError('outbox-corrupt', `its check says: ${check}`);
      const stored = sql.prepare("select value from setting where name = 'desired'").get()?.['value'];
      return typeof stored === 'string' ? (desiredSchema.safeParse(JSON.parse(stored)).data?.devices ?? []) : [];
    } finally {
      sql.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
