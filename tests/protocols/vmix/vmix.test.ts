import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../protocols/bytes/error.ts';
import { createReplyFramer, decodeReply, encodeFunction, encodeQuery } from '../../../protocols/vmix/message.ts';
import { parseState } from '../../../protocols/vmix/state.ts';
import { bytesOf, loadVectors, testVectors } from '../../support/vectors.ts';

const text = (value: string) => new TextEncoder().encode(value);

describe('responses of vMix', () => {
  testVectors(loadVectors('vmix', 'replies'), { decode: decodeReply, framer: createReplyFramer });

  it('counts data in bytes, not in characters', () => {
    const xml = '<vmix><title>Bài giảng</title></vmix>\r\n';
    const bytes = text(xml);
    const [frame, ...more] = [...createReplyFramer().push(text(`XML ${bytes.length}\r\n${xml}TALLY OK 1\r\n`))];
    expect(decodeReply(frame ?? bytes)).toEqual({ command: 'XML', status: 'data', text: '', data: xml });
    expect(more.map((each) => decodeReply(each).command)).toEqual(['TALLY']);
  });

  it('gives up what is too long, and everything after it', () => {
    const framer = createReplyFramer();
    expect(() => [...framer.push(text('XML 2097153\r\n'))]).toThrow(ProtocolError);
    expect(() => [...framer.push(text('TALLY OK 1\r\n'))]).toThrow(ProtocolError);
    expect(() => [...createReplyFramer().push(new Uint8Array(9_000).fill(0x41))]).toThrow(ProtocolError);
  });

  it.each(['', 'HTTP/1.1 400 Bad Request\r\n', 'tally OK 1\r\n', 'TALLY\r\n', 'XML 5\r\nabc'])('refuses %j', (line) => {
    expect(() => decodeReply(text(line))).toThrow(ProtocolError);
  });

  it('does not care how the network cuts the stream, and throws nothing but ProtocolError', () => {
    const stream = Buffer.concat(loadVectors('vmix', 'replies').map(bytesOf));
    const whole = [...createReplyFramer().push(stream)].map(decodeReply);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (sizes) => {
        const framer = createReplyFramer();
        const frames: unknown[] = [];
        for (let at = 0, turn = 0; at < stream.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 1;
          for (const frame of framer.push(stream.subarray(at, at + size))) frames.push(decodeReply(frame));
          at += size;
        }
        expect(frames).toEqual(whole);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        try {
          for (const frame of createReplyFramer().push(Uint8Array.of(...bytes, 10))) decodeReply(frame);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(ProtocolError);
        }
      }),
    );
  });
});

describe('calls to vMix', () => {
  it.each(loadVectors('vmix', 'functions'))('writes: $name', (vector) => {
    const [name, query] = vector.value as [string, Record<string, string>];
    expect(Buffer.from(encodeFunction(name, query)).toString()).toBe(vector.text);
  });

  it('writes one line, whatever the values are', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const line = Buffer.from(encodeFunction('SetText', { Value: value })).toString();
        expect(line.indexOf('\r\n')).toBe(line.length - 2);
        expect(line.split(' ')).toHaveLength(3);
      }),
    );
    expect(() => encodeFunction('Cut\r\nFUNCTION StopRecording')).toThrow(ProtocolError);
    expect(() => encodeQuery('XML\r\nQUIT')).toThrow(ProtocolError);
    expect(Buffer.from(encodeQuery('XML')).toString()).toBe('XML\r\n');
  });
});

describe('state of vMix', () => {
  it.each(loadVectors('vmix', 'states'))('reads $name', (vector) => {
    expect(parseState(vector.text ?? '')).toEqual(vector.value);
  });

  it('reads what is on', () => {
    const state = parseState(
      '<vmix><version>27.0.0.80</version><edition>4K</edition><active>0</active><recording duration="3">True</recording>' +
        '<streaming channel1="True">True</streaming></vmix>',
    );
    expect(state).toMatchObject({ edition: '4K', active: undefined, isRecording: true, isStreaming: true, inputs: [] });
  });

  it.each([
    '',
    '<vmix>',
    '<html></html>',
    '<vmix><version>1</version></other>',
    '<!DOCTYPE vmix [<!ENTITY a "b">]><vmix><version>&a;</version></vmix>',
    `${'<vmix>'.repeat(40)}`,
  ])('refuses %j', (xml) => {
    expect(() => parseState(xml)).toThrow(ProtocolError);
  });

  it('throws nothing but ProtocolError on random text', () => {
    fc.assert(
      fc.property(fc.string(), (noise) => {
        try {
          parseState(`<vmix><version>1</version>${noise}</vmix>`);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(ProtocolError);
        }
      }),
    );
  });
});
