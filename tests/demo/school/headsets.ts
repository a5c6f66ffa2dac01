import { AdbServerSimulator } from '../../simulators/vr-headset/index.ts';
import type { PartOptions, SchoolDevice, SchoolPart } from './part.ts';

const family = 'vr-headset';
const count = 6;
/** Numbers of BatteryManager. */
const charging = 2;
const discharging = 3;
const full = 5;
/** From how many on the lesson goes on without a charger, and at which charge a headset goes back to it. */
const low = 14;

/** The headsets of the VR room behind one adb server: some in use, some on their charger. */
export async function startHeadsets({ clock, seed, host, stack }: PartOptions): Promise<SchoolPart> {
  const places = Array.from({ length: count }, (_, n) => ({ host: host(61 + n), port: 5555 }));
  const adb = stack.use(await AdbServerSimulator.start(clock, { host: host(60), port: 5037 }, places));
  const devices: SchoolDevice[] = [];
  for (const [n, { android, address }] of adb.headsets.entries()) {
    const name = `Kính VR ${String(n + 1).padStart(2, '0')}`;
    android.deviceName = name;
    android.properties['ro.serialno'] = `2G0YC${String(seed).padStart(4, '0')}${String(n + 1).padStart(4, '0')}`;
    android.level = n === 5 ? low - 1 : 34 + ((seed * 17 + n * 13) % 60);
    android.status = n % 3 === 2 && n !== 5 ? charging : discharging;
    android.temperatureTenths = 290 + n * 8;
    const settings = { server: adb.server, pollSeconds: 30 };
    devices.push({ name, room: 'Phòng thực tế ảo', family, address, settings, isFound: false });
  }
  return {
    devices,
    records: [adb.asked, ...adb.headsets.map(({ android }) => android.lines)],
    habits: [
      async ({ pause, below }) => {
        await pause(45_000);
        for (const [n, { android }] of adb.headsets.entries()) {
          if (android.status === discharging) android.level -= android.level > 9 ? below(2) : 0;
          else android.level = Math.min(100, android.level + 1 + below(2));
          if (android.level === 100) android.status = below(4) === 0 ? discharging : full;
          // The last one was put down somewhere and is forgotten.
          else if (android.level <= low && n !== count - 1) android.status = charging;
        }
      },
    ],
  };
}
