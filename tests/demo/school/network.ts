import { NetworkDeviceSimulator } from '../../simulators/network-device/index.ts';
import type { PartOptions, SchoolDevice, SchoolPart } from './part.ts';

const family = 'network-device';
/** Not 161: only root may listen there. */
const port = 16_161;
/** RFC 1628 upsOutputSource. */
const mains = 3;
const battery = 5;
/** RFC 2790 hrPrinterDetectedErrorState: lowToner. */
const lowToner = 0x20;
/** RFC 2790 hrPrinterStatus. */
const idle = 3;
const printing = 4;

/** Switch, printer and UPS of the school. The printer wants toner, a cable is loose, and the power fails now and then. */
export async function startNetwork({ clock, seed, host, stack }: PartOptions): Promise<SchoolPart> {
  const password = `snmp-${seed}-doc`;
  const start = async (n: number, kind: 'switch' | 'printer' | 'ups') =>
    stack.use(await NetworkDeviceSimulator.start(clock, kind, password, { host: host(70 + n), port }));
  const [hub, printer, ups] = [await start(1, 'switch'), await start(2, 'printer'), await start(3, 'ups')];
  const place = (name: string, room: string, { address }: NetworkDeviceSimulator): SchoolDevice => ({
    name,
    room,
    family,
    address,
    credentials: { password },
    settings: { pollSeconds: 20 },
    isFound: false,
  });
  printer.equipment.toner = 9;
  printer.equipment.printerErrors = lowToner;
  return {
    devices: [
      place('Switch tầng 1', 'Phòng máy chủ', hub),
      place('Máy in văn phòng', 'Văn phòng', printer),
      place('Bộ lưu điện', 'Phòng máy chủ', ups),
    ],
    records: [],
    habits: [
      // Traffic, and a loose cable.
      async ({ pause, below }) => {
        await pause(5_000);
        for (const one of hub.equipment.ports) {
          if (!one.isUp) continue;
          one.octetsIn += BigInt(100_000 + below(2_000_000));
          one.octetsOut += BigInt(50_000 + below(500_000));
        }
      },
      async ({ pause, below }) => {
        await pause(240_000 + below(300_000));
        const loose = hub.equipment.ports[1];
        if (!loose) return;
        loose.isUp = false;
        await pause(40_000);
        loose.isUp = true;
      },
      async ({ pause, below }) => {
        await pause(60_000 + below(90_000));
        printer.equipment.printerStatus = printing;
        await pause(25_000);
        printer.equipment.pages += 1 + below(30);
        printer.equipment.printerStatus = idle;
      },
      async ({ pause, below }) => {
        await pause(600_000 + below(900_000));
        ups.equipment.source = battery;
        for (let n = 0; n < 9; n++) {
          await pause(10_000);
          ups.equipment.charge -= 1;
        }
        ups.equipment.source = mains;
        for (; ups.equipment.charge < 98; ups.equipment.charge += 1) await pause(15_000);
      },
    ],
  };
}
