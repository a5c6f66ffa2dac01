import { startServerBmc } from '../../simulators/server-bmc/index.ts';
import type { PartOptions, SchoolPart } from './part.ts';

const family = 'server-bmc';

/** The school's server, by its management controller. */
export async function startServer({ clock, seed, host, stack }: PartOptions): Promise<SchoolPart> {
  const credentials = { username: 'operator', password: `BMC-${seed}-may-chu` };
  const bmc = stack.use(await startServerBmc({ clock, credentials, host: host(81), port: 8000 }));
  return {
    devices: [
      {
        name: 'Máy chủ của trường',
        room: 'Phòng máy chủ',
        family,
        address: bmc.address,
        credentials,
        settings: { plainHttp: true },
        isFound: false,
      },
    ],
    records: [],
    habits: [
      async ({ pause, below }) => {
        await pause(30_000);
        for (const sensor of bmc.server.temperatures) sensor.value += below(3) - 1;
      },
    ],
  };
}
