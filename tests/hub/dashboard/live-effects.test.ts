import { describe, expect, it } from 'vitest';
import { effectsOf, patchDevice, patchPages } from '../../../hub/dashboard/src/state/live-effects.ts';
import { type Device, deviceSchema } from '../../../protocols/api/devices.ts';
import { type LiveEvent, liveEventSchema } from '../../../protocols/api/live.ts';

const at = (second: number) => new Date(Date.UTC(2026, 10, 24, 1, 0, second)).toISOString();

function device(id: string): Device {
  return deviceSchema.parse({
    id,
    name: `Máy ${id}`,
    family: 'projector',
    unit: { id: 7, name: 'Phòng 7', kind: 'room' },
    agent: { id: 'a', name: 'PC' },
    lifecycle: 'in-service',
    health: { state: 'ok', since: at(0), evidence: [] },
    adoptedAt: at(0),
    adoptedBy: 'x',
    hasCredentials: false,
    reported: { power: { state: { state: 'on' }, at: at(10), receivedAt: at(10) } },
    latest: { 'lamp.hours': { value: 5, at: at(10) } },
    commands: {},
    parts: [],
  });
}

const fault = { type: 'device-health', device: 'b', unit: 7, state: 'fault', since: at(5), code: 'lamp' } as const;

describe('live events', () => {
  it('patches one row where it stands and moves none', () => {
    const pages = [{ rows: [device('a'), device('b')] }, { rows: [device('c')] }];
    const patched = patchPages(pages, fault);
    expect(patched.flatMap(({ rows }) => rows.map(({ id }) => id))).toEqual(['a', 'b', 'c']);
    expect(patched[0]?.rows[1]?.health).toEqual({ state: 'fault', since: at(5), code: 'lamp' });
    expect(patched[0]?.rows[0]).toBe(pages[0]?.rows[0]);
    expect(patched[1]).toBe(pages[1]);
  });

  it('leaves pages alone that do not hold the device', () => {
    const pages = [{ rows: [device('a')] }];
    expect(patchPages(pages, fault)).toBe(pages);
  });

  it('takes newer samples and states, and ignores older ones and those of other devices', () => {
    const held = device('a');
    const samples = (second: number, value: number): Extract<LiveEvent, { type: 'device-samples' }> => ({
      type: 'device-samples',
      device: 'a',
      at: at(second),
      values: { 'lamp.hours': value },
    });
    expect(patchDevice(held, samples(11, 6)).latest['lamp.hours']).toEqual({ value: 6, at: at(11) });
    expect(patchDevice(held, samples(9, 4)).latest['lamp.hours']?.value).toBe(5);
    expect(patchDevice(held, { ...samples(11, 6), device: 'z' })).toBe(held);
    const off = {
      type: 'device-state',
      device: 'a',
      capability: 'power',
      at: at(12),
      state: { state: 'off' },
    } as const;
    expect(patchDevice(held, off).reported['power']?.state).toEqual({ state: 'off' });
    expect(patchDevice(held, { ...off, at: at(9) })).toBe(held);
  });

  it('knows what to do with every kind of event, and fetches nothing for those that bring their values', () => {
    const base = {
      person: 'an',
      at: at(0),
      device: 'a',
      agent: 'g',
      batch: 'b',
      command: 'c',
      unit: 1,
      capability: 'power',
      name: 'x',
    };
    for (const { shape } of liveEventSchema.options) {
      const type = shape.type.value;
      const state = type === 'device-state' ? {} : 'ok';
      const event = liveEventSchema.parse({ ...base, type, state, since: at(0), values: {}, severity: 'info' });
      const effects = effectsOf(event);
      const silent = ['hello', 'device-samples', 'device-state'].includes(type);
      expect(effects.topics.length + effects.refetch.length === 0, type).toBe(silent);
    }
  });

  it('never refetches a list of devices because one device changed its health', () => {
    expect(effectsOf(fault).topics).toEqual([]);
    expect(effectsOf(fault).refetch).toContainEqual(['device', 'b']);
  });
});
