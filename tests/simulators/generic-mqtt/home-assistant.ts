import type { Message, Model } from './model.ts';

/** A door sensor with a siren that describes itself as ESPHome does, with the short names of Home Assistant's discovery. */
export function createHomeAssistant(node: string): Model & { door: 'ON' | 'OFF'; lowBattery: boolean } {
  const device = {
    ids: '4855191700ae',
    name: 'Door of the server room',
    sw: '2024.6.0',
    mdl: 'esp32dev',
    mf: 'espressif',
    cns: [['mac', '48:55:19:17:00:ae']],
  };
  const config = (component: string, id: string, entity: object): Message => ({
    topic: `homeassistant/${component}/${node}/${id}/config`,
    payload: JSON.stringify({
      '~': `${node}/${component}/${id}`,
      stat_t: '~/state',
      avty_t: `${node}/status`,
      dev: device,
      ...entity,
    }),
    retain: true,
  });
  const state = (component: string, id: string, payload: string): Message => ({
    topic: `${node}/${component}/${id}/state`,
    payload,
    retain: true,
  });
  const states = () => [
    state('switch', 'siren', model.power.toUpperCase()),
    state('binary_sensor', 'door', model.door),
    state('binary_sensor', 'battery_low', model.lowBattery ? 'ON' : 'OFF'),
    state('sensor', 'temperature', '77.0'),
    state('sensor', 'humidity', '61.5'),
    state('sensor', 'battery', '88'),
  ];

  const model: Model & { door: 'ON' | 'OFF'; lowBattery: boolean } = {
    power: 'off',
    door: 'OFF',
    lowBattery: false,
    will: { topic: `${node}/status`, payload: 'offline', retain: true },
    subscribe: [`${node}/switch/siren/command`, 'homeassistant/status'],
    greet: () => [
      { topic: `${node}/status`, payload: 'online', retain: true },
      config('switch', 'siren', { name: 'Siren', cmd_t: '~/command' }),
      config('binary_sensor', 'door', { name: 'Door', dev_cla: 'door' }),
      config('binary_sensor', 'battery_low', { name: 'Battery low', dev_cla: 'battery' }),
      config('sensor', 'temperature', { dev_cla: 'temperature', unit_of_meas: '°F' }),
      config('sensor', 'humidity', { dev_cla: 'humidity', unit_of_meas: '%' }),
      config('sensor', 'battery', { dev_cla: 'battery', unit_of_meas: '%' }),
      config('climate', 'room', { name: 'Nothing that we read' }),
      ...states(),
    ],
    obey: (topic, payload) => {
      if (topic !== `${node}/switch/siren/command` || !/^(ON|OFF)$/.test(payload)) return [];
      model.power = payload === 'ON' ? 'on' : 'off';
      return [state('switch', 'siren', payload)];
    },
    press: () => {
      model.door = model.door === 'ON' ? 'OFF' : 'ON';
      return [state('binary_sensor', 'door', model.door)];
    },
    speak: states,
  };
  return model;
}
