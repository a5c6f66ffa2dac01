import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { capabilities } from '../../../protocols/fleet/capabilities/index.ts';

const folder = join(import.meta.dirname, '../../../hub/dashboard/src/capabilities');
const source = globSync('**/*.tsx', { cwd: folder })
  .map((path) => readFileSync(join(folder, path), 'utf8'))
  .join('\n');

describe('the buttons of the capabilities', () => {
  it('gives every command a place on the page of a device', () => {
    const all = Object.values(capabilities).flatMap(({ name, commands }) =>
      Object.keys(commands).map((command) => ({ name, command })),
    );
    expect(all.length).toBeGreaterThan(30);
    const missing = all.filter(
      ({ name, command }) =>
        !new RegExp(`capability(=|: )['"]${name}['"],?\\s+name(=|: )['"]${command}['"]`).test(source),
    );
    expect(missing).toEqual([]);
  });
});
