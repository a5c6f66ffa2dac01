import { expect } from 'vitest';
import { serverBmc } from '../../../agent/devices/server-bmc/index.ts';
import { type ServerBmc, startServerBmc } from '../../simulators/server-bmc/index.ts';
import { type Conformance, driverConformance } from '../../support/driver-conformance.ts';

const credentials = { username: 'operator', password: 'Phòng máy <1> & 2' };
const verifyOrders =
  (...orders: readonly string[]) =>
  ({ server, sessions }: ServerBmc) => {
    expect(server.orders).toEqual(orders);
    expect(sessions).toBe(1);
  };

const shared: Omit<Conformance<ServerBmc>, 'start'> = {
  driver: serverBmc,
  credentials,
  settings: { plainHttp: true },
  change: {
    capability: 'diagnostics',
    make: ({ server }) => {
      const fan = server.fans[0];
      if (fan) fan.health = 'Critical';
    },
  },
  commands: [
    {
      capability: 'power',
      name: 'on',
      args: {},
      prepare: ({ server }) => {
        server.power = 'Off';
      },
      verify: verifyOrders('On'),
    },
    { capability: 'power', name: 'off', args: {}, verify: verifyOrders('GracefulShutdown') },
    { capability: 'power', name: 'reboot', args: {}, verify: verifyOrders('GracefulRestart') },
    { capability: 'power', name: 'reset', args: {}, verify: verifyOrders('ForceRestart') },
  ],
};

driverConformance<ServerBmc>({ ...shared, start: (clock) => startServerBmc({ clock, credentials }) });
