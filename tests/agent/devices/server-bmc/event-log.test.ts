import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LogLine } from '../../../../agent/devices/server-bmc/controller.ts';
import { newEntries, noLogMemory } from '../../../../agent/devices/server-bmc/event-log.ts';

const line = (id: number, at?: number): LogLine => ({
  key: `entry ${id}`,
  at,
  level: 'error',
  part: 'Fan 1',
  message: `message ${id}`,
});
const nowMs = 1_000_000;
const keysOf = (lines: readonly LogLine[]) => lines.map(({ key }) => key);

/** Reads several states of a log, one after the other; returns what each told. */
function read(...logs: readonly (readonly LogLine[])[]): readonly string[][] {
  let memory = noLogMemory;
  return logs.map((entries) => {
    const { memory: next, news } = newEntries(memory, entries, nowMs);
    memory = next;
    return keysOf(news);
  });
}

describe('the event log', () => {
  it('tells what is new, and nothing of what was there first', () => {
    expect(read([line(1), line(2)], [line(1), line(2), line(3)], [line(1), line(2), line(3)])).toEqual([
      [],
      ['entry 3'],
      [],
    ]);
    expect(read([], [line(1)])).toEqual([[], ['entry 1']]);
  });

  it('tells nothing again when it is cleared, read in part, or comes back', () => {
    const all = [line(1, 10), line(2, 20), line(3, 30)];
    expect(read(all, [], all, all.slice(1))).toEqual([[], [], [], []]);
  });

  it('does not take an old line for news because the newest were deleted', () => {
    expect(read([line(5, 50), line(6, 60)], [line(1, 10), line(2, 20), line(5, 50)])).toEqual([[], []]);
  });

  it('goes on after a clock that was ahead has been put right', () => {
    const ahead = line(1, nowMs + 400 * 86_400_000);
    expect(read([ahead], [ahead, line(2, nowMs)])).toEqual([[], ['entry 2']]);
  });

  it('tells at most 16 lines at once', () => {
    const many = Array.from({ length: 200 }, (_, id) => line(id + 1, id));
    expect(read([], many)[1]).toHaveLength(16);
  });

  it('tells each line of a growing log once, whatever part of it is seen', () => {
    const steps = fc.array(fc.record({ grown: fc.nat(4), window: fc.integer({ min: 4, max: 20 }) }), { maxLength: 40 });
    fc.assert(
      fc.property(steps, fc.boolean(), (plan, hasTimes) => {
        const log: LogLine[] = [line(0, hasTimes ? 0 : undefined)];
        let memory = newEntries(noLogMemory, log, nowMs).memory;
        const told: string[] = [];
        for (const { grown, window } of plan) {
          for (let count = 0; count < grown; count++)
            log.push(line(log.length, hasTimes ? log.length * 1_000 : undefined));
          const result = newEntries(memory, log.slice(-window), nowMs);
          memory = result.memory;
          told.push(...keysOf(result.news));
        }
        expect(told).toEqual(keysOf(log.slice(1)));
      }),
    );
  });
});
