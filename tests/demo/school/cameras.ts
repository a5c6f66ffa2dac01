import { type OnvifCamera, type OnvifCameraOptions, startOnvifCamera } from '../../simulators/onvif-camera/index.ts';
import { classrooms, type PartOptions, type SchoolDevice, type SchoolPart } from './part.ts';

const family = 'onvif-camera';
const port = 8000;
/** Where one of them counts who comes and goes, and has a lamp and a door contact wired to it. */
const doorway = 'Thư viện';
const senses = {
  relays: [{ token: 'den-bao', mode: 'Bistable', delayMs: 0, idle: 'open', isActive: false }],
  inputs: [{ token: 'cua', isActive: false }],
  rules: [
    { name: 'Cửa vào', kind: 'line', value: 0 },
    { name: 'Phòng đọc', kind: 'occupancy', value: 0 },
  ],
} as const satisfies OnvifCameraOptions;

/** A camera in each room, true ONVIF. */
export async function startCameras(
  { clock, seed, host, stack }: PartOptions,
  count: number,
): Promise<SchoolPart & { readonly cameras: readonly OnvifCamera[] }> {
  const cameras: OnvifCamera[] = [];
  const devices: SchoolDevice[] = [];
  for (let n = 0; n < count; n++) {
    const room = classrooms[n % classrooms.length] ?? classrooms[0];
    const credentials = { username: 'admin', password: `Truong-hoc-${seed}-${n + 1}` };
    const camera = stack.use(
      await startOnvifCamera({
        clock,
        seed: seed * 100 + n,
        host: host(11 + n),
        port,
        credentials,
        // One of them runs seven minutes late, as one in a school always does.
        clockSkewMs: n === 2 ? -7 * 60_000 : 0,
        ...(room === doorway ? senses : {}),
      }),
    );
    cameras.push(camera);
    const address = { host: camera.host, port: camera.port };
    devices.push({ name: `Camera ${room}`, room, family, address, credentials, isFound: true });
  }
  return {
    cameras,
    devices,
    records: [],
    habits: [
      // People walk past.
      async ({ pause, below }) => {
        const camera = cameras[below(cameras.length)];
        camera?.setMotion(true);
        await pause(2_000 + below(4_000));
        camera?.setMotion(false);
        await pause(3_000 + below(9_000));
      },
      // Readers come in, one at a time, and stay for a while.
      async ({ pause, below }) => {
        await pause(15_000 + below(40_000));
        const camera = cameras[devices.findIndex(({ room }) => room === doorway)];
        camera?.setInput('cua', true);
        camera?.detect('Cửa vào', 1);
        camera?.detect('Phòng đọc', below(12));
        await pause(1_500);
        camera?.setInput('cua', false);
      },
    ],
  };
}
