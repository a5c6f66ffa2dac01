import { type Interval, type Intervals, intersect, lengthOf, subtract, unite } from './intervals.ts';

/** Pure: what the spans of one device come to in a stretch of time. */

/** One stretch in one state; without an end it still lasts. */
export interface Span {
  readonly track: 'health' | 'power' | 'lifecycle';
  readonly state: string;
  readonly fromMs: number;
  readonly toMs: number | undefined;
}

export interface DeviceFigures {
  /** Lesson time in service, and how much of it the device could not be used, or nothing is known of it. */
  readonly lessonMs: number;
  readonly downMs: number;
  readonly unknownMs: number;
  /** Times that it went down in service, and how long those lasted that are over. */
  readonly incidents: number;
  readonly repaired: number;
  readonly repairMs: number;
  /** On and on standby, as far as known; and time in service of which nothing is known. */
  readonly onMs: number;
  readonly standbyMs: number;
  readonly darkMs: number;
}

export interface Question {
  readonly fromMs: number;
  /** At most now. */
  readonly toMs: number;
  /** When lessons are held at its place, within the time asked about. */
  readonly lessons: Intervals;
}

const down: ReadonlySet<string> = new Set(['fault', 'unreachable']);
const unseen: ReadonlySet<string> = new Set(['unknown', 'stale']);
/** Power states that draw what a running device draws. */
const running: ReadonlySet<string> = new Set(['on', 'warming', 'cooling']);

/** Maintenance, storage and retirement are nobody's downtime; what is not known counts neither as up nor as down. */
export function figuresOf(spans: readonly Span[], { fromMs, toMs, lessons }: Question): DeviceFigures {
  const window = [{ fromMs, toMs }];
  const within = (track: Span['track'], belongs: (state: string) => boolean): Intervals =>
    intersect(
      unite(
        spans
          .filter((span) => span.track === track && belongs(span.state))
          .map((span) => ({ fromMs: span.fromMs, toMs: span.toMs ?? toMs })),
      ),
      window,
    );
  const inService = within('lifecycle', (state) => state === 'in-service');
  const known = within('health', (state) => !unseen.has(state));
  const broken = intersect(
    within('health', (state) => down.has(state)),
    inService,
  );
  const base = intersect(lessons, inService);
  const answering = within(
    'health',
    (state) => !unseen.has(state) && state !== 'unreachable' && state !== 'expected-off',
  );
  const power = powerOf(spans, within, answering);
  const off = subtract(intersect(known, inService), power);
  return {
    lessonMs: lengthOf(base),
    downMs: lengthOf(intersect(base, broken)),
    unknownMs: lengthOf(subtract(base, known)),
    ...repairsOf(broken, toMs),
    onMs: lengthOf(intersect(power, inService)),
    standbyMs: lengthOf(
      subtract(
        off,
        within('health', (state) => state === 'unreachable'),
      ),
    ),
    darkMs: lengthOf(subtract(inService, known)),
  };
}

/** When it ran: by what it says of its power while it answers; what has no power state runs while it answers. */
function powerOf(
  spans: readonly Span[],
  within: (track: Span['track'], belongs: (state: string) => boolean) => Intervals,
  answering: Intervals,
): Intervals {
  const tells = spans.some(({ track }) => track === 'power');
  if (!tells) return answering;
  return intersect(
    within('power', (state) => running.has(state)),
    answering,
  );
}

function repairsOf(
  broken: readonly Interval[],
  toMs: number,
): Pick<DeviceFigures, 'incidents' | 'repaired' | 'repairMs'> {
  const over = broken.filter((one) => one.toMs < toMs);
  return { incidents: broken.length, repaired: over.length, repairMs: lengthOf(over) };
}

export const noFigures: DeviceFigures = {
  lessonMs: 0,
  downMs: 0,
  unknownMs: 0,
  incidents: 0,
  repaired: 0,
  repairMs: 0,
  onMs: 0,
  standbyMs: 0,
  darkMs: 0,
};

export function addFigures(a: DeviceFigures, b: DeviceFigures): DeviceFigures {
  return {
    lessonMs: a.lessonMs + b.lessonMs,
    downMs: a.downMs + b.downMs,
    unknownMs: a.unknownMs + b.unknownMs,
    incidents: a.incidents + b.incidents,
    repaired: a.repaired + b.repaired,
    repairMs: a.repairMs + b.repairMs,
    onMs: a.onMs + b.onMs,
    standbyMs: a.standbyMs + b.standbyMs,
    darkMs: a.darkMs + b.darkMs,
  };
}
