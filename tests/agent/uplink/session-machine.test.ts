import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  initialSession,
  type SessionEffect,
  type SessionInput,
  type SessionState,
  stepSession,
  wanted,
  windowLimits,
} from '../../../agent/uplink/session-machine.ts';
import { type Lane, lanes } from '../../../protocols/fleet/record.ts';

function run(
  inputs: readonly SessionInput[],
  from = initialSession,
): { state: SessionState; effects: SessionEffect[] } {
  const effects: SessionEffect[] = [];
  let state = from;
  for (const input of inputs) {
    const step = stepSession(state, input);
    state = step.state;
    effects.push(...step.effects);
  }
  return { state, effects };
}

const flowing: readonly SessionInput[] = [
  { kind: 'connected', atMs: 0 },
  { kind: 'acknowledged', through: { urgent: 0, state: 4, samples: 100 }, atMs: 1 },
];
const sent = (lane: Lane, through: number, bytes = 100, atMs = 2): SessionInput => ({
  kind: 'sent',
  lane,
  through,
  bytes,
  atMs,
});

describe('the session with the hub', () => {
  it('greets first and sends from where the hub stands', () => {
    const { state, effects } = run(flowing.slice(0, 1));
    expect(effects).toEqual(['hello']);
    expect(wanted(state)).toEqual([]);
    expect(wanted(run(flowing).state)).toEqual([
      { lane: 'urgent', after: 0 },
      { lane: 'state', after: 4 },
      { lane: 'samples', after: 100 },
    ]);
  });

  it('keeps room for urgent frames beside a full backlog', () => {
    const six = [1, 2, 3, 4, 5, 6].map((n) => sent('samples', 100 + n));
    expect(wanted(run([...flowing, ...six]).state).map(({ lane }) => lane)).toEqual(['urgent']);
    const eight = [...six, sent('urgent', 1), sent('urgent', 2)];
    expect(wanted(run([...flowing, ...eight]).state)).toEqual([]);
    const big = [sent('samples', 101, windowLimits.bytesBelowUrgent)];
    expect(wanted(run([...flowing, ...big]).state).map(({ lane }) => lane)).toEqual(['urgent']);
  });

  it('sends again from the hole when the hub has answered everything and is no further', () => {
    const before = run([...flowing, sent('samples', 110), sent('samples', 120)]).state;
    const answer: SessionInput = { kind: 'acknowledged', through: { samples: 100 }, atMs: 3 };
    expect(stepSession(before, answer).state.inFlight).toHaveLength(2);
    const { state } = run(
      [
        { kind: 'published', lane: 'samples', through: 110 },
        { kind: 'published', lane: 'samples', through: 120 },
        answer,
      ],
      before,
    );
    expect(state.inFlight).toEqual([]);
    expect(wanted(state)).toContainEqual({ lane: 'samples', after: 100 });
  });

  it('sends again after 30 s without an acknowledgement, counted from the sending', () => {
    const late = 1_000_000;
    const published: SessionInput = { kind: 'published', lane: 'state', through: 9 };
    const { state } = run([...flowing, sent('state', 9, 10, late), published]);
    expect(stepSession(state, { kind: 'tick', atMs: late + 29_999 }).effects).toEqual([]);
    const step = stepSession(state, { kind: 'tick', atMs: late + 30_000 });
    expect(step.effects).toEqual(['pump']);
    expect(wanted(step.state)).toContainEqual({ lane: 'state', after: 4 });
  });

  it('gives up a connection on which neither broker nor hub answers', () => {
    expect(run([...flowing, sent('state', 9), { kind: 'tick', atMs: 30_002 }]).effects.at(-1)).toBe('reconnect');
    expect(run([flowing[0] as SessionInput, { kind: 'tick', atMs: 30_000 }]).effects.at(-1)).toBe('reconnect');
    expect(run([...flowing, { kind: 'tick', atMs: 90_000 }]).effects.at(-1)).toBe('pump');
  });

  it('forgets everything with the connection', () => {
    expect(run([...flowing, sent('state', 9), { kind: 'closed' }]).state).toEqual(initialSession);
    expect(run([{ kind: 'acknowledged', through: { state: 3 }, atMs: 1 }]).state).toEqual(initialSession);
  });
});

/** What the network and the hub may do to a frame. */
type Fate = 'stored' | 'refused' | 'ack-lost' | 'cut';

describe('the session over a bad network', () => {
  it('never breaks the window, and delivers everything in order once the network is good', () => {
    const total = 60;
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom<Fate>('stored', 'refused', 'ack-lost', 'cut'), { maxLength: 60 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 20 }),
        (fates, sizes) => {
          const hub: Record<Lane, number> = { urgent: 0, state: 0, samples: 0 };
          let state = initialSession;
          let atMs = 0;
          let turn = 0;
          const inbox: SessionInput[] = [];
          const feed = (input: SessionInput) => {
            const step = stepSession(state, input);
            state = step.state;
            for (const effect of step.effects) {
              if (effect === 'hello') inbox.push({ kind: 'acknowledged', through: { ...hub }, atMs });
              if (effect === 'reconnect') connect();
            }
          };
          const connect = () => {
            inbox.length = 0;
            feed({ kind: 'closed' });
            feed({ kind: 'connected', atMs });
          };
          const deliver = (lane: Lane, from: number, through: number): void => {
            const fate = fates[turn++] ?? 'stored';
            if (fate === 'cut') {
              connect();
              return;
            }
            const isStored = fate !== 'refused' && from <= hub[lane] + 1;
            if (isStored) hub[lane] = Math.max(hub[lane], through);
            inbox.push({ kind: 'published', lane, through });
            if (fate !== 'ack-lost') inbox.push({ kind: 'acknowledged', through: { [lane]: hub[lane] }, atMs });
          };
          const sendOne = (): boolean => {
            for (const { lane, after } of wanted(state)) {
              if (after >= total) continue;
              const through = Math.min(total, after + (sizes[turn % sizes.length] ?? 1));
              feed({ kind: 'sent', lane, through, bytes: 10_000, atMs });
              deliver(lane, after + 1, through);
              return true;
            }
            return false;
          };
          connect();
          for (let round = 0; round < 2_000 && lanes.some((lane) => hub[lane] < total); round++) {
            if (!sendOne()) {
              const input = inbox.shift();
              if (input) feed(input);
              else {
                atMs += windowLimits.patienceMs;
                feed({ kind: 'tick', atMs });
              }
            }
            expect(state.inFlight.length).toBeLessThanOrEqual(windowLimits.frames);
            for (const lane of lanes) expect(state.lanes[lane].acknowledged).toBeLessThanOrEqual(hub[lane]);
          }
          expect(hub).toEqual({ urgent: total, state: total, samples: total });
        },
      ),
      { numRuns: 300 },
    );
  });
});
