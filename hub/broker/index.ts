export { type Broker, createBroker } from './broker.ts';
export type { BrokerLimits } from './settings.ts';
