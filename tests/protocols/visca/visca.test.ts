import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../protocols/bytes/error.ts';
import * as camera from '../../../protocols/visca/camera.ts';
import { decodePacket, encodePacket, encodeReset, readControl } from '../../../protocols/visca/ip-header.ts';
import { createMessageFramer, decodeReply, encodeCommand, type ViscaReply } from '../../../protocols/visca/message.ts';
import { bytesOf, loadVectors, testVectors, type Vector } from '../../support/vectors.ts';

interface CommandVector extends Vector {
  readonly value: { readonly call: keyof typeof calls; readonly args: readonly unknown[] };
}
interface InquiryVector extends Vector {
  readonly inquiry: keyof typeof camera.inquiries;
  readonly request: string;
}

const { setPower, recallPreset, drive, zoom, moveTo, zoomTo } = camera;
const calls = { setPower, recallPreset, drive, zoom, moveTo, zoomTo };

const plain = (reply: ViscaReply) => (reply.kind === 'answer' ? { ...reply, data: [...reply.data] } : reply);
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const axis = fc.double({ min: -1, max: 1, noNaN: true });

describe('messages of a camera', () => {
  testVectors(loadVectors('visca', 'replies'), {
    decode: (bytes) => plain(decodeReply(bytes)),
    framer: createMessageFramer,
  });

  it('throws nothing but ProtocolError on random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          for (const frame of createMessageFramer().push(bytes)) decodeReply(frame);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(ProtocolError);
        }
      }),
    );
  });

  it('gives up a message that does not end', () => {
    expect(() => [...createMessageFramer().push(new Uint8Array(20).fill(0x90))]).toThrow(ProtocolError);
  });
});

describe('commands to a camera', () => {
  it.each(loadVectors<CommandVector>('visca', 'commands'))('writes $name', (vector) => {
    const make = calls[vector.value.call] as (...args: readonly unknown[]) => Uint8Array;
    expect(hex(make(...vector.value.args))).toBe(hex(bytesOf(vector)));
  });

  it('always makes one whole message, with speeds that a camera has', () => {
    fc.assert(
      fc.property(axis, axis, (pan, tilt) => {
        const bytes = camera.drive(pan, tilt);
        expect(bytes).toHaveLength(9);
        expect(bytes.indexOf(0xff)).toBe(8);
        expect(bytes[4]).toBeGreaterThanOrEqual(1);
        expect(bytes[4]).toBeLessThanOrEqual(0x18);
        expect(bytes[5]).toBeLessThanOrEqual(0x14);
        expect([bytes[6], bytes[7]]).toEqual([pan === 0 ? 3 : pan > 0 ? 2 : 1, tilt === 0 ? 3 : tilt > 0 ? 1 : 2]);
        expect(camera.zoom(pan)).toHaveLength(6);
      }),
    );
  });

  it('refuses what the wire cannot say', () => {
    expect(() => encodeCommand([0xff])).toThrow(ProtocolError);
    expect(() => encodeCommand(new Array(14).fill(0))).toThrow(ProtocolError);
    expect(() => camera.recallPreset(128)).toThrow(ProtocolError);
    expect(() => camera.moveTo({ pan: 0x1_0000, tilt: 0 })).toThrow(ProtocolError);
    expect(() => camera.zoomTo(1.5)).toThrow(ProtocolError);
  });
});

describe('questions to a camera', () => {
  it.each(loadVectors<InquiryVector>('visca', 'inquiries'))('asks and reads $name', (vector) => {
    const inquiry = camera.inquiries[vector.inquiry];
    expect(hex(inquiry.request)).toBe(vector.request.replaceAll(' ', '').toLowerCase());
    const [frame] = createMessageFramer().push(bytesOf(vector));
    const reply = decodeReply(frame ?? new Uint8Array());
    expect(reply.kind === 'answer' && inquiry.parse(reply.data)).toEqual(vector.value);
  });

  it('gives back every position', () => {
    const step = fc.integer({ min: -0x8000, max: 0x7fff });
    fc.assert(
      fc.property(step, step, (pan, tilt) => {
        const data = camera.moveTo({ pan, tilt }).subarray(6, 14);
        expect(camera.inquiries.position.parse(data)).toEqual({ pan, tilt });
      }),
    );
  });

  it('throws nothing but ProtocolError on random answers', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 14 }), (data) => {
        for (const inquiry of Object.values(camera.inquiries)) {
          try {
            inquiry.parse(data);
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(ProtocolError);
          }
        }
      }),
    );
  });
});

describe('datagrams', () => {
  const decode = (bytes: Uint8Array) => {
    const packet = decodePacket(bytes);
    return { ...packet, payload: hex(packet.payload) };
  };
  const encode = (value: unknown) => {
    const packet = value as { type: 'command'; sequence: number; payload: string };
    return encodePacket({ ...packet, payload: Uint8Array.from(Buffer.from(packet.payload, 'hex')) });
  };
  testVectors(loadVectors('visca', 'packets'), { decode, encode });

  it('throws nothing but ProtocolError on random bytes, and gives back what it made', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 30 }), (bytes) => {
        try {
          expect(hex(encodePacket(decodePacket(bytes)))).toBe(hex(bytes));
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(ProtocolError);
        }
      }),
    );
  });

  it('resets the sequence number and reads what a camera says to it', () => {
    expect(hex(encodeReset(1))).toBe('020000010000000101');
    expect(readControl(Uint8Array.of(1))).toBe('acknowledged');
    expect(readControl(Uint8Array.of(0x0f, 1))).toBe('wrong-sequence');
    expect(readControl(Uint8Array.of(0x0f, 2))).toBe('wrong-message');
    expect([readControl(Uint8Array.of(0x0f, 9)), readControl(Uint8Array.of(9))]).toEqual(['unknown', 'unknown']);
    expect(() => encodePacket({ type: 'command', sequence: 0, payload: new Uint8Array(17) })).toThrow(ProtocolError);
  });
});
