import { createRequire } from 'node:module';
import { onvifCamera } from '../../../agent/devices/onvif-camera/index.ts';
import { createNetwork } from '../../../agent/platform/create-network.ts';
import { silentLog } from '../../../protocols/ports.ts';
import { systemClock } from '../../../provisioning/platform/clock.ts';
import { startOnvifCamera } from '../../simulators/onvif-camera/index.ts';

// Runs in a network namespace of its own, where multicast reaches nobody else: two cameras in the group of WS-Discovery,
// and three who look for them. Prints what each found, as JSON.

interface NodeOnvif {
  startProbe(): Promise<readonly { readonly urn: string; readonly hardware: string }[]>;
}
interface AgshDiscovery {
  on(name: 'error', listener: (error: unknown) => void): void;
  probe(options: Record<string, unknown>, done: (error: unknown, cams: readonly AgshMatch[]) => void): void;
}
interface AgshMatch {
  readonly probeMatches: { readonly probeMatch: { readonly endpointReference: { readonly address: string } } };
}

const require = createRequire(import.meta.url);
const nodeOnvif = require('node-onvif') as NodeOnvif;
const { Discovery } = require('onvif') as { Discovery: AgshDiscovery };

const clock = systemClock;
const network = createNetwork({
  policy: { allow: ['10.99.0.0/24'], deny: [], ports: [], broadcast: true },
  clock,
  log: silentLog,
});

await using first = await startOnvifCamera({
  seed: 1,
  host: '10.99.0.11',
  discoveryPort: 3702,
  multicastInterface: '10.99.0.11',
});
await using second = await startOnvifCamera({
  seed: 2,
  host: '10.99.0.12',
  discoveryPort: 3702,
  multicastInterface: '10.99.0.12',
});

async function ours(): Promise<readonly string[]> {
  const found: string[] = [];
  const signal = new AbortController().signal;
  const context = { clock, log: silentLog, ...network, targets: [], broadcast: true, signal };
  for await (const { key } of onvifCamera.discover?.(context) ?? []) found.push(key);
  return found.sort();
}

async function theirs(): Promise<readonly string[]> {
  return (await nodeOnvif.startProbe()).map(({ urn }) => urn).sort();
}

async function agsh(): Promise<readonly string[]> {
  Discovery.on('error', () => {});
  const matches = await new Promise<readonly AgshMatch[]>((resolve) =>
    Discovery.probe({ resolve: false, timeout: 2_000 }, (_error, cams) => resolve(cams)),
  );
  return matches.map(({ probeMatches }) => probeMatches.probeMatch.endpointReference.address).sort();
}

const [driver, node, other] = await Promise.all([ours(), theirs(), agsh()]);
const expected = [first, second].map(({ identity }) => identity.endpoint).sort();
console.log(JSON.stringify({ expected, driver, 'node-onvif': node, onvif: other }));
