import { describe, expect, it } from 'vitest';
import { batteryCells } from '../../../hub/dashboard/src/views/devices/battery-cells.ts';
import { type DeviceRow, devicesPage } from '../../../protocols/api/devices.ts';

const at = '2026-03-02T00:00:00.000Z';
const t = (key: string) => key;

/** A row as the hub sends it. */
function headset(over: object): DeviceRow {
  const row = {
    id: 'd-1',
    name: 'Kính 07',
    family: 'some-headset',
    unit: { id: 3, name: 'Xe sạc 1', kind: 'room' },
    agent: { id: 'a1', name: 'Máy a1' },
    lifecycle: 'in-service',
    health: { state: 'ok', since: at },
    ...over,
  };
  const page = devicesPage.parse({ rows: [row], total: 1 });
  return page.rows[0] as DeviceRow;
}

const told = (state: object) => ({ reported: { battery: { state, at, receivedAt: at } } });

describe('the battery of a device in a list', () => {
  it('shows charge, charging and temperature in the language of the reader', () => {
    const row = headset({
      ...told({ state: 'charging', plugged: true, health: 'good' }),
      latest: { 'battery.level': { value: 83, at }, 'battery.temperature': { value: 31.2, at } },
    });
    const cells = { level: '83%', state: 'battery.charging', isUnwell: false };
    expect(batteryCells(row, t, 'vi')).toEqual({ ...cells, temperature: '31,2 °C' });
    expect(batteryCells(row, t, 'en')).toEqual({ ...cells, temperature: '31.2 °C' });
  });

  it('stays empty where nothing was told, also after a state that this page does not know', () => {
    const empty = { level: '', state: '', temperature: '', isUnwell: false };
    expect(batteryCells(headset({}), t, 'vi')).toEqual(empty);
    expect(batteryCells(headset(told({ state: 'wireless' })), t, 'vi')).toEqual(empty);
  });

  it('tells a battery that is not well', () => {
    expect(batteryCells(headset(told({ state: 'full', health: 'overheated' })), t, 'vi').isUnwell).toBe(true);
    expect(batteryCells(headset(told({ state: 'full', health: 'unknown' })), t, 'vi').isUnwell).toBe(false);
  });
});
