import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createIngest } from '../../hub/ingest/index.ts';
import { openStore } from '../../hub/store/index.ts';
import { createTelemetry } from '../../hub/telemetry/index.ts';
import { packJson } from '../../protocols/fleet/payload.ts';
import { silentLog } from '../../protocols/ports.ts';
import { systemClock } from '../../provisioning/platform/clock.ts';
import { createFleet } from '../support/fleet.ts';

const mayMount = process.getuid?.() === 0;

/** A small disk of its own. */
function smallDisk(megabytes: number): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'edufleet-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path]);
  return {
    path,
    [Symbol.dispose]: () => {
      execFileSync('umount', ['-l', path]);
      rmSync(path, { recursive: true, force: true });
    },
  };
}

describe('a hub whose disk is full', () => {
  it.skipIf(!mayMount)(
    'acknowledges nothing that is not stored, and goes on by itself',
    { timeout: 180_000 },
    async () => {
      using disk = smallDisk(160);
      await using store = await openStore({
        databaseUrl: undefined,
        dataDir: disk.path,
        clock: systemClock,
        log: silentLog,
      });
      const fleet = await createFleet(store);
      const telemetry = createTelemetry({ store, clock: systemClock, log: silentLog });
      const commands = { applyResults: async () => {} };
      await using ingest = createIngest({ ...fleet, telemetry, commands, log: silentLog });
      const now = Date.now();
      const send = async (seq: number) => {
        const data = { from: 'x'.repeat(15), to: String(seq) };
        const event = { kind: 'event', seq, at: now, device: fleet.host, capability: 'power', name: 'changed' };
        const records = [{ ...event, severity: 'info', data }];
        const payload = packJson({ epoch: 'e0000001', sentAt: now, lane: 'state', from: seq, through: seq, records });
        return (await ingest.submit('a1', payload))?.through.state ?? 0;
      };
      let through = await send(1);
      const filler = join(disk.path, 'filler');
      for (let megabytes = 0; ; megabytes++) {
        try {
          writeFileSync(filler, Buffer.alloc(1_000_000, megabytes), { flag: 'a' });
        } catch {
          break;
        }
      }
      // What is preallocated still takes some; then it must refuse, and never lie.
      let refused: unknown;
      for (let seq = through + 1; refused === undefined; seq++) {
        try {
          through = await send(seq);
        } catch (thrown) {
          refused = thrown;
        }
      }
      expect(refused).toMatchObject({ name: 'RecoverableError' });
      rmSync(filler);
      await expect
        .poll(() => send(through + 1).catch(() => 0), { timeout: 60_000, interval: 500 })
        .toBeGreaterThan(through);
      const events = await store.db.selectFrom('event').select('data').orderBy('id').execute();
      const numbers = events.map(({ data }) => Number(data['to']));
      expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, index) => index + 1));
      expect(numbers.length).toBeGreaterThan(through);
    },
  );
});
