import { Badge, Button, Group } from '@mantine/core';
import type { ReactNode } from 'react';
import type { CalendarView } from '../../../../../protocols/api/operation/calendar.ts';
import { useText } from '../../text/use-text.ts';
import { dayText } from '../units/history-dialog.tsx';
import { type Cancelled, cancelledOf, layerOf, type Section } from './items.ts';
import { sectionKeys, weekdayKey, weekdays } from './keys.ts';

/** What a person wants to do with a part of the calendar. */
export type Wish =
  | { readonly do: 'edit'; readonly section: Section }
  | { readonly do: 'inherit'; readonly section: 'terms' | 'periods' }
  | { readonly do: 'cancel' | 'uncancel'; readonly item: Cancelled };

interface SectionCardProps {
  readonly view: CalendarView;
  readonly section: Section;
  readonly canEdit: boolean;
  readonly onWish: (wish: Wish) => void;
}

interface Row {
  readonly name: string;
  readonly when: string;
  readonly origin: CalendarView['unit'];
  readonly toConfirm?: boolean | undefined;
  readonly cancel?: Cancelled;
}

/** One part of the calendar as it holds, each item with where it comes from. */
export function SectionCard({ view, section, canEdit, onWish }: SectionCardProps) {
  const { t } = useText();
  const rows = useRows(view, section);
  const layer = layerOf(view);
  const isOwn = (section === 'terms' || section === 'periods') && layer[section] !== undefined;
  const isInherited = (section === 'terms' || section === 'periods') && !isOwn && view[section].length > 0;
  return (
    <section className="card">
      <div className="card-head">
        <h2>{t(sectionKeys[section])}</h2>
        {canEdit ? (
          <Group gap="xs">
            {isOwn ? (
              <Button size="xs" variant="subtle" onClick={() => onWish({ do: 'inherit', section })}>
                {t('calendar.inherit')}
              </Button>
            ) : null}
            <Button size="xs" variant="default" onClick={() => onWish({ do: 'edit', section })}>
              {isInherited ? t('calendar.override') : t('calendar.edit')}
            </Button>
          </Group>
        ) : null}
      </div>
      {section === 'periods' ? (
        <Timetable view={view} />
      ) : rows.length === 0 ? (
        <p className="soft">{t('calendar.none')}</p>
      ) : (
        <ul className="calendar-rows">
          {rows.map((row) => (
            <li key={`${row.when} ${row.name} ${row.origin.id}`}>
              <div>
                <div>{row.name}</div>
                <div className="number small">{row.when}</div>
                <Origin row={row} unit={view.unit} />
              </div>
              {canEdit && row.cancel && row.origin.id !== view.unit.id ? (
                <CancelButton item={row.cancel} onWish={onWish} />
              ) : null}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function CancelButton({ item, onWish }: { readonly item: Cancelled; readonly onWish: (wish: Wish) => void }) {
  const { t } = useText();
  return (
    <Button size="xs" variant="subtle" onClick={() => onWish({ do: 'cancel', item })}>
      {t('calendar.cancel')}
      <span className="visually-hidden"> {item.name}</span>
    </Button>
  );
}

function Origin({
  row,
  unit,
}: {
  readonly row: Pick<Row, 'origin' | 'toConfirm'>;
  readonly unit: CalendarView['unit'];
}) {
  const { t } = useText();
  return (
    <div className="row small soft">
      <span>{row.origin.id === unit.id ? t('calendar.here') : t('calendar.from', { name: row.origin.name })}</span>
      {row.toConfirm ? (
        <Badge variant="light" color="yellow" className="calendar-badge">
          {t('calendar.confirm')}
        </Badge>
      ) : null}
    </div>
  );
}

function useRows(view: CalendarView, section: Section): Row[] {
  const { t } = useText();
  const span = (from: string, to: string) =>
    from === to ? dayText(from) : t('calendar.span', { from: dayText(from), to: dayText(to) });
  const within = (from: string, to: string) => from <= view.to && view.from <= to;
  switch (section) {
    case 'periods':
      return [];
    case 'terms':
      return view.terms
        .filter(({ from, to }) => within(from, to))
        .map((term) => ({ ...term, when: span(term.from, term.to) }));
    case 'makeUpDays':
      return view.makeUpDays
        .filter(({ date }) => within(date, date))
        .toSorted((a, b) => a.date.localeCompare(b.date))
        .map((day) => ({
          ...day,
          when: t('calendar.makeUp.when', { day: dayText(day.date), weekday: t(weekdayKey(day.as)) }),
          cancel: cancelledOf(section, { name: day.name, from: day.date }),
        }));
    default:
      return view[section]
        .filter(({ from, to }) => within(from, to))
        .toSorted((a, b) => a.from.localeCompare(b.from))
        .map((item) => ({ ...item, when: span(item.from, item.to), cancel: cancelledOf(section, item) }));
  }
}

/** Periods by weekday; a phone scrolls it inside its card. */
function Timetable({ view }: { readonly view: CalendarView }) {
  const { t } = useText();
  const periods = view.periods.toSorted((a, b) => a.from.localeCompare(b.from));
  const [first] = periods;
  if (!first) return <p className="soft">{t('calendar.none')}</p>;
  const days = weekdays.filter(({ day }) => periods.some((period) => period.days.includes(day)));
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard */}
      <section className="calendar-timetable" tabIndex={0} aria-label={t('calendar.periods')}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t('calendar.name')}</th>
              <th scope="col">{t('calendar.starts')}</th>
              <th scope="col">{t('calendar.ends')}</th>
              {days.map(({ day, short }) => (
                <th key={day} scope="col">
                  {t(short)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {periods.map((period) => (
              <tr key={`${period.name} ${period.from} ${period.days.join()}`}>
                <th scope="row">{period.name}</th>
                <td className="number">{period.from}</td>
                <td className="number">{period.to}</td>
                {days.map(({ day }) => (
                  <td key={day} data-held={period.days.includes(day) || undefined}>
                    {period.days.includes(day) ? '●' : ''}
                    {period.days.includes(day) ? <span className="visually-hidden">{t('word.yes')}</span> : null}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <Origin row={{ origin: first.origin, toConfirm: periods.some(({ toConfirm }) => toConfirm) }} unit={view.unit} />
    </>
  );
}

/** What is inherited and does not hold here. */
export function CancelledCard({ view, canEdit, onWish }: Omit<SectionCardProps, 'section'>): ReactNode {
  const { t } = useText();
  if (view.cancelled.length === 0) return null;
  return (
    <section className="card">
      <div className="card-head">
        <h2>{t('calendar.cancelled')}</h2>
      </div>
      <ul className="calendar-rows">
        {view.cancelled.map(({ origin, ...item }) => (
          <li key={`${item.kind} ${item.name} ${item.from} ${origin.id}`}>
            <div>
              <div>
                <s>{item.name}</s>
              </div>
              <div className="number small">{dayText(item.from)}</div>
              <Origin row={{ origin }} unit={view.unit} />
            </div>
            {canEdit && origin.id === view.unit.id ? (
              <Button size="xs" variant="subtle" onClick={() => onWish({ do: 'uncancel', item })}>
                {t('calendar.uncancel')}
              </Button>
            ) : null}
          </li>
        ))}
      </ul>
    </section>
  );
}
