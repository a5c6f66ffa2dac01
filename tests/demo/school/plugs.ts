import { connect, type MqttClient } from 'mqtt';
import type { Address } from '../../../agent/platform/network.ts';
import type { Model } from '../../simulators/generic-mqtt/model.ts';
import { createTasmota } from '../../simulators/generic-mqtt/tasmota.ts';
import { createZigbee } from '../../simulators/generic-mqtt/zigbee.ts';
import type { PartOptions, SchoolPart } from './part.ts';

const family = 'generic-mqtt';
const retryMs = 5_000;
const patienceMs = 4_000;
/** What is for all devices of a kind: the agent refuses it, with a word in its log each time. */
const foreign = ['cmnd/tasmotas/#', 'zigbee2mqtt/bridge/info'];

interface Plug extends AsyncDisposable {
  /** Somebody presses its button. */
  press(): void;
  /** Tells its state, as such devices do from time to time. */
  speak(): void;
}

/** Plugs with a meter that come to the agent's own broker by themselves, as soon as it knows them. */
export async function startPlugs({ clock, seed, broker, stack }: PartOptions): Promise<SchoolPart> {
  const startedMs = clock.mono();
  const uptime = () => 864_000 + (clock.mono() - startedMs) / 1_000;
  const password = (n: number) => `MQTT-${seed}-o-cam-${n}`;
  const wanted = [
    {
      name: 'Ổ cắm máy chiếu Phòng 1',
      room: 'Phòng 1',
      settings: { dialect: 'tasmota', topic: 'o-cam-phong-1' },
      model: createTasmota({ topic: 'o-cam-phong-1', uptime, restart: () => {} }),
    },
    {
      name: 'Ổ cắm máy in',
      room: 'Văn phòng',
      settings: { dialect: 'zigbee2mqtt', topic: 'van-phong/o-cam' },
      model: createZigbee('van-phong/o-cam'),
    },
  ];
  const plugs = wanted.map(({ model }, n) =>
    stack.use(startPlug(model, broker, { username: `o-cam-${n + 1}`, password: password(n + 1) })),
  );
  return {
    devices: wanted.map(({ model: _, ...device }, n) => ({
      ...device,
      family,
      credentials: { username: `o-cam-${n + 1}`, password: password(n + 1) },
      isFound: false,
    })),
    records: [],
    habits: [
      async ({ pause, below }) => {
        await pause(300_000 + below(600_000));
        plugs[below(plugs.length)]?.press();
      },
      async ({ pause }) => {
        await pause(60_000);
        for (const plug of plugs) plug.speak();
      },
    ],
  };
}

function startPlug(model: Model, { host, port }: Address, account: { username: string; password: string }): Plug {
  const { topic, payload, retain = false } = model.will;
  const client: MqttClient = connect({
    host,
    port,
    ...account,
    protocol: 'mqtt',
    clientId: account.username,
    reconnectPeriod: retryMs,
    connectTimeout: patienceMs,
    queueQoSZero: false,
    will: { topic, payload: Buffer.from(payload), qos: 1, retain },
  });
  const say = (messages: ReturnType<Model['greet']>) => {
    if (!client.connected) return;
    for (const message of messages.filter((one) => !foreign.includes(one.topic))) {
      client.publish(message.topic, message.payload, { qos: 1, retain: message.retain ?? false }, () => {});
    }
  };
  // It is refused as long as the agent does not know it, and comes again.
  client.on('error', () => {});
  client.on('connect', () =>
    client.subscribe(
      model.subscribe.filter((one) => !foreign.includes(one)),
      { qos: 1 },
      () => say(model.greet()),
    ),
  );
  client.on('message', (to, bytes) => say(model.obey(to, bytes.toString())));
  return {
    press: () => say(model.press()),
    speak: () => say(model.speak()),
    [Symbol.asyncDispose]: () => client.endAsync(true),
  };
}
