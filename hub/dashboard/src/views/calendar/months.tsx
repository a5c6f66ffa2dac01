import type { CalendarDay, CalendarView } from '../../../../../protocols/api/operation/calendar.ts';
import { weekdayOf } from '../../../../../protocols/fleet/calendar/date.ts';
import type { TextKey } from '../../text/texts.ts';
import { useText } from '../../text/use-text.ts';
import { dayText } from '../units/history-dialog.tsx';
import { weekdays } from './keys.ts';

type Look = 'lessons' | 'makeUp' | 'exam' | 'off' | 'none' | 'unknown';
const looks: Readonly<Record<Look, TextKey>> = {
  lessons: 'calendar.day.lessons',
  makeUp: 'calendar.day.makeUp',
  exam: 'calendar.day.exam',
  off: 'calendar.day.off',
  none: 'calendar.day.none',
  unknown: 'calendar.day.unknown',
};

/** How a day shows. */
function lookOf({ kind, name, known }: Pick<CalendarDay, 'kind' | 'name' | 'known'>): Look {
  if (kind === 'off' || kind === 'exam') return kind;
  if (kind === 'lessons') return name === undefined ? 'lessons' : 'makeUp';
  return known ? 'none' : 'unknown';
}

export function useDayWords() {
  const { t } = useText();
  return (day: Pick<CalendarDay, 'kind' | 'name' | 'known'>) => {
    const word = t(looks[lookOf(day)]);
    return day.name === undefined ? word : `${word} (${day.name})`;
  };
}

export function Legend() {
  const { t } = useText();
  return (
    <ul className="calendar-legend small" aria-label={t('calendar.legend')}>
      {(Object.keys(looks) as Look[]).map((look) => (
        <li key={look}>
          <span className="calendar-swatch" data-look={look} aria-hidden /> {t(looks[look])}
        </li>
      ))}
    </ul>
  );
}

/** A school year, month by month; what has a name is also told below its month. */
export function Months({ days, today }: { readonly days: CalendarView['days']; readonly today: string }) {
  const months = Map.groupBy(days, ({ date }) => date.slice(0, 7));
  return (
    <div className="calendar-months">
      {[...months].map(([month, list]) => (
        <Month key={month} month={month} days={list} today={today} />
      ))}
    </div>
  );
}

interface MonthProps {
  readonly month: string;
  readonly days: readonly CalendarDay[];
  readonly today: string;
}

function Month({ month, days, today }: MonthProps) {
  const { t, language } = useText();
  const words = useDayWords();
  const title = new Intl.DateTimeFormat(language === 'vi' ? 'vi-VN' : 'en-GB', {
    month: 'long',
    year: 'numeric',
    timeZone: 'UTC',
  }).format(Date.parse(`${month}-01`));
  const weeks = weeksOf(days);
  return (
    <section className="card calendar-month">
      <table>
        <caption>{title}</caption>
        <thead>
          <tr>
            {weekdays.map(({ day, name, short }) => (
              <th key={day} scope="col">
                <abbr title={t(name)}>{t(short)}</abbr>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {weeks.map((week) => (
            <tr key={week.find((day) => day)?.date}>
              {week.map((day, index) =>
                day ? (
                  <td
                    key={day.date}
                    data-look={lookOf(day)}
                    data-frozen={day.frozen || undefined}
                    aria-current={day.date === today ? 'date' : undefined}
                    title={t('calendar.named', { day: dayText(day.date), name: words(day) })}
                  >
                    {Number(day.date.slice(8))}
                    <span className="visually-hidden">
                      {words(day)} {day.date === today ? t('calendar.today') : null}
                    </span>
                  </td>
                ) : (
                  // biome-ignore lint/suspicious/noArrayIndexKey: the place in the week is what an empty cell is
                  <td key={index} />
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
      <ul className="small">
        {spansOf(days).map(({ from, to, day }) => (
          <li key={from}>
            <span className="calendar-swatch" data-look={lookOf(day)} aria-hidden />
            <span>
              <span className="number soft">
                {Number(from.slice(8))}
                {from === to ? null : `–${Number(to.slice(8))}`}
              </span>{' '}
              {day.name}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function weeksOf(days: readonly CalendarDay[]): (CalendarDay | undefined)[][] {
  const before = days[0] ? weekdayOf(days[0].date) - 1 : 0;
  const cells: (CalendarDay | undefined)[] = [...Array.from({ length: before }, () => undefined), ...days];
  return Array.from({ length: Math.ceil(cells.length / 7) }, (_, week) =>
    Array.from({ length: 7 }, (_none, day) => cells[week * 7 + day]),
  );
}

/** Days with one name, as one line. */
function spansOf(days: readonly CalendarDay[]): { from: string; to: string; day: CalendarDay }[] {
  const spans: { from: string; to: string; day: CalendarDay }[] = [];
  for (const day of days) {
    if (day.name === undefined) continue;
    const last = spans.find((span) => span.day.name === day.name && span.day.kind === day.kind);
    if (last) last.to = day.date;
    else spans.push({ from: day.date, to: day.date, day });
  }
  return spans;
}
