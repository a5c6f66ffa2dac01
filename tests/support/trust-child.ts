import { readFileSync } from 'node:fs';
import { folderFetch } from '../../agent/deployments/trust/content.ts';
import { nodeDisk, type TrustDisk } from '../../agent/deployments/trust/disk.ts';
import { ReleaseTrust } from '../../agent/deployments/trust/trust.ts';
import { silentLog } from '../../protocols/ports.ts';
import { systemClock } from '../../provisioning/platform/clock.ts';

/** Refreshes an agent's release metadata from a folder and kills itself before the nth thing that it does to the disk. */
const [dataDir = '', stick = '', killAt = '0'] = process.argv.slice(2);
let step = 0;
const disk = Object.fromEntries(
  Object.entries(nodeDisk).map(([name, work]) => [
    name,
    (...args: string[]) => {
      step += 1;
      if (step === Number(killAt)) process.kill(process.pid, 'SIGKILL');
      return (work as (...all: string[]) => unknown)(...args);
    },
  ]),
) as unknown as TrustDisk;
const packageRoot = readFileSync(`${stick}/metadata/1.root.json`, 'utf8');
const fetch = folderFetch(stick);
const options = { dataDir, packageRoot, buildTimeMs: 0, clock: systemClock, log: silentLog, fetch, disk };
await (await ReleaseTrust.open(options)).refresh(new AbortController().signal);
