import { describe, expect, it } from 'vitest';
import type { SchoolStock } from '../../../hub/dashboard/src/data/organisation.ts';
import { changeOf, draftOf } from '../../../hub/dashboard/src/views/units/change-draft.ts';
import { reverseOf } from '../../../hub/dashboard/src/views/units/reverse-change.ts';
import { followers, targetOfRoom, tornRooms } from '../../../hub/dashboard/src/views/units/split-plan.ts';
import type { Unit } from '../../../protocols/api/units.ts';

const school: Unit = {
  id: 7,
  name: 'THPT A',
  kind: 'school',
  code: 'A1',
  parent: 3,
  trail: [],
  line: { id: 9, name: 'Phòng Trung học', kind: 'office' },
  aliases: ['Trường cũ'],
  sample: false,
  counts: { agents: 0, devices: 0, wrong: 0 },
};

describe('a change of a unit as it is filled in', () => {
  const draft = draftOf(school);
  it('is none while nothing is different', () => {
    expect(changeOf('line', school, draft)).toBeUndefined();
    expect(changeOf('aliases', school, draft)).toBeUndefined();
    expect(changeOf('line', { ...school, line: undefined }, { ...draft, leader: 'nobody' })).toBeUndefined();
  });

  it('ends a professional line, or gives another', () => {
    expect(changeOf('line', school, { ...draft, leader: 'nobody' })).toEqual({ kind: 'line', authority: null });
    expect(changeOf('line', school, { ...draft, authority: 12 })).toEqual({ kind: 'line', authority: 12 });
  });

  it('has an opposite that brings back what was, but for what closes units', () => {
    expect(reverseOf(school, { kind: 'line', authority: 12 })).toEqual({ kind: 'line', authority: 9 });
    expect(reverseOf({ ...school, line: undefined }, { kind: 'line', authority: 12 })).toEqual({
      kind: 'line',
      authority: null,
    });
    expect(reverseOf(school, { kind: 'aliases', names: [] })).toEqual({ kind: 'aliases', names: ['Trường cũ'] });
    expect(reverseOf(school, { kind: 'rename', name: 'THPT Z' })).toEqual({
      kind: 'rename',
      name: 'THPT A',
      code: 'A1',
    });
    expect(reverseOf(school, { kind: 'move', parent: 4, agents: ['a'] })).toEqual({
      kind: 'move',
      parent: 3,
      agents: ['a'],
    });
    expect(reverseOf(school, { kind: 'close' })).toBeUndefined();
  });
});

describe('what goes along when a school is split', () => {
  const stock: SchoolStock = {
    school: 7,
    rooms: [
      { id: 10, name: 'Nhà B', devices: 1 },
      { id: 11, name: 'Phòng 21', parent: 10, devices: 1 },
      { id: 12, name: 'Phòng 1', devices: 1 },
    ],
    agents: [
      { id: 'b', name: 'Máy nhà B', unit: 7 },
      { id: 'inside', name: 'Máy phòng 1', unit: 12 },
    ],
    devices: [
      { agent: 'b', unit: 7 },
      { agent: 'b', unit: 11 },
      { agent: 'inside', unit: 12 },
    ],
  };
  const [b] = stock.agents;

  it('is a room with its building, and an agent with all rooms that it serves', () => {
    const rooms = new Map([[10, 0]]);
    expect(targetOfRoom(stock, rooms, 11)).toBe(0);
    expect([...followers(stock, rooms)]).toEqual([['b', 0]]);
    expect([...followers(stock, new Map([[12, 1]]))]).toEqual([['inside', 1]]);
  });

  it('names the rooms from which an agent would be torn', () => {
    if (!b) throw new TypeError('no agent');
    expect(tornRooms(stock, new Map([[10, 0]]), b, undefined)).toEqual(['Phòng 21']);
    expect(tornRooms(stock, new Map([[10, 0]]), b, 0)).toEqual([]);
  });
});
