import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkChanges } from '../../../hub/configuration/check.ts';
import { effectOf, withChanges } from '../../../hub/configuration/effect.ts';
import {
  configurationOf,
  indexOf,
  layersAt,
  layersAtUnit,
  type Place,
  type Wish,
} from '../../../hub/configuration/layers.ts';

const wish = (place: Place, value: number, key = 'volume.level'): Wish => ({
  place,
  key,
  value,
  keeping: 'heal',
  setBy: 'An',
  setAt: new Date(0),
});

describe('layers of wishes', () => {
  it('lets the nearest wish count, and tells what it stands in front of', () => {
    const wishes = [wish({ unit: 1 }, 10), wish({ device: 'd' }, 40), wish({ unit: 7 }, 20), wish({ unit: 9 }, 99)];
    const layers = layersAt(indexOf(wishes), '/1/3/7/', { id: 'd', family: 'board' });
    expect(layers.get('volume.level')?.desired.value).toBe(40);
    expect(layers.get('volume.level')?.hidden.map(({ value }) => value)).toEqual([20, 10]);
    expect(layersAtUnit(indexOf(wishes), '/1/3/').map(({ desired }) => desired.value)).toEqual([10]);
    expect(configurationOf(layersAt(indexOf([]), '/1/', { id: 'd', family: 'board' }))).toBeUndefined();
  });

  it('lets a wish for a family stand before one for all of the same unit, and behind a nearer one', () => {
    const wishes = [
      wish({ unit: 1 }, 10),
      wish({ unit: 1, family: 'board' }, 20),
      wish({ unit: 3, family: 'projector' }, 30),
    ];
    const wishedAt = (path: string, family: string) =>
      layersAt(indexOf(wishes), path, { id: 'd', family }).get('volume.level')?.desired.value;
    expect([wishedAt('/1/3/', 'board'), wishedAt('/1/3/', 'projector'), wishedAt('/1/', 'projector')]).toEqual([
      20, 30, 10,
    ]);
    expect(layersAtUnit(indexOf(wishes), '/1/3/').map(({ desired }) => desired.value)).toEqual([30, 20, 10]);
  });

  it('finds what a walk from the root finds, whatever the order of wishes', () => {
    const place = fc.oneof(
      fc.integer({ min: 1, max: 6 }).map((unit): Place => ({ unit })),
      fc.constantFrom<Place>({ device: 'd' }, { device: 'e' }),
    );
    const path = fc.uniqueArray(fc.integer({ min: 1, max: 6 }), { minLength: 1 });
    fc.assert(
      fc.property(fc.uniqueArray(place, { selector: (one) => JSON.stringify(one) }), path, (places, ids) => {
        const wishes = places.map((one, index) => wish(one, index));
        const walk: readonly Place[] = [...ids.map((unit) => ({ unit })), { device: 'd' }];
        const expected = walk.flatMap((one) =>
          wishes.filter((each) => JSON.stringify(each.place) === JSON.stringify(one)),
        );
        const found = layersAt(indexOf(wishes), `/${ids.join('/')}/`, { id: 'd', family: 'board' }).get('volume.level');
        expect(found?.desired).toEqual(expected.at(-1));
        expect(found ? [found.desired, ...found.hidden] : []).toEqual([...expected].reverse());
      }),
    );
  });
});

describe('a change of wishes', () => {
  it('is refused whole, with the field, the reason and what to do', () => {
    const refusal = (place: Place, changes: Parameters<typeof checkChanges>[1]) => {
      try {
        checkChanges(place, changes);
      } catch (thrown) {
        return thrown as { field: string; message: string };
      }
      throw new Error('it was taken');
    };
    const good = { key: 'volume.level', value: 40 };
    expect(refusal({ unit: 1 }, [good, { key: 'volume.loud', value: 1 }])).toMatchObject({
      field: 'changes.1.key',
      message: expect.stringContaining('volume.level'),
    });
    expect(refusal({ unit: 1 }, [{ key: 'volume.level', value: 140 }])).toMatchObject({
      field: 'changes.0.value',
      message: expect.stringContaining('140'),
    });
    expect(refusal({ unit: 1 }, [{ key: 'time.servers', value: ['a b'] }]).field).toBe('changes.0.value.0');
    expect(refusal({ unit: 1 }, [good, good]).field).toBe('changes.1.key');
    expect(refusal({ unit: 1 }, [{ key: 'network.hostname', value: 'bang' }]).message).toContain('each device');
    expect(checkChanges({ device: 'd' }, [{ key: 'network.hostname', value: 'bang-7' }])).toHaveLength(1);
    expect(checkChanges({ unit: 1 }, [good])[0]?.after).toEqual({ value: 40, keeping: 'power-on' });
  });

  it('is foreseen device by device', () => {
    const devices = [
      { id: 'loud', family: 'board', unitPath: '/1/2/' },
      { id: 'well', family: 'board', unitPath: '/1/2/' },
      { id: 'own', family: 'board', unitPath: '/1/2/' },
      { id: 'mute', family: 'board', unitPath: '/1/3/' },
      { id: 'camera', family: 'camera', unitPath: '/1/3/' },
    ];
    const told = new Map([
      ['loud', { level: 90 }],
      ['well', { level: 40 }],
      ['own', { level: 70 }],
      ['mute', {}],
    ]);
    const wishes = [wish({ device: 'own' }, 70)];
    const changes = checkChanges({ unit: 1 }, [{ key: 'volume.level', value: 40, keeping: 'heal' }]);
    const both = { before: indexOf(wishes), after: withChanges(wishes, { unit: 1 }, changes) };
    const { rows, ...excluded } = effectOf(both, { unit: 1 }, changes, devices, (id) => {
      const state = told.get(id);
      return state && { state };
    });
    expect(rows.map(({ device, outcome }) => [device, outcome])).toEqual([
      ['loud', 'changes'],
      ['well', 'agrees'],
      ['mute', 'untold'],
    ]);
    expect(excluded).toEqual({ overridden: 1, incapable: 1 });
  });
});
