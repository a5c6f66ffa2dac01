import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../protocols/bytes/error.ts';
import { createMessageFramer, decodeMessage, encodeMessage, type Message } from '../../../protocols/llrp/messages.ts';
import type { Parameter } from '../../../protocols/llrp/parameters.ts';
import { bytesOf, loadVectors, testVectors } from '../../support/vectors.ts';

const vectors = loadVectors('llrp', 'messages');
const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const named = (name: string) => bytesOf(vectors.find((vector) => vector.name === name)!);

/** JSON has no 64-bit numbers; those of the vectors are small enough for both. */
const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? Number(part) : part)));
const exact = (value: unknown): Message =>
  JSON.parse(JSON.stringify(value), (name, part: unknown) =>
    name === 'microseconds' ? BigInt(part as number) : part,
  ) as Message;

const u8 = fc.integer({ min: 0, max: 0xff });
const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const u64 = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn });
const bytes = (constraints: { minLength?: number; maxLength: number }) =>
  fc.uint8Array(constraints).map((value) => Buffer.from(value).toString('hex'));
const text = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((value) => value.isWellFormed());
const flag = fc.boolean();
const parameter: fc.Arbitrary<Parameter> = fc.letrec<{ parameter: Parameter }>((tie) => {
  const inner = { parameters: fc.array(tie('parameter'), { minLength: 1, maxLength: 3 }) };
  return {
    parameter: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.record({ kind: fc.constant('antenna-id' as const), antenna: u16 }),
      fc.record({ kind: fc.constant('peak-rssi' as const), rssi: fc.integer({ min: -128, max: 127 }) }),
      fc.record({ kind: fc.constant('epc-96' as const), epc: bytes({ minLength: 12, maxLength: 12 }) }),
      fc.record({ kind: fc.constant('first-seen-utc' as const), microseconds: u64 }),
      fc.record({ kind: fc.constant('epc-data' as const), bits: u16, epc: bytes({ maxLength: 62 }) }),
      fc.record({ kind: fc.constant('identification' as const), idType: u8, id: bytes({ maxLength: 20 }) }),
      fc.record({
        kind: fc.constant('antenna-properties' as const),
        connected: flag,
        antenna: u16,
        gain: fc.integer({ min: -32_768, max: 32_767 }),
      }),
      fc.record({
        kind: fc.constant('unknown' as const),
        type: fc.integer({ min: 400, max: 1_000 }),
        value: bytes({ maxLength: 30 }),
      }),
      fc.record({ kind: fc.constant('llrp-status' as const), code: u16, description: text, ...inner }),
      fc.record({ kind: fc.constant('ai-spec' as const), antennas: fc.array(u16, { maxLength: 8 }), ...inner }),
      fc.record({ kind: fc.constant('tag-report-data' as const), ...inner }),
    ),
  };
}).parameter;
const header = { version: fc.constantFrom(1 as const, 2 as const), id: u32 };
const some = { parameters: fc.array(parameter, { minLength: 1, maxLength: 4 }) };
const message: fc.Arbitrary<Message> = fc.oneof(
  fc.record({ kind: fc.constant('keepalive' as const), ...header }),
  fc.record({ kind: fc.constant('delete-ro-spec' as const), ...header, roSpec: u32 }),
  fc.record({ kind: fc.constant('ro-access-report' as const), ...header, ...some }),
  fc.record({ kind: fc.constant('set-reader-config' as const), ...header, resetToFactoryDefaults: flag, ...some }),
  fc.record({
    kind: fc.constant('unknown' as const),
    ...header,
    type: fc.integer({ min: 200, max: 1_000 }),
    value: bytes({ maxLength: 50 }),
  }),
);

describe('messages of LLRP', () => {
  testVectors(vectors, {
    decode: (frame) => plain(decodeMessage(frame)),
    encode: (value) => encodeMessage(exact(value)),
    framer: createMessageFramer,
  });

  it('takes three messages out of one segment', () => {
    const segment = Buffer.concat([named('input 1 goes high'), named('keepalive'), named('a tag')]);
    const kinds = [...createMessageFramer().push(segment)].map((frame) => decodeMessage(frame).kind);
    expect(kinds).toEqual(['reader-event-notification', 'keepalive', 'ro-access-report']);
  });

  it('gives back every message that it writes', () => {
    fc.assert(
      fc.property(message, (value) => {
        expect(decodeMessage(encodeMessage(value))).toEqual(value);
      }),
    );
  });

  it('reads the same messages however the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 5 }), fc.array(fc.nat(60), { maxLength: 40 }), (messages, cuts) => {
        const stream = Buffer.concat(messages.map(encodeMessage));
        const framer = createMessageFramer();
        const read: Message[] = [];
        let at = 0;
        for (const length of [...cuts, stream.length]) {
          read.push(...[...framer.push(stream.subarray(at, at + length))].map(decodeMessage));
          at += length;
        }
        expect(read).toEqual(messages);
        expect(framer.pendingBytes).toBe(0);
      }),
    );
  });

  it('throws nothing but ProtocolError, on random bytes and on true ones that were changed', () => {
    const changed = fc
      .tuple(fc.constantFrom(...vectors.map(bytesOf)), fc.array(fc.tuple(fc.nat(100), u8), { maxLength: 6 }))
      .map(([whole, changes]) => {
        const copy = Uint8Array.from(whole);
        for (const [at, value] of changes) copy[at % copy.length] = value;
        return copy;
      });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), changed), (input) => {
        try {
          for (const frame of createMessageFramer().push(input)) decodeMessage(frame);
          encodeMessage(decodeMessage(input));
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(ProtocolError);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('what we do not know', () => {
  it('keeps a TLV parameter as it is', () => {
    const status = '011f 0008 0000 0000';
    const bytes = hex(`0404 00000018 00000001 ${status} 0190 0006 abcd`);
    const read = decodeMessage(bytes);
    expect(read).toMatchObject({
      parameters: [{ kind: 'llrp-status' }, { kind: 'unknown', type: 400, value: 'abcd' }],
    });
    expect(encodeMessage(read)).toEqual(bytes);
  });

  it('skips to the end of the parent behind a TV parameter, counts it, and reads on behind the parent', () => {
    // Tag 1: EPC, then TV 100, then what can no longer be found; tag 2 is whole.
    const first = '00f0 0014 8d300833b2ddd9014000000000 e4 8100';
    const second = '00f0 0014 8d300833b2ddd9014000000001 810002';
    expect(decodeMessage(hex(`043d 00000032 00000001 ${first} ${second}`))).toEqual({
      kind: 'ro-access-report',
      version: 1,
      id: 1,
      skipped: 1,
      parameters: [
        { kind: 'tag-report-data', parameters: [{ kind: 'epc-96', epc: '300833b2ddd9014000000000' }] },
        {
          kind: 'tag-report-data',
          parameters: [
            { kind: 'epc-96', epc: '300833b2ddd9014000000001' },
            { kind: 'antenna-id', antenna: 2 },
          ],
        },
      ],
    });
  });

  it('keeps a message of an unknown number', () => {
    const bytes = hex('04c8 0000000c 00000001 abcd');
    expect(decodeMessage(bytes)).toEqual({ kind: 'unknown', version: 1, id: 1, type: 200, value: 'abcd' });
    expect(encodeMessage(decodeMessage(bytes))).toEqual(bytes);
  });

  it('ignores reserved bits', () => {
    expect(decodeMessage(hex('e43e 0000000a 00000001')).kind).toBe('keepalive');
    expect(decodeMessage(hex('0403 00000012 00000001 7f 7cdb 0007 0001 ff'))).toMatchObject({
      resetToFactoryDefaults: false,
      parameters: [{ kind: 'gpo-write-data', port: 1, on: true }],
    });
  });
});

describe('what is refused', () => {
  it.each([
    ['version 0', '003e 0000000a 00000001', 'unsupported'],
    ['version 3', '0c3e 0000000a 00000001', 'unsupported'],
    ['a length shorter than the header', '043e 00000009 00000001', 'malformed'],
    ['a message behind another', '043e 0000000a 00000001 00', 'malformed'],
    ['half a message', '0415 0000000e 00000001', 'truncated'],
    ['a parameter shorter than its header', '0404 0000000e 00000001 011f 0003', 'malformed'],
    ['a parameter longer than its message', '0404 0000000e 00000001 011f 0008', 'truncated'],
    ['a text longer than its parameter', '0404 00000012 00000001 011f 0008 0000 0001', 'truncated'],
    ['half a TV parameter', '043d 00000010 00000001 00f0 0006 8100', 'truncated'],
    ['a padding byte', '043d 0000000b 00000001 00', 'truncated'],
  ])('%s', (_, text, code) => {
    expect(() => decodeMessage(hex(text))).toThrow(expect.objectContaining({ name: 'ProtocolError', code }));
  });

  it('parameters nested without end', () => {
    let nested = '';
    for (let length = 8; length < 200; length += 8) {
      nested = `0121${length.toString(16).padStart(4, '0')}00000000${nested}`;
    }
    const bytes = hex(`0404${(10 + nested.length / 2).toString(16).padStart(8, '0')}00000001${nested}`);
    expect(() => decodeMessage(bytes)).toThrow(expect.objectContaining({ code: 'malformed' }));
  });

  it('a message longer than 256 KiB, before it has come', () => {
    const framer = createMessageFramer();
    expect(() => [...framer.push(hex('043d 00040001 00000001'))]).toThrow(
      expect.objectContaining({ code: 'oversize' }),
    );
    expect(() => [...framer.push(hex('043e 0000000a 00000001'))]).toThrow(ProtocolError);
  });

  it('a value that does not fit, in what we write', () => {
    const header = { version: 1, id: 1 } as const;
    for (const wrong of [-1, 0x1_0000_0000, 1.5, Number.NaN]) {
      expect(() => encodeMessage({ kind: 'delete-ro-spec', ...header, roSpec: wrong })).toThrow(ProtocolError);
    }
    const tag = (inner: Parameter): Message => ({
      kind: 'ro-access-report',
      ...header,
      parameters: [{ kind: 'tag-report-data', parameters: [inner] }],
    });
    expect(() => encodeMessage(tag({ kind: 'epc-96', epc: '00' }))).toThrow(ProtocolError);
    expect(() => encodeMessage(tag({ kind: 'epc-data', bits: 8, epc: 'zz' }))).toThrow(ProtocolError);
    expect(() => encodeMessage(tag({ kind: 'last-seen-utc', microseconds: 2n ** 64n }))).toThrow(ProtocolError);
    expect(() => encodeMessage(tag({ kind: 'unknown', type: 1_024, value: '' }))).toThrow(ProtocolError);
    expect(() => encodeMessage({ kind: 'unknown', ...header, type: 1_024, value: '' })).toThrow(ProtocolError);
    const long = 'ab'.repeat(60_000);
    const parameters: Parameter[] = Array.from({ length: 5 }, () => ({ kind: 'unknown', type: 400, value: long }));
    expect(() => encodeMessage({ kind: 'ro-access-report', ...header, parameters })).toThrow(
      expect.objectContaining({ code: 'oversize' }),
    );
  });
});
