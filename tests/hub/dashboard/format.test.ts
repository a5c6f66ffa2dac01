import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatAge,
  formatBytes,
  formatDuration,
  formatInstant,
  formatMeasure,
  formatNumber,
  formatTick,
  formatTime,
  formatUntil,
  languages,
} from '../../../hub/dashboard/src/ui/format.ts';

const noon = Date.UTC(2026, 10, 24, 17, 30, 5);

describe('format', () => {
  it('tells ages in the largest whole unit, in both languages', () => {
    const age = (seconds: number) => formatAge(noon - seconds * 1000, noon, 'vi', 'vừa xong');
    expect([age(0), age(4), age(59), age(120), age(3_700), age(90_000)]).toEqual([
      'vừa xong',
      'vừa xong',
      '59 giây trước',
      '2 phút trước',
      '1 giờ trước',
      '1 ngày trước',
    ]);
    expect(formatAge(noon - 120_000, noon, 'en', 'just now')).toBe('2 minutes ago');
  });

  it('never says that something lies in the future because a clock is off', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e9 }), (ahead) => {
        expect(formatAge(noon + ahead, noon, 'vi', 'vừa xong')).toBe('vừa xong');
      }),
    );
  });

  it('tells the time in Viet Nam wherever the reader is', () => {
    expect(formatInstant(noon, 'vi')).toContain('25/11/2026');
    expect(formatInstant(noon, 'vi')).toContain('00:30');
    expect(formatTime(noon, 'en')).toBe('00:30:05');
    expect(formatTick(noon, 'en', 'month')).toBe('25/11');
    expect(formatTick(noon, 'vi', 'day')).toBe('00:30');
  });

  it('separates thousands as the language does', () => {
    expect(formatNumber(1_234_567, 'vi')).toBe('1.234.567');
    expect(formatNumber(1_234.5, 'en', 1)).toBe('1,234.5');
  });

  it('writes bytes, durations and measures in words one reads', () => {
    expect(formatBytes(0, 'en')).toBe('0 B');
    expect(formatBytes(1_230_000_000, 'vi')).toBe('1,23 GB');
    expect(formatDuration(0, 'vi')).toBe('0 giây');
    expect(formatDuration(3 * 86_400 + 4 * 3_600 + 59, 'vi')).toBe('3 ngày 4 giờ');
    expect(formatDuration(86_400, 'en')).toBe('1 day');
    expect(formatMeasure(41.53, '°C', 'vi')).toBe('41,5 °C');
    expect(formatMeasure(61, '%', 'en')).toBe('61%');
    expect(formatMeasure(7_200, 's', 'en')).toBe('2 hours');
    expect(formatMeasure(437, 'h', 'vi')).toBe('437 giờ');
    expect(formatMeasure(57, 'min', 'vi')).toBe('57 phút');
    expect(formatMeasure(57, 'min', 'en')).toBe('57 min');
    expect(formatMeasure(4_200, 'RPM', 'vi')).toBe('4.200 RPM');
    expect(formatMeasure(1_234_567, 'B/s', 'en')).toBe('1.23 MB/s');
    expect(formatUntil(noon + 40_000, noon, 'vi')).toBe('sau 40 giây nữa');
  });

  it('gives a text for any number', () => {
    const units = fc.constantFrom('', '%', 'B', 'B/s', 's', 'h', '°C', 'ms');
    const numbers = fc.double({ min: -1e15, max: 1e15, noNaN: true });
    fc.assert(
      fc.property(numbers, units, fc.constantFrom(...languages), (value, unit, language) => {
        expect(formatMeasure(value, unit, language)).toMatch(/\d/);
      }),
    );
  });
});
