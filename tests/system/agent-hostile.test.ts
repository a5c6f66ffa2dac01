import { describe, expect, it } from 'vitest';
import { drivers } from '../../agent/devices/registry.ts';
import { type Day, spendHostileDay } from '../support/hostile-day.ts';
import { assaults } from '../support/hostile-families.ts';

/** `EDUFLEET_FUZZ_HOURS` makes the day longer or shorter, `EDUFLEET_FUZZ_SEED` makes it another one. */
const hours = Number(process.env['EDUFLEET_FUZZ_HOURS'] ?? 24);
const seed = Number(process.env['EDUFLEET_FUZZ_SEED'] ?? 20_260_302);

/** One turn of the event loop, in CPU time: what the heart of the agent waits at most. */
const turnLimitMs = 1_000;
/** Between the first quarter and the last; code that is compiled in between weighs less than this. */
const growthLimitBytes = 4 * 2 ** 20;
/** Simulated hours take a second or two each; a machine with other work many times as long. */
const limitMs = 120_000 + hours * 30_000;

describe('an agent among hostile devices', () => {
  it('knows how to attack each family, and no other', () => {
    expect(Object.keys(assaults).sort()).toEqual(drivers.map(({ family }) => family).sort());
  });

  it.each(drivers.map((driver) => [driver.family, driver] as const))(
    'lives through a day of family %s',
    async (family, driver) => {
      const day = await spendHostileDay({ driver, seed, hours });
      const replay = `to see it again: EDUFLEET_FUZZ_SEED=${seed} EDUFLEET_FUZZ_HOURS=${hours} npm run test:system -- agent-hostile -t ${family}`;
      console.info(storyOf(family, day));
      expect(day.wrongs, replay).toEqual([]);
      expect(day.longestTurnMs, `the longest turn of the event loop; ${replay}`).toBeLessThan(turnLimitMs);
      const [first = 0, ...later] = day.memoryBytes;
      expect(Math.max(...later) - first, `growth of the memory over the day; ${replay}`).toBeLessThan(growthLimitBytes);
      expect(day.neighbour.longestGapMs, `a device that behaves was kept waiting; ${replay}`).toBeCloseTo(60_000, 3);
      expect(day.neighbour.polls).toBeGreaterThanOrEqual(hours * 60);
      expect(day.longestBeatMs, `the heart of the agent skipped a beat; ${replay}`).toBeCloseTo(30_000, 3);
      expect(day.lost, `devices that tell the truth again and are not believed; ${replay}`).toEqual([]);
      expect(day.left, `what is held after the end; ${replay}`).toEqual({ sockets: 0, timers: 0 });
      // The day was no easy one, and what lies behind the greeting was met as well.
      expect(day.lies, 'lies that were told').toBeGreaterThan(hours);
      expect(day.samples, 'samples of hostile devices').toBeGreaterThan(hours);
    },
    limitMs,
  );
});

function storyOf(family: string, day: Day): string {
  const mebibytes = day.memoryBytes.map((bytes) => (bytes / 2 ** 20).toFixed(1)).join(', ');
  const { succeeded, failed } = day.commands;
  return [
    `${family}, ${hours} h, seed ${seed}: ${day.attempts} connections and requests, ${day.lies} lies,`,
    `${succeeded} commands obeyed and ${failed} failed, ${day.records} records;`,
    `longest turn ${day.longestTurnMs.toFixed(0)} ms, memory at each quarter ${mebibytes} MiB`,
  ].join(' ');
}
