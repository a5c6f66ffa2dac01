import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../../../agent/uplink/database.ts';
import { WitnessStore, withWitness } from '../../../agent/uplink/witness-store.ts';
import { mostWitnesses, type Witness } from '../../../protocols/fleet/witness.ts';

const dayMs = 24 * 3_600_000;
const witness = (seq: number, at = seq * dayMs): Witness => ({
  seq,
  head: seq.toString(16).padStart(64, '0'),
  at,
  key: '0'.repeat(16),
  signature: '',
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'edufleet-witness-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('witnesses', () => {
  it('outlive the agent’s restart', () => {
    const path = join(folder, 'outbox.db');
    {
      using database = openDatabase(path);
      const store = new WitnessStore(database);
      store.keep(witness(1));
      store.keep(witness(1));
      store.keep(witness(2));
    }
    using database = openDatabase(path);
    expect(new WitnessStore(database).all().map(({ seq }) => seq)).toEqual([1, 2]);
  });

  it('keep the first and a week of days, however often a hub is met', () => {
    let held: readonly Witness[] = [];
    for (let minute = 0; minute < 30 * 24 * 60; minute += 7)
      held = withWitness(held, witness(minute + 1, minute * 60_000));
    expect(held).toHaveLength(mostWitnesses);
    expect(held[0]?.seq).toBe(1);
    const days = held.slice(1).map(({ at }) => at / dayMs);
    expect((days.at(-1) ?? 0) - (days[0] ?? 0)).toBeGreaterThan(5);
  });

  it('never exceed their bound, stay in order and always hold the newest', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 * 24 }), { maxLength: 60 }), (steps) => {
        let held: readonly Witness[] = [];
        let hours = 0;
        for (const [index, step] of steps.entries()) {
          hours += step;
          const next = witness(index + 1, hours * 3_600_000);
          held = withWitness(held, next);
          expect(held.at(-1)).toEqual(next);
          expect(held.length).toBeLessThanOrEqual(mostWitnesses);
          expect(held[0]?.seq).toBe(1);
          expect(held.map(({ seq }) => seq)).toEqual([...held.map(({ seq }) => seq)].sort((a, b) => a - b));
        }
      }),
    );
  });
});
