import type { Calendar } from '../../../protocols/fleet/calendar/calendar.ts';
import { lessonIntervals, momentOf } from '../../../protocols/fleet/calendar/moment.ts';
import type { Label } from '../../../protocols/fleet/capabilities/index.ts';

/** Whether a device that is switched daily is expected to be on. Pure. */

/**
 * `off`: silence is well. `either`: lessons have just ended, people switch off when they leave; what was told missing before
 * stays told. `on`: lessons are held, or begin soon.
 */
export interface PowerExpectation {
  readonly expected: 'on' | 'off' | 'either';
  /** The day, period or schedule that says so. */
  readonly why: Label;
  /** When something else may be expected; undefined where only a change of the schedule tells. */
  readonly changesAtMs: number | undefined;
}

/** Devices are due so long before a lesson, and may go off so long after one. */
const beforeLessonMs = 600_000;
const afterLessonMs = 1_800_000;
const dayMs = 86_400_000;

/** After a time in which it could be off a device has so long to answer before it is missed. */
export const wakeMs = 900_000;

/** Without a policy the calendar counts; without a calendar that knows the day nothing is expected. */
export function expectPower(
  policy: 'on' | 'off' | undefined,
  calendar: Calendar | undefined,
  atMs: number,
): PowerExpectation | undefined {
  if (policy) return { expected: policy, why: policyWords[policy], changesAtMs: undefined };
  return calendar && byCalendar(calendar, atMs);
}

const policyWords = {
  on: { vi: 'Lịch nguồn điện muốn thiết bị bật lúc này', en: 'The power schedule wants the device on now' },
  off: { vi: 'Lịch nguồn điện muốn thiết bị tắt lúc này', en: 'The power schedule wants the device off now' },
} as const;

function byCalendar(calendar: Calendar, atMs: number): PowerExpectation | undefined {
  const moment = momentOf(calendar, atMs);
  if (!moment.isKnown) return undefined;
  const lessons = lessonIntervals(calendar, atMs - afterLessonMs, atMs + dayMs);
  const edges = lessons.flatMap(({ fromMs, toMs }) => [fromMs - beforeLessonMs, fromMs, toMs, toMs + afterLessonMs]);
  const changesAtMs = Math.min(...edges.filter((edge) => edge > atMs), endOfKnown(calendar, atMs, moment.changesAtMs));
  const told = (expected: PowerExpectation['expected'], why: Label) => ({ expected, why, changesAtMs });
  if (moment.isLesson) return told('on', lessonWords(moment.day.name, moment.period?.name, moment.isExam));
  const next = lessons.find(({ fromMs }) => fromMs > atMs);
  if (next && next.fromMs - beforeLessonMs <= atMs) return told('on', soonWords(timeOf(calendar, next.fromMs)));
  if (lessons.some(({ toMs }) => toMs <= atMs && atMs < toMs + afterLessonMs)) return told('either', justOverWords);
  return told('off', offWords(moment.day.kind, moment.day.name));
}

/** The first midnight after which the calendar may know nothing. */
function endOfKnown(calendar: Calendar, atMs: number, changesAtMs: number): number {
  let untilMs = changesAtMs;
  // Periods end before the day does.
  for (let steps = 0; steps < 100; steps++) {
    const later = momentOf(calendar, untilMs);
    if (later.day.date !== momentOf(calendar, atMs).day.date) return untilMs;
    untilMs = later.changesAtMs;
  }
  return untilMs;
}

function timeOf({ timeZone }: Calendar, atMs: number): string {
  return new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' }).format(atMs);
}

function lessonWords(day: string | undefined, period: string | undefined, isExam: boolean): Label {
  const more = [day, period].filter((word) => word !== undefined).join(', ');
  return isExam
    ? { vi: `Đang trong giờ thi: ${more}`, en: `An examination is held: ${more}` }
    : { vi: `Đang trong giờ học: ${more}`, en: `A lesson is held: ${more}` };
}

function soonWords(time: string): Label {
  return { vi: `Giờ học bắt đầu lúc ${time}`, en: `Lessons begin at ${time}` };
}

const justOverWords: Label = {
  vi: 'Giờ học vừa kết thúc, thiết bị được phép tắt',
  en: 'Lessons have just ended, the device may be off',
};

function offWords(kind: 'lessons' | 'exam' | 'off' | 'no-lessons', name: string | undefined): Label {
  if (kind === 'off') return { vi: `Ngày nghỉ: ${name ?? ''}`, en: `A day off: ${name ?? ''}` };
  if (kind === 'no-lessons') return { vi: 'Hôm nay không có tiết học', en: 'No lessons are held today' };
  return { vi: 'Ngoài giờ học của trường', en: 'Outside the lessons of the school' };
}

/** Capabilities of what works day and night, or watches while nobody is there. */
const alwaysOn = [
  'host',
  'ports',
  'ups',
  'supplies',
  'sensors',
  'motion',
  'detection',
  'imaging',
  'snapshot',
  'ptz',
  'gate',
  'tagreader',
  'relay',
  'network',
  'accounts',
  'certificate',
] as const;

/** As a descriptor has them. */
export type Capabilities = Readonly<Record<string, { readonly commands: readonly string[] }>>;

/** Whether people switch a device with these capabilities on and off day by day. */
export function isSwitchedDaily(capabilities: Capabilities): boolean {
  if (capabilities['power'] === undefined) return false;
  return alwaysOn.every((capability) => capabilities[capability] === undefined);
}
