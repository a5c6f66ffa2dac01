import { expect } from 'vitest';
import { vrHeadset } from '../../../agent/devices/vr-headset/index.ts';
import { AdbServerSimulator } from '../../simulators/vr-headset/index.ts';
import { driverConformance } from '../../support/driver-conformance.ts';

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
