import { FatalError } from '../../protocols/errors.ts';
import type { BrokerPort } from './broker.ts';

/** A broker that admits nobody: the local configuration has none. */
export function createAbsentBroker(): BrokerPort {
  return {
    admit: async () => {
      throw new FatalError('broker-off', 'this agent has no local broker; its configuration does not allow one');
    },
  };
}
