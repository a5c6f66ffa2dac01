import { Link } from '@tanstack/react-router';
import type { DeviceRow } from '../../../../../protocols/api/devices.ts';
import type { Families } from '../../state/families.ts';
import type { TextKey } from '../../text/texts.ts';
import { Age } from '../../ui/age.tsx';
import type { FleetColumn } from '../../ui/fleet-table.tsx';
import { nothing } from '../../ui/format.ts';
import { HealthMark } from '../../ui/health-mark.tsx';

/** Where a device stands, as one reads it: room first, then school. */
export function placeOfDevice(row: Pick<DeviceRow, 'unit' | 'school'>): string {
  return row.school && row.school.id !== row.unit.id ? `${row.unit.name}, ${row.school.name}` : row.unit.name;
}

/** Maker and model as one text; undefined when the device has told neither. */
export function makeOf(row: Pick<DeviceRow, 'vendor' | 'model'>): string | undefined {
  const parts = [row.vendor, row.model].filter((part) => part !== undefined && part !== '');
  return parts.length > 0 ? parts.join(' ') : undefined;
}

/**
 * Columns of the device list; those marked `phone` are enough on a phone. `special` are those of the capability that the list
 * is narrowed to; place, age, kind and firmware give them their room, so that the row fits 1,280 px.
 */
export function deviceColumns(
  t: (key: TextKey) => string,
  families: Pick<Families, 'nameOf'>,
  special: readonly FleetColumn<DeviceRow>[] = [],
): readonly FleetColumn<DeviceRow>[] {
  const isNarrowed = special.length > 0;
  return [
    {
      id: 'name',
      header: t('devices.name'),
      track: 'minmax(13rem, 2.2fr)',
      phone: 'minmax(0, 1fr)',
      sort: 'name',
      cell: (row) => (
        <>
          <Link to="/devices/$device" params={{ device: row.id }} className="fleet-link">
            {row.name}
          </Link>
          <span className="under">
            <span className="phone-only">{placeOfDevice(row)}</span>
            <span className="wide-only">{isNarrowed ? placeOfDevice(row) : (makeOf(row) ?? nothing)}</span>
          </span>
        </>
      ),
    },
    {
      id: 'health',
      header: t('devices.health'),
      track: '9.5rem',
      phone: '8.25rem',
      sort: 'health',
      cell: (row) => (
        <>
          <HealthMark state={row.health.state} />
          <span className="under phone-only">
            <Age at={row.health.since} />
          </span>
        </>
      ),
    },
    ...(isNarrowed ? special : [...placeColumns(t), ...makeColumns(t, families)]),
    { id: 'report', header: t('devices.lastReport'), track: '8.5rem', cell: (row) => <Age at={row.lastReportAt} /> },
  ];
}

function placeColumns(t: (key: TextKey) => string): readonly FleetColumn<DeviceRow>[] {
  return [
    {
      id: 'since',
      header: t('devices.since'),
      track: '8.5rem',
      sort: 'since',
      cell: (row) => <Age at={row.health.since} />,
    },
    {
      id: 'place',
      header: t('devices.place'),
      track: 'minmax(10rem, 2fr)',
      cell: (row) => (
        <>
          {row.unit.name}
          {row.school && row.school.id !== row.unit.id ? <span className="under">{row.school.name}</span> : null}
        </>
      ),
    },
  ];
}

function makeColumns(
  t: (key: TextKey) => string,
  families: Pick<Families, 'nameOf'>,
): readonly FleetColumn<DeviceRow>[] {
  return [
    {
      id: 'family',
      header: t('devices.family'),
      track: 'minmax(7rem, 1fr)',
      cell: (row) => <span className="soft">{families.nameOf(row.family)}</span>,
    },
    {
      id: 'firmware',
      header: t('devices.firmware'),
      track: 'minmax(6rem, 0.8fr)',
      cell: (row) => <span className="soft">{row.firmware ?? nothing}</span>,
    },
  ];
}
