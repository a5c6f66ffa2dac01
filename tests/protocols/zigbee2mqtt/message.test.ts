import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../protocols/bytes/error.ts';
import {
  askZigbeePower,
  readAvailability,
  readZigbeeDevices,
  readZigbeeState,
  setZigbeePower,
} from '../../../protocols/zigbee2mqtt/message.ts';
import { bytesOf, loadVectors, testVectors } from '../../support/vectors.ts';

describe('messages of Zigbee2MQTT', () => {
  testVectors(loadVectors('zigbee2mqtt', 'states'), { decode: (bytes) => readZigbeeState(bytes) });
  testVectors(loadVectors('zigbee2mqtt', 'availability'), { decode: readAvailability });
  testVectors(loadVectors('zigbee2mqtt', 'devices'), { decode: readZigbeeDevices });

  it('tells an open door, a second switch, and a battery from the mains', () => {
    const read = (value: unknown, endpoint?: string) => readZigbeeState(Buffer.from(JSON.stringify(value)), endpoint);
    expect(read({ contact: false })).toEqual({ contact: 'open' });
    expect(read({ state_l1: 'ON', state_l2: 'OFF' }, 'l2')).toEqual({ power: 'off' });
    expect(read({ state_l1: 'ON' })).toEqual({});
    expect(read({ battery: 88, voltage: 2_985, battery_low: false })).toEqual({
      batteryPercent: 88,
      isBatteryLow: false,
    });
    expect(read({ power: 42.5, voltage: 231, current: 0.2, energy: 1.5 })).toEqual({
      powerWatts: 42.5,
      voltageVolts: 231,
      currentAmperes: 0.2,
      energyKilowattHours: 1.5,
    });
  });

  // Koenkk/zigbee2mqtt.io, docs/guide/usage/mqtt_topics_and_messages.md, /set and /get.
  it('switches and asks by name', () => {
    expect(setZigbeePower('zigbee2mqtt/my_plug', 'on')).toEqual({
      topic: 'zigbee2mqtt/my_plug/set',
      payload: '{"state":"ON"}',
    });
    expect(askZigbeePower('zigbee2mqtt/my_plug')).toEqual({
      topic: 'zigbee2mqtt/my_plug/get',
      payload: '{"state":""}',
    });
    expect(setZigbeePower('z/a', 'off', 'l2').payload).toBe('{"state_l2":"OFF"}');
  });

  it('takes an object for no kind of switch, whatever it calls itself', () => {
    const device = (type: unknown) => ({
      ieee_address: '0x00158d00018255df',
      friendly_name: 'plug',
      definition: { exposes: [{ type, features: [{ name: 'state', property: 'state', access: 7 }] }] },
    });
    const list = [device({ toString: 1 }), device('switch'), device('climate')];
    const switches = readZigbeeDevices(Buffer.from(JSON.stringify(list))).map((found) => found.switches);
    expect(switches).toEqual([[], ['state'], []]);
  });

  it('reads at most 500 devices', () => {
    const [devices] = loadVectors('zigbee2mqtt', 'devices');
    const [plug] = JSON.parse(devices?.text ?? '[]') as unknown[];
    expect(readZigbeeDevices(Buffer.from(JSON.stringify(Array(600).fill(plug))))).toHaveLength(500);
    expect(bytesOf(devices ?? { name: '', source: '' }).length).toBeGreaterThan(0);
  });

  it('throws for broken messages nothing but ProtocolError', () => {
    const payload = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.json({ maxDepth: 3 }).map((text) => Buffer.from(text)),
    );
    for (const read of [readZigbeeState, readAvailability, readZigbeeDevices]) {
      fc.assert(
        fc.property(payload, (bytes) => {
          try {
            read(bytes);
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(ProtocolError);
          }
        }),
      );
    }
  });
});
