import { Modal } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { UnitHistory } from '../../../../../protocols/api/organisation/changes.ts';
import type { Unit } from '../../../../../protocols/api/units.ts';
import { unitHistoryQuery } from '../../data/organisation.ts';
import { useText } from '../../text/use-text.ts';
import { nothing } from '../../ui/format.ts';
import { ProblemPanel } from '../../ui/problem-panel.tsx';

type Change = UnitHistory['changes'][number];

/** What happened to a unit, the newest first, and whom it took over. */
export function HistoryDialog({ unit, onClose }: { readonly unit: Unit; readonly onClose: () => void }) {
  const { t } = useText();
  const read = useQuery(unitHistoryQuery(unit.id));
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={`${t('units.history')}: ${unit.name}`}
      closeButtonProps={{ 'aria-label': t('word.close') }}
    >
      {read.error ? (
        <ProblemPanel error={read.error} what={t('units.history.what')} retry={read.refetch} />
      ) : read.data ? (
        <Past history={read.data} />
      ) : null}
    </Modal>
  );
}

function Past({ history }: { readonly history: UnitHistory }) {
  const { t } = useText();
  const { unit, changes, predecessors, lines } = history;
  const line = lines.find(({ to }) => to === undefined);
  const past = lines.flatMap(({ authority, from, to }) => (to === undefined ? [] : [{ authority, from, to }]));
  return (
    <div className="stack">
      <p className="soft small">
        {unit.validFrom ? t('units.since', { day: dayText(unit.validFrom) }) : null}
        {line ? <>. {t('units.line.since', { name: line.authority.name, day: dayText(line.from) })}</> : null}
        {unit.aliases ? <>. {t('units.aliases', { names: unit.aliases.join(', ') })}</> : null}
      </p>
      {changes.length === 0 ? <p>{t('units.history.none')}</p> : null}
      <ol className="unit-past">
        {changes.map((change) => (
          <li key={`${change.at} ${change.kind} ${change.after.other?.id ?? ''}`}>
            <div>
              <span className="number">{dayText(change.effective)}</span> <ChangeText change={change} />
            </div>
            <div className="soft small">
              {change.reason} ({change.actor})
            </div>
          </li>
        ))}
      </ol>
      {past.length > 0 ? (
        <>
          <h3>{t('units.lines.past')}</h3>
          <ul className="unit-past">
            {past.map(({ authority, from, to }) => (
              <li key={`${authority.id} ${from} ${to}`}>
                {t('units.line.past', { name: authority.name, from: dayText(from), to: dayText(to) })}
              </li>
            ))}
          </ul>
        </>
      ) : null}
      {predecessors.length > 0 ? (
        <>
          <h3>{t('units.predecessors')}</h3>
          <ul className="unit-past">
            {predecessors.map((other) => (
              <li key={other.id}>
                <Link to="/units" search={{ parent: other.id }}>
                  {other.name}
                </Link>{' '}
                <span className="soft small">
                  {other.validTo ? t('units.until', { day: dayText(other.validTo) }) : null}
                </span>
              </li>
            ))}
          </ul>
        </>
      ) : null}
    </div>
  );
}

function ChangeText({ change: { kind, before, after } }: { readonly change: Change }) {
  const { t } = useText();
  const other = after.other?.name ?? nothing;
  switch (kind) {
    case 'renamed':
      return t('past.renamed', { before: nameOf(before), after: nameOf(after) });
    case 'moved':
      return t('past.moved', { before: before.parent?.name ?? nothing, after: after.parent?.name ?? nothing });
    case 'closed':
      return t('past.closed');
    case 'merged-into':
      return t('past.merged', { other });
    case 'absorbed':
      return t('past.absorbed', { other });
    case 'split-from':
      return t('past.splitFrom', { other });
    case 'split-into':
      return t('past.splitInto', { other });
    case 'line':
      return t('past.line', { before: before.other?.name ?? nothing, after: other });
  }
}

function nameOf({ name, code }: Change['before']): string {
  return code === undefined ? name : `${name} (${code})`;
}

/** `1/7/2025`, in both languages of this country's pages. */
export function dayText(day: string): string {
  const [year, month, date] = day.split('-').map(Number);
  return `${date}/${month}/${year}`;
}
