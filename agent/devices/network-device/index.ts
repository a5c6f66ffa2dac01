import { defineDriver } from '../driver.ts';
import { findByCommunity, printerPorts, printerServices } from './discovery.ts';
import { family } from './mapping.ts';
import { NetworkDeviceSession, snmpPort } from './session.ts';
import { settingsSchema } from './settings.ts';

/** Switches, network printers and UPS that speak SNMP v2c or v3; they are read, never changed. */
export const networkDevice = defineDriver({
  family,
  label: { vi: 'Thiết bị mạng', en: 'Network device' },
  settings: settingsSchema,
  defaultPort: snmpPort,
  capabilities: ['identity', 'ports', 'supplies', 'ups'],
  connect: async (context) => {
    const session = new NetworkDeviceSession(context);
    await session.poll(context.signal);
    return session;
  },
  traces: { services: printerServices, ports: printerPorts },
  recognise: findByCommunity,
});
