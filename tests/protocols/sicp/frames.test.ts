import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../protocols/bytes/error.ts';
import { createIiyamaFramer, decodeIiyama, encodeIiyama } from '../../../protocols/sicp/iiyama-frame.ts';
import type { PanelReply, PanelRequest } from '../../../protocols/sicp/panel-message.ts';
import { createSicpFramer, decodeSicp, encodeSicp } from '../../../protocols/sicp/sicp-frame.ts';
import { bytesOf, loadVectors, testVectors } from '../../support/vectors.ts';

const plain = (reply: PanelReply) => ('data' in reply ? { ...reply, data: [...reply.data] } : reply);
const xor = (bytes: readonly number[]) => bytes.reduce((sum, byte) => sum ^ byte, 0);
const byte = fc.integer({ min: 0, max: 255 });

/** Both frames, with an answer of each built from the documents and without our code. */
const wires = [
  {
    name: 'sicp',
    encode: encodeSicp,
    decode: decodeSicp,
    framer: createSicpFramer,
    answer: (monitor: number, command: number, data: readonly number[]) => {
      const body = [data.length + 5, monitor, 1, command, ...data];
      return Uint8Array.of(...body, xor(body));
    },
  },
  {
    name: 'iiyama',
    encode: encodeIiyama,
    decode: decodeIiyama,
    framer: createIiyamaFramer,
    answer: (monitor: number, command: number, data: readonly number[]) => {
      const body = [0x21, monitor, 0, 0, data.length + 3, 1, command, ...data];
      return Uint8Array.of(...body, xor(body));
    },
  },
];

describe.each(wires)('frame of $name', ({ name, encode, decode, framer, answer }) => {
  for (const vector of loadVectors(name, 'requests')) {
    it(`writes ${vector.name}`, () => expect(encode(vector.value as PanelRequest)).toEqual(bytesOf(vector)));
  }
  testVectors(loadVectors(name, 'replies'), { decode: (bytes) => plain(decode(bytes)), framer });

  it('gives answers back as they were, however the network cuts them', () => {
    const command = fc.integer({ min: 1, max: 255 });
    const values = fc.array(fc.tuple(byte, command, fc.array(byte, { maxLength: 35 })), { maxLength: 6 });
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 12 }), (list, step) => {
        const stream = Buffer.concat(list.map((entry) => answer(...entry)));
        const cutter = framer();
        const read: unknown[] = [];
        for (let at = 0; at < stream.length; at += step) {
          for (const frame of cutter.push(stream.subarray(at, at + step))) read.push(plain(decode(frame)));
        }
        expect(read).toEqual(list.map(([monitor, code, data]) => ({ kind: 'value', monitor, command: code, data })));
      }),
    );
  });

  it('throws nothing but ProtocolError on random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        for (const work of [() => decode(bytes), () => [...framer().push(bytes)].map((frame) => decode(frame))]) {
          try {
            work();
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(ProtocolError);
          }
        }
      }),
    );
  });

  it('refuses a wrong checksum, a result that is none, and what it cannot carry', () => {
    const sound = answer(1, 0x19, [2]);
    expect(() => decode(Uint8Array.of(...sound.subarray(0, -1), (sound.at(-1) ?? 0) ^ 1))).toThrow(
      expect.objectContaining({ code: 'checksum' }),
    );
    expect(() => decode(answer(1, 0, [99]))).toThrow(expect.objectContaining({ code: 'malformed' }));
    expect(() => decode(answer(1, 0, []))).toThrow(expect.objectContaining({ code: 'malformed' }));
    expect(() => encode({ monitor: 1, command: 0x18, data: [300] })).toThrow(
      expect.objectContaining({ code: 'malformed' }),
    );
    expect(() => encode({ monitor: 1, command: 0x18, data: new Uint8Array(60) })).toThrow(
      expect.objectContaining({ code: 'oversize' }),
    );
  });
});

it('reads the results of iiyama by name', () => {
  const iiyama = wires[1];
  const kinds = [0, 1, 2, 3, 4].map((result) => decodeIiyama(iiyama?.answer(1, 0, [result]) ?? new Uint8Array()).kind);
  expect(kinds).toEqual(['done', 'out-of-range', 'out-of-range', 'unavailable', 'corrupt']);
});
