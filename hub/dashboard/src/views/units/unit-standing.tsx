import { Link } from '@tanstack/react-router';
import type { Unit } from '../../../../../protocols/api/units.ts';
import { useText } from '../../text/use-text.ts';
import { dayText } from './history-dialog.tsx';

/** Other names of a unit, and that it is no more. */
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
      {unit.line ? t('units.line', { name: unit.line.name }) : null}
    </p>
  );
}
