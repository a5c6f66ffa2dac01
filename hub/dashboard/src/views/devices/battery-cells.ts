import type { DeviceRow } from '../../../../../protocols/api/devices.ts';
import { battery } from '../../../../../protocols/fleet/capabilities/equipment/battery.ts';
import { batteryKeys } from '../../text/state-keys.ts';
import type { TextKey } from '../../text/texts.ts';
import { formatMeasure, type Language } from '../../ui/format.ts';

const reading = battery.state.partial();

/** The cells of one device with a battery; empty where it has told nothing. */
export function batteryCells(row: DeviceRow, t: (key: TextKey) => string, language: Language) {
  const { data } = reading.safeParse(row.reported?.['battery']?.state ?? {});
  const measure = (metric: keyof typeof battery.metrics) => {
    const value = row.latest?.[`battery.${metric}`]?.value;
    return value === undefined ? '' : formatMeasure(value, battery.metrics[metric].unit, language);
  };
  const health = data?.health ?? 'unknown';
  return {
    level: measure('level'),
    state: data?.state === undefined ? '' : t(batteryKeys[data.state]),
    temperature: measure('temperature'),
    isUnwell: health !== 'good' && health !== 'unknown',
  };
}
