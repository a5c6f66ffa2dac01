import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../protocols/bytes/error.ts';
import { discoveryFilters, readDiscovery } from '../../../protocols/home-assistant/discovery.ts';
import { readTemplate } from '../../../protocols/home-assistant/template.ts';
import { readEntityAvailability, readOnOff, readQuantity } from '../../../protocols/home-assistant/value.ts';
import { bytesOf, loadVectors, type Vector } from '../../support/vectors.ts';

const bytes = (text: string) => Buffer.from(text);

describe('discovery of Home Assistant', () => {
  for (const vector of loadVectors<Vector & { readonly topic: string }>('home-assistant', 'discovery')) {
    it(`reads ${vector.name}`, () => {
      expect(readDiscovery('homeassistant', vector.topic, bytesOf(vector))?.entities).toEqual(vector.value);
      for (let length = 1; length < bytesOf(vector).length; length++)
        expect(() => readDiscovery('homeassistant', vector.topic, bytesOf(vector).subarray(0, length))).toThrow();
    });
  }

  it('reads a node in the topic, a removal, and no topic of another kind', () => {
    const read = (topic: string, text = '{}') => readDiscovery('homeassistant', topic, bytes(text));
    expect(read('homeassistant/switch/node/lamp/config')?.source).toBe('switch/node/lamp');
    expect(read('homeassistant/switch/lamp/config', '')).toEqual({ source: 'switch/lamp', entities: [] });
    expect(read('homeassistant/climate/room/config')?.entities).toEqual([]);
    for (const topic of ['homeassistant/switch/config', 'homeassistant/switch/a/b/c/config', 'other/switch/a/config'])
      expect(read(topic)).toBeUndefined();
    expect(discoveryFilters('ha')).toEqual(['ha/+/+/config', 'ha/+/+/+/config']);
  });

  it('takes an object for no platform, whatever it calls itself', () => {
    const text = '{"cmps":{"a":{"p":{"toString":1}},"b":{"p":"switch"}}}';
    const found = readDiscovery('homeassistant', 'homeassistant/device/x/config', bytes(text));
    expect(found?.entities.map(({ id }) => id)).toEqual(['device/x/b']);
  });

  it('reads several availabilities under a base topic', () => {
    const text = '{"~":"esp/1","avty":[{"t":"~/status"},{"topic":"x","pl_avail":"up","val_tpl":"{{ value_json.s }}"}]}';
    const [entity] = readDiscovery('homeassistant', 'homeassistant/switch/a/config', bytes(text))?.entities ?? [];
    expect(entity?.availability).toEqual([
      { topic: 'esp/1/status', available: 'online', notAvailable: 'offline', path: 'whole' },
      { topic: 'x', available: 'up', notAvailable: 'offline', path: ['s'] },
    ]);
    const [first, second] = entity?.availability ?? [];
    if (!first || !second) throw new Error('two are expected');
    expect(readEntityAvailability(first, bytes('offline'))).toBe(false);
    expect(readEntityAvailability(second, bytes('{"s":"up"}'))).toBe(true);
    expect(readEntityAvailability(second, bytes('{"s":"what"}'))).toBeUndefined();
  });

  it('throws for broken messages nothing but ProtocolError', () => {
    const part = fc.dictionary(
      fc.constantFrom('~', 'stat_t', 'cmd_t', 'avty', 'dev', 'val_tpl', 'cmps', 'p', 'name', 'schema', '__proto__'),
      fc.oneof(fc.jsonValue(), fc.constantFrom('~/x', 'sensor', '{{ value_json.a }}')),
    );
    const payload = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      part.map((value) => bytes(JSON.stringify(value))),
    );
    const component = fc.constantFrom('switch', 'light', 'sensor', 'device', 'constructor');
    fc.assert(
      fc.property(component, payload, (name, content) => {
        try {
          const { entities } = readDiscovery('homeassistant', `homeassistant/${name}/x/config`, content) ?? {};
          for (const entity of entities ?? []) readOnOff(entity, content);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(ProtocolError);
        }
      }),
    );
  });
});

describe('templates of Home Assistant', () => {
  it.each([
    ['{{ value }}', 'whole'],
    ['{{value_json.temperature}}', ['temperature']],
    ["{{ value_json['DHT22'].Temperature }}", ['DHT22', 'Temperature']],
    ['{{ value_json["a b"][0].c | float(0) | round(1) }}', ['a b', 0, 'c']],
    ['{{- value_json.x | is_defined -}}', ['x']],
  ])('%s names a field', (template, path) => {
    expect(readTemplate(template)).toEqual(path);
  });

  it.each([
    "{% if value == 'ON' %}1{% endif %}",
    '{{ value_json.a + 1 }}',
    '{{ value_json.a | multiply(2) }}',
    '{{ states("sensor.x") }}',
    '{{ value_json.a }} {{ value_json.b }}',
    'text',
    '',
  ])('%j is run by nobody', (template) => {
    expect(readTemplate(template)).toBeUndefined();
  });
});

describe('values of Home Assistant', () => {
  const quantity = (deviceClass: string, unit: string | undefined, text: string) =>
    readQuantity({ deviceClass, ...(unit === undefined ? {} : { unit }), path: 'whole' }, bytes(text));

  it.each([
    ['temperature', '°C', '21.5', { quantity: 'temperatureCelsius', value: 21.5 }],
    ['temperature', '°F', '212', { quantity: 'temperatureCelsius', value: 100 }],
    ['power', 'kW', '1.5', { quantity: 'powerWatts', value: 1_500 }],
    ['energy', 'Wh', '1500', { quantity: 'energyKilowattHours', value: 1.5 }],
    ['humidity', undefined, '40', { quantity: 'humidityPercent', value: 40 }],
    ['temperature', 'K', '300', undefined],
    ['temperature', '°C', 'unavailable', undefined],
    ['distance', 'm', '3', undefined],
    ['constructor', undefined, '3', undefined],
  ])('%s in %s of %s', (deviceClass, unit, text, expected) => {
    expect(quantity(deviceClass, unit, text)).toEqual(expected);
  });

  it.each([
    ['temperature', '°F', '1e308'],
    ['power', 'kW', '-1e308'],
  ])('takes a number of %s in %s that is none in our unit for no number', (deviceClass, unit, text) => {
    expect(() => quantity(deviceClass, unit, text)).toThrow(ProtocolError);
  });

  it('takes text for no number', () => {
    expect(() => quantity('power', 'W', 'much')).toThrow(ProtocolError);
  });

  it('knows on and off by the words of the device only', () => {
    const entity = { path: ['a'], stateOn: 'true', stateOff: 'false' };
    expect([true, false, 'maybe'].map((a) => readOnOff(entity, bytes(JSON.stringify({ a }))))).toEqual([
      true,
      false,
      undefined,
    ]);
  });
});
