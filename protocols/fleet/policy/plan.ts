import type { Calendar } from '../calendar/calendar.ts';
import { momentOf } from '../calendar/moment.ts';
import type { PolicyBundle, Schedule } from './bundle.ts';
import { type Occurrence, occurrencesIn } from './occurrence.ts';

/** What was planned before now. */
export interface PlanState {
  /** Everything up to this was judged; it may lie ahead of a clock that was set back. */
  readonly throughMs: number;
  /** When the journal began: what was due before that nobody remembers, so it is never made up for. */
  readonly beganMs: number;
  /** Whether a run was judged before: it ran, was refused or was let pass. */
  isDone(key: string): boolean;
}

/** One device of one occurrence. */
export interface DueRun {
  readonly key: string;
  readonly schedule: Schedule;
  readonly device: string;
  readonly occurrence: Occurrence;
  /** Its own turn within the occurrence. */
  readonly dueMs: number;
  /** After this it is not to be begun. */
  readonly notAfterMs: number;
  readonly isLate: boolean;
}

/** Why a run that was planned did not happen. `superseded`: a later one of the same device and capability counts instead. */
export type PassReason = 'missed' | 'superseded' | 'frozen';

export interface PassedRun {
  readonly key: string;
  readonly schedule: Schedule;
  readonly device: string;
  readonly occurrence: Occurrence;
  readonly why: PassReason;
}

/**
 * How far a bundle holds. `early`: the clock stands before it was issued, so the clock is wrong and nothing runs. `grace`: it has
 * expired and only the timetable's power goes on. `over`: nothing does.
 */
export type BundlePhase = 'early' | 'live' | 'grace' | 'over';

export interface Plan {
  readonly phase: BundlePhase;
  /** To be begun now, in order. */
  readonly due: readonly DueRun[];
  /** To be told once and never looked at again. */
  readonly passed: readonly PassedRun[];
  readonly throughMs: number;
  /** When to plan again at the latest. */
  readonly wakeAtMs: number;
}

const dayMs = 86_400_000;
/** A clock may run a little behind the hub's. */
const earlyToleranceMs = dayMs;
/** How far back missed occurrences are looked for. */
export const lookBackMs = 7 * dayMs;
/** A run that begins within this of its turn is on time. */
export const onTimeMs = 120_000;
/** How long a made-up run may wait for its device. */
const patienceMs = 10 * 60_000;
/** The longest sleep: the next occurrence is looked for within this. */
const horizonMs = 6 * 3_600_000;

export function phaseOf({ issuedAt, expiresAt, graceDays }: PolicyBundle, nowMs: number): BundlePhase {
  if (nowMs < issuedAt - earlyToleranceMs) return 'early';
  if (nowMs <= expiresAt) return 'live';
  return nowMs <= expiresAt + graceDays * dayMs ? 'grace' : 'over';
}

/** Whether a schedule goes on after the bundle has expired: what lights and darkens rooms by the timetable or the clock. */
function outlivesExpiry({ command, trigger }: Pick<Schedule, 'command' | 'trigger'>): boolean {
  return (command.capability === 'power' || command.capability === 'wake') && trigger.kind !== 'cron';
}

/** Names a run for ever: what makes it happen at most once. */
function runKey(schedule: Pick<Schedule, 'id'>, device: string, { key }: Occurrence): string {
  return `${schedule.id}/${device}/${key}`;
}

/** Whether nothing may be switched at this instant. */
export function isFrozenAt(calendar: Calendar, atMs: number): boolean {
  return momentOf(calendar, atMs).isFrozen;
}

/**
 * What is due now, what has passed, and when to look again. Pure; whoever acts writes down the keys of `due` and `passed`
 * together with `throughMs` before anything is done, and then no key comes twice, however often the agent is restarted or
 * its clock is set.
 */
export function planRuns(bundle: PolicyBundle, state: PlanState, nowMs: number): Plan {
  const phase = phaseOf(bundle, nowMs);
  const throughMs = Math.max(state.throughMs, nowMs);
  const later = nowMs + horizonMs;
  if (phase === 'early' || phase === 'over') return { phase, due: [], passed: [], throughMs, wakeAtMs: later };
  const schedules = phase === 'live' ? bundle.schedules : bundle.schedules.filter(outlivesExpiry);
  const candidates = schedules.flatMap((schedule) =>
    candidatesOf(schedule, calendarOf(bundle, schedule), state, nowMs),
  );
  const { due, passed } = judge(candidates, nowMs);
  const wakeAtMs = Math.min(later, endOfPhase(bundle, phase), ...schedules.map((one) => nextOf(bundle, one, nowMs)));
  return { phase, due, passed, throughMs, wakeAtMs: Math.max(wakeAtMs, nowMs + 1) };
}

interface Candidate extends DueRun {
  readonly isFrozen: boolean;
}

function calendarOf({ calendars }: PolicyBundle, { calendar }: Schedule): Calendar {
  const found = calendars[calendar];
  if (!found) throw new TypeError('the bundle was not checked by its schema');
  return found;
}

function candidatesOf(schedule: Schedule, calendar: Calendar, state: PlanState, nowMs: number): readonly Candidate[] {
  const { devices, since } = schedule;
  const staggerMs = staggerMsOf(schedule);
  const spreadMs = staggerMs * (devices.length - 1);
  // A clock that was set back leaves `throughMs` ahead; what is due again by it is known by its key.
  const judgedMs = Math.min(state.throughMs, nowMs);
  const afterMs = Math.max(judgedMs - spreadMs, nowMs - lookBackMs, state.beganMs - 1, since - 1);
  return occurrencesIn(schedule, calendar, afterMs, nowMs).flatMap((occurrence) =>
    devices.flatMap((device, index): Candidate[] => {
      const dueMs = occurrence.atMs + index * staggerMs;
      const key = runKey(schedule, device, occurrence);
      if (dueMs > nowMs || state.isDone(key)) return [];
      const isLate = nowMs - dueMs > onTimeMs;
      const isFrozen = isFrozenAt(calendar, occurrence.atMs) || isFrozenAt(calendar, nowMs);
      return [
        { key, schedule, device, occurrence, dueMs, notAfterMs: latestBegin(schedule, dueMs, nowMs), isLate, isFrozen },
      ];
    }),
  );
}

/** Seconds between two devices, less where there are so many that they would take too long. */
function staggerMsOf({ devices, staggerSeconds }: Pick<Schedule, 'devices' | 'staggerSeconds'>): number {
  const mostMs = 3_600_000;
  return devices.length < 2 ? 0 : Math.min(staggerSeconds * 1_000, Math.floor(mostMs / (devices.length - 1)));
}

function latestBegin({ missed }: Schedule, dueMs: number, nowMs: number): number {
  switch (missed.kind) {
    case 'skip':
      return dueMs + onTimeMs;
    case 'run-once':
      return Math.max(dueMs + onTimeMs, nowMs + patienceMs);
    case 'run-if-within':
      return dueMs + Math.max(missed.minutes * 60_000, onTimeMs);
  }
}

function judge(candidates: readonly Candidate[], nowMs: number): Pick<Plan, 'due' | 'passed'> {
  const newest = new Map<string, Candidate>();
  for (const one of candidates) {
    const subject = subjectOf(one);
    const before = newest.get(subject);
    if (!before || before.dueMs <= one.dueMs) newest.set(subject, one);
  }
  const due: DueRun[] = [];
  const passed: PassedRun[] = [];
  for (const { isFrozen, ...run } of candidates) {
    const why = whyPassed({ ...run, isFrozen }, newest.get(subjectOf(run)), nowMs);
    if (why === undefined) due.push(run);
    else passed.push({ key: run.key, schedule: run.schedule, device: run.device, occurrence: run.occurrence, why });
  }
  return { due: due.toSorted((a, b) => a.dueMs - b.dueMs), passed };
}

function subjectOf({ device, schedule }: Pick<DueRun, 'device' | 'schedule'>): string {
  return `${device} ${schedule.command.capability}`;
}

function whyPassed(run: Candidate, newest: Candidate | undefined, nowMs: number): PassReason | undefined {
  if (run.isFrozen) return 'frozen';
  if (!run.isLate) return undefined;
  if (newest && newest.key !== run.key) return 'superseded';
  const { missed } = run.schedule;
  if (missed.kind === 'run-once') return undefined;
  return missed.kind === 'run-if-within' && nowMs - run.dueMs <= missed.minutes * 60_000 ? undefined : 'missed';
}

/** The next turn of a schedule after now, also one of an occurrence that has begun. */
function nextOf(bundle: PolicyBundle, schedule: Schedule, nowMs: number): number {
  const staggerMs = staggerMsOf(schedule);
  const spreadMs = staggerMs * (schedule.devices.length - 1);
  let next = Number.POSITIVE_INFINITY;
  for (const { atMs } of occurrencesIn(
    schedule,
    calendarOf(bundle, schedule),
    nowMs - spreadMs - 1,
    nowMs + horizonMs,
  )) {
    const turn = atMs > nowMs ? atMs : atMs + (Math.floor((nowMs - atMs) / staggerMs) + 1) * staggerMs;
    if (turn <= atMs + spreadMs) next = Math.min(next, turn);
  }
  return next;
}

function endOfPhase({ expiresAt, graceDays }: PolicyBundle, phase: 'live' | 'grace'): number {
  return (phase === 'live' ? expiresAt : expiresAt + graceDays * dayMs) + 1;
}
