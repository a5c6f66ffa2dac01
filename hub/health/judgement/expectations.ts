import type { Calendar } from '../../../protocols/fleet/calendar/calendar.ts';
import type { Clock } from '../../../protocols/ports.ts';
import type { HealthCalendars, HealthPolicies } from '../ports.ts';
import { expectPower, type PowerExpectation } from './expectation.ts';

export interface Expectations {
  of(deviceId: string, unitId: number): PowerExpectation | undefined;
}

interface Known {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly expectation: PowerExpectation | undefined;
}

/** An instant about which a calendar says nothing is asked about again so soon. */
const unknownMs = 60_000;

/** What is expected of each device now; a calendar is asked once for all devices of its unit until something changes. */
export function createExpectations({
  calendars,
  policies,
  clock,
}: {
  readonly calendars?: HealthCalendars;
  readonly policies?: HealthPolicies;
  readonly clock: Clock;
}): Expectations {
  const known = new WeakMap<Calendar, Known>();
  return {
    of: (deviceId, unitId) => {
      const atMs = clock.now();
      const policy = policies?.expectedPowerOf(deviceId, atMs);
      if (policy) return expectPower(policy, undefined, atMs);
      const calendar = calendars?.calendarOf(unitId);
      if (!calendar) return undefined;
      const before = known.get(calendar);
      if (before && before.fromMs <= atMs && atMs < before.untilMs) return before.expectation;
      const expectation = expectPower(undefined, calendar, atMs);
      known.set(calendar, { fromMs: atMs, untilMs: expectation?.changesAtMs ?? atMs + unknownMs, expectation });
      return expectation;
    },
  };
}
