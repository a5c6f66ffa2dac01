import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advance } from '../../../hub/notifications/decision/cursor.ts';
import { pausesMs, retryAt } from '../../../hub/notifications/decision/retry.ts';
import {
  type CauseFact,
  concerns,
  holdMsBySeverity,
  type Rule,
  settle,
  type Thread,
  told,
} from '../../../hub/notifications/decision/settle.ts';
import { isAtLeast, severities } from '../../../hub/notifications/decision/severity.ts';
import { type Load, release } from '../../../hub/notifications/decision/storm.ts';
import { type Digest, digestAt, type QuietHours, quietUntil } from '../../../hub/notifications/decision/time.ts';

const minute = 60_000;
const hour = 60 * minute;
const start = Date.UTC(2026, 2, 2);
const zone = 'Asia/Ho_Chi_Minh';

const severity = fc.constantFrom(...severities);
const timeOfDay = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.constantFrom(0, 15, 30, 45))
  .map(([h, m]) => `${String(h).padStart(2, '0')}:${String(m).padStart(2, '0')}`);
const quietHours: fc.Arbitrary<QuietHours> = fc
  .record({
    from: timeOfDay,
    to: timeOfDay,
    days: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 6 }),
    breaksThrough: fc.option(severity, { nil: undefined }),
  })
  .filter(({ from, to }) => from !== to);
const digests: fc.Arbitrary<Digest> = fc.record({
  every: fc.constantFrom('none' as const, 'hourly' as const, 'daily' as const),
  at: timeOfDay,
});
const rules: fc.Arbitrary<Rule> = fc.record({
  paths: fc.constantFrom(['/1/'], ['/1/2/'], ['/9/']),
  least: severity,
  kinds: fc.constantFrom(undefined, ['device-fault'], ['agent-silent']),
  holdMs: fc.constantFrom(undefined, 0, 5 * minute),
  quiet: fc.option(quietHours, { nil: undefined }),
  digest: digests,
  timeZone: fc.constantFrom(zone, 'UTC', 'America/New_York'),
});

type Step =
  | { readonly kind: 'wait'; readonly minutes: number }
  | { readonly kind: 'open' | 'resolve' | 'mute' | 'unmute' }
  | { readonly kind: 'grow'; readonly by: number }
  | { readonly kind: 'severity'; readonly severity: CauseFact['severity'] };
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ kind: fc.constant('wait' as const), minutes: fc.integer({ min: 0, max: 400 }) }),
    },
    { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('open' as const, 'resolve' as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('mute' as const, 'unmute' as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('grow' as const), by: fc.integer({ min: 1, max: 40 }) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('severity' as const), severity }) },
  ),
  { maxLength: 30 },
);

interface Message {
  readonly what: 'opening' | 'update' | 'closing';
  readonly atMs: number;
  readonly cause: CauseFact;
  readonly inDigest: boolean;
}

/** One cause and one recipient, minute by minute, with every event told `copies` times. */
function play(own: readonly Rule[], story: readonly Step[], copies: number) {
  let nowMs = start;
  let cause: CauseFact | undefined;
  let thread: Thread | undefined;
  const messages: Message[] = [];
  const look = () => {
    for (let copy = 0; copy < copies; copy++) if (cause) thread = settle(thread, cause, own, nowMs);
  };
  const tick = () => {
    if (!cause || !thread?.due || thread.due.atMs > nowMs) return;
    const { what, inDigest } = thread.due;
    const isOver = cause.resolvedAtMs !== undefined;
    if (what === 'closing' ? !isOver : isOver || cause.isMuted) return;
    messages.push({ what, atMs: nowMs, cause, inDigest });
    thread = told(thread, cause, nowMs);
  };
  const wait = (minutes: number) => {
    for (let passed = 0; passed < minutes; passed++) {
      nowMs += minute;
      tick();
    }
  };
  for (const step of story) {
    if (step.kind === 'wait') wait(step.minutes);
    else cause = changed(cause, step, nowMs);
    look();
  }
  wait(8 * 24 * 60);
  return { messages, cause };
}

function changed(cause: CauseFact | undefined, step: Step, nowMs: number): CauseFact | undefined {
  const isOpen = cause !== undefined && cause.resolvedAtMs === undefined;
  if (step.kind === 'open' && !isOpen) {
    const base = { id: 'c', kind: 'device-fault', severity: 'major' as const, unitPath: '/1/2/7/', affected: 1 };
    return { ...(cause ?? base), openedAtMs: nowMs, resolvedAtMs: undefined, isMuted: false };
  }
  if (!cause || !isOpen) return cause;
  if (step.kind === 'resolve') return { ...cause, resolvedAtMs: nowMs };
  if (step.kind === 'grow') return { ...cause, affected: cause.affected + step.by };
  if (step.kind === 'severity') return { ...cause, severity: step.severity };
  return { ...cause, isMuted: step.kind === 'mute' };
}

describe('what a recipient is told of a cause', () => {
  const some = fc.array(rules, { minLength: 1, maxLength: 3 });

  it('is one opening, its growth and one end, in that order, whatever happens and however often it is told', () => {
    fc.assert(
      fc.property(some, steps, fc.integer({ min: 1, max: 3 }), (own, story, copies) => {
        const { messages } = play(own, story, copies);
        const letters = messages.map(({ what }) => what[0]).join('');
        expect(letters).toMatch(/^(ou*c)*(ou*)?$/);
        expect(play(own, story, 1).messages).toEqual(messages);
      }),
      { numRuns: 300 },
    );
  });

  it('comes outside of quiet hours unless it breaks through, and from a digest at its time', () => {
    fc.assert(
      fc.property(rules, steps, (rule, story) => {
        for (const { atMs, cause, inDigest, what } of play([rule], story, 1).messages) {
          if (what === 'closing') continue;
          const quietEnd = quietUntil(rule.quiet, rule.timeZone, cause.severity, atMs);
          expect(quietEnd - atMs).toBeLessThan(minute);
          expect(inDigest).toBe(rule.digest.every !== 'none');
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is never lost: what concerns somebody and stays open is told, and what was told has its end told', () => {
    fc.assert(
      fc.property(some, steps, (own, story) => {
        const { messages, cause } = play(own, story, 1);
        if (!cause) return;
        const last = messages.at(-1);
        if (cause.resolvedAtMs === undefined && !cause.isMuted && own.some((rule) => concerns(rule, cause)))
          expect(last && last.what !== 'closing').toBe(true);
        const isAbout = own.some((rule) => concerns({ ...rule, least: 'notice' }, cause));
        if (cause.resolvedAtMs !== undefined && last && isAbout) expect(last.what).toBe('closing');
      }),
      { numRuns: 300 },
    );
  });

  it('is nothing when the cause ends within its hold time', () => {
    fc.assert(
      fc.property(some, severity, fc.double({ min: 0, max: 0.99, noNaN: true }), (own, level, part) => {
        const held = own.map((rule) => ({ ...rule, holdMs: undefined }));
        const open: CauseFact = {
          id: 'c',
          kind: 'device-fault',
          severity: level,
          unitPath: '/1/2/7/',
          affected: 1,
          openedAtMs: start,
          resolvedAtMs: undefined,
          isMuted: false,
        };
        const thread = settle(undefined, open, held, start);
        const endMs = start + Math.floor(holdMsBySeverity[level] * part);
        if (thread?.due) expect(thread.due.atMs).toBeGreaterThan(endMs);
        expect(settle(thread, { ...open, resolvedAtMs: endMs }, held, endMs)?.due).toBeUndefined();
      }),
    );
  });
});

describe('times of day', () => {
  it('end quiet hours where they end, past midnight too', () => {
    const night: QuietHours = { from: '21:00', to: '06:00', days: [1, 2, 3, 4, 5], breaksThrough: 'critical' };
    const at = (local: string) => Date.parse(`${local}+07:00`);
    expect(quietUntil(night, zone, 'major', at('2026-03-02T23:10:00'))).toBe(at('2026-03-03T06:00:00'));
    expect(quietUntil(night, zone, 'major', at('2026-03-07T05:59:00'))).toBe(at('2026-03-07T06:00:00'));
    expect(quietUntil(night, zone, 'major', at('2026-03-07T23:10:00'))).toBe(at('2026-03-07T23:10:00'));
    expect(quietUntil(night, zone, 'critical', at('2026-03-02T23:10:00'))).toBe(at('2026-03-02T23:10:00'));
    expect(quietUntil(night, zone, 'major', at('2026-03-02T06:00:00'))).toBe(at('2026-03-02T06:00:00'));
  });

  it('follow a zone whose clocks change', () => {
    const daily: Digest = { every: 'daily', at: '07:00' };
    expect(digestAt(daily, 'America/New_York', Date.parse('2026-03-07T13:00:00Z'))).toBe(
      Date.parse('2026-03-08T11:00:00Z'),
    );
    expect(digestAt({ every: 'hourly', at: '07:00' }, zone, Date.parse('2026-03-02T00:00:01Z'))).toBe(
      Date.parse('2026-03-02T01:00:00Z'),
    );
  });
});

describe('the storm guard', () => {
  const limits = { singles: 5, windowMs: 10 * minute, gatherMs: 30_000 };

  it('loses nothing, tells nothing twice, and keeps to its bound', () => {
    const arrivals = fc.array(fc.tuple(fc.integer({ min: 0, max: 5_400 }), fc.integer({ min: 1, max: 30 })), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(arrivals, (batches) => {
        const waiting = batches.flatMap(([atSecond, count], batch) =>
          Array.from({ length: count }, (_, index) => ({ id: `${batch}-${index}`, atMs: start + atSecond * 1000 })),
        );
        let load: Load | undefined;
        let later: readonly (typeof waiting)[number][] = [];
        const sent: { readonly atMs: number; readonly ids: readonly string[] }[] = [];
        for (let nowMs = start; nowMs <= start + 3 * hour; nowMs += 5_000) {
          const fresh = waiting.filter(({ atMs }) => atMs > nowMs - 5_000 && atMs <= nowMs);
          const released = release(load, { scheduled: [], immediate: [...later, ...fresh] }, limits, nowMs);
          ({ load, later } = released);
          for (const one of released.singles) sent.push({ atMs: nowMs, ids: [one.id] });
          if (released.digest.length > 0) sent.push({ atMs: nowMs, ids: released.digest.map(({ id }) => id) });
        }
        expect(sent.flatMap(({ ids }) => ids).sort()).toEqual(waiting.map(({ id }) => id).sort());
        for (const { atMs } of sent) {
          const near = sent.filter((other) => other.atMs >= atMs && other.atMs < atMs + limits.windowMs);
          // Two windows may touch within ten minutes, and two digests.
          expect(near.length).toBeLessThanOrEqual(2 * limits.singles + 2);
        }
      }),
    );
  });
});

describe('retries and the reading position', () => {
  it('grow, spread, keep to what is asked, and end', () => {
    expect(retryAt(1, 0, 0.5)).toBe(pausesMs[0]);
    expect(retryAt(2, 0, 0)).toBeLessThan(retryAt(2, 0, 0.99)!);
    expect(retryAt(1, 0, 0.5, hour)).toBe(hour);
    expect(retryAt(1, 0, 0.5, 1_000 * hour)).toBe(24 * hour);
    expect(retryAt(pausesMs.length + 1, 0, 0.5)).toBeUndefined();
  });

  it('passes over no row that commits late, and reads none twice', () => {
    const commits = fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(commits, fc.integer({ min: 1, max: 7 }), (order, batch) => {
        const committed = new Set<number>();
        const read: number[] = [];
        let position = { through: 0, gaps: [] as readonly { id: number; sinceMs: number }[] };
        for (let from = 0; from < order.length; from += batch) {
          for (const id of order.slice(from, from + batch)) committed.add(id);
          const gaps = new Set(position.gaps.map(({ id }) => id));
          const seen = [...committed].filter((id) => id > position.through || gaps.has(id));
          read.push(...seen);
          position = advance(position, seen, from * 1_000);
        }
        expect(read.sort((a, b) => a - b)).toEqual([...order].sort((a, b) => a - b));
      }),
    );
  });

  it('knows what is worse', () => {
    expect(isAtLeast('critical', 'major')).toBe(true);
    expect(isAtLeast('minor', 'major')).toBe(false);
  });
});
