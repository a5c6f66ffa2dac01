import { Button } from '@mantine/core';
import { IconSchool } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import type { Unit } from '../../../../../protocols/api/units.ts';
import { unitList, unitQuery } from '../../data/queries.ts';
import { useMe } from '../../state/session.ts';
import { useText } from '../../text/use-text.ts';
import { Blank } from '../../ui/blank.tsx';
import { FleetList } from '../../ui/fleet-list.tsx';
import { Page } from '../../ui/page.tsx';
import { SearchBox } from '../../ui/search-box.tsx';
import { IssueVoucher } from '../admin/voucher-dialog.tsx';
import { AddUnit } from './add-unit.tsx';
import { RoomPosters } from './room-posters.tsx';
import { useUnitColumns } from './unit-columns.tsx';
import { UnitMenu } from './unit-menu.tsx';
import { UnitStanding } from './unit-standing.tsx';
import './units.css';

const rowId = (row: Unit) => String(row.id);

/** The unit to begin with: a person with one unit starts inside it. */
function useParent(asked: number | undefined): number | undefined {
  const { grants } = useMe();
  const own = new Set(grants.map(({ unit }) => unit.id));
  return asked ?? (own.size === 1 ? [...own][0] : undefined);
}

/** Provinces, communes, schools and rooms, one level at a time, with what stands in each. */
export function UnitsPage() {
  const { t } = useText();
  const search = useSearch({ from: '/frame/units' });
  const navigate = useNavigate({ from: '/units' });
  const parent = useParent(search.parent);
  const here = useQuery({ ...unitQuery(parent ?? 0), enabled: parent !== undefined });
  // Words search below the whole scope; without words one level is shown.
  const query = search.q === undefined ? { parent } : { q: search.q };
  const read = useInfiniteQuery({ ...unitList(query), placeholderData: keepPreviousData });
  const columns = useUnitColumns();
  const unit = here.data;
  return (
    <Page
      title={unit?.name ?? t('nav.units')}
      fill
      lead={
        unit?.sample ? (
          <span className="soft small" title={t('units.sample.help')}>
            ({t('units.sample')})
          </span>
        ) : null
      }
      actions={
        <>
          {unit ? (
            <Button
              variant="default"
              renderRoot={(props) => <Link to="/devices" search={{ unit: unit.id }} {...props} />}
            >
              {t('units.seeDevices')}
            </Button>
          ) : null}
          <UnitMenu unit={unit} />
          {unit?.validTo === undefined ? <AddUnit parent={unit} /> : null}
          {unit?.kind === 'school' ? <IssueVoucher unit={unit.id} /> : null}
        </>
      }
    >
      <Trail unit={unit} />
      <UnitStanding unit={unit} />
      <div className="toolbar">
        <SearchBox
          value={search.q ?? ''}
          placeholder={t('units.search')}
          onChange={(q) => void navigate({ search: { ...search, q: q === '' ? undefined : q }, replace: true })}
        />
        <RoomPosters unit={unit} />
      </div>
      <FleetList
        read={read}
        what={t('units.what')}
        columns={columns}
        rowId={rowId}
        topic="units"
        clearFilters={search.q === undefined ? undefined : () => void navigate({ search: { parent: search.parent } })}
        empty={
          <Blank icon={IconSchool} title={t('units.none')}>
            <p>{t('units.none.do')}</p>
            <AddUnit parent={unit} />
          </Blank>
        }
      />
    </Page>
  );
}

function Trail({ unit }: { readonly unit: Unit | undefined }) {
  const { t } = useText();
  if (!unit || unit.trail.length < 2) return null;
  return (
    <nav aria-label={t('units.trail')}>
      <ol className="trail small">
        {unit.trail.slice(0, -1).map((step) => (
          <li key={step.id}>
            <Link to="/units" search={{ parent: step.id }}>
              {step.name}
            </Link>
          </li>
        ))}
        <li aria-current="page">{unit.name}</li>
      </ol>
    </nav>
  );
}
