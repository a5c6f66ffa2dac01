import { describe, expect, it } from 'vitest';
import { waitsFor } from '../../../agent/deployments/window.ts';
import { bundle, vn } from '../../protocols/fleet/policy/sample.ts';

const { calendars } = bundle();
const quiet = { calendars, reported: new Map<string, unknown>() };
const night = { lessons: 'never', fromMinute: 18 * 60, toMinute: 5 * 60 } as const;

describe('a window', () => {
  it('is shut in lessons, unless the order allows them', () => {
    const lesson = vn('2026-11-18T07:30');
    expect(waitsFor({ lessons: 'never' }, quiet, lesson)).toBe('lesson');
    expect(waitsFor({ lessons: 'allowed' }, quiet, lesson)).toBeUndefined();
    expect(waitsFor({ lessons: 'never' }, quiet, vn('2026-11-18T22:00'))).toBeUndefined();
  });

  it('goes over midnight by the hours of the school', () => {
    const at = (time: string) => waitsFor(night, quiet, vn(`2026-11-18T${time}`));
    expect([at('17:59'), at('18:00'), at('23:59'), at('04:59'), at('05:00')]).toEqual([
      'window',
      undefined,
      undefined,
      undefined,
      'window',
    ]);
    const from = { lessons: 'never', notBefore: vn('2026-11-18T20:00') } as const;
    expect(waitsFor(from, quiet, vn('2026-11-18T19:00'))).toBe('window');
  });

  it.each([
    ['recording', { state: 'recording' }, 'activity'],
    ['recording', { state: 'paused' }, 'activity'],
    ['streaming', { state: 'reconnecting' }, 'activity'],
    ['studio', { mode: 'rehearsing' }, 'activity'],
    ['recording', { state: 'stopped' }, undefined],
    ['studio', { mode: 'idle' }, undefined],
    ['streaming', { state: 'unknown' }, undefined],
  ])('while %s says %j waits for %s, even where lessons are allowed', (capability, state, expected) => {
    const facts = { calendars, reported: new Map<string, unknown>([[capability, state]]) };
    expect(waitsFor({ lessons: 'allowed' }, facts, vn('2026-11-18T22:00'))).toBe(expected);
  });
});
