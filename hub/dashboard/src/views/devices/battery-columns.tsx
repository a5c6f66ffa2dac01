import type { DeviceRow } from '../../../../../protocols/api/devices.ts';
import type { TextKey } from '../../text/texts.ts';
import type { FleetColumn } from '../../ui/fleet-table.tsx';
import { type Language, nothing } from '../../ui/format.ts';
import { batteryCells } from './battery-cells.ts';

/** Columns of a charging cart: the list narrowed to a room and to devices with a battery shows them. */
export function batteryColumns(t: (key: TextKey) => string, language: Language): readonly FleetColumn<DeviceRow>[] {
  const cell = (name: 'level' | 'state' | 'temperature') => (row: DeviceRow) => {
    const cells = batteryCells(row, t, language);
    return (
      <>
        <span className="number">{cells[name] === '' ? nothing : cells[name]}</span>
        {name === 'state' && cells.isUnwell ? <span className="under">{t('battery.trouble')}</span> : null}
      </>
    );
  };
  return [
    { id: 'level', header: t('battery.level'), track: '5rem', phone: '4rem', cell: cell('level') },
    { id: 'charging', header: t('battery.state'), track: 'minmax(7rem, 1fr)', cell: cell('state') },
    { id: 'temperature', header: t('battery.temperature'), track: '7rem', cell: cell('temperature') },
  ];
}
