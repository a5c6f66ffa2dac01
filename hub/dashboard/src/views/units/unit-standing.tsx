import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Unit } from '../../../../../protocols/api/units.ts';
import { unitHistoryQuery } from '../../data/organisation.ts';
import { useText } from '../../text/use-text.ts';
import { dayText } from './history-dialog.tsx';

/** Other names of a unit, who leads it since when, and that it is no more. */
export function UnitStanding({ unit }: { readonly unit: Unit | undefined }) {
  const { t } = useText();
  if (!unit || (unit.validTo === undefined && unit.aliases === undefined && unit.line === undefined)) return null;
  return (
    <p className="soft small">
      {unit.validTo ? <strong>{t('units.until', { day: dayText(unit.validTo) })} </strong> : null}
      {unit.successor ? (
        <Link to="/units" search={{ parent: unit.successor.id }}>
          {t('units.successor', { name: unit.successor.name })}
        </Link>
      ) : null}{' '}
      {unit.aliases ? t('units.aliases', { names: unit.aliases.join(', ') }) : null}{' '}
      {unit.line ? <Line unit={unit.id} name={unit.line.name} /> : null}
    </p>
  );
}

/** Who leads a school professionally; the day follows when the history has come. */
function Line({ unit, name }: { readonly unit: number; readonly name: string }) {
  const { t } = useText();
  const from = useQuery(unitHistoryQuery(unit)).data?.lines.find(({ to }) => to === undefined)?.from;
  return from === undefined ? t('units.line', { name }) : t('units.line.since', { name, day: dayText(from) });
}
