import type { Ack } from '../../protocols/fleet/messages.ts';
import { type Lane, lanes } from '../../protocols/fleet/record.ts';
import { mapLanes } from './lane-state.ts';

/** Bounds of what is under way; together they keep a command's result from waiting behind a backlog. */
export const windowLimits = {
  /** Frames sent and not yet acknowledged by the hub. The last two places are for the urgent lane alone. */
  frames: 8,
  framesBelowUrgent: 6,
  /** Bytes of frames below urgent; half a second at 1 Mbit/s. One frame may always go. */
  bytesBelowUrgent: 64 * 1024,
  /** Silence of the hub after which we send again. */
  patienceMs: 30_000,
} as const;

/** A frame that the hub has not acknowledged. */
interface InFlight {
  readonly lane: Lane;
  readonly through: number;
  readonly bytes: number;
  /** The broker has confirmed it (PUBACK); the hub's own acknowledgement is still to come. */
  readonly isPublished: boolean;
}

interface LaneCursor {
  /** The hub has everything up to this. */
  readonly acknowledged: number;
  /** We have sent everything up to this. */
  readonly sent: number;
}

/**
 * One session with the hub. `offline`: no connection. `greeting`: hello is sent, and until its acknowledgement tells where
 * each lane stands nothing else is. `flowing`: frames go within the window.
 */
export interface SessionState {
  readonly phase: 'offline' | 'greeting' | 'flowing';
  readonly lanes: Readonly<Record<Lane, LaneCursor>>;
  readonly inFlight: readonly InFlight[];
  /** Monotonic time of the last step forward. */
  readonly progressAtMs: number;
}

export type SessionInput =
  | { readonly kind: 'connected'; readonly atMs: number }
  | { readonly kind: 'closed' }
  /** The outbox began a new epoch: all positions are void. */
  | { readonly kind: 'renumbered'; readonly atMs: number }
  | { readonly kind: 'acknowledged'; readonly through: Ack['through']; readonly atMs: number }
  | {
      readonly kind: 'sent';
      readonly lane: Lane;
      readonly through: number;
      readonly bytes: number;
      readonly atMs: number;
    }
  | { readonly kind: 'published'; readonly lane: Lane; readonly through: number }
  | { readonly kind: 'tick'; readonly atMs: number };

/** `hello`: send one. `pump`: send what `wanted` asks for. `reconnect`: this connection is of no use any more. */
export type SessionEffect = 'hello' | 'pump' | 'reconnect';

export interface SessionStep {
  readonly state: SessionState;
  readonly effects: readonly SessionEffect[];
}

export const initialSession: SessionState = {
  phase: 'offline',
  lanes: mapLanes(() => ({ acknowledged: 0, sent: 0 })),
  inFlight: [],
  progressAtMs: 0,
};

/** What a session does next. Pure; every input is answered in every phase. */
export function stepSession(state: SessionState, input: SessionInput): SessionStep {
  switch (input.kind) {
    case 'connected':
    case 'renumbered':
      return { state: { ...initialSession, phase: 'greeting', progressAtMs: input.atMs }, effects: ['hello'] };
    case 'closed':
      return { state: initialSession, effects: [] };
    case 'acknowledged':
      return acknowledged(state, input.through, input.atMs);
    case 'sent':
      return stay(sent(state, input));
    case 'published':
      return stay({
        ...state,
        inFlight: state.inFlight.map((frame) => (isSame(frame, input) ? published(frame) : frame)),
      });
    case 'tick':
      return tick(state, input.atMs);
  }
}

/**
 * The next frames to try, in order: each lane that may send now, with the number after which its frame begins. The caller
 * sends the first that the outbox has, tells `sent`, and asks again.
 */
export function wanted(state: SessionState): readonly { readonly lane: Lane; readonly after: number }[] {
  if (state.phase !== 'flowing') return [];
  return lanes.filter((lane) => mayPass(state, lane)).map((lane) => ({ lane, after: state.lanes[lane].sent }));
}

function mayPass({ inFlight }: SessionState, lane: Lane): boolean {
  if (inFlight.length >= windowLimits.frames) return false;
  if (lane === 'urgent') return true;
  const below = inFlight.filter((frame) => frame.lane !== 'urgent');
  const bytes = below.reduce((sum, frame) => sum + frame.bytes, 0);
  return below.length < windowLimits.framesBelowUrgent && bytes < windowLimits.bytesBelowUrgent;
}

function sent(state: SessionState, input: Extract<SessionInput, { kind: 'sent' }>): SessionState {
  const { lane, through, bytes, atMs } = input;
  return {
    ...state,
    lanes: { ...state.lanes, [lane]: { ...state.lanes[lane], sent: through } },
    inFlight: [...state.inFlight, { lane, through, bytes, isPublished: false }],
    // Patience begins when something is asked of the hub, not when it last answered before an idle hour.
    progressAtMs: state.inFlight.length === 0 ? atMs : state.progressAtMs,
  };
}

function acknowledged(state: SessionState, through: Ack['through'], atMs: number): SessionStep {
  if (state.phase === 'offline') return stay(state);
  if (state.phase === 'greeting') {
    const cursors = mapLanes((lane) => ({ acknowledged: through[lane] ?? 0, sent: through[lane] ?? 0 }));
    return { state: { ...state, phase: 'flowing', lanes: cursors, progressAtMs: atMs }, effects: ['pump'] };
  }
  const next = lanes.reduce((current, lane) => acknowledgeLane(current, lane, through[lane]), state);
  const moved = lanes.some((lane) => next.lanes[lane].acknowledged > state.lanes[lane].acknowledged);
  return { state: moved ? { ...next, progressAtMs: atMs } : next, effects: ['pump'] };
}

function acknowledgeLane(state: SessionState, lane: Lane, through: number | undefined): SessionState {
  if (through === undefined) return state;
  const cursor = state.lanes[lane];
  if (through > cursor.acknowledged) {
    return {
      ...state,
      lanes: { ...state.lanes, [lane]: { acknowledged: through, sent: Math.max(cursor.sent, through) } },
      inFlight: state.inFlight.filter((frame) => frame.lane !== lane || frame.through > through),
    };
  }
  // The hub has answered all we sent and is no further: it refused a frame behind a hole. Begin again where it stands.
  const mine = state.inFlight.filter((frame) => frame.lane === lane);
  return mine.length > 0 && mine.every((frame) => frame.isPublished) ? rewind(state, [lane]) : state;
}

function rewind(state: SessionState, which: readonly Lane[]): SessionState {
  const cursors = mapLanes((lane) =>
    which.includes(lane) ? { ...state.lanes[lane], sent: state.lanes[lane].acknowledged } : state.lanes[lane],
  );
  return { ...state, lanes: cursors, inFlight: state.inFlight.filter((frame) => !which.includes(frame.lane)) };
}

function tick(state: SessionState, atMs: number): SessionStep {
  const isWaiting = state.phase === 'greeting' || (state.phase === 'flowing' && state.inFlight.length > 0);
  if (!isWaiting || atMs - state.progressAtMs < windowLimits.patienceMs) return stay(state);
  // What the broker never confirmed still lies in the MQTT client; sending it again there would pile up.
  const isStuck = state.phase === 'greeting' || state.inFlight.some((frame) => !frame.isPublished);
  if (isStuck) return { state: initialSession, effects: ['reconnect'] };
  return { state: { ...rewind(state, lanes), progressAtMs: atMs }, effects: ['pump'] };
}

function isSame(frame: InFlight, input: { readonly lane: Lane; readonly through: number }): boolean {
  return frame.lane === input.lane && frame.through === input.through;
}

function published(frame: InFlight): InFlight {
  return { ...frame, isPublished: true };
}

function stay(state: SessionState): SessionStep {
  return { state, effects: [] };
}
