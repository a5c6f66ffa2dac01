import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../../agent/uplink/database.ts';
import { Outbox } from '../../agent/uplink/outbox.ts';
import { lanes, type RecordBody } from '../../protocols/fleet/record.ts';
import { createFakeClock } from '../support/clock.ts';
import { checkOutboxFile } from '../support/outbox-checker.ts';
import { recordOf } from '../support/records.ts';

const events = 1_000_000;
const outageMs = 72 * 3_600_000;
const maxBytes = 64 * 1024 * 1024;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'outage-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Of a hundred records one is urgent, nine are states, the rest samples. */
function some(n: number, at: number): { readonly lane: (typeof lanes)[number]; readonly body: RecordBody } {
  const lane = n % 100 === 0 ? 'urgent' : n % 10 === 0 ? 'state' : 'samples';
  return { lane, body: { ...recordOf(lane, n, 20), at } };
}

describe('an outbox without its hub for 72 hours', () => {
  it(`takes ${events} records within its bound, sheds by rank, and knows where every number went`, async () => {
    const clock = createFakeClock();
    const path = join(folder, 'outbox.db');
    const database = openDatabase(path);
    const outbox = new Outbox({ database, clock, limits: { maxBytes, urgentReserve: 0.2 } });
    const batch = 1_000;
    for (let n = 0; n < events; n += batch) {
      await clock.advance((outageMs * batch) / events);
      const records = Array.from({ length: batch }, (_, index) => some(n + index, clock.now()));
      await Promise.all(
        lanes.map((lane) =>
          outbox.enqueue(
            lane,
            records.filter((record) => record.lane === lane).map(({ body }) => body),
          ),
        ),
      );
    }
    const accounts = outbox.accounts();
    const total = (of: 'generated' | 'pending' | 'shed' | 'bytes') =>
      lanes.reduce((sum, lane) => sum + accounts[lane][of], 0);
    expect(total('generated')).toBe(events);
    expect(total('pending') + total('shed')).toBe(events);
    expect(total('bytes')).toBeLessThanOrEqual(maxBytes);
    expect(accounts.urgent).toMatchObject({ generated: events / 100, shed: 0 });
    expect(accounts.samples.shed).toBeGreaterThan(events / 4);
    expect(accounts.state.shed).toBe(0);
    outbox[Symbol.dispose]();
    database[Symbol.dispose]();
    const fileBytes = statSync(path).size;
    console.log(`file of ${(fileBytes / 1024 / 1024).toFixed(1)} MiB for a bound of ${maxBytes / 1024 / 1024} MiB`);
    expect(fileBytes).toBeLessThan(maxBytes * 1.25);
    expect(checkOutboxFile(path).samples.shed).toBe(accounts.samples.shed);
  });
});
