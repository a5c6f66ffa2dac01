import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { networkDevice } from '../../../../agent/devices/network-device/index.ts';
import { groupStations, placeDevices } from '../../../../agent/devices/network-device/stations.ts';
import { NetworkDeviceSimulator } from '../../../simulators/network-device/index.ts';
import { createFastClock } from '../../../support/clock.ts';
import { createTestContext } from '../../../support/driver-context.ts';

const interfaces = [
  { index: '1', cells: [10_101] },
  { index: '2', cells: [10_102] },
];
const hourMs = 3_600_000;

describe('who hangs on the ports of a switch', () => {
  it('is read of the forwarding table, by VLAN or without, as RFC 4188 and 4363 have it', () => {
    const rows = [
      { index: '0.17.34.170.187.204', cells: [1] },
      { index: '10.0.17.34.170.187.205', cells: [2] },
      { index: '20.0.17.34.170.187.205', cells: [2] },
      // Not learned on a port, of a port that is no interface, and no card.
      { index: '0.0.0.0.0.1', cells: [0] },
      { index: '0.0.0.0.0.2', cells: [9] },
      { index: '1.2.3', cells: [1] },
      { index: '0.0.0.0.0.256', cells: [1] },
    ];
    expect(groupStations(rows, interfaces)).toEqual(
      new Map([
        ['10101', ['00:11:22:aa:bb:cc']],
        ['10102', ['00:11:22:aa:bb:cd']],
      ]),
    );
  });

  it('is told of our own devices alone, and remembered for a day after the switch forgot', () => {
    const ownerOf = (mac: string) => (mac.startsWith('ours') ? mac : undefined);
    const crowd = Array.from({ length: 17 }, (_, at) => `ours-${at}`);
    const stations = new Map([
      ['1', ['ours-a', 'phone of a pupil']],
      ['2', crowd],
    ]);
    const first = placeDevices(stations, ownerOf, new Map(), 0);
    expect([...first.keys()], 'a port with many cards leads elsewhere').toEqual(['ours-a']);
    const silent = placeDevices(new Map(), ownerOf, first, 23 * hourMs);
    expect([...silent]).toEqual([['ours-a', { port: '1', atMs: 0 }]]);
    expect(placeDevices(new Map(), ownerOf, first, 24 * hourMs).size).toBe(0);
    expect(placeDevices(new Map([['3', ['ours-a']]]), ownerOf, first, hourMs).get('ours-a')?.port).toBe('3');
  });

  it('never names anybody whom nobody knows', () => {
    const mac = fc.constantFrom('a', 'b', 'c', 'd');
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('1', '2', '3'), fc.array(mac)),
        fc.subarray(['a', 'b']),
        (found, known) => {
          const ownerOf = (card: string) => (known.includes(card) ? `device ${card}` : undefined);
          for (const device of placeDevices(new Map(Object.entries(found)), ownerOf, new Map(), 0).keys())
            expect(known.map((card) => `device ${card}`)).toContain(device);
        },
      ),
    );
  });

  it('stands at the port that the switch tells', async () => {
    const clock = createFastClock(10);
    await using simulator = await NetworkDeviceSimulator.start(clock, 'switch');
    simulator.learn([
      { mac: [0, 17, 34, 170, 187, 204], port: 2 },
      { mac: [2, 0, 0, 0, 0, 9], port: 1 },
    ]);
    const test = createTestContext({
      family: networkDevice.family,
      settings: networkDevice.settings.parse({}),
      clock,
      address: simulator.address,
      credentials: { password: 'school-read' },
      ownerOf: (mac) => (mac === '00:11:22:aa:bb:cc' ? 'camera-1' : undefined),
    });
    await using _ = await networkDevice.connect(test.context);
    const { ports } = test.reporter.last('ports') as { ports: readonly { name: string; devices?: string[] }[] };
    expect(ports.flatMap(({ name, devices }) => (devices ? [[name, devices]] : []))).toEqual([
      ['Gi1/0/3', ['camera-1']],
    ]);
  });
});
