import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Frame } from '../../../hub/ingest/frame.ts';
import { parseFrame } from '../../../hub/ingest/parse.ts';
import { beginning, planFrame, planHello } from '../../../hub/ingest/plan.ts';
import { readStoredFrame } from '../../../hub/telemetry/frame.ts';
import { packJson } from '../../../protocols/fleet/payload.ts';

const now = Date.UTC(2026, 2, 2);
const context = {
  owns: (id: string) => id.startsWith('d-'),
  earliest: now - 86_400_000,
  latest: now + 86_400_000,
};
const tick = (seq: number, more = {}) => ({
  kind: 'samples',
  seq,
  at: now,
  device: 'd-1',
  values: { 'lamp.hours': seq },
  ...more,
});
const state = (seq: number, more = {}) => ({
  kind: 'state',
  seq,
  at: now,
  device: 'd-1',
  capability: 'power',
  state: { state: 'on' },
  ...more,
});
const frame = (lane: string, from: number, through: number, records: unknown) =>
  packJson({ epoch: 'e0000001', sentAt: now, lane, from, through, records });

function entriesOf(payload: Uint8Array): Frame & { kind: 'entries' } {
  const parsed = parseFrame(payload, context);
  if (parsed.kind !== 'entries') throw new Error(`it is ${parsed.kind}`);
  return parsed;
}
const brief = (payload: Uint8Array) =>
  entriesOf(payload).entries.map((one) => [one.kind, one.from, one.through, 'flaw' in one ? one.flaw.code : '']);

describe('parseFrame', () => {
  it('keeps a sound frame of ticks as it came', () => {
    const payload = frame('samples', 5, 6, [tick(5), tick(6)]);
    expect(parseFrame(payload, context)).toMatchObject({ kind: 'ticks', from: 5, through: 6, payload });
  });

  it('puts one bad record aside and takes its neighbours', () => {
    const bad: [unknown, string][] = [
      [tick(2, { device: 'other' }), 'unknown-device'],
      [tick(2, { at: now + 2 * 86_400_000 }), 'time-out-of-range'],
      [tick(2, { values: { 'lamp.unheardOf': 1 } }), 'unknown-metric'],
      [tick(2, { values: { 'lamp.hours': 'many' } }), 'bad-record'],
      [state(2), 'wrong-lane'],
      ['text', 'bad-record'],
      [null, 'bad-record'],
      [{ kind: 'novel' }, 'bad-record'],
    ];
    for (const [record, code] of bad)
      expect(brief(frame('samples', 1, 3, [tick(1), record, tick(3)]))).toEqual([
        ['record', 1, 1, ''],
        ['bad', 2, 2, code],
        ['record', 3, 3, ''],
      ]);
  });

  it('knows capabilities: what they cannot say goes to quarantine', () => {
    const event = (more: object) => ({
      kind: 'event',
      seq: 1,
      at: now,
      severity: 'info',
      data: {},
      capability: 'power',
      name: 'changed',
      ...more,
    });
    const code = (record: unknown) => brief(frame('state', 1, 1, [record]))[0]?.[3];
    expect(code(state(1))).toBe('');
    expect(code(state(1, { capability: 'teleport' }))).toBe('unknown-capability');
    expect(code(state(1, { state: { state: 'molten' } }))).toBe('bad-state');
    expect(code(event({ data: { from: 'on', to: 'off' } }))).toBe('');
    expect(code(event({ name: 'exploded' }))).toBe('unknown-event');
    expect(code(event({ name: 'constructor' }))).toBe('unknown-event');
    expect(code(event({ capability: 'teleport' }))).toBe('unknown-capability');
    expect(code(event({ data: { from: 1 } }))).toBe('bad-event');
    expect(code(event({ data: { from: 'on', to: 'off' }, device: 'other' }))).toBe('unknown-device');
    expect(code(tick(1))).toBe('wrong-lane');
  });

  it('counts holes as missing, and puts records out of place aside', () => {
    const payload = frame('state', 1, 9, [
      state(2),
      state(2),
      { kind: 'shed', seq: 6, at: now, from: 4, count: 3 },
      state(12),
    ]);
    expect(brief(payload)).toEqual([
      ['hole', 1, 1, 'frame-gap'],
      ['record', 2, 2, ''],
      ['hole', 3, 3, 'frame-gap'],
      ['shed', 4, 6, ''],
      ['hole', 7, 9, 'frame-gap'],
    ]);
    expect(entriesOf(payload).strays.map(({ code }) => code)).toEqual(['out-of-place', 'out-of-place']);
  });

  it('takes a frame whole into quarantine when only its header can be read', () => {
    for (const records of [undefined, 'x', [], Array.from({ length: 1_001 }, (_, index) => tick(index + 1))])
      expect(brief(frame('samples', 3, 7, records))).toEqual([['bad', 3, 7, 'bad-frame']]);
    const cut = Buffer.from(
      '{"epoch":"e0000001","sentAt":1,"lane":"state","from":3,"through":7,"records":[{"kind":"st',
    );
    expect(brief(cut)).toEqual([['bad', 3, 7, 'unreadable-frame']]);
  });

  it('says so when not even the header can be read', () => {
    const payloads = [
      Buffer.from(''),
      Buffer.from('{"epoch":'),
      Buffer.from('[]'),
      packJson({ epoch: 'E!', lane: 'samples', from: 1, through: 1, records: [] }),
      packJson({ epoch: 'e0000001', lane: 'other', from: 1, through: 1, records: [] }),
      packJson({ epoch: 'e0000001', lane: 'samples', from: 2, through: 1, records: [] }),
      packJson({ epoch: 'e0000001', lane: 'samples', from: 0, through: 1.5, records: [] }),
      Buffer.alloc(200_000, 'x'),
      packJson({ text: 'x'.repeat(2_000) }).subarray(0, 20),
    ];
    for (const payload of payloads) expect(parseFrame(payload, context).kind).toBe('unreadable');
  });

  it('never throws, and accounts for every number that a header claims', () => {
    const anyRecord = fc.oneof(
      fc.integer({ min: -3, max: 40 }).map((seq) => tick(seq)),
      fc.integer({ min: 1, max: 40 }).map((seq) => state(seq)),
      fc
        .tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }))
        .map(([from, seq]) => ({ kind: 'shed', seq, from, at: now, count: 1 })),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(
        fc.constantFrom('samples', 'state', 'urgent'),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 0, max: 20 }),
        fc.array(anyRecord, { maxLength: 20 }),
        fc.integer({ min: 0, max: 45 }),
        (lane, from, more, records, through) => {
          const parsed = parseFrame(frame(lane, from, from + more, records), context);
          if (parsed.kind === 'unreadable') throw new Error('the header was sound');
          if (parsed.kind === 'entries') {
            let next = from;
            for (const entry of parsed.entries) {
              expect(entry.from).toBe(next);
              next = entry.through + 1;
            }
            expect(next).toBe(from + more + 1);
          }
          const position = { ...beginning, through, delivered: through };
          const plan = planFrame('a1', parsed, position);
          const { delivered, shed, missing } = plan.position;
          expect(delivered + shed + missing).toBe(plan.position.through);
          expect(plan.position.through).toBe(from > through + 1 ? through : Math.max(through, from + more));
          const numbers = [...plan.records, ...((plan.telemetry?.records as { seq: number }[] | undefined) ?? [])].map(
            ({ seq }) => seq,
          );
          expect(new Set(numbers).size).toBe(numbers.length);
          for (const number of numbers) expect(number).toBeGreaterThan(through);
        },
      ),
      { numRuns: 1_000 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void parseFrame(bytes, context)),
      { numRuns: 1_000 },
    );
  });
});

describe('planFrame', () => {
  it('takes of a frame of ticks what is new, and nothing beyond a gap', () => {
    const parsed = parseFrame(
      frame(
        'samples',
        5,
        8,
        [5, 6, 7, 8].map((seq) => tick(seq)),
      ),
      context,
    ) as Frame;
    const at = (through: number) => planFrame('a1', parsed, { ...beginning, through, delivered: through });
    expect(at(3)).toMatchObject({ outcome: 'gap', position: { through: 3 }, telemetry: undefined });
    expect(at(8)).toMatchObject({ outcome: 'known', telemetry: undefined });
    expect(at(4).telemetry?.payload).toBe(parsed.kind === 'ticks' ? parsed.payload : undefined);
    const part = at(6);
    expect(part).toMatchObject({
      outcome: 'stored',
      position: { through: 8, delivered: 8 },
      telemetry: { from: 7, through: 8 },
    });
    expect(readStoredFrame(part.telemetry!.payload)).toMatchObject([{ seq: 7 }, { seq: 8 }]);
  });

  it('stores of a frame with bad ticks only the sound ones', () => {
    const parsed = parseFrame(frame('samples', 1, 3, [tick(1), tick(2, { device: 'x' }), tick(3)]), context) as Frame;
    const plan = planFrame('a1', parsed, beginning);
    expect(readStoredFrame(plan.telemetry!.payload)).toMatchObject([{ seq: 1 }, { seq: 3 }]);
    expect(plan).toMatchObject({
      position: { through: 3, delivered: 3 },
      rejected: [{ seq: 2, code: 'unknown-device' }],
    });
  });
});

describe('planHello', () => {
  it('counts as missing what the agent no longer holds and the database never had', () => {
    const position = { through: 10, delivered: 9, shed: 1, missing: 0 };
    expect(planHello(11, position)).toBe(position);
    expect(planHello(3, position)).toBe(position);
    expect(planHello(15, position)).toEqual({ through: 14, delivered: 9, shed: 1, missing: 4 });
  });
});
