import { describe, expect, it } from 'vitest';
import { titleOfEvent } from '../../../hub/dashboard/src/views/device/event-title.ts';
import type { DeviceEvent } from '../../../protocols/api/devices.ts';
import { capabilities } from '../../../protocols/fleet/capabilities/index.ts';

const titleOf = (capability: string, name: string, data: Record<string, unknown> = {}) =>
  titleOfEvent(
    { id: '1', at: '2026-03-02T00:00:00Z', kind: 'event', capability, name, severity: 'info', data } as DeviceEvent,
    (key, values) => (values === undefined ? key : `${key} ${Object.values(values).join(' ')}`),
    ({ vi }) => vi,
  );

describe('the title of an event', () => {
  it('is in our words for every event of every capability', () => {
    const all = Object.values(capabilities).flatMap(({ name, events }) =>
      Object.keys(events).map((event) => ({ event: `${name}.${event}`, title: titleOf(name, event) })),
    );
    expect(all.length).toBeGreaterThan(25);
    expect(all.filter(({ event, title }) => title !== `happened.${event}`)).toEqual([]);
  });

  it('names what it is about, or from what to what it went', () => {
    expect(titleOf('detection', 'crossed', { id: 'x', name: 'Door', count: 2 })).toBe(
      'happened.of happened.detection.crossed Door',
    );
    expect(titleOf('power', 'changed', { from: 'on', to: 'gone' })).toBe(
      'happened.change happened.power.changed power.on gone',
    );
    expect(titleOf('toString', 'constructor')).toBe('constructor');
  });
});
