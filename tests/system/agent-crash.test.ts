import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lanes } from '../../protocols/fleet/record.ts';
import { systemClock } from '../../provisioning/platform/clock.ts';
import { startChild } from '../support/child.ts';
import { checkJournal, checkOutboxFile, readJournal } from '../support/outbox-checker.ts';

const kills = 30;
let folder: string;
let path: string;
let journal: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crash-'));
  path = join(folder, 'outbox.db');
  journal = join(folder, 'journal');
  closeSync(openSync(journal, 'a'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** One life of the writer, ended by SIGKILL at a random moment under load. */
async function liveAndDie(firstMark: number, maxBytes: number, acknowledge: 'yes' | 'no'): Promise<void> {
  const args = [path, journal, String(firstMark), String(maxBytes), acknowledge];
  await using child = startChild('tests/support/outbox-writer.ts', args);
  await child.line((line) => (line === 'ready' ? true : undefined), 20_000);
  await systemClock.wait(5 + Math.random() * 120);
  await child.kill();
}

describe('an outbox whose process is killed', () => {
  it(`keeps every promised record exactly once over ${kills} kills under load`, async () => {
    let promised = 0;
    for (let kill = 0; kill < kills; kill++) {
      await liveAndDie(kill * 1_000_000, 1e9, 'no');
      const entries = readJournal(journal);
      const file = checkOutboxFile(path);
      checkJournal(entries, file);
      promised = entries.length;
      for (const lane of lanes) expect(file[lane]).toMatchObject({ delivered: 0, shed: 0 });
    }
    expect(promised).toBeGreaterThan(kills * 20);
  });

  it('keeps its accounts while it sheds and deletes, and never sheds what is urgent', async () => {
    for (let kill = 0; kill < 10; kill++) {
      await liveAndDie(kill * 1_000_000, 60_000, 'yes');
      const file = checkOutboxFile(path);
      checkJournal(readJournal(journal), file, { mayBeGone: true });
      expect(file.urgent.shed).toBe(0);
    }
    const file = checkOutboxFile(path);
    expect(file.samples.shed).toBeGreaterThan(0);
    expect(file.urgent.delivered).toBeGreaterThan(0);
  });

  it('would notice a lost record, a record twice and a wrong count', async () => {
    // A life may end before its first record.
    for (let kill = 0; readJournal(journal).length < 100; kill++) await liveAndDie(kill * 1_000_000, 1e9, 'no');
    const file = checkOutboxFile(path);
    const entries = readJournal(journal);
    const last = entries.at(-1)!;
    expect(() => checkJournal([...entries, { ...last, seq: 1e9 }], file)).toThrow('was promised');
    expect(() => checkJournal([...entries, last], file)).toThrow('given twice');
    const { DatabaseSync } = await import('node:sqlite');
    using sql = new DatabaseSync(path);
    sql.exec('delete from record where seq = 2');
    sql.close();
    expect(() => checkOutboxFile(path)).toThrow('rows, not');
    writeFileSync(path, 'x');
    expect(() => checkOutboxFile(path)).toThrow();
  });
});
