import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../../agent/uplink/database.ts';
import { Inbox } from '../../agent/uplink/inbox.ts';
import { Outbox } from '../../agent/uplink/outbox.ts';
import { systemClock } from '../../provisioning/platform/clock.ts';
import { checkOutboxFile } from '../support/outbox-checker.ts';
import { recordOf } from '../support/records.ts';

const isRoot = process.getuid?.() === 0;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'disk-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs `work` in a file system of 4 MiB that is there for it alone. */
async function onSmallDisk(work: () => Promise<void>): Promise<void> {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder]);
  try {
    await work();
  } finally {
    execFileSync('umount', [folder]);
  }
}

/** Leaves `free` bytes at most. */
function fillDisk(ballast: string, free = 0): void {
  const { bavail, bsize } = statfsSync(folder);
  writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - free)));
}

describe('an outbox on a full disk', () => {
  it.skipIf(!isRoot)('refuses, keeps what it has, and goes on without a restart (needs root for tmpfs)', async () => {
    await onSmallDisk(async () => {
      const path = join(folder, 'outbox.db');
      const ballast = join(folder, 'ballast');
      const database = openDatabase(path);
      const outbox = new Outbox({ database, clock: systemClock });
      const inbox = new Inbox(database);
      let promised = 0;
      const add = async (count: number) => {
        const batch = Array.from({ length: count }, (_, n) => recordOf('urgent', promised + n, 500));
        await outbox.enqueue('urgent', batch);
        promised += count;
      };
      for (let round = 0; round < 3; round++) {
        await add(50);
        fillDisk(ballast);
        let refused: unknown;
        for (let n = 0; n < 2_000 && !refused; n++) await add(20).catch((error: unknown) => (refused = error));
        expect(refused).toMatchObject({ code: expect.stringMatching(/disk-full|storage-failed/) });
        expect(outbox.accounts().urgent.pending).toBe(promised);
        expect(outbox.nextFrame('urgent', 0, { records: 10, bytes: 100_000 })).toMatchObject({ from: 1, through: 10 });
        const refusal = () => inbox.finish('c1', { state: 'succeeded', output: { text: 'x'.repeat(200_000) } });
        expect(refusal).toThrow(expect.objectContaining({ code: expect.stringMatching(/disk-full|storage-failed/) }));
        rmSync(ballast);
        await add(50);
        expect(inbox.seen('c1')).toBeUndefined();
      }
      outbox[Symbol.dispose]();
      database[Symbol.dispose]();
      const file = checkOutboxFile(path);
      expect(file.urgent).toMatchObject({ generated: promised, pending: promised });
      expect([...file.urgent.marks.values()]).toEqual(Array.from({ length: promised }, (_, mark) => mark));
    });
  });

  it.skipIf(!isRoot)('says so when it cannot even begin, and begins later (needs root for tmpfs)', async () => {
    await onSmallDisk(async () => {
      const path = join(folder, 'outbox.db');
      const ballast = join(folder, 'ballast');
      fillDisk(ballast);
      expect(() => openDatabase(path)).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/disk-full|storage-failed/) }),
      );
      rmSync(ballast);
      const database = openDatabase(path);
      expect(database.replaced).toBeUndefined();
      database[Symbol.dispose]();
    });
  });
});
