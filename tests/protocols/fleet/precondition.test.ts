import { describe, expect, it } from 'vitest';
import {
  type Capability,
  capabilities,
  findPrecondition,
  obstaclesOf,
} from '../../../protocols/fleet/capabilities/index.ts';

const known = capabilities as Readonly<Record<string, Capability>>;
const commands = Object.values(known).flatMap(({ name, commands: all }) =>
  Object.entries(all).map(([command, facts]) => ({ key: `${name}.${command}`, ...facts })),
);
const standing = (capability: string, name: string, states: Parameters<typeof obstaclesOf>[1]) =>
  obstaclesOf(known[capability]?.commands[name]?.requires ?? [], states).map(({ code }) => code);

describe('what stands in the way of a command', () => {
  it.each(commands)(
    '$key says its effect in both languages and reads only states that exist',
    ({ effect, requires }) => {
      expect(effect.vi.length).toBeGreaterThan(10);
      expect(effect.en.length).toBeGreaterThan(10);
      for (const precondition of requires) {
        expect(findPrecondition(precondition.code)).toBe(precondition);
        for (const name of precondition.reads) expect(Object.keys(capabilities)).toContain(name);
      }
    },
  );

  it('refuses nobody for what is not reported', () => {
    for (const { requires } of commands) expect(obstaclesOf(requires, {})).toEqual([]);
  });

  it.each([
    ['power', 'off', { power: { state: 'cooling' } }, ['precondition-cooling']],
    ['power', 'reboot', { power: { state: 'warming' } }, ['precondition-warming']],
    ['power', 'reboot', { recording: { state: 'paused' } }, ['precondition-recording']],
    ['power', 'reboot', { studio: { mode: 'live' } }, ['precondition-recording', 'precondition-streaming']],
    ['power', 'off', { streaming: { state: 'reconnecting' } }, ['precondition-streaming']],
    ['power', 'off', { power: { state: 'on' }, battery: { state: 'discharging' } }, ['precondition-in-use']],
    ['power', 'off', { power: { state: 'on' }, battery: { state: 'charging' } }, []],
    ['power', 'reset', { ups: { source: 'battery' } }, ['precondition-on-battery']],
    ['gate', 'testAlarm', { gate: { alarmOutput: true } }, ['precondition-alarm']],
    ['power', 'off', { power: { state: 'on' }, recording: { state: 'stopped' } }, []],
  ])('%s.%s with %j: %j', (capability, name, states, codes) => {
    expect(standing(capability, name, states)).toEqual(codes);
  });
});
