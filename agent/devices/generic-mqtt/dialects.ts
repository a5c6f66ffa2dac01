import type { Dialect } from './dialect.ts';
import { homeAssistantDialect } from './home-assistant.ts';
import type { Settings } from './settings.ts';
import { tasmotaDialect } from './tasmota.ts';
import { zigbeeDialect } from './zigbee.ts';

/** The dialect that the settings name. */
export function dialectOf(settings: Settings): Dialect {
  switch (settings.dialect) {
    case 'tasmota':
      return tasmotaDialect(settings);
    case 'zigbee2mqtt':
      return zigbeeDialect(settings);
    case 'home-assistant':
      return homeAssistantDialect(settings);
  }
}
