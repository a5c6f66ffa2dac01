import type { CalendarLayer, CalendarView } from '../../../../../protocols/api/operation/calendar.ts';
import { addDays } from '../../../../../protocols/fleet/calendar/date.ts';

/** Parts of a calendar that are edited by themselves. */
export type Section = 'terms' | 'periods' | 'daysOff' | 'makeUpDays' | 'exams';
export const sections: readonly Section[] = ['terms', 'periods', 'daysOff', 'makeUpDays', 'exams'];

export type Layer = CalendarLayer;
export type Period = NonNullable<Layer['periods']>[number];
export type Cancelled = Layer['cancelled'][number];

/** What the unit sets now. */
export function layerOf({ own }: CalendarView): Layer {
  return own?.layer ?? { daysOff: [], makeUpDays: [], exams: [], cancelled: [] };
}

export function versionOf({ own }: CalendarView): number {
  return own?.version ?? 0;
}

/** Without the unit that set it. */
function plain<T extends { readonly origin: unknown }>(items: readonly T[]): Omit<T, 'origin'>[] {
  return items.map(({ origin: _, ...item }) => item);
}

/** What the dialog of a section begins with: the unit's own; of terms and periods also what it would replace. */
export function draftOf(view: CalendarView, section: Section): Layer {
  const layer = layerOf(view);
  if (section === 'terms') return { ...layer, terms: layer.terms ?? plain(view.terms) };
  if (section === 'periods') return { ...layer, periods: layer.periods ?? plain(view.periods) };
  return layer;
}

const two = (number: number) => String(number).padStart(2, '0');

function later(time: string, minutes: number): string {
  const total = Math.min(Number(time.slice(0, 2)) * 60 + Number(time.slice(3)) + minutes, 23 * 60 + 59);
  return `${two(Math.floor(total / 60))}:${two(total % 60)}`;
}

/** The next period as a school would go on: five minutes after the last one, as long as that. */
export function nextPeriod(periods: readonly Period[], name: string): Period {
  const last = periods.at(-1);
  if (!last) return { name, days: [1, 2, 3, 4, 5], from: '07:00', to: '07:45' };
  const from = later(last.to, 5);
  return { name, days: [...last.days], from, to: later(from, 45) };
}

/** The layer with one more item in a section; `nth` names a period by its number. */
export function withNew(layer: Layer, section: Section, today: string, nth: (number: number) => string): Layer {
  const { terms = [], periods = [], daysOff, makeUpDays, exams } = layer;
  const from = today;
  switch (section) {
    case 'terms': {
      const begin = terms.at(-1) ? addDays(terms.at(-1)?.to ?? today, 1) : from;
      return { ...layer, terms: [...terms, { name: '', from: begin, to: addDays(begin, 120) }] };
    }
    case 'periods':
      return { ...layer, periods: [...periods, nextPeriod(periods, nth(periods.length + 1))] };
    case 'daysOff':
      return { ...layer, daysOff: [...daysOff, { name: '', kind: 'holiday', from, to: from }] };
    case 'makeUpDays':
      return { ...layer, makeUpDays: [...makeUpDays, { name: '', date: from, as: 1 }] };
    case 'exams':
      return { ...layer, exams: [...exams, { name: '', from, to: addDays(from, 4) }] };
  }
}

/** What is called off where: its kind and first day. */
export function cancelledOf(section: Section, item: { readonly name: string; readonly from: string }): Cancelled {
  const kind = section === 'exams' ? 'exam' : section === 'makeUpDays' ? 'make-up' : 'day-off';
  return { kind, name: item.name, from: item.from };
}

export const isSame = (a: Cancelled) => (b: Cancelled) => a.kind === b.kind && a.name === b.name && a.from === b.from;

/** Whether every item has its name, days and hours. */
export function isComplete({ terms = [], periods = [], daysOff, makeUpDays, exams }: Layer): boolean {
  const timed = [...periods, ...exams.flatMap((exam) => exam.periods ?? [])];
  const texts = [
    ...[...terms, ...daysOff, ...exams, ...timed].flatMap(({ name, from, to }) => [name, from, to]),
    ...makeUpDays.flatMap(({ name, date }) => [name, date]),
  ];
  return texts.every((text) => text.trim() !== '') && timed.every(({ days }) => days.length > 0);
}
