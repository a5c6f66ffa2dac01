import { withoutGaps } from '../../../protocols/bytes/json.ts';
import {
  askZigbeePower,
  readAvailability,
  readZigbeeDevices,
  readZigbeeState,
  setZigbeePower,
  stateName,
  type ZigbeeState,
} from '../../../protocols/zigbee2mqtt/message.ts';
import type { Dialect, Told } from './dialect.ts';
import type { Settings } from './settings.ts';
import type { DeviceView, ViewUpdate } from './view.ts';

/** A battery device checks in once in 25 h (zigbee2mqtt.io, "Device-Availability"). */
const silentAfterSeconds = 90_000;

/** One device behind Zigbee2MQTT; all of them share the bridge's connection and so its user name. */
export function zigbeeDialect(settings: Settings): Dialect {
  const { baseTopic, topic, endpoint } = settings;
  const device = `${baseTopic}/${topic}`;
  const bridgeState = `${baseTopic}/bridge/state`;
  const bridgeDevices = `${baseTopic}/bridge/devices`;

  const readers: Readonly<Record<string, (payload: Uint8Array) => Told | undefined>> = {
    [device]: (payload) => ({ update: updateOf(readZigbeeState(payload, endpoint)), isSignOfLife: true }),
    [`${device}/availability`]: (payload) => ({
      update: { isOnline: readAvailability(payload) },
      isSignOfLife: false,
    }),
    [bridgeState]: (payload) => ({ update: { isBridgeOnline: readAvailability(payload) }, isSignOfLife: false }),
    [bridgeDevices]: (payload) => {
      const found = readZigbeeDevices(payload).find(({ name, ieeeAddress }) => name === topic || ieeeAddress === topic);
      if (!found) return undefined;
      const { vendor, model, firmware, ieeeAddress: serial, name, isBatteryPowered: isSleepy } = found;
      const canSwitch = found.switches.includes(stateName(endpoint));
      return {
        update: { isSleepy, canSwitch, identity: withoutGaps({ vendor, model, firmware, serial, name }) },
        isSignOfLife: false,
      };
    },
  };

  return {
    publish: [device, `${device}/availability`, bridgeState, bridgeDevices],
    // Zigbee2MQTT subscribes to all below its base topic in one filter, and to nothing else.
    subscribe: [`${baseTopic}/#`],
    silentAfterMs: (settings.silentAfterSeconds ?? silentAfterSeconds) * 1_000,
    read: (_view, from, payload) => (Object.hasOwn(readers, from) ? readers[from]?.(payload) : undefined),
    ask: (view, silentMs, isFirst) => {
      const isDue = isFirst || silentMs >= settings.askAfterSeconds * 1_000;
      return hasSwitch(view) && !view.isSleepy && isDue
        ? [{ ...askZigbeePower(device, endpoint), answer: device }]
        : [];
    },
    switchPower: (view, power) => (hasSwitch(view) ? setZigbeePower(device, power, endpoint) : undefined),
    tellsPower: hasSwitch,
  };
}

function hasSwitch({ canSwitch, power }: DeviceView): boolean {
  return canSwitch ?? power !== undefined;
}

function updateOf(state: ZigbeeState): ViewUpdate {
  const { power, contact, isOccupied, hasLeak, hasSmoke, isBatteryLow, isTampered, ...readings } = state;
  const conditions = withoutGaps({ contact, isOccupied, hasLeak, hasSmoke, isBatteryLow, isTampered });
  return withoutGaps({ power, readings, conditions });
}
