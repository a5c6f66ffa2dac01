import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { drivers, findDriver } from '../../../agent/devices/registry.ts';
import { capabilityNames } from '../../../protocols/fleet/capabilities/index.ts';

const folder = new URL('../../../agent/devices/', import.meta.url);

describe('registry of families', () => {
  it('has one line for each folder', () => {
    const folders = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(drivers.map(({ family }) => family).sort()).toEqual(folders.map(({ name }) => name).sort());
  });

  it('finds a driver by its family and by nothing else', () => {
    expect(findDriver('pjlink-projector')?.defaultPort).toBe(4352);
    expect(findDriver('toString')).toBeUndefined();
  });

  it('knows each capability that a family names, and adopts what discovery proposes without settings', () => {
    for (const driver of drivers) {
      for (const name of driver.capabilities) expect(capabilityNames).toContain(name);
      // What no search can find is set up by a person, who may have to say what it is.
      if (driver.discover) expect(driver.settings.safeParse({}).success, driver.family).toBe(true);
      expect(driver.label.vi && driver.label.en).not.toBe('');
    }
  });
});
