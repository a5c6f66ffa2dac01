import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../protocols/bytes/error.ts';
import { decodeAnswer, encodeQuery } from '../../../protocols/mdns/message.ts';
import { NameReader } from '../../../protocols/mdns/name.ts';
import { readServices, serviceName } from '../../../protocols/mdns/service.ts';
import { bytesOf, loadVectors, testVectors } from '../../support/vectors.ts';

const vectors = loadVectors('mdns', 'answers');
const [printer = vectors[0], macbook] = vectors;

/** A message of one record whose name refers to `target`. */
function referring(target: number): Uint8Array {
  const head = [0, 0, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0];
  return Uint8Array.from([...head, 1, 0x61, 0xc0, target, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 1, 2, 3, 4]);
}

describe('multicast DNS', () => {
  testVectors(vectors, { decode: decodeAnswer });

  it('asks as another implementation does', () => {
    // python-zeroconf 0.154.0: one question that asks for a unicast answer.
    const theirs = '000000000001000000000000045f697070045f746370056c6f63616c00000c8001';
    expect(Buffer.from(encodeQuery([serviceName('_ipp._tcp')])).toString('hex')).toBe(theirs);
  });

  it('puts together what one machine says of a service', () => {
    const [service, ...more] = readServices(decodeAnswer(bytesOf(printer ?? { name: '', source: '' })));
    expect(more).toEqual([]);
    expect(service).toMatchObject({
      type: '_ipp._tcp',
      instance: 'HP LaserJet 400 (Phòng 7)',
      port: 631,
      host: 'NPI8D2F3A',
      text: { ty: 'HP LaserJet 400 color M451' },
    });
  });

  it('refuses names that run in circles or ahead, and questions', () => {
    for (const target of [12, 13, 14, 40])
      expect(() => decodeAnswer(referring(target)), `${target}`).toThrow(ProtocolError);
    expect(() => decodeAnswer(encodeQuery([serviceName('_ipp._tcp')]))).toThrow(/question/);
    const failed = bytesOf(macbook ?? { name: '', source: '' });
    failed[3] = 3;
    expect(() => decodeAnswer(failed)).toThrow(/another kind/);
    expect(() => decodeAnswer(new Uint8Array(9_001))).toThrow(/9001/);
  });

  it('reads back any name that it writes', () => {
    const label = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((text) => {
      const size = Buffer.byteLength(text);
      return size <= 63 && Buffer.from(text).toString() === text && !text.startsWith('\uFEFF');
    });
    fc.assert(
      fc.property(fc.array(fc.array(label, { minLength: 1, maxLength: 4 }), { maxLength: 8 }), (names) => {
        const fits = names.filter((name) => name.reduce((sum, text) => sum + Buffer.byteLength(text) + 1, 0) <= 255);
        const reader = new NameReader(encodeQuery(fits));
        reader.bytes(12);
        for (const name of fits) {
          expect(reader.name()).toEqual(name);
          reader.bytes(4);
        }
      }),
    );
  });

  it('ends with records or with ProtocolError, whatever comes', () => {
    const anyBytes = fc.uint8Array({ maxLength: 300 });
    const bent = fc
      .tuple(
        fc.constantFrom(...vectors),
        fc.array(fc.tuple(fc.nat({ max: 400 }), fc.nat({ max: 255 })), { maxLength: 6 }),
      )
      .map(([vector, changes]) => {
        const bytes = bytesOf(vector);
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        return bytes;
      });
    fc.assert(
      fc.property(fc.oneof(anyBytes, bent), (bytes) => {
        try {
          for (const service of readServices(decodeAnswer(bytes))) expect(service.type).toMatch(/^_.*\._(tcp|udp)$/s);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(ProtocolError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
