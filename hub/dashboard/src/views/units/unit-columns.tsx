import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { Unit } from '../../../../../protocols/api/units.ts';
import { unitKeys } from '../../text/state-keys.ts';
import { useText } from '../../text/use-text.ts';
import type { FleetColumn } from '../../ui/fleet-table.tsx';
import { formatNumber, nothing } from '../../ui/format.ts';
import { placeOf } from '../../ui/unit-picker.tsx';

/** Columns of a level of the organisation: each row opens the level below it. */
export function useUnitColumns(): readonly FleetColumn<Unit>[] {
  const { t, language } = useText();
  return useMemo(
    () => [
      {
        id: 'name',
        header: t('units.name'),
        track: 'minmax(14rem, 2.5fr)',
        phone: 'minmax(0, 1fr)',
        cell: (row) => (
          <>
            <Link to="/units" search={{ parent: row.id }} className="fleet-link">
              {row.name}
            </Link>
            <span className="under">
              <span className="phone-only">{t(unitKeys[row.kind])} </span>
              {placeOf(row.trail.slice(0, -1))}
              {row.sample ? ` (${t('units.sample')})` : null}
            </span>
          </>
        ),
      },
      { id: 'kind', header: t('units.kind'), track: '8rem', cell: (row) => t(unitKeys[row.kind]) },
      {
        id: 'code',
        header: t('units.code'),
        track: '7rem',
        cell: (row) => <span className="soft">{row.code ?? nothing}</span>,
      },
      {
        id: 'agents',
        header: t('units.agents'),
        track: '7rem',
        cell: (row) => <span className="number">{formatNumber(row.counts.agents, language)}</span>,
      },
      {
        id: 'devices',
        header: t('units.devices'),
        track: '6rem',
        phone: '4rem',
        cell: (row) => <span className="number">{formatNumber(row.counts.devices, language)}</span>,
      },
      {
        id: 'wrong',
        header: t('units.wrong'),
        track: '7.5rem',
        cell: (row) =>
          row.counts.wrong === 0 ? (
            <span className="number soft">{formatNumber(0, language)}</span>
          ) : (
            <Link
              to="/devices"
              search={{ unit: row.id, health: 'attention,fault,unreachable' }}
              className="fleet-above unit-wrong number"
            >
              {formatNumber(row.counts.wrong, language)}
            </Link>
          ),
      },
    ],
    [t, language],
  );
}
