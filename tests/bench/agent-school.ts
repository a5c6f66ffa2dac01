import type { DesiredDevice } from '../../protocols/fleet/messages.ts';
import { systemClock } from '../../provisioning/platform/clock.ts';
import { type BoardProfile, BoardSimulator } from '../simulators/interactive-board/index.ts';
import { NetworkDeviceSimulator } from '../simulators/network-device/index.ts';
import { startOnvifCamera } from '../simulators/onvif-camera/index.ts';
import { ProjectorSimulator } from '../simulators/pjlink-projector.ts';
import { ReaderSimulator } from '../simulators/rfid-gate/index.ts';
import { startServerBmc } from '../simulators/server-bmc/index.ts';
import type { Simulator } from '../simulators/simulator.ts';
import { StudioSimulator } from '../simulators/studio/index.ts';
import { AdbServerSimulator } from '../simulators/vr-headset/index.ts';

/** A process of its own: the devices of a large school, made of software, so that what an agent costs is the agent's alone. */

export type SchoolDevice = Omit<DesiredDevice, 'id' | 'name'> & {
  /** Ports of loopback by which it is reached. */
  readonly ports: readonly number[];
};
/** From the bench: make the devices of these places silent. */
export type SchoolOrder = { readonly silence: readonly number[] };

type Started = SchoolDevice & { readonly simulator?: Simulator };

const clock = systemClock;
const profiles: readonly BoardProfile[] = ['samsung-mdc', 'philips-sicp', 'iiyama', 'viewsonic', 'benq', 'lg', 'smart'];
const kinds = ['switch', 'printer', 'ups'] as const;
const credentials = { username: 'admin', password: 'Truong hoc 2026' };

/** How many of each family; together with the machine itself they are 200. */
const families: readonly (readonly [count: number, start: (n: number) => Promise<Started>])[] = [
  [
    60,
    async (n) => {
      const profile = profiles[n % profiles.length] ?? 'samsung-mdc';
      return deviceOf('interactive-board', await BoardSimulator.start({ clock, profile }), { settings: { profile } });
    },
  ],
  [40, async () => deviceOf('pjlink-projector', await ProjectorSimulator.start({ clock }), { settings: {} })],
  [
    40,
    async (seed) => {
      const camera = await startOnvifCamera({ clock, seed, credentials, discoveryPort: false });
      const stir = () => {
        camera.setMotion(true);
        setTimeout(() => camera.setMotion(false), 5_000).unref();
      };
      setInterval(stir, 60_000 + seed * 1_000).unref();
      return deviceOf('onvif-camera', camera, { credentials, settings: {} });
    },
  ],
  [
    24,
    async (n) => {
      const device = await NetworkDeviceSimulator.start(clock, kinds[n % kinds.length] ?? 'switch');
      return deviceOf('network-device', device, { credentials: { password: 'school-read' }, settings: {} });
    },
  ],
  [
    10,
    async () =>
      deviceOf('rfid-gate', await ReaderSimulator.start({ clock }), {
        settings: { inputs: [{ port: 1, counts: 'people' }], security: { by: 'afi', inStock: [7], onLoan: [0xc2] } },
      }),
  ],
  [
    5,
    async () => {
      const studio = await StudioSimulator.start({ clock });
      const members = [...studio.members.map(({ address }) => address.port), studio.sonyCamera.udpAddress.port];
      return deviceOf('studio', studio, { settings: studio.settings }, members);
    },
  ],
  [
    10,
    async () => {
      const headset = await AdbServerSimulator.start(clock);
      return deviceOf('vr-headset', headset, { settings: { server: headset.server } }, [headset.server.port]);
    },
  ],
  [
    10,
    async () => {
      const server = await startServerBmc({ clock, credentials });
      return deviceOf('server-bmc', server, { credentials, settings: { plainHttp: true } });
    },
  ],
  [1, async () => ({ family: 'mini-pc', settings: {}, ports: [] })],
];

function deviceOf(
  family: string,
  simulator: Simulator,
  desired: Pick<DesiredDevice, 'credentials' | 'settings'>,
  ports: readonly number[] = [],
): Started {
  const { address } = simulator;
  return { family, address, ...desired, ports: [...new Set([address.port, ...ports])], simulator };
}

const school: Started[] = [];
for (const [count, start] of families) for (let n = 0; n < count; n++) school.push(await start(n));

process.on('message', (order: SchoolOrder) => {
  const silenced = order.silence.map((place) => school[place]?.simulator?.setFault('silence'));
  void Promise.all(silenced).then(() => process.send?.('silent'));
});
process.on('disconnect', () => process.exit(0));
process.send?.(school.map(({ simulator: _running, ...device }): SchoolDevice => device));
