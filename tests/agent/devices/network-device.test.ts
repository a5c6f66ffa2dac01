import { networkDevice } from '../../../agent/devices/network-device/index.ts';
import { NetworkDeviceSimulator } from '../../simulators/network-device/index.ts';
import { type Conformance, driverConformance } from '../../support/driver-conformance.ts';

const shared = {
  driver: networkDevice,
  credentials: { password: 'school-read' },
  commands: [],
  without: {
    'hang-up': 'SNMP runs over UDP, which has no connection to end',
    'wrong-password':
      'SNMP v2c leaves a wrong community without an answer, as silence does; v3 is tested against snmpd',
  },
} satisfies Partial<Conformance<NetworkDeviceSimulator>>;

driverConformance<NetworkDeviceSimulator>({
  ...shared,
  start: (clock) => NetworkDeviceSimulator.start(clock, 'switch'),
  change: {
    capability: 'ports',
    make: ({ equipment }) => {
      const port = equipment.ports[3];
      if (port) port.isUp = true;
    },
  },
});

driverConformance<NetworkDeviceSimulator>({
  ...shared,
  start: (clock) => NetworkDeviceSimulator.start(clock, 'printer'),
  change: {
    capability: 'supplies',
    make: ({ equipment }) => {
      equipment.printerErrors = 0x44;
    },
  },
});

driverConformance<NetworkDeviceSimulator>({
  ...shared,
  start: (clock) => NetworkDeviceSimulator.start(clock, 'ups'),
  change: {
    capability: 'ups',
    make: ({ equipment }) => {
      equipment.source = 5;
    },
  },
});
