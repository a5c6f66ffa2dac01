import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, expect } from 'vitest';
import { vrHeadset } from '../../../agent/devices/vr-headset/index.ts';
import { AdbServerSimulator } from '../../simulators/vr-headset/index.ts';
import { driverConformance } from '../../support/driver-conformance.ts';

const file = Buffer.from('apk org.example.anatomy 7');
const sha256 = createHash('sha256').update(file).digest('hex');
let shelf: Server;
const install = { id: 'org.example.anatomy', url: '', sha256 };

beforeAll(async () => {
  shelf = createServer((_, response) => response.setHeader('connection', 'close').end(file)).listen(0, '127.0.0.1');
  await once(shelf, 'listening');
  const address = shelf.address();
  install.url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/anatomy.apk`;
});
afterAll(() => void shelf.close());

driverConformance<AdbServerSimulator>({
  driver: vrHeadset,
  start: (clock) => AdbServerSimulator.start(clock),
  settings: (simulator) => ({ server: simulator.server }),
  change: {
    capability: 'battery',
    make: ({ android }) => {
      android.status = 2;
    },
  },
  commands: [
    {
      capability: 'power',
      name: 'reboot',
      args: {},
      verify: ({ android }) => expect(android.reboots).toBe(1),
    },
    {
      capability: 'apps',
      name: 'install',
      args: install,
      verify: ({ android }) => {
        expect(android.packages.get('org.example.anatomy')).toBe('7');
        expect(android.files.size, 'files left on the headset').toBe(0);
      },
    },
    {
      capability: 'apps',
      name: 'remove',
      args: { id: 'com.example.solarsystem' },
      verify: ({ android }) => expect([...android.packages.keys()]).toEqual(['vn.edu.quangngai.vatly']),
    },
    {
      capability: 'apps',
      name: 'launch',
      args: { id: 'com.example.solarsystem' },
      verify: ({ android }) => expect([...android.running]).toEqual(['com.example.solarsystem']),
    },
  ],
});
