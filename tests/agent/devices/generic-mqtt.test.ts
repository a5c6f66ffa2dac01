import { describe, expect } from 'vitest';
import { genericMqtt } from '../../../agent/devices/generic-mqtt/index.ts';
import { createHomeAssistant } from '../../simulators/generic-mqtt/home-assistant.ts';
import { MqttDeviceSimulator } from '../../simulators/generic-mqtt/index.ts';
import { createTasmota } from '../../simulators/generic-mqtt/tasmota.ts';
import { createZigbee } from '../../simulators/generic-mqtt/zigbee.ts';
import { driverConformance } from '../../support/driver-conformance.ts';

const credentials = { username: 'device', password: 'password of device' };
const noWord = { busy: 'MQTT has no word for it' };

describe('Tasmota', () => {
  driverConformance<MqttDeviceSimulator<ReturnType<typeof createTasmota>>>({
    driver: genericMqtt,
    start: (clock) =>
      MqttDeviceSimulator.start({ clock, ...credentials, model: (life) => createTasmota({ topic: 'fan', ...life }) }),
    broker: ({ broker }) => broker,
    settings: { dialect: 'tasmota', topic: 'fan' },
    credentials,
    without: noWord,
    change: { capability: 'power', make: (device) => device.press() },
    commands: [
      { capability: 'power', name: 'off', args: {}, verify: ({ model }) => expect(model.power).toBe('off') },
      {
        capability: 'power',
        name: 'on',
        args: {},
        prepare: ({ model }) => {
          model.power = 'off';
        },
        verify: ({ model }) => expect(model.power).toBe('on'),
      },
      {
        capability: 'power',
        name: 'reboot',
        args: {},
        verify: (_device, { reporter }) => expect(reporter.last('power')).toEqual({ state: 'on' }),
      },
    ],
  });
});

describe('Zigbee2MQTT', () => {
  driverConformance<MqttDeviceSimulator<ReturnType<typeof createZigbee>>>({
    driver: genericMqtt,
    start: (clock) => MqttDeviceSimulator.start({ clock, ...credentials, model: () => createZigbee('room 7/plug') }),
    broker: ({ broker }) => broker,
    settings: { dialect: 'zigbee2mqtt', topic: 'room 7/plug', askAfterSeconds: 0 },
    credentials,
    without: noWord,
    change: { capability: 'power', make: (device) => device.press() },
    commands: [
      { capability: 'power', name: 'off', args: {}, verify: ({ model }) => expect(model.power).toBe('off') },
      {
        capability: 'power',
        name: 'on',
        args: {},
        prepare: ({ model }) => {
          model.power = 'off';
        },
        verify: ({ model }) => expect(model.power).toBe('on'),
      },
    ],
  });
});

describe('Home Assistant', () => {
  driverConformance<MqttDeviceSimulator<ReturnType<typeof createHomeAssistant>>>({
    driver: genericMqtt,
    start: (clock) =>
      MqttDeviceSimulator.start({ clock, ...credentials, model: () => createHomeAssistant('door'), isUnasked: true }),
    broker: ({ broker }) => broker,
    settings: { dialect: 'home-assistant', topic: 'door' },
    credentials,
    without: {
      ...noWord,
      silence: 'it cannot be asked, so it may be silent for an hour',
      'half-frame': 'its states are words and numbers without a frame: half of one is another one',
      'hang-up': 'it cannot be asked, so nothing makes it hang up',
    },
    change: { capability: 'surroundings', make: (device) => device.press() },
    commands: [
      { capability: 'power', name: 'on', args: {}, verify: ({ model }) => expect(model.power).toBe('on') },
      {
        capability: 'power',
        name: 'off',
        args: {},
        prepare: ({ model }) => {
          model.power = 'on';
        },
        verify: ({ model }) => expect(model.power).toBe('off'),
      },
    ],
  });
});
