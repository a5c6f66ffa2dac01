import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drivers, findDriver, hostFamily } from '../../agent/devices/registry.ts';
import { createFakeClock } from '../support/clock.ts';
import { demoRooms, type SimulatedSchool, startSchool } from './school/index.ts';

describe('the school of the demo', () => {
  let school: SimulatedSchool;
  beforeAll(async () => {
    school = await startSchool({ clock: createFakeClock(), seed: 3, network: 1 + (process.pid % 9), isStill: true });
  });
  afterAll(() => school[Symbol.asyncDispose]());

  it('has a device of every family that the agent speaks to; this machine itself is the first one', () => {
    const shown = new Set([hostFamily, ...school.devices.map(({ family }) => family)]);
    expect([...shown].sort()).toEqual(drivers.map(({ family }) => family).sort());
  });

  it('gives each driver settings that it takes', () => {
    for (const { name, family, settings = {} } of school.devices) {
      const checked = findDriver(family)?.settings.safeParse(settings);
      expect(checked?.error, name).toBeUndefined();
      expect(checked?.success, name).toBe(true);
    }
  });

  it('leaves to discovery only what can be discovered', () => {
    const left = school.devices.filter(({ isFound }) => isFound);
    expect(left.length).toBeGreaterThan(5);
    for (const { name, family } of left) expect(findDriver(family)?.discover, name).toBeDefined();
  });

  it('tells its devices apart by name and by place', () => {
    const { devices } = school;
    expect(new Set(devices.map(({ name }) => name)).size).toBe(devices.length);
    const places = devices.flatMap(({ address }) => (address ? [`${address.host}:${address.port}`] : []));
    expect(new Set(places).size).toBe(places.length);
    for (const { room } of devices) expect(demoRooms).toContain(room);
  });
});
