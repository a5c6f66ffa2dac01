import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readAgentConfig } from '../../../agent/config.ts';
import { createAddressFilter } from '../../../agent/platform/network-policy.ts';
import { controlText, copyrightText, md5sumsText } from '../../../provisioning/image/control.ts';
import { repositoryRoot } from '../../support/modules.ts';

const folder = join(repositoryRoot, 'provisioning/image/debian');

describe('the files of the package', () => {
  it.each(['agent.json', 'examples/agent.json'])('has settings in %s that the agent takes', (name) => {
    const file = JSON.parse(readFileSync(join(folder, name), 'utf8'));
    const { values } = readAgentConfig({ file, environment: {}, flags: {}, readFile: () => '' });
    expect(values.dataDir).toBe('/var/lib/edufleet-agent');
    expect(() => createAddressFilter(values.network)).not.toThrow();
  });

  it('installs the policy that the agent has by itself', () => {
    const installed = JSON.parse(readFileSync(join(folder, 'agent.json'), 'utf8'));
    const { values } = readAgentConfig({ file: {}, environment: {}, flags: {}, readFile: () => '' });
    expect(installed.network).toEqual(values.network);
  });

  it('tells dpkg the size in KiB, and sums of all but the configuration', () => {
    const control = controlText({ version: '1.2.3', architecture: 'arm64', installedBytes: 2_049 });
    expect(control).toMatch(/^Package: edufleet-agent\nVersion: 1\.2\.3\nArchitecture: arm64\n/);
    expect(control).toMatch(/\nInstalled-Size: 3\n/);
    expect(control.split('\n').filter((line) => line.length > 100)).toEqual([]);
    const sums = md5sumsText([
      { path: 'etc/edufleet/agent.json', md5: 'a' },
      { path: 'usr/bin/edufleet-agent', md5: 'b' },
    ]);
    expect(sums).toBe('b  usr/bin/edufleet-agent\n');
  });

  it('names every package that is inside, and says so when one brings no text', () => {
    const text = copyrightText('OWN', [
      { name: 'a', version: '1', licence: 'MIT', text: 'TEXT OF A' },
      { name: 'b', version: '2', licence: 'ISC', text: undefined },
    ]);
    expect(text).toMatch(
      /OWN[\s\S]* {2}a 1: MIT\n {2}b 2: ISC[\s\S]*TEXT OF A[\s\S]*b 2 \(ISC\)\n\nThe package brings no text/,
    );
  });
});
