import fc from 'fast-check';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { canonicalJson, genesisHash, hashOf, storable } from '../../../hub/audit/chain.ts';
import { type AuditEntry, createAudit, createWitnesses, createWitnessKey } from '../../../hub/audit/index.ts';
import { createOrganisation } from '../../../hub/organisation/index.ts';
import { systemClock } from '../../../provisioning/platform/clock.ts';
import { createFakeClock } from '../../support/clock.ts';
import { describeStores } from '../../support/store.ts';

const entry = (subject: string, more: Partial<AuditEntry> = {}): AuditEntry => ({
  actor: 'an',
  action: 'device.update',
  subject,
  ...more,
});
const never = new AbortController().signal;
const query = { limit: 50 };
const everything = { paths: ['/1/'] };

describe('chain', () => {
  it('gives equal text for equal values, whatever the order of their keys', () => {
    expect(canonicalJson({ b: [{ d: 1, c: null }], a: 'x' })).toBe('{"a":"x","b":[{"c":null,"d":1}]}');
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('changes with every field and with what stood before', () => {
    const plain = storable(entry('device:1'), 1_000);
    const hashes = [
      hashOf(genesisHash, plain),
      hashOf('1'.repeat(64), plain),
      hashOf(genesisHash, storable(entry('device:2'), 1_000)),
      hashOf(genesisHash, storable(entry('device:1'), 1_001)),
      hashOf(genesisHash, storable(entry('device:1', { unitId: 1 }), 1_000)),
      hashOf(genesisHash, storable(entry('device:1', { reason: '' }), 1_000)),
      hashOf(genesisHash, storable(entry('device:1', { origin: '::1' }), 1_000)),
      hashOf(genesisHash, storable(entry('device:1', { detail: { a: 1 } }), 1_000)),
      hashOf(genesisHash, storable({ ...entry('device:1'), actor: 'binh' }, 1_000)),
      hashOf(genesisHash, storable({ ...entry('device:1'), action: 'device.read' }, 1_000)),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(hashes[0]).toMatch(/^[0-9a-f]{64}$/);
  });

  it('keeps the size and the hash of a detail that is too large', () => {
    const { detail } = storable(entry('x', { detail: { list: Array.from({ length: 9_000 }, () => 'ab') } }), 0);
    expect(detail).toEqual({ oversizeChars: expect.any(Number), sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });
});

describeStores('audit log', (open) => {
  it('chains entries that were appended at once, in order, and finds them sound', async () => {
    const store = await open();
    const clock = createFakeClock();
    await using audit = createAudit({ store, clock });
    await Promise.all(Array.from({ length: 250 }, (_, i) => audit.append(entry(`device:${i}`))));
    const { rows, total, next } = await audit.list(everything, query);
    expect(total).toBe(250);
    expect(rows.map(({ subject }) => subject).slice(0, 3)).toEqual(['device:249', 'device:248', 'device:247']);
    const second = await audit.list(everything, { ...query, cursor: next });
    expect(second.rows[0]?.subject).toBe('device:199');
    expect(await audit.verify(never)).toEqual({ ok: true, entries: 250, head: rows[0]?.hash });
  });

  it('keeps one chain for two hubs on one database', async () => {
    const store = await open();
    const [one, two] = [createAudit({ store, clock: systemClock }), createAudit({ store, clock: systemClock })];
    await Promise.all(
      Array.from({ length: 60 }, async (_, i) => {
        await (i % 2 ? one : two).append(entry(`device:${i}`));
        await (i % 3 ? one : two).append(entry(`again:${i}`));
      }),
    );
    expect(await one.verify(never)).toMatchObject({ ok: true, entries: 120 });
  });

  it('stores any detail so that its hash is found again', async () => {
    const store = await open();
    await using audit = createAudit({ store, clock: systemClock });
    const text = fc.string({ unit: 'binary', maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(text, fc.dictionary(text, fc.jsonValue({ noUnicodeString: false })), async (reason, detail) => {
        await audit.append(entry('any', { reason, detail }));
      }),
      { numRuns: 60 },
    );
    expect(await audit.verify(never)).toMatchObject({ ok: true, entries: 60 });
  });

  it('refuses to change or delete an entry, and shows what was done with other rights', async () => {
    const store = await open();
    await using audit = createAudit({ store, clock: createFakeClock() });
    for (const subject of ['a', 'b', 'c', 'd']) await audit.append(entry(subject));
    await expect(sql`update audit_entry set actor = 'x'`.execute(store.db)).rejects.toThrow(/append-only/);
    await expect(sql`delete from audit_entry where seq = 1`.execute(store.db)).rejects.toThrow(/append-only/);
    const forge = async (statement: string) => {
      await sql`alter table audit_entry disable trigger user`.execute(store.db);
      await sql.raw(statement).execute(store.db);
      await sql`alter table audit_entry enable trigger user`.execute(store.db);
      return audit.verify(never);
    };
    const before = await audit.verify(never);
    expect(await forge(`update audit_entry set actor = 'x' where subject = 'c'`)).toMatchObject({
      ok: false,
      seq: 3,
      why: 'content',
    });
    expect(await forge(`update audit_entry set actor = 'an' where subject = 'c'`)).toEqual(before);
    expect(await forge(`delete from audit_entry where subject = 'd'`)).toMatchObject({ ok: true, entries: 3 });
    expect(await forge(`delete from audit_entry where subject = 'b'`)).toMatchObject({
      ok: false,
      seq: 3,
      why: 'link',
    });
  });

  it('shows auditors of a school its entries, and those of no unit only to the whole province', async () => {
    const store = await open();
    await using organisation = createOrganisation({ store });
    await organisation.load();
    const root = await organisation.ensureRoot('Quảng Ngãi');
    const school = await organisation.create(
      { paths: [organisation.pathOf(root)] },
      { parent: root, kind: 'school', name: 'A' },
    );
    await using audit = createAudit({ store, clock: createFakeClock() });
    await audit.append(entry('of the school', { unitId: school.id, reason: 'so', origin: '10.0.0.1' }));
    await audit.append(entry('of the province', { unitId: root }));
    await audit.append(entry('of nothing', { action: 'sign-in.fail' }));
    const subjects = async (path: string, more = {}) =>
      (await audit.list({ paths: [path] }, { ...query, ...more })).rows.map(({ subject }) => subject);
    expect(await subjects(organisation.pathOf(school.id))).toEqual(['of the school']);
    expect(await subjects(organisation.pathOf(root))).toEqual(['of nothing', 'of the province', 'of the school']);
    expect(await subjects(organisation.pathOf(root), { action: 'sign-in.fail' })).toEqual(['of nothing']);
    expect(await subjects(organisation.pathOf(root), { actor: 'binh' })).toEqual([]);
    expect((await audit.list({ paths: [] }, query)).total).toBe(0);
    const { rows } = await audit.list({ paths: [organisation.pathOf(school.id)] }, query);
    expect(rows[0]).toMatchObject({
      unit: { id: school.id, name: 'A', kind: 'school' },
      reason: 'so',
      origin: '10.0.0.1',
    });
    await expect(audit.list(everything, { ...query, cursor: 'x' })).rejects.toMatchObject({ code: 'invalid-input' });
  });

  it('turns entries away when a thousand wait, instead of losing them silently', async () => {
    const store = await open();
    await using audit = createAudit({ store, clock: createFakeClock() });
    const outcomes = await Promise.allSettled(Array.from({ length: 1_200 }, (_, i) => audit.append(entry(`${i}`))));
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    // One is being written while a thousand wait.
    expect(refused.length).toBe(199);
    expect(refused[0]?.reason).toMatchObject({ code: 'audit-busy' });
    expect(await audit.verify(never)).toMatchObject({ ok: true, entries: 1_001 });
  });
});

describeStores('heads in the hands of agents', (open) => {
  it('tell a log that was cut or rewritten although its chain is sound', async () => {
    const store = await open();
    const audit = createAudit({ store, clock: systemClock });
    const clock = createFakeClock();
    const witnesses = createWitnesses(store, clock, createWitnessKey());
    expect(await witnesses.current()).toBeUndefined();
    await audit.append(entry('device:1'));
    const first = await witnesses.current();
    await audit.append(entry('device:2'));
    expect(await witnesses.current()).toEqual(first);
    await clock.advance(31_000);
    const second = await witnesses.current();
    if (!first || !second) throw new Error('a log with entries has a head');
    expect(second.seq).toBeGreaterThan(first.seq);
    expect(await witnesses.contradiction([first, second])).toBeUndefined();

    await sql`alter table audit_entry disable trigger user`.execute(store.db);
    await store.db.deleteFrom('audit_entry').where('seq', '=', second.seq).execute();
    expect(await audit.verify(never)).toMatchObject({ ok: true });
    expect(await witnesses.contradiction([first, second])).toEqual({ witness: second, why: 'missing' });

    // Somebody who may write the table and knows the rules writes the whole log anew.
    const rewritten = storable(entry('device:9'), 1_000);
    const { at, actor, action, subject } = rewritten;
    const hash = hashOf(genesisHash, rewritten);
    await store.db
      .updateTable('audit_entry')
      .set({ at, actor, action, subject, previous_hash: genesisHash, hash })
      .where('seq', '=', first.seq)
      .execute();
    expect(await audit.verify(never)).toMatchObject({ ok: true });
    expect(await witnesses.contradiction([first])).toEqual({ witness: first, why: 'different' });
  });

  it('accuse nobody when the hub has not signed them', async () => {
    const store = await open();
    await createAudit({ store, clock: systemClock }).append(entry('device:1'));
    const witnesses = createWitnesses(store, systemClock, createWitnessKey());
    const stranger = await createWitnesses(store, systemClock, createWitnessKey()).current();
    const ours = await witnesses.current();
    if (!stranger || !ours) throw new Error('a log with entries has a head');
    const forged = { ...ours, seq: 99 };
    expect(await witnesses.contradiction([{ ...stranger, seq: 99 }, forged, ours])).toBeUndefined();
  });
});
