import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { HostPort } from '../../agent/devices/driver.ts';
import type { Address } from '../../agent/platform/network.ts';
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
import { AtemSimulator } from '../simulators/studio/atem.ts';
import { StudioSimulator } from '../simulators/studio/index.ts';
import { AdbServerSimulator } from '../simulators/vr-headset/index.ts';
import { createOddBroker, type OddBroker } from './hostile-broker.ts';
import type { LeapingClock } from './hostile-clock.ts';
import { oddOfItsType } from './hostile-mutation.ts';
import type { Truth } from './hostile-network.ts';
import { createOddPrograms, type OddPrograms, type OddProgramsOptions } from './hostile-programs.ts';
import type { Random } from './hostile-random.ts';
import { loadVectors } from './vectors.ts';

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
  /** For devices that are asked through a program of the machine. */
  readonly programs?: OddPrograms;
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

/**
 * How each family is attacked, by its name; a second way has the name and something in brackets. A family without a line here
 * is one that nobody has attacked yet.
 */
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
        desired: { address, credentials: { password: 'school-read' }, settings: { pollSeconds: 120 } },
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
  'server-bmc': async ({ clock, random, isHostile, stack }) => {
    const credentials = { username: 'operator', password: 'Phòng máy <1> & 2' };
    const controller = stack.use(await startServerBmc({ clock, credentials }));
    const { address } = controller;
    const ponger = stack.use(await startPonger());
    return {
      targets: [
        {
          desired: { address, credentials, settings: { plainHttp: true } },
          truths: [{ transport: 'tcp', address }],
          tidy: () => forget(controller),
        },
        {
          desired: {
            address: ponger.address,
            credentials: { username: 'operator', password: 'geheim' },
            settings: { wire: 'ipmi' },
          },
          truths: [{ transport: 'udp', address: ponger.address }],
        },
      ],
      programs: createOddPrograms({ clock, random: random.fork('programs'), isHostile, ...ipmitool() }),
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
  'studio (ATEM)': async ({ clock, stack }) => {
    const { address } = stack.use(await AtemSimulator.start({ clock }));
    return {
      targets: [
        {
          desired: { address, settings: { members: [{ kind: 'atem', name: 'ATEM' }] } },
          truths: [{ transport: 'udp', address }],
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

/** Answers presence pings, as a controller does. */
async function startPonger(): Promise<AsyncDisposable & { readonly address: Address }> {
  const pong = Buffer.from(loadVectors('ipmi', 'presence').find(({ name }) => name.includes('pong'))?.hex ?? '', 'hex');
  const socket = createSocket('udp4');
  socket.on('message', (ping, from) => {
    // The tag of ASF's header is that of the ping.
    const answer = Buffer.from(pong);
    answer[9] = ping[9] ?? 0;
    socket.send(answer, from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: { host: '127.0.0.1', port: socket.address().port },
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => socket.close(() => resolve())),
  };
}

/** What Debian's `ipmitool` printed for a simulated controller. */
function ipmitool(): Pick<OddProgramsOptions, 'truths' | 'failures'> {
  const outputs = loadVectors('ipmi', 'outputs');
  const printed = (name: string) => outputs.find((vector) => vector.name === name)?.text ?? '';
  return {
    truths: {
      'mc info': printed('a controller'),
      'fru print 0': printed('an inventory'),
      'chassis status': printed('a chassis that is on'),
      'sdr elist all': printed('sensors within their limits'),
      'sel info': printed('a summary of a bad day'),
      'sel elist last 64': printed('a log of a bad day'),
    },
    failures: loadVectors('ipmi', 'failures').map(({ text = '' }) => text),
  };
}

/** The part of a day that is enough for a wire which says twice a second that it lives. */
export const shares: Readonly<Record<string, number>> = { 'studio (ATEM)': 1 / 8 };

/** The family that an assault is one on. */
export function familyOf(assault: string): string {
  return assault.replace(/ \(.*$/, '');
}

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
