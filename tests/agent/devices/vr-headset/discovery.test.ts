import { describe, expect, it } from 'vitest';
import type { Driver, Proposal, RecognitionContext } from '../../../../agent/devices/driver.ts';
import { vrHeadset } from '../../../../agent/devices/vr-headset/index.ts';
import { silentLog } from '../../../../protocols/ports.ts';
import { AdbServerSimulator } from '../../../simulators/vr-headset/index.ts';
import { createFastClock } from '../../../support/clock.ts';
import { createTestContext, createTestNetwork } from '../../../support/driver-context.ts';

const driver: Driver = vrHeadset;
const clock = createFastClock(50);

async function all(found: AsyncIterable<Proposal> | undefined): Promise<readonly Proposal[]> {
  const proposals: Proposal[] = [];
  for await (const proposal of found ?? []) proposals.push(proposal);
  return proposals;
}

/** A context in which the adb server's usual place leads to `server`. */
function contextFor(server: { readonly host: string; readonly port: number } | undefined): RecognitionContext {
  const network = createTestNetwork(clock);
  const connect: typeof network.tcp.connect = (address, options) => {
    expect(address).toEqual({ host: '127.0.0.1', port: 5037 });
    return network.tcp.connect(server ?? { host: '10.0.0.1', port: 5037 }, options);
  };
  const signal = new AbortController().signal;
  const shared = { clock, log: silentLog, targets: [], broadcast: false, signal, communities: [] };
  return { ...network, tcp: { connect }, ...shared, sightings: [] };
}

describe('headsets that are found', () => {
  it('are what the adb server lists, each by its own way', async () => {
    await using simulator = await AdbServerSimulator.start(clock);
    const { host, port } = simulator.address;
    const { context } = createTestContext({
      family: driver.family,
      settings: driver.settings.parse({ server: simulator.server }),
      clock,
      address: simulator.address,
    });
    await using _ = await driver.connect(context);
    const [found, ...more] = await all(driver.discover?.(contextFor(simulator.server)));
    expect(more).toEqual([]);
    expect(found).toMatchObject({
      key: `adb:${host}:${port}`,
      address: { host, port },
      model: 'Quest 3',
      confidence: 'certain',
      evidence: [expect.stringMatching(/lists 127\.0\.0\.1:\d+ as device/)],
    });
  });

  it('are none where the policy does not let this machine be asked, or no server runs', async () => {
    expect(await all(driver.discover?.(contextFor(undefined)))).toEqual([]);
    expect(await all(driver.discover?.(contextFor({ host: '127.0.0.1', port: 9 })))).toEqual([]);
  });

  it('are a possibility where Android announces debugging', async () => {
    const seen = { kind: 'service', host: '10.0.0.7', port: 37_001, text: {} } as const;
    const sightings = [
      { ...seen, type: '_adb-tls-connect._tcp', instance: 'adb-2G0YC1ZF8B07WD-x' },
      { ...seen, type: '_ipp._tcp', instance: 'a printer' },
    ];
    const found = await all(driver.recognise?.({ ...contextFor(undefined), sightings }));
    expect(found).toMatchObject([{ address: { host: '10.0.0.7' }, confidence: 'possible' }]);
    // The port of wireless debugging is another one after each start.
    expect(found[0]?.address.port).toBeUndefined();
  });

  it('on a cable are asked by their serial number, whatever address they were found at', async () => {
    await using simulator = await AdbServerSimulator.start(clock);
    const { context } = createTestContext({
      family: driver.family,
      settings: driver.settings.parse({ server: simulator.server, serial: '2G0YC1ZF8B07WD' }),
      clock,
      address: { host: '127.0.0.1', port: 1 },
    });
    await expect(driver.connect(context)).rejects.toThrow(/knows no headset 2G0YC1ZF8B07WD/);
  });
});
