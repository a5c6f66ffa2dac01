import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const scene = fileURLToPath(new URL('./multicast-scene.ts', import.meta.url));
const setUp = [
  'ip link set lo up multicast on',
  'ip address add 10.99.0.11/24 dev lo',
  'ip address add 10.99.0.12/24 dev lo',
  'ip route add 224.0.0.0/4 dev lo src 10.99.0.11',
];

/** A namespace of one's own needs root or user namespaces; without them multicast cannot be tried without disturbing others. */
const canUnshare = spawnSync('unshare', ['-rn', 'sh', '-c', setUp.join(' && ')]).status === 0;

describe(`discovery by multicast${canUnshare ? '' : ' (skipped: no network namespaces here)'}`, () => {
  it.skipIf(!canUnshare)('is understood by node-onvif, by onvif, and by the driver, in a private namespace', () => {
    const run = spawnSync(
      'unshare',
      ['-rn', 'sh', '-c', `${setUp.join(' && ')} && exec "$0" "$1"`, process.execPath, scene],
      {
        encoding: 'utf8',
        timeout: 14_000,
      },
    );
    expect(run.stderr.split('\n').filter((line) => /error/i.test(line) && !/DEP0/.test(line))).toEqual([]);
    const { expected, ...found } = JSON.parse(run.stdout) as Record<string, readonly string[]>;
    expect(expected).toHaveLength(2);
    expect(found).toEqual({ driver: expected, 'node-onvif': expected, onvif: expected });
  });
});
