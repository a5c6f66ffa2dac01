import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Entry,
  type Facts,
  hasEnded,
  isBegun,
  nextStep,
  type Outcome,
  settle,
  takeOrder,
} from '../../../agent/deployments/machine.ts';
import { mayFollow } from '../../../protocols/fleet/rollout/execution.ts';
import type { OrderExecution } from '../../../protocols/fleet/rollout/order.ts';

const minute = 60_000;

function execution(over: Partial<OrderExecution> = {}): OrderExecution {
  return {
    id: 'x1',
    rollout: 'r1',
    revision: 1,
    device: 'dev-1',
    target: { path: 'device-firmware/cam/2.0/file', length: 10, sha256: 'a'.repeat(64) },
    releaseCounter: 1,
    window: { lessons: 'never' },
    soakSeconds: 600,
    deadline: 1_000 * minute,
    ...over,
  };
}

const well: Facts = { isKnown: true, isUp: true, version: '1.0', isCutOff: false };

/** From `accepted` to the effect that changes the device. */
function applying(over: Partial<OrderExecution> = {}): Entry {
  const [accepted] = takeOrder([], [execution(over)]);
  const downloading = nextStep(accepted!, well, 0)!;
  const staged = settle(downloading.entry, { kind: 'downloaded', wanted: '2.0' }, 0);
  return nextStep(staged, well, 0)!.entry;
}

describe('an execution', () => {
  it('goes from the order to a success that the device itself confirms after the soak', () => {
    const verifying = settle(applying(), { kind: 'applied', version: '2.0' }, 0);
    expect(verifying).toMatchObject({ state: 'verifying', soakUntilMs: 10 * minute });
    const now = { ...well, version: '2.0' };
    expect(nextStep(verifying, now, 9 * minute)).toBeUndefined();
    expect(nextStep(verifying, now, 10 * minute)).toMatchObject({ entry: { state: 'succeeded', version: '2.0' } });
  });

  it('fails when the device does not come back, or runs another version than it said', () => {
    const verifying = settle(applying(), { kind: 'applied', version: '2.0' }, 0);
    const waiting = nextStep(verifying, { ...well, isUp: false }, 11 * minute)!.entry;
    expect(waiting).toMatchObject({ state: 'verifying', waitsFor: 'device' });
    expect(nextStep(waiting, { ...well, isUp: false }, 41 * minute)?.entry).toMatchObject({
      state: 'failed',
      code: 'unhealthy',
    });
    expect(nextStep(waiting, well, 41 * minute)?.entry).toMatchObject({ state: 'failed', code: 'wrong-version' });
  });

  it('waits for what it names, and is not begun after its deadline', () => {
    const [accepted] = takeOrder([], [execution()]);
    const staged = settle(nextStep(accepted!, well, 0)!.entry, { kind: 'downloaded', wanted: '2.0' }, 0);
    const waiting = nextStep(staged, { ...well, waitsFor: 'lesson' }, 1)!;
    expect(waiting).toEqual({ entry: expect.objectContaining({ state: 'waiting_window', waitsFor: 'lesson' }) });
    expect(nextStep(waiting.entry, { ...well, waitsFor: 'lesson' }, 2)).toBeUndefined();
    expect(nextStep(waiting.entry, well, 2)).toMatchObject({ entry: { state: 'applying' }, effect: 'apply' });
    expect(nextStep(waiting.entry, well, 1_001 * minute)?.entry).toMatchObject({ state: 'expired' });
  });

  it('that was cut off is judged by the device, and never begun again', () => {
    const cut = applying();
    expect(nextStep(cut, { ...well, isCutOff: true, version: '2.0' }, 0)?.entry.state).toBe('verifying');
    const looking = nextStep(cut, { ...well, isCutOff: true }, 0)!;
    expect(looking.effect).toBeUndefined();
    expect(nextStep(looking.entry, { ...well, isCutOff: true }, 31 * minute)?.entry).toMatchObject({
      state: 'failed',
      code: 'interrupted',
      version: '1.0',
    });
  });

  it('of the agent goes back when the new one does not reach the hub, and tells when it came back by itself', () => {
    const { device: _device, ...own } = execution();
    const [accepted] = takeOrder([], [own]);
    const staged = settle(nextStep(accepted!, well, 0)!.entry, { kind: 'downloaded', wanted: '2.0' }, 0);
    const begun = nextStep(staged, well, 0)!.entry;
    expect(nextStep(begun, { ...well, isCutOff: true, wentBack: true }, 1)?.entry.state).toBe('rolled_back');
    const verifying = nextStep(begun, { ...well, isCutOff: true, version: '2.0' }, 1)!.entry;
    expect(nextStep(verifying, { ...well, isUp: false, version: '2.0' }, 60 * minute)).toMatchObject({
      entry: { state: 'rolled_back', code: 'unhealthy' },
      effect: 'go-back',
    });
  });
});

describe('a newer order', () => {
  it('withdraws what it does not name, unless that has begun; a higher revision begins again', () => {
    const [waiting] = takeOrder([], [execution()]);
    expect(takeOrder([waiting!], [])).toMatchObject([{ state: 'cancelled' }]);
    expect(takeOrder([applying()], [])).toEqual([]);
    const failed = settle(applying(), { kind: 'failed', code: 'no-effect', message: 'x' }, 0);
    expect(takeOrder([failed], [execution()])).toEqual([]);
    expect(takeOrder([failed], [execution({ revision: 2 })])).toEqual([
      { execution: execution({ revision: 2 }), state: 'accepted' },
    ]);
  });
});

type Event =
  | { readonly kind: 'time'; readonly byMs: number }
  | { readonly kind: 'facts'; readonly facts: Facts }
  | { readonly kind: 'end'; readonly outcome: Outcome }
  | { readonly kind: 'restart' }
  | { readonly kind: 'order'; readonly isNamed: boolean; readonly revision: number };

const version = fc.constantFrom('1.0', '2.0', undefined);
const facts = fc
  .record({
    isKnown: fc.boolean(),
    isUp: fc.boolean(),
    version,
    waitsFor: fc.constantFrom('lesson', undefined),
    wentBack: fc.constantFrom(true, undefined),
  })
  .map((drawn): Facts => JSON.parse(JSON.stringify({ ...drawn, isCutOff: false })));
const outcome = fc.constantFrom<Outcome>(
  { kind: 'downloaded', wanted: '2.0' },
  { kind: 'applied', version: '2.0' },
  { kind: 'applied' },
  { kind: 'held-up', waitsFor: 'peer' },
  { kind: 'refused', code: 'artifact-tampered', message: 'm' },
  { kind: 'failed', code: 'no-effect', message: 'm' },
);
const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ kind: fc.constant('time' as const), byMs: fc.integer({ min: 0, max: 60 * minute }) }),
  fc.record({ kind: fc.constant('facts' as const), facts }),
  fc.record({ kind: fc.constant('end' as const), outcome }),
  fc.record({ kind: fc.constant('restart' as const) }),
  fc.record({ kind: fc.constant('order' as const), isNamed: fc.boolean(), revision: fc.integer({ min: 1, max: 3 }) }),
);

/** The journal and whoever acts, as small as they can be. */
class Agent {
  entry: Entry | undefined = takeOrder([], [execution()])[0];
  facts: Facts = well;
  nowMs = 0;
  running: string | undefined;
  readonly applied: string[] = [];

  act(): void {
    while (this.entry && this.running === undefined) {
      const step = nextStep(this.entry, { ...this.facts, isCutOff: true }, this.nowMs);
      if (!step) return;
      const isSame = step.entry.execution.revision === this.entry.execution.revision;
      if (isSame && step.entry.state !== this.entry.state && !step.entry.state.startsWith('ver'))
        expect(mayFollow(this.entry.state, step.entry.state)).toBe(true);
      this.entry = step.entry;
      if (step.effect === 'apply') this.applied.push(`${step.entry.execution.revision}`);
      if (step.effect === 'download' || step.effect === 'apply') this.running = step.effect;
    }
  }

  take(given: Event): void {
    if (given.kind === 'time') this.nowMs += given.byMs;
    if (given.kind === 'facts') this.facts = given.facts;
    if (given.kind === 'restart') this.running = undefined;
    if (given.kind === 'end' && this.running && this.entry) {
      this.entry = settle(this.entry, given.outcome, this.nowMs);
      this.running = undefined;
      // A held up effect is tried again at the next look.
      if (given.outcome.kind === 'held-up') return;
    }
    if (given.kind === 'order' && this.entry) {
      const before = this.entry;
      const [changed] = takeOrder([before], given.isNamed ? [execution({ revision: given.revision })] : []);
      if (changed) this.running = undefined;
      this.entry = changed ?? before;
      if (isBegun(before)) expect(this.entry).toBe(before);
    }
    this.act();
  }
}

describe('any order of events', () => {
  it('applies a revision at most once, and ends once time has passed and effects have ended', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const agent = new Agent();
        agent.act();
        for (const given of events) agent.take(given);
        expect(new Set(agent.applied).size).toBe(agent.applied.length);
        agent.take({ kind: 'restart' });
        // Whatever is still under way ends; nothing else may keep it from an end.
        agent.take({ kind: 'end', outcome: { kind: 'failed', code: 'no-effect', message: 'm' } });
        for (let turn = 0; turn < 4; turn++) agent.take({ kind: 'time', byMs: 2_000 * minute });
        expect(agent.running === undefined && agent.entry && hasEnded(agent.entry)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
