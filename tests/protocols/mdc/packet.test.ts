import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../protocols/bytes/error.ts';
import { createReplyFramer, decodeReply, encodeRequest, type MdcRequest } from '../../../protocols/mdc/packet.ts';
import { bytesOf, loadVectors, testVectors } from '../../support/vectors.ts';

/** Arrays compare with the vectors' JSON. */
const plain = (reply: object) =>
  JSON.parse(JSON.stringify({ ...reply, ...('data' in reply ? { data: [...(reply.data as Uint8Array)] } : {}) }));
const byte = fc.integer({ min: 0, max: 255 });
/** An answer as the document describes it, built without our code. */
const answer = (id: number, verdict: number, command: number, data: readonly number[]) => {
  const body = [0xff, id, data.length + 2, verdict, command, ...data];
  return Uint8Array.of(0xaa, ...body, body.reduce((sum, value) => sum + value, 0) % 256);
};

describe('questions and orders of MDC', () => {
  for (const vector of loadVectors('mdc', 'requests')) {
    it(`writes ${vector.name}`, () => expect(encodeRequest(vector.value as MdcRequest)).toEqual(bytesOf(vector)));
  }

  it('holds bytes only, and no more than 255 of them', () => {
    expect(() => encodeRequest({ command: 0x11, id: 1, data: [256] })).toThrow(
      expect.objectContaining({ code: 'malformed' }),
    );
    expect(() => encodeRequest({ command: 0x11, id: -1 })).toThrow(expect.objectContaining({ code: 'malformed' }));
    expect(() => encodeRequest({ command: 0x11, id: 1, data: new Uint8Array(256) })).toThrow(
      expect.objectContaining({ code: 'oversize' }),
    );
  });
});

describe('answers of MDC', () => {
  testVectors(loadVectors('mdc', 'replies'), {
    decode: (bytes) => plain(decodeReply(bytes)),
    framer: createReplyFramer,
  });

  it('come back as they were, however the network cuts them', () => {
    const packets = fc.array(fc.tuple(byte, byte, fc.array(byte, { maxLength: 253 })), { maxLength: 5 });
    fc.assert(
      fc.property(packets, fc.integer({ min: 1, max: 40 }), (list, step) => {
        const stream = Buffer.concat(list.map(([id, command, data]) => answer(id, 0x41, command, data)));
        const framer = createReplyFramer();
        const read: unknown[] = [];
        for (let at = 0; at < stream.length; at += step) {
          for (const frame of framer.push(stream.subarray(at, at + step))) read.push(plain(decodeReply(frame)));
        }
        expect(read).toEqual(list.map(([id, command, data]) => ({ kind: 'ack', id, command, data })));
      }),
    );
  });

  it('throws nothing but ProtocolError on random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expectOnlyProtocolError(() => decodeReply(bytes));
        expectOnlyProtocolError(() => [...createReplyFramer().push(bytes)].map(decodeReply));
        expectOnlyProtocolError(() => decodeReply(Uint8Array.of(0xaa, 0xff, ...bytes)));
      }),
    );
  });

  it.each([
    ['a wrong sum', Uint8Array.of(...answer(1, 0x41, 0x11, [1]).subarray(0, -1), 0), 'checksum'],
    ['a verdict that is none', answer(1, 0x42, 0x11, [1]), 'malformed'],
    ['a question', encodeRequest({ command: 0x11, id: 1, data: [1] }), 'malformed'],
    ['a length that is not true', Uint8Array.of(0xaa, 0xff, 1, 9, 0x41, 0x11, 1, 0x5c), 'truncated'],
    ['no command', Uint8Array.of(0xaa, 0xff, 1, 1, 0x41, 0x42), 'malformed'],
    ['a refusal without a reason', answer(1, 0x4e, 0x11, []), undefined],
  ])('reads %s for what it is', (_name, bytes, code) => {
    if (code === undefined) expect(decodeReply(bytes)).toEqual({ kind: 'nak', id: 1, command: 0x11, error: 0 });
    else expect(() => decodeReply(bytes)).toThrow(expect.objectContaining({ code }));
  });
});

function expectOnlyProtocolError(work: () => unknown): void {
  try {
    work();
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(ProtocolError);
  }
}
