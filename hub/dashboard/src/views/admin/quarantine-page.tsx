import { Modal } from '@mantine/core';
import { IconShieldCheck } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import type { QuarantineRow } from '../../../../../protocols/api/quarantine.ts';
import { Facts } from '../../capabilities/parts/facts.tsx';
import { quarantineList } from '../../data/queries.ts';
import { useText } from '../../text/use-text.ts';
import { Age, Moment } from '../../ui/age.tsx';
import { Blank } from '../../ui/blank.tsx';
import { FleetList } from '../../ui/fleet-list.tsx';
import type { FleetColumn } from '../../ui/fleet-table.tsx';
import { formatBytes, formatNumber, nothing } from '../../ui/format.ts';
import { Page } from '../../ui/page.tsx';
import { SearchBox } from '../../ui/search-box.tsx';
import { AdminTabs } from '../frame/navigation.tsx';
import './admin.css';

const rowId = (row: QuarantineRow) => row.id;

function useQuarantineColumns(open: (row: QuarantineRow) => void): readonly FleetColumn<QuarantineRow>[] {
  const { t, language } = useText();
  return useMemo(
    () => [
      {
        id: 'reason',
        header: t('quarantine.reason'),
        track: 'minmax(12rem, 2fr)',
        phone: 'minmax(0, 1fr)',
        cell: (row) => (
          <>
            <button type="button" className="row-button fleet-link" onClick={() => open(row)}>
              {row.message}
            </button>
            <span className="under code">{row.code}</span>
          </>
        ),
      },
      {
        id: 'at',
        header: t('quarantine.received'),
        track: '8.5rem',
        phone: '7rem',
        cell: (row) => <Age at={row.receivedAt} />,
      },
      {
        id: 'agent',
        header: t('devices.agent'),
        track: 'minmax(7rem, 1fr)',
        cell: (row) => <span className="code">{row.agent ?? nothing}</span>,
      },
      {
        id: 'channel',
        header: t('quarantine.channel'),
        track: '8rem',
        cell: (row) => <span className="code">{row.channel}</span>,
      },
      {
        id: 'size',
        header: t('quarantine.size'),
        track: '6rem',
        cell: (row) => <span className="number">{formatBytes(row.payloadBytes, language)}</span>,
      },
    ],
    [t, language, open],
  );
}

/** What came and could not be taken: kept as it was, with the reason. */
export function QuarantinePage() {
  const { t } = useText();
  const search = useSearch({ from: '/frame/quarantine' });
  const navigate = useNavigate({ from: '/quarantine' });
  const read = useInfiniteQuery({ ...quarantineList(search), placeholderData: keepPreviousData });
  const [opened, setOpened] = useState<QuarantineRow>();
  const columns = useQuarantineColumns(setOpened);
  const filtered = Object.values(search).some((value) => value !== undefined);
  return (
    <Page title={t('nav.quarantine')} fill>
      <AdminTabs />
      <div className="toolbar">
        <SearchBox
          value={search.q ?? ''}
          placeholder={t('quarantine.search')}
          onChange={(q) => void navigate({ search: { ...search, q: q === '' ? undefined : q }, replace: true })}
        />
      </div>
      <FleetList
        read={read}
        what={t('quarantine.what')}
        columns={columns}
        rowId={rowId}
        topic="quarantine"
        clearFilters={filtered ? () => void navigate({ search: {} }) : undefined}
        empty={
          <Blank icon={IconShieldCheck} title={t('quarantine.none')} tone="ok">
            <p>{t('quarantine.none.do')}</p>
          </Blank>
        }
      />
      <Modal
        opened={opened !== undefined}
        onClose={() => setOpened(undefined)}
        size="lg"
        title={t('quarantine.detail')}
        closeButtonProps={{ 'aria-label': t('word.close') }}
      >
        {opened ? <Detail row={opened} /> : null}
      </Modal>
    </Page>
  );
}

function Detail({ row }: { readonly row: QuarantineRow }) {
  const { t, language } = useText();
  return (
    <div className="stack">
      <p style={{ fontWeight: 500 }}>{row.message}</p>
      <Facts
        rows={[
          [
            t('devices.code'),
            <span key="code" className="code">
              {row.code}
            </span>,
          ],
          [t('quarantine.received'), <Moment key="at" at={row.receivedAt} />],
          [
            t('devices.agent'),
            row.agent === undefined ? undefined : (
              <Link key="agent" to="/agents/$agent" params={{ agent: row.agent }}>
                {row.agent}
              </Link>
            ),
          ],
          [t('quarantine.channel'), row.lane === undefined ? row.channel : `${row.channel}, ${row.lane}`],
          [t('quarantine.number'), row.seq === undefined ? undefined : formatNumber(row.seq, language)],
          [t('quarantine.size'), formatBytes(row.payloadBytes, language)],
        ]}
      />
      <h3>{t('quarantine.excerpt')}</h3>
      <pre className="excerpt code">{row.excerpt}</pre>
    </div>
  );
}
