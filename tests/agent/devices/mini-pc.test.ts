import { miniPc } from '../../../agent/devices/mini-pc/index.ts';
import { MiniPcSimulator } from '../../simulators/mini-pc.ts';
import { driverConformance } from '../../support/driver-conformance.ts';

const noWire = 'the machine itself is asked through a typed port, not over a wire';

driverConformance<MiniPcSimulator>({
  driver: miniPc,
  start: async (clock) => new MiniPcSimulator(clock),
  host: (simulator) => simulator.host,
  commands: [],
  change: {
    capability: 'storage',
    make: (simulator) => {
      simulator.load.volumes = [{ name: '/', type: 'ext4', sizeBytes: 128e9, usedBytes: 120e9 }];
    },
  },
  without: {
    garbage: noWire,
    'half-frame': noWire,
    'hang-up': noWire,
    'wrong-password': noWire,
    busy: noWire,
    reboot: 'a rebooting machine takes its agent along',
  },
});
