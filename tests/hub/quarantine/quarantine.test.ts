import { expect, it } from 'vitest';
import { createQuarantine } from '../../../hub/quarantine/index.ts';
import { packJson } from '../../../protocols/fleet/payload.ts';
import { silentLog } from '../../../protocols/ports.ts';
import { createFleet, everything } from '../../support/fleet.ts';
import { describeStores } from '../../support/store.ts';

const entry = { channel: 'up/frames', code: 'malformed', message: 'not JSON', payload: Buffer.from('{"a":\u0000\n') };

describeStores('quarantine', (open) => {
  it('keeps entries as they came, the newest first, with an excerpt that a page can show', async () => {
    const { quarantine, organisation, school } = await createFleet(await open());
    quarantine.add({ ...entry, agentId: 'a1', lane: 'state', seq: 7 });
    quarantine.add({ ...entry, code: 'oversize', payload: packJson({ text: 'Đức '.repeat(1_000) }) });
    await expect.poll(() => quarantine.counters.written).toBe(2);
    const { rows, total } = await quarantine.list(everything, { limit: 10 });
    expect(total).toBe(2);
    expect(rows[0]?.excerpt).toMatch(/^\{"text":"Đức Đức/);
    expect(rows[1]).toMatchObject({
      agent: 'a1',
      lane: 'state',
      seq: 7,
      excerpt: '{"a":\\u0000\\u000a',
      payloadBytes: 7,
    });
    const inSchool = { paths: [organisation.pathOf(school.id)] };
    expect((await quarantine.list(inSchool, { limit: 10 })).rows.map(({ id }) => id)).toEqual([rows[1]!.id]);
    expect((await quarantine.list({ paths: ['/99/'] }, { limit: 10 })).total).toBe(0);
    expect((await quarantine.list(everything, { limit: 10, code: 'oversize' })).total).toBe(1);
    expect((await quarantine.list(everything, { limit: 10, q: 'JSON' })).total).toBe(2);
    expect(await quarantine.countSince(everything, 0)).toBe(2);
    const first = await quarantine.list(everything, { limit: 1 });
    expect((await quarantine.list(everything, { limit: 1, cursor: first.next! })).rows).toEqual([rows[1]]);
  });

  it('drops and counts when its buffer is full, and never throws', async () => {
    const { store, bus, clock } = await createFleet(await open());
    const quarantine = createQuarantine({ store, bus, clock, log: silentLog });
    for (let count = 0; count < 1_200; count++) quarantine.add(entry);
    expect(quarantine.counters).toMatchObject({ dropped: 200, waiting: 1_000 });
    await quarantine[Symbol.asyncDispose]();
    expect(quarantine.counters).toMatchObject({ written: 1_000, waiting: 0 });
    quarantine.add(entry);
    expect(quarantine.counters.dropped).toBe(201);
  });

  it('writes within a transaction, or not at all', async () => {
    const { store, quarantine } = await createFleet(await open());
    await store
      .transaction(async (trx) => {
        await quarantine.write(trx, [entry]);
        throw new Error('away');
      })
      .catch(() => {});
    await store.transaction((trx) => quarantine.write(trx, [entry, { ...entry, message: 'a\u0000b\ud800' }]));
    const { rows } = await quarantine.list(everything, { limit: 10 });
    expect(rows.map(({ message }) => message)).toEqual(['a\\u0000b\ufffd', 'not JSON']);
    await quarantine.trim();
    expect((await quarantine.list(everything, { limit: 10 })).total).toBe(2);
  });
});
