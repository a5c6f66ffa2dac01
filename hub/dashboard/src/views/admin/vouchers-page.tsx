import { SegmentedControl } from '@mantine/core';
import { IconTicket } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo, useState } from 'react';
import type { z } from 'zod';
import { type VoucherRow, voucherStates } from '../../../../../protocols/api/enrolment/vouchers.ts';
import { voucherList } from '../../data/queries.ts';
import { voucherStateKeys } from '../../text/state-keys.ts';
import { useText } from '../../text/use-text.ts';
import { Age, Moment } from '../../ui/age.tsx';
import { Blank } from '../../ui/blank.tsx';
import { FleetList } from '../../ui/fleet-list.tsx';
import type { FleetColumn } from '../../ui/fleet-table.tsx';
import { nothing } from '../../ui/format.ts';
import { Page } from '../../ui/page.tsx';
import { SearchBox } from '../../ui/search-box.tsx';
import { UnitPicker } from '../../ui/unit-picker.tsx';
import { AdminTabs } from '../frame/navigation.tsx';
import { vouchersSearch } from '../search.ts';
import { VoucherBar } from './voucher-bar.tsx';
import { IssueVoucher } from './voucher-dialog.tsx';
import './admin.css';

const rowId = (row: VoucherRow) => row.id;
const nameOf = (row: VoucherRow) => row.agentName ?? row.label ?? row.unit.name;
type Chosen = ReadonlySet<string>;
/** States in which something can still be done about a voucher. */
const selectable: ReadonlySet<VoucherRow['state']> = new Set(['open', 'late', 'expired']);

interface Selection {
  readonly chosen: Chosen;
  readonly toggle: (id: string) => void;
}

function useVoucherColumns(selection: Selection | undefined): readonly FleetColumn<VoucherRow>[] {
  const { t } = useText();
  return useMemo(() => {
    const select: FleetColumn<VoucherRow>[] = selection
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
                aria-label={t('vouchers.select', { name: nameOf(row) })}
                checked={selection.chosen.has(row.id)}
                onChange={() => selection.toggle(row.id)}
              />
            ),
          },
        ]
      : [];
    return [
      ...select,
      {
        id: 'for',
        header: t('vouchers.for'),
        track: 'minmax(12rem, 2fr)',
        phone: 'minmax(0, 1fr)',
        cell: (row) => (
          <>
            <b style={{ fontWeight: 500 }}>{nameOf(row)}</b>
            <span className="under">{row.unit.name}</span>
          </>
        ),
      },
      {
        id: 'expires',
        header: t('voucher.expires'),
        track: '10rem',
        phone: '9.25rem',
        cell: (row) => <Moment at={row.expiresAt} />,
      },
      {
        id: 'agent',
        header: t('vouchers.used'),
        track: 'minmax(9rem, 1fr)',
        cell: (row) =>
          row.agent ? (
            <Link to="/agents/$agent" params={{ agent: row.agent.id }} className="fleet-link">
              {row.agent.name}
            </Link>
          ) : row.late ? (
            <>
              {t('vouchers.late')}: {row.late.hostname}
              <span className="under">
                {row.late.address} · <Age at={row.late.at} />
              </span>
            </>
          ) : (
            <span className="soft">{nothing}</span>
          ),
      },
      { id: 'by', header: t('vouchers.by'), track: 'minmax(7rem, 1fr)', cell: (row) => row.createdBy },
      { id: 'made', header: t('vouchers.made'), track: '9rem', cell: (row) => <Age at={row.createdAt} /> },
    ];
  }, [t, selection]);
}

/** Who may bring a machine in, who did, and what is still open: never a code. */
export function VouchersPage() {
  const { t } = useText();
  const search = useSearch({ from: '/frame/vouchers' });
  const navigate = useNavigate({ from: '/vouchers' });
  const state = search.state ?? 'open';
  const read = useInfiniteQuery({ ...voucherList({ ...search, state }), placeholderData: keepPreviousData });
  const [chosen, setChosen] = useState<Chosen>(new Set());
  const toggle = useCallback((id: string) => {
    setChosen((held) => {
      const next = new Set(held);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  }, []);
  const selection = useMemo(() => (selectable.has(state) ? { chosen, toggle } : undefined), [state, chosen, toggle]);
  const columns = useVoucherColumns(selection);
  const change = (part: Partial<z.output<typeof vouchersSearch>>) => {
    setChosen(new Set());
    void navigate({ search: { ...search, ...part }, replace: true });
  };
  const filtered = [search.q, search.unit].some((value) => value !== undefined);
  return (
    <Page title={t('nav.vouchers')} fill actions={<IssueVoucher />}>
      <AdminTabs />
      <div className="toolbar">
        <SegmentedControl
          aria-label={t('vouchers.state')}
          value={state}
          onChange={(value) => change({ state: vouchersSearch.shape.state.parse(value) })}
          data={voucherStates.map((value) => ({ value, label: t(voucherStateKeys[value]) }))}
        />
        <SearchBox
          value={search.q ?? ''}
          placeholder={t('vouchers.search')}
          onChange={(q) => change({ q: q === '' ? undefined : q })}
        />
        <UnitPicker
          label={t('filter.unit')}
          hideLabel
          className="filter"
          placeholder={t('filter.unit')}
          clearable
          value={search.unit}
          onChange={(unit) => change({ unit })}
        />
      </div>
      {chosen.size > 0 ? <VoucherBar state={state} chosen={chosen} onDone={() => setChosen(new Set())} /> : null}
      <FleetList
        read={read}
        what={t('vouchers.what')}
        columns={columns}
        rowId={rowId}
        topic="vouchers"
        selected={(row) => chosen.has(row.id)}
        clearFilters={filtered ? () => void navigate({ search: { state: search.state } }) : undefined}
        empty={
          <Blank icon={IconTicket} title={t('vouchers.none')}>
            <p>{t('vouchers.none.do')}</p>
          </Blank>
        }
      />
    </Page>
  );
}
