import { describe, expect, it } from 'vitest';
import { flatRangeOf, metricsOf, rangeFor } from '../../../hub/dashboard/src/state/chart-choice.ts';

const now = Date.parse('2026-03-02T08:00:00Z');
const minutesAgo = (minutes: number) => new Date(now - minutes * 60_000).toISOString();
const latest = (values: Readonly<Record<string, number>>, minutes = 1) =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, { value, at: minutesAgo(minutes) }]));
const first = (device: Parameters<typeof metricsOf>[0]) => metricsOf(device, now)[0];

describe('what the chart of a device shows first', () => {
  it('is a measure that says something, never the error of a clock', () => {
    expect(first({ latest: latest({ 'firmware.clockSkew': 40, 'motion.count': 0 }) })).toBe('motion.count');
    expect(first({ latest: latest({ 'firmware.clockSkew': 40, 'reachability.latency': 12 }) })).toBe(
      'reachability.latency',
    );
    expect(first({ latest: latest({ 'motion.count': 0, 'reachability.latency': 12 }) })).toBe('reachability.latency');
    expect(first({ latest: latest({ 'temperature.celsius': 0, 'lamp.hours': 12 }) })).toBe('lamp.hours');
    expect(first({ latest: latest({ 'temperature.celsius@1': 40, 'lamp.hours': 12 }) })).toBe('temperature.celsius@1');
    expect(first({ latest: { ...latest({ 'lamp.hours': 5 }, 2_000), ...latest({ 'motion.count': 0 }) } })).toBe(
      'motion.count',
    );
    expect(first({ latest: latest({ 'firmware.clockSkew': 0 }) })).toBe('firmware.clockSkew');
    expect(first({ latest: {} })).toBeUndefined();
  });

  it('offers every measure once', () => {
    const device = { latest: latest({ 'b.b': 1, 'a.a': 1, 'a.a@2': 0, 'host.uptime': 9, 'host.cpuUsed': 3 }) };
    expect(metricsOf(device, now)).toEqual(['host.cpuUsed', 'a.a', 'b.b', 'a.a@2', 'host.uptime']);
  });

  it('is an hour of a young device, else a day', () => {
    expect(rangeFor({ adoptedAt: minutesAgo(24 * 60 - 1) }, now)).toBe('1h');
    expect(rangeFor({ adoptedAt: minutesAgo(24 * 60) }, now)).toBe('24h');
  });

  it('lifts a line of zeros off the axis', () => {
    const [bottom, top] = flatRangeOf(0, 0) ?? [0, 0];
    expect(bottom).toBeLessThan(0);
    expect(top).toBeGreaterThan(0);
    expect(flatRangeOf(0, 1)).toBeUndefined();
    expect(flatRangeOf(5, 5)).toBeUndefined();
  });
});
