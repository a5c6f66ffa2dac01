import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { openDatabase } from '../../../agent/uplink/database.ts';
import { Outbox } from '../../../agent/uplink/outbox.ts';
import { frameLimits } from '../../../protocols/fleet/frame.ts';
import { type Lane, lanes, type RecordBody, recordSchema } from '../../../protocols/fleet/record.ts';
import { createFakeClock } from '../../support/clock.ts';
import { checkOutboxFile } from '../../support/outbox-checker.ts';
import { temporaryFolder } from '../../support/store.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 30 });
const body = fc
  .record({ device: fc.constantFrom('this-machine', 'd-1', undefined), name: text, value: fc.double({ noNaN: true }) })
  .map(
    ({ device, name, value }): RecordBody => ({
      kind: 'event',
      at: 1,
      ...(device ? { device } : {}),
      capability: 'host',
      name: 'changed',
      severity: 'info',
      // The name of the device as a word in the data is no device.
      data: { name, value: Number.isFinite(value) ? value : 0, device: 'this-machine' },
    }),
  );

it('gives the records of one device to another and changes nothing else, also after a restart', async () => {
  const clock = createFakeClock();
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom<Lane>('urgent', 'state'), body), { minLength: 1, maxLength: 20 }),
      async (records) => {
        using folder = temporaryFolder();
        const path = join(folder.path, 'outbox.db');
        const contentOf = (outbox: Outbox) =>
          lanes.flatMap((lane) => {
            const frame = outbox.nextFrame(lane, 0, frameLimits);
            return (JSON.parse(frame?.recordsJson ?? '[]') as unknown[]).map((record) => recordSchema.parse(record));
          });
        const wanted = (outbox: Outbox) =>
          contentOf(outbox).map((record) =>
            'device' in record && record.device === 'this-machine' ? { ...record, device: 'd-0123456789' } : record,
          );
        {
          using database = openDatabase(path);
          using outbox = new Outbox({ database, clock });
          for (const [lane, record] of records.slice(0, -1)) await outbox.enqueue(lane, [record]);
          const before = wanted(outbox);
          // What was asked for in the same turn, before, is among them.
          const [lane, record] = records.at(-1)!;
          const last = outbox.enqueue(lane, [record]);
          await outbox.readdress('this-machine', 'd-0123456789');
          await last;
          await outbox.readdress('this-machine', 'd-0123456789');
          const after = contentOf(outbox);
          expect(after).toEqual(wanted(outbox));
          expect(after).toHaveLength(records.length);
          for (const one of before) expect(after).toContainEqual(one);
        }
        checkOutboxFile(path);
        using database = openDatabase(path);
        using outbox = new Outbox({ database, clock });
        expect(contentOf(outbox)).toEqual(wanted(outbox));
        expect(contentOf(outbox)).toHaveLength(records.length);
      },
    ),
    { numRuns: 25 },
  );
});
