import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Proposal } from '../../../agent/devices/driver.ts';

const scene = fileURLToPath(new URL('./multicast-scene.ts', import.meta.url));
const addresses = [1, 11, 12, 13, 14, 15, 16];
const setUp = [
  'ip link set lo up multicast on',
  ...addresses.map((n) => `ip address add 10.99.0.${n}/24 dev lo`),
  'ip route add 224.0.0.0/4 dev lo src 10.99.0.1',
].join(' && ');
const canUnshare = spawnSync('unshare', ['-rn', 'sh', '-c', setUp]).status === 0;
/** CLOSE_CONNECTION of LLRP. */
const farewell = 14;

interface Outcome {
  readonly proposals: readonly Proposal[];
  readonly touched: readonly string[];
  readonly readerViolations: readonly string[];
  readonly readerLast: number;
}

describe(`a school that is searched by multicast${canUnshare ? '' : ' (skipped: no network namespaces here)'}`, () => {
  it.skipIf(!canUnshare)(
    'is found, each device once, in a private namespace',
    () => {
      const run = spawnSync('unshare', ['-rn', 'sh', '-c', `${setUp} && exec "$0" "$1"`, process.execPath, scene], {
        encoding: 'utf8',
        timeout: 60_000,
      });
      expect(run.stderr.split('\n').filter((line) => /error/i.test(line))).toEqual([]);
      const { proposals, touched, readerViolations, readerLast } = JSON.parse(run.stdout) as Outcome;
      const byHost = Object.fromEntries(
        proposals.map((proposal) => [proposal.address.host.split('.').at(-1), proposal]),
      );
      expect(Object.keys(byHost)).toHaveLength(proposals.length);
      expect(byHost).toMatchObject({
        11: { family: 'network-device', confidence: 'certain', vendor: 'HP', key: '10.99.0.11:161' },
        12: {
          family: 'interactive-board',
          confidence: 'likely',
          name: 'Bảng phòng 7',
          settings: { profile: 'samsung-mdc' },
        },
        13: { family: 'rfid-gate', confidence: 'certain', address: { port: 5084 } },
        14: { family: 'server-bmc', confidence: 'certain', needsCredentials: true },
        15: { family: 'interactive-board', confidence: 'possible', settings: { profile: 'lg' } },
        16: {
          family: 'interactive-board',
          confidence: 'possible',
          settings: { profile: 'lg' },
          address: { port: 9761 },
        },
      });
      expect(byHost['11']?.evidence.join('\n')).toMatch(/answers by SNMP[\s\S]*announces a printer as _ipp\._tcp/);
      expect(byHost['14']?.settings).toMatchObject({ pinnedCertificate: expect.stringMatching(/^[0-9a-f]{64}$/) });
      expect(touched, 'bytes at ports of boards').toEqual([]);
      expect(readerViolations).toEqual([]);
      expect(readerLast).toBe(farewell);
    },
    70_000,
  );
});
