import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Dialect } from '../../../../agent/devices/generic-mqtt/dialect.ts';
import { dialectOf } from '../../../../agent/devices/generic-mqtt/dialects.ts';
import { mapDescriptor, mapEvents, mapSamples, mapStates } from '../../../../agent/devices/generic-mqtt/mapping.ts';
import { settingsSchema } from '../../../../agent/devices/generic-mqtt/settings.ts';
import { type DeviceView, emptyView, mergeView } from '../../../../agent/devices/generic-mqtt/view.ts';
import { matchesTopic } from '../../../../agent/platform/mqtt/topic-filter.ts';
import { ProtocolError } from '../../../../protocols/bytes/error.ts';
import { capabilities } from '../../../../protocols/fleet/capabilities/index.ts';
import { descriptorSchema } from '../../../../protocols/fleet/record.ts';
import { createHomeAssistant } from '../../../simulators/generic-mqtt/home-assistant.ts';
import type { Message, Model } from '../../../simulators/generic-mqtt/model.ts';
import { createTasmota } from '../../../simulators/generic-mqtt/tasmota.ts';
import { createZigbee } from '../../../simulators/generic-mqtt/zigbee.ts';

const settings = (given: object) => settingsSchema.parse(given);

const kinds = [
  {
    name: 'Tasmota',
    dialect: dialectOf(settings({ dialect: 'tasmota', topic: 'fan' })),
    model: (): Model => createTasmota({ topic: 'fan', uptime: () => 600, restart: () => {} }),
    expected: {
      identity: {
        model: 'Nous A1T',
        firmware: '13.1.0(tasmota)',
        hardware: 'ESP8266EX',
        macs: ['48:55:19:17:e7:ae'],
      },
      commands: ['on', 'off', 'reboot'],
      states: { power: { state: 'on' }, energy: { since: '2026-01-05T00:00:00' } },
      samples: { 'energy.power': 32, 'energy.total': 14.687, 'energy.voltage': 231, 'energy.current': 0.148 },
    },
  },
  {
    name: 'Zigbee2MQTT',
    dialect: dialectOf(settings({ dialect: 'zigbee2mqtt', topic: 'room 7/plug' })),
    model: (): Model => createZigbee('room 7/plug'),
    expected: {
      identity: { vendor: 'Xiaomi', model: 'ZNCZ02LM', serial: '0x00158d00018255df', firmware: '1.3.009' },
      commands: ['on', 'off'],
      states: { power: { state: 'on' }, energy: {} },
      samples: { 'energy.power': 42.5, 'energy.total': 1.25, 'energy.voltage': 231, 'energy.current': 0.2 },
    },
  },
  {
    name: 'Home Assistant',
    dialect: dialectOf(settings({ dialect: 'home-assistant', topic: 'door' })),
    model: (): Model => createHomeAssistant('door'),
    expected: {
      identity: {
        vendor: 'espressif',
        model: 'esp32dev',
        serial: '4855191700ae',
        firmware: '2024.6.0',
        macs: ['48:55:19:17:00:ae'],
      },
      commands: ['on', 'off'],
      states: {
        power: { state: 'off' },
        temperature: { level: 'unknown' },
        surroundings: { contact: 'closed' },
        battery: { state: 'unknown' },
        diagnostics: { faults: [] },
      },
      samples: { 'temperature.celsius': 25, 'surroundings.humidity': 61.5, 'battery.level': 88 },
    },
  },
] as const;

/** What the driver knows after these messages, as the broker would let them through. */
function hear(dialect: Dialect, messages: readonly Message[], from: DeviceView = emptyView): DeviceView {
  let view = from;
  for (const { topic, payload } of messages) {
    if (!dialect.publish.some((filter) => matchesTopic(filter, topic))) continue;
    const told = dialect.read(view, topic, Buffer.from(payload));
    if (told) view = mergeView(view, told.update);
  }
  return view;
}

function valid(view: DeviceView, dialect: Dialect): void {
  descriptorSchema.strict().parse(mapDescriptor(view, dialect));
  for (const [name, state] of Object.entries(mapStates(view, dialect)))
    capabilities[name as keyof typeof capabilities].state.strict().parse(state);
  for (const value of Object.values(mapSamples(view.readings))) expect(Number.isFinite(value)).toBe(true);
}

describe.each(kinds)('$name', ({ dialect, model, expected }) => {
  it('is known after its greeting and its answers', () => {
    const device = model();
    const greeted = hear(dialect, device.greet());
    const questions = dialect.ask(greeted, Number.POSITIVE_INFINITY, true);
    const answers = questions.flatMap(({ topic, payload }) => device.obey(topic, payload));
    for (const { answer } of questions) expect(answers.map(({ topic }) => topic)).toContain(answer);
    const view = hear(dialect, answers, greeted);
    valid(view, dialect);
    expect(view.power).toBe(device.power);
    const { capabilities: offered, ...identity } = mapDescriptor(view, dialect);
    expect(identity).toEqual({ family: 'generic-mqtt', ...expected.identity });
    expect(offered['power']?.commands).toEqual(expected.commands);
    expect(mapStates(view, dialect)).toMatchObject(expected.states);
    expect(Object.keys(offered)).toEqual(['identity', ...Object.keys(expected.states)]);
    expect(mapSamples(view.readings)).toEqual(expected.samples);
    const request = dialect.switchPower(view, device.power === 'on' ? 'off' : 'on');
    expect(dialect.subscribe.some((filter) => matchesTopic(filter, request?.topic ?? ''))).toBe(true);
    const changed = hear(dialect, device.obey(request?.topic ?? '', request?.payload ?? ''), view);
    expect(changed.power).toBe(device.power);
    expect(mapEvents(view, changed)).toEqual([
      { capability: 'power', name: 'changed', severity: 'info', data: { from: view.power, to: device.power } },
    ]);
  });

  it('is offline by its last will, or its bridge is', () => {
    const device = model();
    const view = hear(dialect, [...device.greet(), device.will]);
    expect([view.isOnline, view.isBridgeOnline]).toContain(false);
  });

  it('may be lied to in any way, and then knows less, and nothing that the contract refuses', () => {
    const device = model();
    const topics = [...device.greet(), ...device.speak(), device.will].map(({ topic }) => topic);
    const payload = fc.oneof(
      fc.constantFrom(...[...device.greet(), ...device.speak()].map((message) => message.payload)),
      fc.json({ maxDepth: 4 }),
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.constantFrom('{"StatusSNS":{"ENERGY":{"Power":1e308}}}', '{"battery":-5}', '{"dev":{"name":[]}}', 'null'),
    );
    const messages = fc.array(fc.tuple(fc.constantFrom(...topics), payload), { maxLength: 30 });
    fc.assert(
      fc.property(messages, (list) => {
        let view: DeviceView = emptyView;
        for (const [topic, text] of list) {
          try {
            view = mergeView(view, dialect.read(view, topic, Buffer.from(text))?.update ?? {});
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(ProtocolError);
          }
          valid(view, dialect);
        }
      }),
    );
  });
});

describe('one device among others', () => {
  it('believes a Tasmota discovery message of its own topic only', () => {
    const [tasmota] = kinds;
    const config = tasmota
      .model()
      .greet()
      .find(({ topic }) => topic.endsWith('/config'));
    const read = (payload: string) => hear(tasmota.dialect, [{ topic: config?.topic ?? '', payload }]).identity;
    expect(read(config?.payload ?? '')).toMatchObject({ model: 'Nous A1T', mac: '48:55:19:17:e7:ae' });
    // The same version in other words is no new one.
    const told = hear(tasmota.dialect, [
      { topic: 'stat/fan/STATUS2', payload: '{"StatusFWR":{"Version":"13.1.0(tasmota)"}}' },
      { topic: config?.topic ?? '', payload: config?.payload ?? '' },
    ]);
    expect(told.identity.firmware).toBe('13.1.0(tasmota)');
    expect(read((config?.payload ?? '').replace('"t":"fan"', '"t":"other"'))).toEqual({});
  });

  it('takes no topics of others from a discovery message', () => {
    const [, , { dialect }] = kinds;
    const config = (cmd: string) => [
      { topic: 'homeassistant/switch/x/config', payload: JSON.stringify({ stat_t: 'door/s', cmd_t: cmd }) },
    ];
    expect(dialect.switchPower(hear(dialect, config('door/set')), 'on')).toEqual({ topic: 'door/set', payload: 'ON' });
    expect(dialect.switchPower(hear(dialect, config('cmnd/other/POWER')), 'on')).toBeUndefined();
    expect(dialect.switchPower(hear(dialect, config('doors/set')), 'on')).toBeUndefined();
  });

  it('understands a state that came before its discovery, and forgets what is withdrawn', () => {
    const [, , { dialect }] = kinds;
    const topic = 'homeassistant/sensor/t/config';
    const config = { topic, payload: '{"stat_t":"door/t","dev_cla":"temperature"}' };
    const view = hear(dialect, [{ topic: 'door/t', payload: '21.5' }, config]);
    expect(view.readings).toEqual({ temperatureCelsius: 21.5 });
    expect(view.unexplained.size).toBe(0);
    expect(hear(dialect, [{ topic, payload: '' }], view).entities.size).toBe(0);
  });

  it('remembers only so much that nobody explains', () => {
    const [, , { dialect }] = kinds;
    const many = Array.from({ length: 300 }, (_, index) => ({ topic: `door/${index}`, payload: 'x' }));
    const view = hear(dialect, [...many, { topic: 'door/large', payload: 'x'.repeat(5_000) }]);
    expect(view.unexplained.size).toBeLessThanOrEqual(100);
    const configs = Array.from({ length: 300 }, (_, index) => ({
      topic: `homeassistant/sensor/${index}/config`,
      payload: '{"stat_t":"door/t","dev_cla":"temperature"}',
    }));
    expect(hear(dialect, configs).entities.size).toBe(200);
  });

  it('asks no sleeping device, and a switch only after long silence', () => {
    const [, { dialect }] = kinds;
    const view = { ...emptyView, canSwitch: true, power: 'on' } as const;
    expect(dialect.ask(view, 0, false)).toEqual([]);
    expect(dialect.ask(view, 600_000, false)).toHaveLength(1);
    expect(dialect.ask({ ...view, isSleepy: true }, 600_000, false)).toEqual([]);
    expect(dialect.ask({ ...view, canSwitch: false }, 600_000, true)).toEqual([]);
  });
});

describe('events', () => {
  const eventsOf = (conditions: DeviceView['conditions'], before: DeviceView['conditions'] = {}) =>
    mapEvents({ ...emptyView, conditions: before }, { ...emptyView, conditions });

  it('tell a door that moves, and no door that is heard of for the first time', () => {
    expect(eventsOf({ contact: 'open' })).toEqual([]);
    expect(eventsOf({ contact: 'open' }, { contact: 'closed' })).toMatchObject([{ name: 'contact' }]);
    expect(eventsOf({ contact: 'open' }, { contact: 'open' })).toEqual([]);
  });

  it('tell a danger in any case, and its end', () => {
    expect(eventsOf({ hasSmoke: true })).toMatchObject([
      { severity: 'critical', data: { kind: 'smoke', active: true } },
    ]);
    expect(eventsOf({ hasLeak: false }, { hasLeak: true })).toMatchObject([
      { severity: 'info', data: { active: false } },
    ]);
    expect(eventsOf({ hasLeak: false })).toEqual([]);
  });

  it('tell a fault once', () => {
    expect(eventsOf({ isBatteryLow: true, hasProblem: true })).toMatchObject([
      { data: { part: 'battery' } },
      { data: { part: 'device', level: 'error' } },
    ]);
    expect(eventsOf({ isBatteryLow: true }, { isBatteryLow: true })).toEqual([]);
  });
});

describe('settings', () => {
  it.each([
    {},
    { dialect: 'tasmota', topic: 'a/+' },
    { dialect: 'tasmota', topic: '$SYS' },
    { dialect: 'tasmota', topic: 'a/' },
    { dialect: 'tasmota', topic: '/a' },
    { dialect: 'tasmota', topic: 'a', fullTopic: '%topic%/' },
    { dialect: 'other', topic: 'a' },
  ])('refuse %j', (given) => {
    expect(settingsSchema.safeParse(given).success).toBe(false);
  });
});
