import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { ProposalView } from '../../../../../protocols/api/enrolment/proposals.ts';
import { type Families, useFamilies } from '../../state/families.ts';
import { useText } from '../../text/use-text.ts';
import { Age } from '../../ui/age.tsx';
import type { FleetColumn } from '../../ui/fleet-table.tsx';
import { makeOf } from '../devices/device-columns.tsx';

/** How a proposal is named before it has a name of ours. */
export function nameOfProposal(row: ProposalView, families: Pick<Families, 'nameOf'>): string {
  return row.name ?? makeOf(row) ?? families.nameOf(row.family);
}

/** Address and port as one text. */
export function addressOf({ host, port }: ProposalView['address']): string {
  return port === undefined ? host : `${host}:${port}`;
}

const confidenceKeys = { likely: 'proposals.likely', possible: 'proposals.possible' } as const;

interface Selection {
  readonly chosen: ReadonlyMap<string, ProposalView>;
  readonly toggle: (row: ProposalView) => void;
}

/** Columns of the proposals; the first one selects, where the person may adopt. */
export function useProposalColumns(selection: Selection | undefined): readonly FleetColumn<ProposalView>[] {
  const { t } = useText();
  const families = useFamilies();
  return useMemo(() => {
    const select: FleetColumn<ProposalView>[] = selection
      ? [
          {
            id: 'select',
            header: t('proposals.select'),
            track: '3.25rem',
            phone: '2.75rem',
            cell: (row) => (
              <input
                type="checkbox"
                className="plain-check fleet-above"
                aria-label={t('proposals.selectOne', {
                  name: `${nameOfProposal(row, families)} ${addressOf(row.address)}`,
                })}
                checked={selection.chosen.has(row.id)}
                onChange={() => selection.toggle(row)}
              />
            ),
          },
        ]
      : [];
    return [...select, ...columnsOf(t, families)];
  }, [t, families, selection]);
}

function columnsOf(t: ReturnType<typeof useText>['t'], families: Families): readonly FleetColumn<ProposalView>[] {
  return [
    {
      id: 'device',
      header: t('proposals.device'),
      track: 'minmax(12rem, 1.6fr)',
      phone: 'minmax(0, 1fr)',
      cell: (row) => (
        <>
          {row.device === undefined ? (
            <b style={{ fontWeight: 500 }}>{nameOfProposal(row, families)}</b>
          ) : (
            <Link to="/devices/$device" params={{ device: row.device }} className="fleet-link">
              {nameOfProposal(row, families)}
            </Link>
          )}
          <span className="under">
            <span className="phone-only code">{addressOf(row.address)} </span>
            {families.nameOf(row.family)}
            {row.needsCredentials ? `, ${t('proposals.password')}` : null}
            {row.confidence === 'certain' ? null : `, ${t(confidenceKeys[row.confidence])}`}
          </span>
        </>
      ),
    },
    {
      id: 'address',
      header: t('proposals.address'),
      track: '11rem',
      cell: (row) => <span className="code">{addressOf(row.address)}</span>,
    },
    {
      id: 'unit',
      header: t('agent.unit'),
      track: 'minmax(9rem, 1.2fr)',
      cell: (row) => (
        <>
          {row.unit.name}
          <span className="under">{row.agent.name}</span>
        </>
      ),
    },
    {
      id: 'evidence',
      header: t('proposals.evidence'),
      track: 'minmax(10rem, 1.6fr)',
      cell: (row) => (
        <span className="soft small" title={row.evidence.join('\n')}>
          {row.evidence.join(', ')}
        </span>
      ),
    },
    { id: 'seen', header: t('proposals.seen'), track: '8.5rem', cell: (row) => <Age at={row.lastSeenAt} /> },
  ];
}
