export { type Broker, type BrokerDeps, createBroker } from './broker.ts';
export type { BrokerTls } from './listener.ts';
export type {
  BrokerAudit,
  BrokerCommands,
  BrokerCredentials,
  BrokerHealth,
  BrokerIngest,
  BrokerQuarantine,
  BrokerRegistry,
} from './ports.ts';
export { type BrokerLimits, defaultLimits } from './settings.ts';
