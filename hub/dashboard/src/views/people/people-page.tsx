import { SegmentedControl, Select } from '@mantine/core';
import { IconUsers } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import type { z } from 'zod';
import type { Person } from '../../../../../protocols/api/access/people.ts';
import { roleSchema } from '../../../../../protocols/api/access/session.ts';
import { peopleList } from '../../data/queries.ts';
import { roleKeys } from '../../text/state-keys.ts';
import { useText } from '../../text/use-text.ts';
import { Blank } from '../../ui/blank.tsx';
import { FleetList } from '../../ui/fleet-list.tsx';
import type { FleetColumn } from '../../ui/fleet-table.tsx';
import { formatInstant } from '../../ui/format.ts';
import { Page } from '../../ui/page.tsx';
import { SearchBox } from '../../ui/search-box.tsx';
import { UnitPicker } from '../../ui/unit-picker.tsx';
import { AdminTabs } from '../frame/navigation.tsx';
import { peopleSearch } from '../search.ts';
import { AddPerson, PersonDialog } from './person-dialog.tsx';
import { SuppliersDialog } from './suppliers-dialog.tsx';
import '../admin/admin.css';

const rowId = (row: Person) => row.id;
const standings = { active: 'people.active', disabled: 'people.disabled' } as const;

function usePeopleColumns(open: (row: Person) => void): readonly FleetColumn<Person>[] {
  const { t, language } = useText();
  return useMemo(
    () => [
      {
        id: 'name',
        header: t('people.name'),
        track: 'minmax(12rem, 1.2fr)',
        phone: 'minmax(0, 1fr)',
        cell: (row) => (
          <>
            <button type="button" className="row-button fleet-link" onClick={() => open(row)}>
              {row.name}
            </button>
            <span className="under">{row.email}</span>
          </>
        ),
      },
      {
        id: 'roles',
        header: t('people.roles'),
        track: 'minmax(14rem, 2fr)',
        cell: (row) => (
          <span>
            {row.grants.map(({ role, unit, until, source, supplier }) => (
              <span key={`${role} ${unit.id}`} style={{ display: 'block' }}>
                {t('role.at', { role: t(roleKeys[role]), unit: unit.name })}
                {supplier ? <span> {t('people.supplier.short', { supplier: supplier.name })}</span> : null}
                {source === undefined ? null : <span className="soft"> {t('people.bySso')}</span>}
                {until === undefined ? null : (
                  <span className="soft">
                    {' '}
                    {t('people.until.short', { date: formatInstant(Date.parse(until), language) })}
                  </span>
                )}
              </span>
            ))}
          </span>
        ),
      },
      {
        id: 'standing',
        header: t('people.standing'),
        track: 'minmax(9rem, 1fr)',
        cell: (row) => <Standing row={row} />,
      },
    ],
    [t, language, open],
  );
}

function Standing({ row }: { readonly row: Person }) {
  const { t } = useText();
  return (
    <span className={row.disabled || row.temporaryPassword ? undefined : 'soft'}>
      {row.disabled ? t('people.disabled') : t(row.temporaryPassword ? 'people.temporary' : 'people.active')}
      {row.twoFactor ? <span className="under">{t('people.twoStep')}</span> : null}
      {row.passkeys ? <span className="under">{t('people.passkeys', { count: row.passkeys })}</span> : null}
    </span>
  );
}

/** Who may sign in, with what roles and where. */
export function PeoplePage() {
  const { t } = useText();
  const search = useSearch({ from: '/frame/people' });
  const navigate = useNavigate({ from: '/people' });
  const state = search.state ?? 'active';
  const read = useInfiniteQuery({ ...peopleList({ ...search, state }), placeholderData: keepPreviousData });
  const [opened, setOpened] = useState<Person>();
  const columns = usePeopleColumns(setOpened);
  const change = (part: Partial<z.output<typeof peopleSearch>>) =>
    void navigate({ search: { ...search, ...part }, replace: true });
  const filtered = [search.q, search.unit, search.role].some((value) => value !== undefined);
  return (
    <Page
      title={t('nav.people')}
      fill
      actions={
        <>
          <SuppliersDialog />
          <AddPerson />
        </>
      }
    >
      <AdminTabs />
      <div className="toolbar">
        <SegmentedControl
          aria-label={t('people.standing')}
          value={state}
          onChange={(value) => change({ state: peopleSearch.shape.state.parse(value) })}
          data={(['active', 'disabled'] as const).map((value) => ({ value, label: t(standings[value]) }))}
        />
        <SearchBox
          value={search.q ?? ''}
          placeholder={t('people.search')}
          onChange={(q) => change({ q: q === '' ? undefined : q })}
        />
        <Select
          className="filter"
          aria-label={t('people.role')}
          placeholder={t('people.role')}
          data={roleSchema.options.map((value) => ({ value, label: t(roleKeys[value]) }))}
          value={search.role ?? null}
          onChange={(value) => change({ role: peopleSearch.shape.role.parse(value ?? undefined) })}
          clearable
          clearButtonProps={{ 'aria-label': t('list.clearSearch') }}
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
      <FleetList
        read={read}
        what={t('people.what')}
        columns={columns}
        rowId={rowId}
        topic="people"
        clearFilters={filtered ? () => void navigate({ search: { state: search.state } }) : undefined}
        empty={
          <Blank icon={IconUsers} title={t('people.none')}>
            <p>{t('people.none.do')}</p>
          </Blank>
        }
      />
      <PersonDialog person={opened} onClose={() => setOpened(undefined)} />
    </Page>
  );
}
