import type { HostPort } from '../../agent/devices/driver.ts';
import type { DesiredDevice } from '../../protocols/fleet/messages.ts';
import { createHomeAssistant } from '../simulators/generic-mqtt/home-assistant.ts';
import { createTasmota } from '../simulators/generic-mqtt/tasmota.ts';
import { createZigbee } from '../simulators/generic-mqtt/zigbee.ts';
import { type BoardProfile, BoardSimulator } from '../simulators/interactive-board/index.ts';
import { MiniPcSimulator } from '../simulators/mini-pc.ts';
import { NetworkDeviceSimulator } from '../simulators/network-device/index.ts';
import { startOnvifCamera } from '../simulators/onvif-camera/index.ts';
import { ProjectorSimulator } from '../simulators/pjlink-projector.ts';
import { ReaderSimulator } from '../simulators/rfid-gate/index.ts';
import { LibrarySimulator } from '../simulators/rfid-gate/library.ts';
import { startServerBmc } from '../simulators/server-bmc/index.ts';
import { StudioSimulator } from '../simulators/studio/index.ts';
import { AdbServerSimulator } from '../simulators/vr-headset/index.ts';
import { createOddBroker, type OddBroker } from './hostile-broker.ts';
import type { LeapingClock } from './hostile-clock.ts';
import { oddOfItsType } from './hostile-mutation.ts';
import type { Truth } from './hostile-network.ts';
import type { Random } from './hostile-random.ts';

/** One device of a family that is attacked: the truth to twist, and what a desired document says of it. */
export interface Target {
  readonly desired: Pick<DesiredDevice, 'address' | 'credentials' | 'settings'>;
  readonly truths: readonly Truth[];
  /** Something happens to the true device: what it tells by itself is twisted too. */
  readonly stir?: (random: Random) => void;
  /** Forgets what the simulator keeps for other tests. */
  readonly tidy?: () => void;
}

/** Everything of one family that is attacked at the same time. */
export interface Assault {
  readonly targets: readonly Target[];
  readonly host?: OddHost;
  /** For devices that come to the agent by themselves. */
  readonly broker?: OddBroker;
}

/** The machine itself, told wrongly. */
interface OddHost {
  readonly port: HostPort;
  readonly lies: () => number;
}

export interface Ground {
  readonly clock: LeapingClock;
  readonly random: Random;
  readonly stack: AsyncDisposableStack;
  /** False once everybody shall tell the truth. */
  readonly isHostile: () => boolean;
}

/** How each family is attacked, by its name. A family without a line here is one that nobody has attacked yet. */
export const assaults: Readonly<Record<string, (ground: Ground) => Promise<Assault>>> = {
  'generic-mqtt': async ({ clock, random, isHostile }) => {
    const kinds = [
      {
        settings: { dialect: 'tasmota', topic: 'fan' },
        model: createTasmota({ topic: 'fan', uptime: () => clock.mono() / 1_000, restart: () => {} }),
      },
      { settings: { dialect: 'zigbee2mqtt', topic: 'plug', askAfterSeconds: 60 }, model: createZigbee('plug') },
      { settings: { dialect: 'home-assistant', topic: 'door' }, model: createHomeAssistant('door') },
    ];
    const models = new Map(kinds.map(({ settings, model }) => [settings.topic, model]));
    const broker = createOddBroker({ clock, random: random.fork('broker'), isHostile, models });
    return {
      targets: kinds.map(({ settings }, at) => ({
        desired: { credentials: { username: settings.topic, password: 'school' }, settings },
        truths: [],
        ...(at === 0 ? { stir: () => broker.stir() } : {}),
      })),
      broker,
    };
  },
  'interactive-board': async ({ clock, stack }) => {
    const profiles: readonly BoardProfile[] = [
      'samsung-mdc',
      'philips-sicp',
      'iiyama',
      'viewsonic',
      'benq',
      'lg',
      'smart',
    ];
    const boards = await Promise.all(profiles.map((profile) => BoardSimulator.start({ clock, profile })));
    for (const board of boards) stack.use(board);
    return {
      targets: boards.map((board, at) => ({
        desired: { address: board.address, settings: { profile: profiles[at], pollSeconds: 60 } },
        truths: [{ transport: 'tcp', address: board.address }],
        tidy: () => forget(board),
      })),
    };
  },
  'mini-pc': async ({ clock, random, isHostile, stack }) => {
    const machine = stack.use(new MiniPcSimulator(clock));
    return {
      targets: [{ desired: { settings: {} }, truths: [] }],
      host: oddHost(machine.host, clock, random, isHostile),
    };
  },
  'network-device': async ({ clock, stack }) => {
    const kinds = ['switch', 'printer', 'ups'] as const;
    const devices = await Promise.all(kinds.map((kind) => NetworkDeviceSimulator.start(clock, kind)));
    for (const device of devices) stack.use(device);
    return {
      targets: devices.map(({ address }) => ({
        desired: { address, credentials: { password: 'school-read' }, settings: {} },
        truths: [{ transport: 'udp', address }],
      })),
    };
  },
  'onvif-camera': async ({ clock, stack }) => {
    const credentials = { username: 'admin', password: 'Lớp & học <7>' };
    const camera = stack.use(await startOnvifCamera({ seed: 1, clock, credentials, clockSkewMs: -3_600_000 }));
    const { address } = camera;
    return {
      targets: [
        {
          desired: { address, credentials, settings: {} },
          truths: [
            { transport: 'tcp', address },
            { transport: 'udp', address },
          ],
          stir: (random) => camera.setMotion(random.chance(0.5)),
        },
      ],
    };
  },
  'pjlink-projector': async ({ clock, stack }) => {
    const password = 'JBMIAProjectorLink';
    const projector = stack.use(await ProjectorSimulator.start({ clock, password }));
    const { address } = projector;
    return {
      targets: [
        {
          desired: { address, credentials: { password }, settings: {} },
          truths: [
            { transport: 'tcp', address },
            { transport: 'udp', address },
          ],
          tidy: () => forget(projector),
        },
      ],
    };
  },
  'rfid-gate': async ({ clock, stack }) => {
    const reader = stack.use(await ReaderSimulator.start({ clock }));
    const library = stack.use(await LibrarySimulator.start({ clock }));
    return {
      targets: [
        {
          desired: {
            address: reader.address,
            settings: {
              inputs: [{ port: 1, counts: 'people' }],
              output: { port: 1, seconds: 2 },
              item: { by: 'epc' },
              security: { by: 'library' },
              library: library.address,
            },
          },
          truths: [
            { transport: 'tcp', address: reader.address },
            { transport: 'tcp', address: library.address },
          ],
          stir: (random) =>
            reader.see({
              epc: `300833b2ddd9014000${random
                .below(2 ** 24)
                .toString(16)
                .padStart(6, '0')}`,
            }),
          tidy: () => forget(reader, library),
        },
      ],
    };
  },
  'server-bmc': async ({ clock, stack }) => {
    const credentials = { username: 'operator', password: 'Phòng máy <1> & 2' };
    const controller = stack.use(await startServerBmc({ clock, credentials }));
    const { address } = controller;
    return {
      targets: [
        {
          desired: { address, credentials, settings: { plainHttp: true } },
          truths: [{ transport: 'tcp', address }],
          tidy: () => forget(controller),
        },
      ],
    };
  },
  studio: async ({ clock, stack }) => {
    const password = 'studio password';
    const rig = stack.use(await StudioSimulator.start({ clock, password }));
    const { mixer, camera, sonyCamera, deck, switcher } = rig;
    const truths: readonly Truth[] = [
      ...[mixer, camera, deck, switcher].map(({ address }): Truth => ({ transport: 'tcp', address })),
      { transport: 'udp', address: sonyCamera.udpAddress },
    ];
    return {
      targets: [
        {
          desired: { address: rig.address, credentials: { password }, settings: rig.settings },
          truths,
          tidy: () => forget(...rig.members),
        },
      ],
    };
  },
  'vr-headset': async ({ clock, stack }) => {
    const adb = stack.use(await AdbServerSimulator.start(clock));
    return {
      targets: [
        {
          desired: { address: adb.address, settings: { server: adb.server } },
          truths: [
            { transport: 'tcp', address: adb.server },
            { transport: 'tcp', address: adb.address },
          ],
          tidy: () => forget(adb),
        },
      ],
    };
  },
};

/** Empties the lists of what a simulator saw, which other tests look at. */
function forget(...simulators: readonly object[]): void {
  for (const simulator of simulators) {
    for (const name of ['received', 'asked', 'switched', 'violations', 'requests']) {
      const list: unknown = Reflect.get(simulator, name);
      if (Array.isArray(list)) list.length = 0;
    }
  }
}

/** The machine itself: its own counters may be anything, late, or not come at all. */
function oddHost(host: HostPort, clock: LeapingClock, random: Random, isHostile: () => boolean): OddHost {
  let lies = 0;
  const twist = async <T>(value: T, signal: AbortSignal): Promise<T> => {
    await clock.wait(5, signal);
    if (!isHostile() || random.chance(0.5)) return value;
    lies++;
    if (random.chance(0.1)) await clock.wait(3_600_000, signal);
    if (random.chance(0.1)) throw new Error('EIO: i/o error, read');
    return oddOfItsType(value, random);
  };
  return {
    port: {
      facts: async (signal) => twist(await host.facts(signal), signal),
      load: async (signal) => twist(await host.load(signal), signal),
    },
    lies: () => lies,
  };
}
