import { describe, expect, it } from 'vitest';
import {
  changedFaults,
  type Facts,
  mapDescriptor,
  mapSamples,
  mapStates,
  type Status,
} from '../../../../agent/devices/pjlink-projector/mapping.ts';
import { type CapabilityName, capabilities } from '../../../../protocols/fleet/capabilities/index.ts';
import { descriptorSchema } from '../../../../protocols/fleet/record.ts';
import { parseFaults } from '../../../../protocols/pjlink/values.ts';

const facts: Facts = { class: 2, inputs: [{ id: '31', name: '' }] };
const status: Status = { power: 'on', wear: {}, failed: false };

describe('mapping of a projector', () => {
  it('fits the contract when the projector knows nothing but its power', () => {
    for (const pjlinkClass of [1, 2] as const) {
      const states = mapStates({ class: pjlinkClass, inputs: [] }, status, new Set());
      for (const [name, state] of Object.entries(states))
        capabilities[name as CapabilityName].state.strict().parse(state);
      const offered = Object.keys(mapDescriptor({ class: pjlinkClass, inputs: [] }, new Set()).capabilities);
      expect(Object.keys(states).sort()).toEqual(offered.sort());
    }
  });

  it('fits the contract when the projector says too much', () => {
    const long = 'n'.repeat(128);
    const talkative: Facts = { ...facts, name: long, maker: long, lampModel: long, inputs: [{ id: '31', name: long }] };
    descriptorSchema.strict().parse(mapDescriptor(talkative, new Set()));
    capabilities.input.state.strict().parse(mapStates(talkative, status, new Set()).input);
  });

  it('names an input by its type when the projector does not', () => {
    expect(mapStates(facts, status, new Set()).input).toEqual({ sources: [{ id: '31', label: 'Digital 1' }] });
  });

  it('shows a failure that the error status does not name', () => {
    expect(mapStates(facts, { ...status, failed: true }, new Set()).lamp?.errors).toEqual([
      { part: 'other', level: 'error' },
    ]);
    const ok = { fan: 'ok', lamp: 'ok', temperature: 'ok', cover: 'ok', filter: 'ok' } as const;
    const told = { ...status, failed: true, faults: { ...ok, other: 'error' as const } };
    expect(mapStates(facts, told, new Set()).lamp?.errors).toEqual([{ part: 'other', level: 'error' }]);
  });

  it('says whether there is a signal only when the projector knows', () => {
    const shown = (resolution: Status['resolution']) => mapStates(facts, { ...status, resolution }, new Set());
    expect(shown({ kind: 'absent' })).toMatchObject({ input: { signal: false }, video: { signal: 'absent' } });
    expect(shown({ kind: 'unknown' }).input).not.toHaveProperty('signal');
    expect(shown({ kind: 'unknown' }).video).toEqual({ signal: 'unknown' });
  });

  it('offers nothing that the projector does not know', () => {
    const offered = mapDescriptor({ ...facts, class: 1 }, new Set(['AVMT', 'INPT'])).capabilities;
    expect(Object.keys(offered)).toEqual(['identity', 'power', 'lamp', 'temperature']);
  });

  it('samples the lamp that has burned longest', () => {
    const lamps = [
      { hours: 10, on: true },
      { hours: 900, on: false },
    ];
    expect(mapSamples({ lamps, filterHours: 0 })).toEqual({ 'lamp.hours': 900, 'lamp.filterHours': 0 });
    expect(mapSamples({})).toEqual({});
  });

  it('names the parts whose fault changed', () => {
    expect(changedFaults(parseFaults('000000'), parseFaults('100002'))).toEqual(['fan', 'other']);
  });
});
