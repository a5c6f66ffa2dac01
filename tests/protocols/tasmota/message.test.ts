import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../protocols/bytes/error.ts';
import { readTasmota, readTasmotaConfig } from '../../../protocols/tasmota/message.ts';
import { defaultFullTopic, tasmotaLeaf, tasmotaTopic } from '../../../protocols/tasmota/topics.ts';
import { bytesOf, loadVectors, type Vector } from '../../support/vectors.ts';

const leaves = ['LWT', 'STATE', 'SENSOR', 'RESULT', 'POWER', 'POWER2', 'INFO1', 'STATUS', 'STATUS11'];

describe('messages of Tasmota', () => {
  for (const vector of loadVectors<Vector & { readonly leaf: string }>('tasmota', 'messages')) {
    it(`reads ${vector.name}`, () => {
      expect(readTasmota(vector.leaf, bytesOf(vector))).toEqual(vector.value);
    });
  }

  for (const vector of loadVectors('tasmota', 'discovery')) {
    it(`reads the discovery of ${vector.name}`, () => {
      expect(readTasmotaConfig(bytesOf(vector))).toEqual(vector.value);
      for (let length = 0; length < bytesOf(vector).length; length++)
        expect(() => readTasmotaConfig(bytesOf(vector).subarray(0, length))).toThrow(ProtocolError);
    });
  }

  it('tells degrees Fahrenheit in Celsius', () => {
    const payload = Buffer.from('{"DHT22":{"Temperature":"98.6"},"TempUnit":"F"}');
    expect(readTasmota('SENSOR', payload)?.sensors?.temperatureCelsius).toBe(37);
  });

  it('leaves out what is no number any more in our unit, or in sum', () => {
    const told = { TempUnit: 'F', SI7021: { Temperature: 1e308 }, ENERGY: { Total: [1e308, 1e308], Power: 5 } };
    expect(readTasmota('SENSOR', new TextEncoder().encode(JSON.stringify(told)))?.sensors).toEqual({ powerWatts: 5 });
  });

  it('takes an object for no relay, whatever it calls itself', () => {
    expect(readTasmota('RESULT', Buffer.from('{"POWER":{"toString":1,"valueOf":2}}'))).toEqual({});
  });

  it('says nothing to topics that it does not know', () => {
    expect(readTasmota('UPTIME', Buffer.from('x'))).toBeUndefined();
    expect(readTasmota('POWER33', Buffer.from('ON'))).toBeUndefined();
  });

  it('throws for broken messages nothing but ProtocolError, and never tells what is no number', () => {
    const payload = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.json({ maxDepth: 3 }).map((text) => Buffer.from(text)),
      fc
        .dictionary(fc.constantFrom('POWER', 'POWER1', 'UptimeSec', 'ENERGY', 'StatusSNS', 'DHT'), fc.jsonValue())
        .map((value) => Buffer.from(JSON.stringify(value))),
    );
    fc.assert(
      fc.property(fc.constantFrom(...leaves), payload, (leaf, bytes) => {
        try {
          const { sensors = {}, uptimeSeconds = 0 } = readTasmota(leaf, bytes) ?? {};
          const numbers = [uptimeSeconds, ...Object.values(sensors)].filter((value) => typeof value === 'number');
          expect(numbers.every(Number.isFinite)).toBe(true);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(ProtocolError);
        }
      }),
    );
  });
});

describe('topics of Tasmota', () => {
  // tasmota/docs, docs/MQTT.md, FullTopic.
  it.each([
    [defaultFullTopic, 'cmnd/hall/POWER'],
    ['tasmota/%topic%/%prefix%/', 'tasmota/hall/cmnd/POWER'],
    ['penthouse/bedroom1/bathroom2/%topic%/%prefix%/', 'penthouse/bedroom1/bathroom2/hall/cmnd/POWER'],
    ['%prefix%/home/cellar/%topic%', 'cmnd/home/cellar/hall/POWER'],
  ])('follow %s', (fullTopic, expected) => {
    expect(tasmotaTopic({ topic: 'hall', fullTopic }, 'cmnd', 'POWER')).toBe(expected);
  });

  it('are read back', () => {
    const names = { topic: 'hall', fullTopic: 'school/%topic%/%prefix%/' };
    expect(tasmotaLeaf(names, tasmotaTopic(names, 'tele', 'STATE'))).toEqual({ prefix: 'tele', leaf: 'STATE' });
    expect(tasmotaLeaf(names, tasmotaTopic(names, 'stat', 'RESULT'))).toEqual({ prefix: 'stat', leaf: 'RESULT' });
    for (const other of ['school/hall/tele/', 'school/hall2/tele/STATE', 'school/hall/tele/a/b', 'school/hall/cmnd/X'])
      expect(tasmotaLeaf(names, other)).toBeUndefined();
  });
});
