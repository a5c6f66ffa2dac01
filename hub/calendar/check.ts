import type { CalendarFault, CalendarLayer } from '../../protocols/api/operation/calendar.ts';
import type { Period } from '../../protocols/fleet/calendar/calendar.ts';
import { dayOf } from '../../protocols/fleet/calendar/day.ts';
import { calendarOfResolved, type Resolved } from './resolve.ts';

/** Longest spans, both ends included; a longer one is a slip of the year. */
const mostDays = { term: 300, dayOff: 120, exam: 60 } as const;
/** Dates beyond are slips too. */
const years = { first: '2015-01-01', last: '2099-12-31' } as const;

interface Span {
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

/**
 * Everything in a layer that cannot hold, each with its field, the reason and a remedy; none when it may be saved.
 * `above` is what the unit inherits, `after` what would hold with the layer.
 */
export function faultsOf(layer: CalendarLayer, above: Resolved, after: Resolved): CalendarFault[] {
  const { terms = [], periods = [], daysOff, makeUpDays, exams } = layer;
  return [
    ...spanFaults('terms', terms, mostDays.term),
    ...overlapFaults('terms', terms),
    ...periodFaults('periods', periods),
    ...spanFaults('daysOff', daysOff, mostDays.dayOff),
    ...repeatFaults('daysOff', daysOff),
    ...spanFaults('exams', exams, mostDays.exam),
    ...overlapFaults('exams', exams),
    ...exams.flatMap((exam, index) => periodFaults(`exams.${index}.periods`, exam.periods ?? [])),
    ...repeatFaults(
      'makeUpDays',
      makeUpDays.map(({ date }) => ({ name: '', from: date })),
    ),
    ...makeUpFaults(makeUpDays, after),
    ...cancelFaults(layer.cancelled, above),
  ];
}

function fault(field: string, why: CalendarFault['why'], remedy: CalendarFault['remedy']): CalendarFault {
  return { field, why, remedy };
}

function spanFaults(field: string, spans: readonly Span[], most: number): CalendarFault[] {
  return spans.flatMap(({ name, from, to }, index) => {
    const here = `${field}.${index}`;
    if (to < from)
      return fault(
        `${here}.to`,
        {
          vi: `"${name}" kết thúc (${to}) trước khi bắt đầu (${from}).`,
          en: `"${name}" ends (${to}) before it begins (${from}).`,
        },
        { vi: 'Sửa ngày đầu hoặc ngày cuối.', en: 'Correct its first or last day.' },
      );
    if (from < years.first || to > years.last)
      return fault(
        `${here}.from`,
        { vi: `Ngày của "${name}" nằm ngoài 2015–2099.`, en: `"${name}" lies outside of 2015 to 2099.` },
        { vi: 'Kiểm tra lại năm.', en: 'Check the year.' },
      );
    const days = (Date.parse(to) - Date.parse(from)) / 86_400_000 + 1;
    if (days > most)
      return fault(
        `${here}.to`,
        { vi: `"${name}" dài ${days} ngày, quá ${most} ngày.`, en: `"${name}" has ${days} days, more than ${most}.` },
        { vi: 'Kiểm tra lại năm, hoặc tách thành nhiều mục.', en: 'Check the year, or split it.' },
      );
    return [];
  });
}

function overlapFaults(field: string, spans: readonly Span[]): CalendarFault[] {
  return spans.flatMap((span, index) => {
    const other = spans.slice(0, index).find(({ from, to }) => from <= span.to && span.from <= to);
    if (!other || span.to < span.from) return [];
    return fault(
      `${field}.${index}.from`,
      {
        vi: `"${span.name}" (${span.from} – ${span.to}) trùng ngày với "${other.name}" (${other.from} – ${other.to}).`,
        en: `"${span.name}" (${span.from} to ${span.to}) overlaps "${other.name}" (${other.from} to ${other.to}).`,
      },
      {
        vi: `Cho "${span.name}" bắt đầu sau ngày ${other.to}, hoặc rút ngắn "${other.name}".`,
        en: `Let "${span.name}" begin after ${other.to}, or shorten "${other.name}".`,
      },
    );
  });
}

function repeatFaults(field: string, items: readonly { readonly name: string; readonly from: string }[]) {
  return items.flatMap(({ name, from }, index) =>
    items.slice(0, index).some((other) => other.name === name && other.from === from)
      ? fault(
          `${field}.${index}`,
          { vi: `Ngày ${from} đã có ở mục trên.`, en: `${from} stands in an item above already.` },
          { vi: 'Bỏ một trong hai mục.', en: 'Remove one of the two.' },
        )
      : [],
  );
}

function periodFaults(field: string, periods: readonly Period[]): CalendarFault[] {
  return periods.flatMap((period, index) => {
    const { name, from, to, days } = period;
    if (to <= from)
      return fault(
        `${field}.${index}.to`,
        {
          vi: `"${name}" kết thúc (${to}) trước khi bắt đầu (${from}).`,
          en: `"${name}" ends (${to}) before it begins (${from}).`,
        },
        { vi: 'Sửa giờ vào hoặc giờ ra.', en: 'Correct when it begins or ends.' },
      );
    const other = periods
      .slice(0, index)
      .find((one) => one.from < to && from < one.to && one.days.some((day) => days.includes(day)));
    if (!other) return [];
    return fault(
      `${field}.${index}.from`,
      {
        vi: `"${name}" (${from}–${to}) trùng giờ với "${other.name}" (${other.from}–${other.to}) trong cùng một thứ.`,
        en: `"${name}" (${from} to ${to}) overlaps "${other.name}" (${other.from} to ${other.to}) on the same weekday.`,
      },
      { vi: 'Sửa giờ, hoặc chọn thứ khác.', en: 'Change its time, or choose other weekdays.' },
    );
  });
}

/** A make-up day stands where there would be no lessons, and brings some. */
function makeUpFaults(makeUpDays: CalendarLayer['makeUpDays'], after: Resolved): CalendarFault[] {
  const calendar = calendarOfResolved(after);
  const without = { ...calendar, makeUpDays: [] };
  return makeUpDays.flatMap(({ name, date, as }, index) => {
    const field = `makeUpDays.${index}`;
    const before = dayOf(without, date);
    if (before.kind === 'lessons')
      return fault(
        `${field}.date`,
        { vi: `Ngày ${date} ("${name}") vốn đã có tiết học.`, en: `${date} ("${name}") has lessons anyway.` },
        { vi: 'Chọn một ngày không có tiết.', en: 'Choose a day without lessons.' },
      );
    if (calendar.periods.length > 0 && !calendar.periods.some(({ days }) => days.includes(as)))
      return fault(
        `${field}.as`,
        {
          vi: `Ngày ${date} ("${name}") học theo một thứ không có tiết nào trong thời khoá biểu.`,
          en: `${date} ("${name}") follows a weekday that has no periods in the timetable.`,
        },
        { vi: 'Chọn thứ có tiết học.', en: 'Choose a weekday that has periods.' },
      );
    return [];
  });
}

function cancelFaults(cancelled: CalendarLayer['cancelled'], above: Resolved): CalendarFault[] {
  const inherited = {
    'day-off': above.daysOff,
    'make-up': above.makeUpDays.map(({ name, date }) => ({ name, from: date })),
    exam: above.exams,
  };
  return cancelled.flatMap(({ kind, name, from }, index) =>
    inherited[kind].some((item) => item.name === name && item.from === from)
      ? []
      : fault(
          `cancelled.${index}`,
          {
            vi: `Không có "${name}" (${from}) nào được kế thừa để bỏ.`,
            en: `There is no inherited "${name}" (${from}) to call off.`,
          },
          { vi: 'Bỏ mục này; có thể cấp trên đã sửa.', en: 'Remove this item; a unit above may have changed it.' },
        ),
  );
}
