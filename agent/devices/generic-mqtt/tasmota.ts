import { withoutGaps } from '../../../protocols/bytes/json.ts';
import { readTasmota, readTasmotaConfig, type TasmotaUpdate } from '../../../protocols/tasmota/message.ts';
import { discoveryFilter, type TasmotaPrefix, tasmotaLeaf, tasmotaTopic } from '../../../protocols/tasmota/topics.ts';
import type { Dialect, Told } from './dialect.ts';
import type { Settings } from './settings.ts';
import type { DeviceView, ViewUpdate } from './view.ts';

/** Tasmota: tasmota.github.io/docs/MQTT and Commands. It answers every question, so silence is a fault. */
export function tasmotaDialect(settings: Settings): Dialect {
  const topicOf = (prefix: TasmotaPrefix, leaf: string) => tasmotaTopic(settings, prefix, leaf);
  const question = (command: string, payload: string, answer: string) => ({
    topic: topicOf('cmnd', command),
    payload,
    answer: topicOf('stat', answer),
  });
  const readConfig = (view: DeviceView, payload: Uint8Array): Told | undefined => {
    const { topic, fullTopic, relays: _relays, ...identity } = readTasmotaConfig(payload);
    // Bound to one device by its topics: what it says of others is not believed.
    if (topic !== settings.topic || fullTopic !== settings.fullTopic) return undefined;
    // Its status tells the version with the name of the build; here it is shorter.
    const { firmware = identity.firmware } = view.identity;
    return { update: { identity: withoutGaps({ ...identity, firmware }) }, isSignOfLife: true };
  };

  return {
    publish: [topicOf('tele', '+'), topicOf('stat', '+'), discoveryFilter],
    subscribe: [topicOf('cmnd', '#')],
    silentAfterMs: Number.POSITIVE_INFINITY,
    read: (view, topic, payload) => {
      const leaf = tasmotaLeaf(settings, topic)?.leaf;
      if (leaf === undefined)
        return payload.length > 0 && topic.endsWith('/config') ? readConfig(view, payload) : undefined;
      const told = readTasmota(leaf, payload);
      // Its last will speaks for it once it is gone.
      return told && { update: updateOf(told, settings.relay), isSignOfLife: told.isOnline !== false };
    },
    ask: (_view, _silentMs, isFirst) =>
      isFirst
        ? [question('STATUS', '0', 'STATUS11')]
        : [question('STATE', '', 'RESULT'), question('STATUS', '8', 'STATUS8')],
    switchPower: (view, power) =>
      view.power && { topic: topicOf('cmnd', `POWER${settings.relay}`), payload: power.toUpperCase() },
    tellsPower: (view) => view.power !== undefined,
    reboot: { topic: topicOf('cmnd', 'RESTART'), payload: '1' },
  };
}

function updateOf({ isOnline, relays, uptimeSeconds, sensors, identity }: TasmotaUpdate, relay: number): ViewUpdate {
  const { energySince, ...readings } = sensors ?? {};
  return withoutGaps({ isOnline, power: relays?.[relay], uptimeSeconds, readings, energySince, identity });
}
