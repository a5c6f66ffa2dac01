import { Button } from '@mantine/core';
import { IconDeviceDesktopPlus } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { healthStateSchema } from '../../../../../protocols/api/health.ts';
import type { CommandTarget } from '../../../../../protocols/api/operation/commands.ts';
import { deviceList } from '../../data/queries.ts';
import { useFamilies } from '../../state/families.ts';
import { useText } from '../../text/use-text.ts';
import { Blank } from '../../ui/blank.tsx';
import { FleetList } from '../../ui/fleet-list.tsx';
import { Page } from '../../ui/page.tsx';
import { BulkButton } from '../commands/bulk-dialog.tsx';
import { type DevicesSearch, devicesSearch } from '../search.ts';
import { AddDevice } from './add-device.tsx';
import { batteryColumns } from './battery-columns.tsx';
import { deviceColumns } from './device-columns.tsx';
import { DeviceFilters } from './device-filters.tsx';
import { ExportButton } from './export-button.tsx';

const rowId = (row: { readonly id: string }) => row.id;

function readSort(sort: string): DevicesSearch['sort'] {
  return devicesSearch.shape.sort.parse(sort);
}

/** The devices that the list shows, as a wish for many names them. */
function targetOf({ health, ...filters }: Omit<DevicesSearch, 'sort'>): CommandTarget {
  const states = healthStateSchema.options.filter((state) => health?.split(',').includes(state));
  return { ...filters, ...(health === undefined ? {} : { health: states }) };
}

/** Every device in scope: searched, filtered and sorted by the hub, fetched as one scrolls. */
export function DevicesPage() {
  const { t, language } = useText();
  const search = useSearch({ from: '/frame/devices' });
  const navigate = useNavigate({ from: '/devices' });
  const query = { ...search, sort: search.sort ?? 'name' };
  const read = useInfiniteQuery({ ...deviceList(query), placeholderData: keepPreviousData });
  const families = useFamilies();
  const isCart = search.capability === 'battery';
  const columns = useMemo(
    () => deviceColumns(t, families, isCart ? batteryColumns(t, language) : []),
    [t, families, isCart, language],
  );
  const change = (part: Partial<DevicesSearch>) => void navigate({ search: { ...search, ...part }, replace: true });
  const { sort: _, ...filters } = search;
  const filtered = Object.values(filters).some((value) => value !== undefined);
  return (
    <Page
      title={t('nav.devices')}
      fill
      actions={
        <>
          <BulkButton target={targetOf(filters)} total={read.data?.pages.at(-1)?.total ?? 0} />
          <ExportButton search={query} />
          <AddDevice />
        </>
      }
    >
      <DeviceFilters search={search} onChange={change} families={families} />
      <FleetList
        read={read}
        what={t('devices.what')}
        columns={columns}
        rowId={rowId}
        topic="devices"
        sort={query.sort}
        onSort={(sort) => change({ sort: readSort(sort) })}
        clearFilters={filtered ? () => void navigate({ search: { sort: search.sort } }) : undefined}
        empty={
          <Blank icon={IconDeviceDesktopPlus} title={t('devices.none')}>
            <p>{t('devices.none.do')}</p>
            <Button variant="default" renderRoot={(props) => <Link to="/proposals" {...props} />}>
              {t('nav.proposals')}
            </Button>
          </Blank>
        }
      />
    </Page>
  );
}
