import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeCommands,
  encodeDurationRequest,
  encodeProgram,
  encodeRecording,
  encodeStreaming,
  encodeTimeRequest,
} from '../../../protocols/atem/command.ts';
import { decodePacket, encodeHello, encodePacket, isCovered, readGreeting } from '../../../protocols/atem/packet.ts';
import { applyCommand, emptyAtemState } from '../../../protocols/atem/state.ts';
import { ProtocolError } from '../../../protocols/bytes/error.ts';
import { bytesOf, loadVectors, type Vector } from '../../support/vectors.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const stateOf = (payload: Uint8Array) => decodeCommands(payload).reduce(applyCommand, emptyAtemState);

describe('what physical switchers tell at the beginning', () => {
  it.each(loadVectors('atem', 'captures'))('is read: $name', (vector) => {
    const state = JSON.parse(JSON.stringify(stateOf(bytesOf(vector))));
    expect(state).toEqual(vector.value);
  });

  it('is told by parts, in any order, and the last word counts', () => {
    for (const vector of loadVectors('atem', 'captures')) {
      const commands = decodeCommands(bytesOf(vector));
      const whole = commands.reduce(applyCommand, emptyAtemState);
      expect([...commands, ...commands].reduce(applyCommand, emptyAtemState)).toEqual(whole);
    }
  });

  it('knows a recorder that is full, broken, unformatted, slow or ends', () => {
    const told = (bits: number) =>
      applyCommand(emptyAtemState, { name: 'RTMS', body: Uint8Array.of(bits >> 8, bits & 0xff) }).recording;
    expect(told(0x03)).toEqual({ state: 'recording', medium: 'ready', freeSeconds: undefined });
    expect(told(0x82)).toMatchObject({ state: 'stopping', medium: 'ready' });
    expect([0x04, 0x08, 0x10, 0x20, 0].map((bits) => told(bits)?.medium)).toEqual([
      'full',
      'broken',
      'unformatted',
      'too-slow',
      'absent',
    ]);
  });

  it('ignores other mixers, and inputs without end', () => {
    expect(applyCommand(emptyAtemState, { name: 'PrgI', body: Uint8Array.of(1, 0, 0, 5) }).program).toBeUndefined();
    let state = emptyAtemState;
    for (let source = 0; source < 400; source++) {
      const body = new Uint8Array(36);
      new DataView(body.buffer).setUint16(0, source);
      state = applyCommand(state, { name: 'InPr', body });
    }
    expect(state.inputs).toHaveLength(256);
  });

  it('throws nothing but ProtocolError, whatever comes', () => {
    const names = fc.constantFrom('_ver', '_pin', 'InPr', 'PrgI', 'RTMS', 'RTMR', 'StRS', 'SRST', 'InCm', 'toString');
    fc.assert(
      fc.property(fc.array(fc.record({ name: names, body: fc.uint8Array({ maxLength: 60 }) })), (commands) => {
        try {
          commands.reduce(applyCommand, emptyAtemState);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(ProtocolError);
        }
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        for (const read of [() => decodeCommands(bytes), () => readGreeting(decodePacket(bytes))]) {
          try {
            read();
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(ProtocolError);
          }
        }
      }),
    );
  });
});

interface CommandVector extends Vector {
  readonly value: { say: string; source?: number; on?: boolean; of?: 'recording' | 'streaming' };
}

describe('what is said to a switcher', () => {
  it.each(loadVectors<CommandVector>('atem', 'commands'))('is written as others write it: $name', (vector) => {
    const { say, source = 0, on = false, of = 'recording' } = vector.value;
    const written = {
      program: encodeProgram(0, source),
      recording: encodeRecording(on),
      streaming: encodeStreaming(on),
      duration: encodeDurationRequest(of),
      time: encodeTimeRequest(),
    }[say];
    expect(hex(written ?? new Uint8Array())).toBe(vector.hex);
  });
});

describe('packets', () => {
  it.each(loadVectors('atem', 'packets'))('are read and written as others do: $name', (vector) => {
    const packet = decodePacket(bytesOf(vector));
    expect({ ...packet, payload: hex(packet.payload) }).toEqual(vector.value);
    const written = packet.greets ? encodeHello(packet.session) : encodePacket(packet);
    expect(hex(written)).toBe(vector.hex);
  });

  it('come back as they were written', () => {
    const word = fc.integer({ min: 0, max: 0xffff });
    const packet = fc.record({
      wantsAck: fc.boolean(),
      greets: fc.boolean(),
      isResent: fc.boolean(),
      asksAgain: fc.boolean(),
      acknowledges: fc.boolean(),
      session: word,
      acknowledged: word,
      again: word,
      number: word,
      payload: fc.uint8Array({ maxLength: 2_035 }),
    });
    fc.assert(
      fc.property(packet, (given) => {
        expect(decodePacket(encodePacket(given))).toEqual(given);
      }),
    );
  });

  it('are refused when they are cut, stretched or too long', () => {
    const whole = encodePacket({ session: 1, payload: new Uint8Array(9) });
    for (let length = 0; length < whole.length; length++)
      expect(() => decodePacket(whole.subarray(0, length))).toThrow(ProtocolError);
    expect(() => decodePacket(Uint8Array.of(...whole, 0))).toThrow(ProtocolError);
    expect(() => encodePacket({ session: 1, payload: new Uint8Array(2_036) })).toThrow(ProtocolError);
  });

  it('have numbers on a circle', () => {
    expect([isCovered(5, 5), isCovered(5, 4), isCovered(5, 6)]).toEqual([true, true, false]);
    expect([isCovered(2, 0x7ffe), isCovered(0x7ffe, 2)]).toEqual([true, false]);
  });
});
