import { ProjectorSimulator } from '../../simulators/pjlink-projector.ts';
import { classrooms, type PartOptions, type SchoolDevice, type SchoolPart } from './part.ts';

const family = 'pjlink-projector';
const port = 4352;

/** A projector in each room, true PJLink; every other one asks for a password. */
export async function startProjectors(
  { clock, seed, host, stack }: PartOptions,
  count: number,
): Promise<SchoolPart & { readonly projectors: readonly ProjectorSimulator[] }> {
  const projectors: ProjectorSimulator[] = [];
  const devices: SchoolDevice[] = [];
  for (let n = 0; n < count; n++) {
    const room = classrooms[n % classrooms.length] ?? classrooms[0];
    const secret = n % 2 === 0 ? { password: `PJ${seed}chieu${n + 1}` } : {};
    const projector = stack.use(
      await ProjectorSimulator.start({ clock, host: host(21 + n), port, class: n < 4 ? 2 : 1, ...secret }),
    );
    dress(projector, { n, seed, room });
    projectors.push(projector);
    devices.push({
      name: `Máy chiếu ${room}`,
      room,
      family,
      address: projector.address,
      ...('password' in secret ? { credentials: secret } : {}),
      isFound: true,
    });
  }
  return { projectors, devices, habits: [], records: projectors.map(({ received }) => received) };
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
