import { defineDriver } from '../driver.ts';
import { announcementTopics, readAnnounced } from './announced.ts';
import { family } from './mapping.ts';
import { connectDevice } from './session.ts';
import { settingsSchema } from './settings.ts';

/** Devices that connect to the agent's own broker by themselves: Tasmota, Zigbee2MQTT, and Home Assistant's discovery. */
export const genericMqtt = defineDriver({
  family,
  label: { vi: 'Thiết bị MQTT', en: 'MQTT device' },
  settings: settingsSchema,
  defaultPort: undefined,
  capabilities: ['identity', 'power', 'temperature', 'surroundings', 'energy', 'battery', 'diagnostics'],
  needs: () => [{ kind: 'broker' }],
  connect: connectDevice,
  traces: { topics: announcementTopics },
  recognise: async function* ({ sightings }) {
    yield* readAnnounced(sightings.filter((one) => one.kind === 'announcement'));
  },
});
