import type { Message, Model } from './model.ts';

/** A plug behind Zigbee2MQTT 2: zigbee2mqtt.io, "MQTT Topics and Messages", "Exposes" and "Device-Availability". */
export function createZigbee(name: string): Model & { online: boolean } {
  const base = 'zigbee2mqtt';
  const json = (topic: string, value: unknown, retain = false): Message => ({
    topic: `${base}/${topic}`,
    payload: JSON.stringify(value),
    retain,
  });
  const state = () =>
    json(name, {
      state: model.power.toUpperCase(),
      power: model.power === 'on' ? 42.5 : 0,
      energy: 1.25,
      voltage: 231,
      current: 0.2,
      device_temperature: 24,
      linkquality: 120,
    });
  const devices = [
    {
      ieee_address: '0x00124b00120144ae',
      type: 'Coordinator',
      friendly_name: 'Coordinator',
      definition: null,
      power_source: null,
    },
    {
      ieee_address: '0x00158d00018255df',
      type: 'Router',
      friendly_name: name,
      supported: true,
      definition: {
        model: 'ZNCZ02LM',
        vendor: 'Xiaomi',
        description: 'Mi power plug ZigBee',
        exposes: [
          {
            type: 'switch',
            features: [
              { type: 'binary', name: 'state', property: 'state', value_on: 'ON', value_off: 'OFF', access: 7 },
            ],
          },
          { type: 'numeric', name: 'power', property: 'power', unit: 'W', access: 1 },
        ],
      },
      power_source: 'Mains (single phase)',
      software_build_id: '1.3.009',
    },
  ];

  const model: Model & { online: boolean } = {
    power: 'on',
    online: true,
    will: json('bridge/state', { state: 'offline' }, true),
    subscribe: [`${base}/#`],
    greet: () => [
      json('bridge/state', { state: 'online' }, true),
      json('bridge/info', { version: '2.1.0', permit_join: false }, true),
      json('bridge/devices', devices, true),
      json(`${name}/availability`, { state: model.online ? 'online' : 'offline' }, true),
      json('bridge/logging', { level: 'info', message: 'Connected to MQTT server' }),
    ],
    obey: (topic, payload) => {
      const sent = JSON.parse(payload) as { state?: string };
      if (topic === `${base}/${name}/set` && (sent.state === 'ON' || sent.state === 'OFF')) {
        model.power = sent.state === 'ON' ? 'on' : 'off';
        return [state()];
      }
      return topic === `${base}/${name}/get` ? [state()] : [];
    },
    press: () => {
      model.power = model.power === 'on' ? 'off' : 'on';
      return [state()];
    },
    speak: () => [state()],
  };
  return model;
}
