import { X509Certificate } from 'node:crypto';
import type { Driver } from '../../../agent/devices/driver.ts';
import { interactiveBoard } from '../../../agent/devices/interactive-board/index.ts';
import { networkDevice } from '../../../agent/devices/network-device/index.ts';
import { onvifCamera } from '../../../agent/devices/onvif-camera/index.ts';
import { pjlinkProjector } from '../../../agent/devices/pjlink-projector/index.ts';
import { rfidGate } from '../../../agent/devices/rfid-gate/index.ts';
import { serverBmc } from '../../../agent/devices/server-bmc/index.ts';
import { studio } from '../../../agent/devices/studio/index.ts';
import { vrHeadset } from '../../../agent/devices/vr-headset/index.ts';
import type { Clock } from '../../../protocols/ports.ts';
import { type BoardProfile, BoardSimulator } from '../../simulators/interactive-board/index.ts';
import { NetworkDeviceSimulator } from '../../simulators/network-device/index.ts';
import { type OnvifCameraOptions, startOnvifCamera } from '../../simulators/onvif-camera/index.ts';
import { ProjectorSimulator } from '../../simulators/pjlink-projector.ts';
import { ReaderSimulator } from '../../simulators/rfid-gate/index.ts';
import { LibrarySimulator } from '../../simulators/rfid-gate/library.ts';
import { startServerBmc } from '../../simulators/server-bmc/index.ts';
import type { Simulator } from '../../simulators/simulator.ts';
import { StudioSimulator } from '../../simulators/studio/index.ts';
import { AdbServerSimulator } from '../../simulators/vr-headset/index.ts';
import type { Captured } from '../../support/captured.ts';
import { createTestAuthority } from '../../support/test-authority.ts';

/** One simulated device, and all that a capture of it must not hold. */
export interface CapturedCase {
  readonly name: string;
  readonly driver: Driver;
  readonly start: (clock: Clock) => Promise<Running>;
}

export interface Running extends AsyncDisposable {
  readonly simulator: Simulator;
  readonly how: Omit<Captured, 'driver' | 'clock'>;
  readonly secrets: readonly string[];
}

const running = (
  simulator: Simulator,
  how: Running['how'],
  secrets: readonly string[],
  ...others: readonly AsyncDisposable[]
): Running => ({
  simulator,
  how: { address: simulator.address, ...how },
  secrets,
  [Symbol.asyncDispose]: async () => {
    for (const one of [simulator, ...others]) await one[Symbol.asyncDispose]();
  },
});

const projector = (digest: 'md5' | 'sha256'): CapturedCase => ({
  name: `pjlink-projector, ${digest}`,
  driver: pjlinkProjector,
  start: async (clock) => {
    const password = 'Máy chiếu P7';
    const simulator = await ProjectorSimulator.start({ clock, password, digest });
    return running(simulator, { credentials: { password } }, [password, simulator.state.serial]);
  },
});

const camera = (name: string, options: OnvifCameraOptions): CapturedCase => ({
  name: `onvif-camera, ${name}`,
  driver: onvifCamera,
  start: async (clock) => {
    const credentials = { username: 'giamthi', password: 'Lớp & học <7>' };
    const simulator = await startOnvifCamera({ seed: 1, clock, credentials, discoveryPort: false, ...options });
    const { serial, mac } = simulator.identity;
    return running(simulator, { credentials }, [...Object.values(credentials), serial, mac, mac.toUpperCase()]);
  },
});

const snmp = (kind: 'switch' | 'printer' | 'ups', password = 'cong-dong-truong'): CapturedCase => ({
  name: `network-device, ${kind}`,
  driver: networkDevice,
  start: async (clock) => {
    const simulator = await NetworkDeviceSimulator.start(clock, kind, password);
    return running(simulator, { credentials: { password } }, [password]);
  },
});

const board = (profile: BoardProfile): CapturedCase => ({
  name: `interactive-board, ${profile}`,
  driver: interactiveBoard,
  start: async (clock) => {
    const simulator = await BoardSimulator.start({ profile, clock });
    return running(simulator, { settings: { profile } }, [simulator.state.serial]);
  },
});

const tag = '3074257bf7194e4000001a85';

/** Samsung's secured mode: TLS with the board's own certificate, and a PIN. */
const securedBoard: CapturedCase = {
  name: 'interactive-board, samsung-mdc, secured',
  driver: interactiveBoard,
  start: async (clock) => {
    const pin = '4719';
    const { key, certificate } = await (await createTestAuthority()).serverIdentity();
    const simulator = await BoardSimulator.start({
      profile: 'samsung-mdc',
      clock,
      secured: { pin, key, certificate },
    });
    const pinnedCertificate = new X509Certificate(certificate).fingerprint256.replaceAll(':', '').toLowerCase();
    const settings = { profile: 'samsung-mdc', pinnedCertificate };
    return running(simulator, { settings, credentials: { password: pin } }, [simulator.state.serial, `${pin}`]);
  },
};

const gate: CapturedCase = {
  name: 'rfid-gate, alone',
  driver: rfidGate,
  start: async (clock) => {
    const simulator = await ReaderSimulator.start({ clock });
    const settings = {
      inputs: [{ port: 1, counts: 'people' }],
      security: { by: 'afi', inStock: [0x07], onLoan: [0xc2] },
      pollSeconds: 5,
    };
    return running(simulator, { settings }, ['00162511', '001625112233', '00:16:25:11:22:33']);
  },
};

const libraryGate: CapturedCase = {
  name: 'rfid-gate, with a library system',
  driver: rfidGate,
  start: async (clock) => {
    const credentials = { username: 'cong-thu-vien', password: 'thu-vien-7' };
    const library = await LibrarySimulator.start({ clock, login: credentials });
    library.items.set('00006789', { circulation: '03', title: 'Dế Mèn phiêu lưu ký' });
    const simulator = await ReaderSimulator.start({ clock });
    const settings = {
      item: { by: 'sgtin-96', id: 'serial', digits: 8 },
      security: { by: 'library' },
      library: { ...library.address, answerMs: 1_000 },
      pollSeconds: 5,
    };
    return running(simulator, { credentials, settings }, [...Object.values(credentials), tag, 'phiêu lưu'], library);
  },
};

const rig: CapturedCase = {
  name: 'studio',
  driver: studio,
  start: async (clock) => {
    const password = 'Phòng thu "A"';
    const simulator = await StudioSimulator.start({ clock, password });
    return running(simulator, { credentials: { password }, settings: simulator.settings }, [password]);
  },
};

const headset: CapturedCase = {
  name: 'vr-headset',
  driver: vrHeadset,
  start: async (clock) => {
    const simulator = await AdbServerSimulator.start(clock);
    return running(simulator, { settings: { server: simulator.server } }, []);
  },
};

const controller: CapturedCase = {
  name: 'server-bmc, Redfish',
  driver: serverBmc,
  start: async (clock) => {
    const credentials = { username: 'kythuatvien', password: 'Phòng máy <1> & 2' };
    const simulator = await startServerBmc({ clock, credentials });
    return running(simulator, { credentials, settings: { plainHttp: true } }, Object.values(credentials));
  },
};

export const capturedCases: readonly CapturedCase[] = [
  projector('md5'),
  projector('sha256'),
  camera('token', {}),
  camera('digest', { signIn: 'digest' }),
  snmp('switch'),
  snmp('printer'),
  snmp('ups', '4719'),
  gate,
  libraryGate,
  rig,
  headset,
  controller,
  securedBoard,
  ...(['samsung-mdc', 'philips-sicp', 'iiyama', 'viewsonic', 'benq', 'lg', 'smart'] as const).map(board),
];
