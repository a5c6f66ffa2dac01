import { Button, SegmentedControl } from '@mantine/core';
import { IconRadar2 } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useState } from 'react';
import type { z } from 'zod';
import type { ProposalView } from '../../../../../protocols/api/enrolment/proposals.ts';
import { proposalList } from '../../data/queries.ts';
import { useMay } from '../../state/session.ts';
import { proposalStatusKeys } from '../../text/state-keys.ts';
import { useText } from '../../text/use-text.ts';
import { Blank } from '../../ui/blank.tsx';
import { FleetList } from '../../ui/fleet-list.tsx';
import { Page } from '../../ui/page.tsx';
import { SearchBox } from '../../ui/search-box.tsx';
import { UnitPicker } from '../../ui/unit-picker.tsx';
import { AdminTabs } from '../frame/navigation.tsx';
import { proposalsSearch } from '../search.ts';
import { AdoptDialog } from './adopt-dialog.tsx';
import { useProposalColumns } from './proposal-columns.tsx';
import { RefuseDialog } from './refuse-dialog.tsx';
import './admin.css';

const mostAtOnce = 200;
const rowId = (row: ProposalView) => row.id;
const statuses = ['open', 'adopted', 'refused'] as const;
type Chosen = ReadonlyMap<string, ProposalView>;

/** What agents found: a person looks, names, places and takes in, one or many at once. */
export function ProposalsPage() {
  const { t } = useText();
  const search = useSearch({ from: '/frame/proposals' });
  const navigate = useNavigate({ from: '/proposals' });
  const status = search.status ?? 'open';
  const read = useInfiniteQuery({ ...proposalList({ ...search, status }), placeholderData: keepPreviousData });
  const mayAdopt = useMay('adopt') && status === 'open';
  const [chosen, setChosen] = useState<Chosen>(new Map());
  const toggle = useCallback((row: ProposalView) => {
    setChosen((held) => {
      const next = new Map(held);
      if (!next.delete(row.id) && next.size < mostAtOnce) next.set(row.id, row);
      return next;
    });
  }, []);
  const columns = useProposalColumns(mayAdopt ? { chosen, toggle } : undefined);
  const change = (part: Partial<z.output<typeof proposalsSearch>>) => {
    setChosen(new Map());
    void navigate({ search: { ...search, ...part }, replace: true });
  };
  const filtered = [search.q, search.unit, search.agent].some((value) => value !== undefined);
  return (
    <Page title={t('nav.proposals')} fill>
      <AdminTabs />
      <div className="toolbar">
        <SegmentedControl
          aria-label={t('proposals.status')}
          value={status}
          onChange={(value) => change({ status: proposalsSearch.shape.status.parse(value) })}
          data={statuses.map((value) => ({ value, label: t(proposalStatusKeys[value]) }))}
        />
        <SearchBox
          value={search.q ?? ''}
          placeholder={t('proposals.search')}
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
      {chosen.size > 0 ? <SelectBar chosen={chosen} onDone={() => setChosen(new Map())} /> : null}
      <FleetList
        read={read}
        what={t('proposals.what')}
        columns={columns}
        rowId={rowId}
        topic="proposals"
        selected={(row) => chosen.has(row.id)}
        clearFilters={filtered ? () => void navigate({ search: { status: search.status } }) : undefined}
        empty={
          <Blank icon={IconRadar2} title={t(status === 'open' ? 'proposals.none' : 'proposals.none.closed')}>
            <p>{t('proposals.none.do')}</p>
          </Blank>
        }
      />
    </Page>
  );
}

function SelectBar({ chosen, onDone }: { readonly chosen: Chosen; readonly onDone: () => void }) {
  const { t } = useText();
  const [dialog, setDialog] = useState<'adopt' | 'refuse'>();
  const proposals = [...chosen.values()];
  const finish = () => {
    setDialog(undefined);
    onDone();
  };
  return (
    <div className="select-bar" role="status">
      <b>{t('proposals.selected', { count: chosen.size })}</b>
      {chosen.size >= mostAtOnce ? <span>{t('proposals.limit')}</span> : null}
      <Button onClick={() => setDialog('adopt')}>{t('proposals.adopt')}</Button>
      <Button variant="default" onClick={() => setDialog('refuse')}>
        {t('proposals.refuse')}
      </Button>
      <Button variant="subtle" onClick={onDone}>
        {t('word.cancel')}
      </Button>
      <AdoptDialog
        opened={dialog === 'adopt'}
        proposals={proposals}
        onClose={() => setDialog(undefined)}
        onDone={finish}
      />
      <RefuseDialog
        opened={dialog === 'refuse'}
        proposals={proposals}
        onClose={() => setDialog(undefined)}
        onDone={finish}
      />
    </div>
  );
}
