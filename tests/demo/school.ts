import type { Clock } from '../../protocols/ports.ts';
import { type OnvifCamera, startOnvifCamera } from '../simulators/onvif-camera/index.ts';
import { ProjectorSimulator } from '../simulators/pjlink-projector.ts';

/** One simulated device: where it is found, which room it hangs in, and how to sign in. */
export interface SchoolDevice {
  readonly name: string;
  readonly room: string;
  readonly address: { readonly host: string; readonly port: number };
  readonly credentials?: { readonly username?: string; readonly password: string };
}

/** A school made of software: each device is an endpoint of its own and speaks its true wire on loopback. */
export interface SimulatedSchool extends AsyncDisposable {
  readonly devices: readonly SchoolDevice[];
  readonly cameras: readonly OnvifCamera[];
  readonly projectors: readonly ProjectorSimulator[];
}

export interface SchoolOptions {
  readonly clock: Clock;
  /** Decides who the devices are and when something moves before the cameras. */
  readonly seed: number;
  /** Third number of their addresses: 10 is 127.0.10.x, so that two schools can stand side by side. */
  readonly network?: number;
  readonly each?: number;
  /** Nobody walks past the cameras by themselves: a test moves what it wants. */
  readonly isStill?: boolean;
}

const cameraPort = 8000;
const projectorPort = 4352;

export const demoRooms = ['Phòng 1', 'Phòng 2', 'Phòng 3', 'Phòng 4', 'Thư viện', 'Hội trường'] as const;

/** Starts six cameras (true ONVIF) and six projectors (true PJLink), or `each` of both. Throws when an address is taken. */
export async function startSchool(options: SchoolOptions): Promise<SimulatedSchool> {
  await using stack = new AsyncDisposableStack();
  const { seed, clock, network = 10, each = 6 } = options;
  const cameras: OnvifCamera[] = [];
  const projectors: ProjectorSimulator[] = [];
  const devices: SchoolDevice[] = [];
  for (let n = 0; n < each; n++) {
    const room = demoRooms[n % demoRooms.length] ?? 'Phòng 1';
    const credentials = { username: 'admin', password: `Truong-hoc-${seed}-${n + 1}` };
    const camera = stack.use(
      await startOnvifCamera({
        clock,
        seed: seed * 100 + n,
        host: `127.0.${network}.${11 + n}`,
        port: cameraPort,
        credentials,
        // One of them runs seven minutes late, as one in a school always does.
        clockSkewMs: n === 2 ? -7 * 60_000 : 0,
      }),
    );
    cameras.push(camera);
    devices.push({ name: `Camera ${room}`, room, address: { host: camera.host, port: camera.port }, credentials });
    const isSecured = n % 2 === 0;
    const projector = stack.use(
      await ProjectorSimulator.start({
        clock,
        host: `127.0.${network}.${21 + n}`,
        port: projectorPort,
        class: n < 4 ? 2 : 1,
        ...(isSecured ? { password: `PJ${seed}chieu${n + 1}` } : {}),
      }),
    );
    dress(projector, { n, seed, room });
    projectors.push(projector);
    devices.push({
      name: `Máy chiếu ${room}`,
      room,
      address: projector.address,
      ...(isSecured ? { credentials: { password: `PJ${seed}chieu${n + 1}` } } : {}),
    });
  }
  if (!options.isStill) stack.defer(startLife(cameras, clock, seed));
  const owned = stack.move();
  return { devices, cameras, projectors, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

function dress(projector: ProjectorSimulator, { n, seed, room }: { n: number; seed: number; room: string }): void {
  Object.assign(projector.state, {
    name: room,
    maker: 'Edufleet Sim',
    model: n < 4 ? 'SP-2200' : 'SP-1100',
    serial: `SP${String(seed).padStart(4, '0')}${String(n + 1).padStart(4, '0')}`,
    mac: `02:00:5e:10:${(seed % 256).toString(16).padStart(2, '0')}:${(0x20 + n).toString(16)}`,
    lampHours: 400 + ((seed * 37 + n * 911) % 3_000),
    // The last but one asks for a new filter.
    errors: n === 4 ? '000010' : '000000',
  });
}

/** People walk past the cameras: a seeded stir every few seconds. Returns what stops it and waits for the end. */
function startLife(cameras: readonly OnvifCamera[], clock: Clock, seed: number): () => Promise<void> {
  const stop = new AbortController();
  const walk = async () => {
    let state = (seed * 2_654_435_761 + 1) >>> 0;
    const next = (below: number) => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state % below;
    };
    while (!stop.signal.aborted) {
      const camera = cameras[next(cameras.length)];
      camera?.setMotion(true);
      await clock.wait(2_000 + next(4_000), stop.signal);
      camera?.setMotion(false);
      await clock.wait(3_000 + next(9_000), stop.signal);
    }
  };
  const walking = walk().catch((thrown: unknown) => {
    if (!stop.signal.aborted) throw thrown;
  });
  return async () => {
    stop.abort(new Error('the school closes'));
    await walking;
  };
}
