import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../protocols/bytes/error.ts';
import { authenticationString } from '../../../protocols/obs-websocket/authentication.ts';
import { decodeMessage, encodeIdentify, encodeRequest } from '../../../protocols/obs-websocket/message.ts';
import { readPicture } from '../../../protocols/obs-websocket/picture.ts';
import { readData, readings } from '../../../protocols/obs-websocket/values.ts';
import { loadVectors, type Vector } from '../../support/vectors.ts';

interface AuthenticationVector extends Vector {
  readonly password: string;
  readonly salt: string;
  readonly challenge: string;
}
interface ReadingVector extends Vector {
  readonly type: keyof typeof readings;
  readonly data: Record<string, unknown>;
}

describe('messages of OBS', () => {
  it.each(loadVectors('obs-websocket', 'messages'))('reads: $name', (vector) => {
    expect(decodeMessage(vector.text ?? '')).toEqual(vector.value);
  });

  it('takes no part of a message for the whole', () => {
    for (const { text = '' } of loadVectors('obs-websocket', 'messages')) {
      for (let length = 0; length < text.length; length++) {
        expect(() => decodeMessage(text.slice(0, length))).toThrow(ProtocolError);
      }
    }
  });

  it.each(['null', '[]', '{"op":1,"d":{}}', '{"op":7,"d":{}}', '{"op":5,"d":{"eventType":7}}', '{"op":0,"d":null}'])(
    'refuses %s',
    (text) => {
      expect(() => decodeMessage(text)).toThrow(ProtocolError);
    },
  );

  it('throws nothing but ProtocolError on random values', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.integer({ min: 0, max: 9 }), (d, op) => {
        try {
          decodeMessage(JSON.stringify({ op, d }));
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(ProtocolError);
        }
      }),
    );
  });
});

describe('messages to OBS', () => {
  it('proves the password without sending it', () => {
    for (const { password, salt, challenge, value } of loadVectors<AuthenticationVector>(
      'obs-websocket',
      'authentication',
    )) {
      const authentication = authenticationString(password, salt, challenge);
      expect(authentication).toBe(value);
      expect(encodeIdentify(authentication)).not.toContain(password);
    }
  });

  it('identifies with and without a password, and asks with an id', () => {
    expect(JSON.parse(encodeIdentify(undefined))).toEqual({ op: 1, d: { rpcVersion: 1, eventSubscriptions: 79 } });
    expect(JSON.parse(encodeRequest('7', 'SetCurrentProgramScene', { sceneName: 'A' }))).toEqual({
      op: 6,
      d: { requestType: 'SetCurrentProgramScene', requestId: '7', requestData: { sceneName: 'A' } },
    });
    expect(JSON.parse(encodeRequest('8', 'GetStats'))).toEqual({
      op: 6,
      d: { requestType: 'GetStats', requestId: '8' },
    });
  });
});

describe('data of OBS', () => {
  it.each(loadVectors<ReadingVector>('obs-websocket', 'readings'))('reads: $name', ({ type, data, value }) => {
    expect(readData(type, data)).toEqual(value);
  });

  it('reads a state that it does not know as unknown, and refuses data that is none', () => {
    expect(readData('StreamStateChanged', { outputState: 'OBS_WEBSOCKET_OUTPUT_DANCING' })).toEqual({
      outputState: 'UNKNOWN',
    });
    for (const type of Object.keys(readings) as (keyof typeof readings)[]) {
      if (type !== 'StopRecord') expect(() => readData(type, {}), type).toThrow(ProtocolError);
    }
  });

  it('throws nothing but ProtocolError on random data', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...(Object.keys(readings) as (keyof typeof readings)[])),
        fc.dictionary(fc.string(), fc.jsonValue()),
        (type, data) => {
          try {
            readData(type, data);
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(ProtocolError);
          }
        },
      ),
    );
  });
});

describe('a picture of OBS', () => {
  const jpeg = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0x00, 0x10, 0x4a, 0x46]);
  const url = (bytes: Uint8Array, type = 'jpg') => `data:image/${type};base64,${Buffer.from(bytes).toString('base64')}`;

  it('is the JPEG in its data URL', () => {
    // As OBS 29.0.2 begins it.
    expect(readPicture('data:image/jpg;base64,/9j/4AAQSkY=')).toEqual(jpeg);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3_000 }), fc.constantFrom('jpg', 'jpeg'), (rest, type) => {
        const bytes = Buffer.concat([jpeg, rest]);
        expect(readPicture(url(bytes, type))).toEqual(bytes);
      }),
    );
  });

  it.each([
    ['another kind', url(jpeg, 'png'), 'malformed'],
    ['no data URL', 'https://192.168.1.9/picture.jpg', 'malformed'],
    ['something that is no JPEG', url(Buffer.from('<html>')), 'malformed'],
    ['nothing', '', 'malformed'],
    ['too much', url(Buffer.concat([jpeg, Buffer.alloc(1024 * 1024)])), 'oversize'],
  ])('is never %s', (_, text, code) => {
    expect(() => readPicture(text)).toThrow(expect.objectContaining({ code }));
  });
});
