import type { CalendarLayer } from '../../../protocols/api/operation/calendar.ts';
import type { Resolved } from '../resolve.ts';

/** One row of a table, or one event of a calendar file. */
export const entryKinds = ['term', 'period', 'holiday', 'tet', 'break', 'make-up', 'exam', 'session'] as const;
export type EntryKind = (typeof entryKinds)[number];

export interface Entry {
  readonly kind: EntryKind;
  readonly name: string;
  /** First and last day; of a make-up day only the first. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly days?: readonly number[] | undefined;
  readonly start?: string | undefined;
  readonly end?: string | undefined;
  readonly as?: number | undefined;
  readonly toConfirm?: boolean | undefined;
}

type Items = Pick<Resolved, 'terms' | 'periods' | 'daysOff' | 'makeUpDays' | 'exams'> | CalendarLayer;

const confirming = ({ toConfirm }: { readonly toConfirm?: boolean | undefined }) => (toConfirm ? { toConfirm } : {});

/** In the order in which a table is read: sessions follow their examination. */
export function entriesOf({ terms = [], periods = [], daysOff, makeUpDays, exams }: Items): Entry[] {
  const timed = (kind: 'period' | 'session') => (period: (typeof periods)[number]) => ({
    kind,
    name: period.name,
    days: period.days,
    start: period.from,
    end: period.to,
    ...confirming(period),
  });
  return [
    ...terms.map(({ name, from, to, ...rest }) => ({ kind: 'term' as const, name, from, to, ...confirming(rest) })),
    ...periods.map(timed('period')),
    ...daysOff.map(({ name, kind, from, to, ...rest }) => ({ kind, name, from, to, ...confirming(rest) })),
    ...makeUpDays.map(({ name, date, as, ...rest }) => ({
      kind: 'make-up' as const,
      name,
      from: date,
      as,
      ...confirming(rest),
    })),
    ...exams.flatMap((exam) => [
      { kind: 'exam' as const, name: exam.name, from: exam.from, to: exam.to, ...confirming(exam) },
      ...(exam.periods ?? []).map(timed('session')),
    ]),
  ];
}

/** Where in the layer an entry went, `terms.0`; so that what is wrong with it is told at its row. */
export type Places = ReadonlyMap<string, Entry>;

interface Building {
  terms: NonNullable<CalendarLayer['terms']>;
  periods: NonNullable<CalendarLayer['periods']>;
  daysOff: CalendarLayer['daysOff'];
  makeUpDays: CalendarLayer['makeUpDays'];
  exams: CalendarLayer['exams'];
}

/**
 * What the entries come to: each sort that they hold takes the place of the same sort in `current`, other sorts stay.
 * Entries are complete (`readRow` and `readEvent` see to it).
 */
export function layerOfEntries(
  entries: readonly Entry[],
  current: CalendarLayer,
): { readonly layer: CalendarLayer; readonly places: Places } {
  const made: Building = { terms: [], periods: [], daysOff: [], makeUpDays: [], exams: [] };
  const places = new Map<string, Entry>();
  for (const entry of entries) places.set(put(made, entry), entry);
  const has = (kinds: readonly EntryKind[]) => entries.some(({ kind }) => kinds.includes(kind));
  const layer: CalendarLayer = {
    ...current,
    ...(has(['term']) ? { terms: made.terms } : {}),
    ...(has(['period']) ? { periods: made.periods } : {}),
    daysOff: has(['holiday', 'tet', 'break']) ? made.daysOff : current.daysOff,
    makeUpDays: has(['make-up']) ? made.makeUpDays : current.makeUpDays,
    exams: has(['exam']) ? made.exams : current.exams,
  };
  return { layer, places };
}

/** Adds an entry and tells where. */
function put(made: Building, entry: Entry): string {
  const { kind, name, from = '', to = from, days = [], start = '', end = '', as = 1 } = entry;
  const rest = confirming(entry);
  const period = { name, days: [...days], from: start, to: end };
  switch (kind) {
    case 'term':
      return `terms.${made.terms.push({ name, from, to, ...rest }) - 1}`;
    case 'period':
      return `periods.${made.periods.push({ ...period, ...rest }) - 1}`;
    case 'make-up':
      return `makeUpDays.${made.makeUpDays.push({ name, date: from, as, ...rest }) - 1}`;
    case 'exam':
      return `exams.${made.exams.push({ name, from, to, ...rest }) - 1}`;
    case 'session': {
      const index = sessionOf(made.exams, entry);
      const exam = made.exams[index];
      if (!exam) return 'exams';
      const periods = [...(exam.periods ?? []), period];
      made.exams[index] = { ...exam, periods };
      return `exams.${index}.periods.${periods.length - 1}`;
    }
    default:
      return `daysOff.${made.daysOff.push({ name, kind, from, to, ...rest }) - 1}`;
  }
}

/** The examination of a session: the one that its day lies in, or the one before it in the file. */
export function sessionOf(exams: readonly Pick<Entry, 'from' | 'to'>[], { from }: Entry): number {
  if (from === undefined) return exams.length - 1;
  return exams.findIndex((exam) => (exam.from ?? '') <= from && from <= (exam.to ?? exam.from ?? ''));
}
