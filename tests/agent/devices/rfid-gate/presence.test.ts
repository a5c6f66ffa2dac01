import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  maxPresentTags,
  nobodyPresent,
  observe,
  type Presence,
  type PresenceEffect,
  sweep,
} from '../../../../agent/devices/rfid-gate/presence.ts';

const departMs = 3_000;
const at = (presence: Presence, nowMs: number, ...tags: Parameters<typeof observe>[1]) =>
  observe(presence, tags, nowMs, departMs);
const kinds = (effects: readonly PresenceEffect[]) => effects.map(({ kind }) => kind);

describe('tags in the field', () => {
  it('enter once, stay while they are seen, depart, and enter again', () => {
    const first = at(nobodyPresent, 0, { epc: 'aa', antenna: 1 });
    expect(first.effects).toEqual([{ kind: 'entered', tag: { epc: 'aa', antenna: 1 } }]);
    const second = at(first.presence, 2_999, { epc: 'aa', antenna: 1 });
    expect(second.effects).toEqual([]);
    expect(sweep(second.presence, 5_998, departMs).effects).toEqual([]);
    const gone = sweep(second.presence, 5_999, departMs);
    expect(gone.effects).toEqual([{ kind: 'departed', epc: 'aa' }]);
    expect(gone.presence.size).toBe(0);
    expect(kinds(at(second.presence, 9_000, { epc: 'aa' }).effects)).toEqual(['departed', 'entered']);
  });

  it('enter once when one report tells them twice', () => {
    expect(kinds(at(nobodyPresent, 0, { epc: 'aa' }, { epc: 'aa' }, { epc: 'bb' }).effects)).toEqual([
      'entered',
      'entered',
    ]);
  });

  it('move when another antenna hears them clearly better', () => {
    const here = at(nobodyPresent, 0, { epc: 'aa', antenna: 1, rssi: -60 });
    const alike = at(here.presence, 100, { epc: 'aa', antenna: 2, rssi: -58 });
    expect(alike.effects).toEqual([]);
    const clearly = at(alike.presence, 200, { epc: 'aa', antenna: 2, rssi: -50 });
    expect(clearly.effects).toEqual([{ kind: 'moved', epc: 'aa', from: 1, to: 2 }]);
    expect(at(clearly.presence, 300, { epc: 'aa', antenna: 2, rssi: -90 }).effects).toEqual([]);
  });

  it('move when the antenna before has not heard them for long, however weak the new one', () => {
    const here = at(nobodyPresent, 0, { epc: 'aa', antenna: 1, rssi: -40 });
    const both = at(here.presence, 2_000, { epc: 'aa', antenna: 2, rssi: -80 });
    expect(both.effects).toEqual([]);
    expect(at(both.presence, 3_000, { epc: 'aa', antenna: 2, rssi: -80 }).effects).toEqual([
      { kind: 'moved', epc: 'aa', from: 1, to: 2 },
    ]);
  });

  it('do not move where no antenna or no signal is told', () => {
    const here = at(nobodyPresent, 0, { epc: 'aa' });
    const later = at(here.presence, 10, { epc: 'aa', antenna: 2 });
    expect(later.effects).toEqual([]);
    expect(at(later.presence, 20, { epc: 'aa' }).effects).toEqual([]);
    expect(at(later.presence, 20, { epc: 'aa', antenna: 3 }).effects).toEqual([]);
  });

  it('are bounded: the longest unseen makes room', () => {
    let presence = nobodyPresent;
    for (let tag = 0; tag < maxPresentTags; tag++) ({ presence } = at(presence, tag / 1_000, { epc: `t${tag}` }));
    ({ presence } = at(presence, 2, { epc: 't0' }));
    const full = at(presence, 3, { epc: 'new' });
    expect(full.presence.size).toBe(maxPresentTags);
    expect(full.effects[0]).toEqual({ kind: 'departed', epc: 't1' });
  });

  it('are as many as entered and have not departed, whatever is seen', () => {
    const sighting = fc.record({
      afterMs: fc.integer({ min: 0, max: 4_000 }),
      epc: fc.constantFrom('aa', 'bb', 'cc'),
      antenna: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
      rssi: fc.option(fc.integer({ min: -90, max: -30 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(sighting, { maxLength: 60 }), (sightings) => {
        let presence = nobodyPresent;
        let nowMs = 0;
        let [entered, departed] = [0, 0];
        for (const { afterMs, epc, antenna, rssi } of sightings) {
          nowMs += afterMs;
          const tag = {
            epc,
            ...(antenna === undefined ? {} : { antenna }),
            ...(rssi === undefined ? {} : { rssi }),
          };
          const step = at(presence, nowMs, tag);
          presence = step.presence;
          for (const effect of step.effects) {
            if (effect.kind === 'entered') entered++;
            if (effect.kind === 'departed') departed++;
            if (effect.kind === 'moved') expect(effect.from).not.toBe(effect.to);
          }
          expect(presence.size).toBe(entered - departed);
          expect(presence.has(epc)).toBe(true);
        }
        expect(sweep(presence, nowMs + departMs, departMs).presence.size).toBe(0);
      }),
    );
  });
});
