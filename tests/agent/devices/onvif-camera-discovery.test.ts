import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DiscoveryContext, Proposal } from '../../../agent/devices/driver.ts';
import { onvifCamera } from '../../../agent/devices/onvif-camera/index.ts';
import { silentLog } from '../../../protocols/ports.ts';
import { startOnvifCamera } from '../../simulators/onvif-camera/index.ts';
import { createFastClock, type FastClock } from '../../support/clock.ts';
import { createTestNetwork } from '../../support/driver-context.ts';

const probeId = /MessageID[^>]*>(urn:uuid:[^<]+)</;

describe('discovery of ONVIF cameras', () => {
  let clock: FastClock;
  let cleanup: AsyncDisposableStack;
  beforeEach(() => {
    clock = createFastClock(10);
    cleanup = new AsyncDisposableStack();
  });
  afterEach(async () => {
    await cleanup.disposeAsync();
    expect(clock.pending).toBe(0);
  });

  async function discover(targets: DiscoveryContext['targets'], signal = new AbortController().signal) {
    const network = createTestNetwork(clock);
    const context: DiscoveryContext = { clock, log: silentLog, ...network, targets, broadcast: false, signal };
    const found: Proposal[] = [];
    for await (const proposal of onvifCamera.discover?.(context) ?? []) found.push(proposal);
    return found.sort((a, b) => a.key.localeCompare(b.key));
  }

  /** Something on the network that answers a probe with whatever a test wants. */
  async function impostor(answer: (relatesTo: string) => readonly (string | Uint8Array)[]) {
    const socket = createSocket('udp4');
    socket.on('message', (bytes, from) => {
      const relatesTo = probeId.exec(bytes.toString())?.[1] ?? '';
      for (const datagram of answer(relatesTo)) socket.send(datagram, from.port, from.address);
    });
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    cleanup.defer(() => new Promise<void>((resolve) => socket.close(() => resolve())));
    return { host: '127.0.0.1', port: socket.address().port };
  }

  it('finds several cameras, each at its own address, with what they tell about themselves', async () => {
    const cameras = await Promise.all(
      [1, 2, 3].map((seed) => startOnvifCamera({ seed, clock, host: `127.0.10.${seed}` })),
    );
    for (const camera of cameras) cleanup.use(camera);
    const found = await discover(cameras.map(({ address }) => address));
    expect(found).toHaveLength(3);
    expect(found[0]).toEqual({
      key: cameras[0]?.identity.endpoint,
      family: 'onvif-camera',
      address: cameras[0]?.address,
      name: 'Stairwell A 1',
      model: 'ES-PTZ 4M',
      macs: ['02:ed:f1:00:00:01'],
      needsCredentials: true,
      evidence: [
        'WS-Discovery answer from 127.0.10.1',
        `endpoint ${cameras[0]?.identity.endpoint}`,
        'location Edufleet Sim School',
      ],
    });
    expect(cameras.map(({ signInFailures }) => signInFailures)).toEqual([0, 0, 0]);
  });

  it('sees a camera without a password, and says so', async () => {
    const camera = cleanup.use(await startOnvifCamera({ seed: 2, clock, credentials: null }));
    const [proposal] = await discover([camera.address]);
    expect(proposal).toMatchObject({
      vendor: 'Edufleet Sim',
      model: 'ES-Bullet 5M',
      serial: 'SIM00000002',
      needsCredentials: false,
    });
    expect(proposal?.evidence).toContain('it answers without a password');
  });

  it('believes the sender, not the address that it names', async () => {
    const camera = cleanup.use(await startOnvifCamera({ seed: 3, clock, advertisedHost: '203.0.113.66' }));
    const [proposal] = await discover([camera.address]);
    expect(proposal?.address).toEqual(camera.address);
    expect(proposal?.evidence).toContain(
      `it names 203.0.113.66:${camera.port} as its address; only the sender's is used`,
    );
  });

  it('takes no answer to a question that it did not ask', async () => {
    const target = await impostor(() => [
      probeMatches(
        'urn:uuid:00000000-0000-4000-8000-000000000000',
        'urn:uuid:a',
        'http://127.0.0.1/onvif/device_service',
      ),
      probeMatches('', 'urn:uuid:b', 'http://127.0.0.1/onvif/device_service'),
    ]);
    expect(await discover([target])).toEqual([]);
  });

  it('survives whatever comes back', async () => {
    const target = await impostor((relatesTo) => [
      Uint8Array.of(0, 255, 254),
      '',
      '<a',
      '<!DOCTYPE a><a/>',
      `${'<a>'.repeat(3_000)}`,
      probeMatches(relatesTo, '', 'http://127.0.0.1/'),
      probeMatches(
        relatesTo,
        `urn:uuid:${'x'.repeat(5_000)}`,
        'javascript:alert(1) http://[bad http://127.0.0.1:99999/',
      ),
      probeMatches(relatesTo, 'urn:uuid:no-address', ''),
    ]);
    const found = await discover([target]);
    expect(found.map(({ key, address }) => ({ key, address }))).toEqual([
      { key: '127.0.0.1:80', address: { host: '127.0.0.1', port: 80 } },
      { key: 'urn:uuid:no-address', address: { host: '127.0.0.1', port: 80 } },
    ]);
  });

  it('tells when one endpoint answers from two places', async () => {
    const camera = cleanup.use(await startOnvifCamera({ seed: 4, clock, host: '127.0.10.4' }));
    const { endpoint } = camera.identity;
    const target = await impostor((relatesTo) => [probeMatches(relatesTo, endpoint, 'http://127.0.0.1/')]);
    const found = await discover([camera.address, target]);
    expect(found).toHaveLength(1);
    expect(found[0]?.evidence.some((line) => line.startsWith('the same endpoint answered from 127.0.'))).toBe(true);
  });

  it('ends at once when it is aborted', async () => {
    const controller = new AbortController();
    const searching = discover([{ host: '127.0.0.1', port: 9 }], controller.signal);
    controller.abort(new Error('agent stops'));
    await expect(searching).rejects.toThrow('agent stops');
  });
});

function probeMatches(relatesTo: string, endpoint: string, addresses: string): string {
  return `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><s:Header><a:RelatesTo>${relatesTo}</a:RelatesTo></s:Header><s:Body><d:ProbeMatches><d:ProbeMatch><a:EndpointReference><a:Address>${endpoint}</a:Address></a:EndpointReference><d:XAddrs>${addresses}</d:XAddrs></d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>`;
}
