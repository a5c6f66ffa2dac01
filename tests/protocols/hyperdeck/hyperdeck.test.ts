import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../protocols/bytes/error.ts';
import { createReplyFramer, decodeReply, encodeCommand } from '../../../protocols/hyperdeck/line.ts';
import { readDevice, readSlot, readTransport } from '../../../protocols/hyperdeck/values.ts';
import { bytesOf, loadVectors, testVectors } from '../../support/vectors.ts';

const text = (value: string) => new TextEncoder().encode(value);
const plain = (bytes: Uint8Array) => {
  const { fields, ...reply } = decodeReply(bytes);
  return { ...reply, fields: Object.fromEntries(fields) };
};
const reply = (value: string) => decodeReply([...createReplyFramer().push(text(value))][0] ?? new Uint8Array());

describe('responses of a deck', () => {
  testVectors(loadVectors('hyperdeck', 'replies'), { decode: plain, framer: createReplyFramer });

  it('takes lines that end with LF alone, and skips empty ones', () => {
    const frames = [...createReplyFramer().push(text('\n\r\n200 ok\n502 slot info:\nslot id: 1\n\n200 ok\r\n'))];
    expect(frames.map((frame) => decodeReply(frame).code)).toEqual([200, 502, 200]);
  });

  it('gives up a line or a response that does not end', () => {
    expect(() => [...createReplyFramer().push(new Uint8Array(5_000).fill(0x61))]).toThrow(ProtocolError);
    const endless = text(`205 clips info:\r\n${'1: clip 00:00:00:00\r\n'.repeat(3_000)}`);
    expect(() => [...createReplyFramer().push(endless)]).toThrow(ProtocolError);
  });

  it('throws nothing but ProtocolError on random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        for (const frame of createReplyFramer().push(Uint8Array.of(...bytes, 10, 10))) {
          try {
            decodeReply(frame);
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(ProtocolError);
          }
        }
      }),
    );
  });

  it('does not care how the network cuts the stream', () => {
    const stream = Buffer.concat(loadVectors('hyperdeck', 'replies').map(bytesOf));
    const whole = [...createReplyFramer().push(stream)].map(plain);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (sizes) => {
        const framer = createReplyFramer();
        const frames: unknown[] = [];
        for (let at = 0, turn = 0; at < stream.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 1;
          for (const frame of framer.push(stream.subarray(at, at + size))) frames.push(plain(frame));
          at += size;
        }
        expect(frames).toEqual(whole);
      }),
    );
  });
});

describe('commands to a deck', () => {
  it.each(loadVectors('hyperdeck', 'commands'))('writes $name', (vector) => {
    const [name, parameters] = vector.value as [string, Record<string, string>];
    expect(Buffer.from(encodeCommand(name, parameters)).toString()).toBe(vector.text);
  });

  it('puts nothing on the wire that could be a second command', () => {
    expect(() => encodeCommand('record', { name: 'a\r\nformat: prepare: exFAT' })).toThrow(ProtocolError);
    expect(() => encodeCommand('record\nstop')).toThrow(ProtocolError);
  });
});

describe('values of a deck', () => {
  it('keeps versions as text, and tells absent values from zero', () => {
    expect(readDevice(reply('204 device info:\r\nprotocol version: 1.10\r\nmodel: M\r\nunique id: \r\n\r\n'))).toEqual({
      protocolVersion: '1.10',
      model: 'M',
      uniqueId: undefined,
    });
    expect(readTransport(reply('208 transport info:\r\nstatus: preview\r\nslot id: none\r\n\r\n'))).toEqual({
      status: 'preview',
      slot: undefined,
      timecode: undefined,
    });
    expect(readSlot(reply('202 slot info:\r\nslot id: 2\r\nstatus: empty\r\nrecording time: 0\r\n\r\n'))).toEqual({
      slot: 2,
      status: 'empty',
      volume: undefined,
      recordingSeconds: 0,
    });
  });

  it('refuses states that it does not know', () => {
    expect(() => readTransport(reply('208 transport info:\r\nstatus: dancing\r\n\r\n'))).toThrow(ProtocolError);
    expect(() => readSlot(reply('202 slot info:\r\nstatus: empty\r\n\r\n'))).toThrow(ProtocolError);
    expect(() => readSlot(reply('202 slot info:\r\nslot id: 1\r\n\r\n'))).toThrow(ProtocolError);
  });
});
