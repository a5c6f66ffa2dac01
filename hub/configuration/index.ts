export { type Configurations, createConfigurations } from './configuration.ts';
export { wishesOfDevices } from './wishes-of-devices.ts';
