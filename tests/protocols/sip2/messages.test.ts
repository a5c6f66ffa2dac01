import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../protocols/bytes/error.ts';
import {
  checksum,
  createMessageFramer,
  decodeMessage,
  encodeMessage,
  fieldOf,
  type Sip2Message,
} from '../../../protocols/sip2/message.ts';
import { itemInformation, login, resendRequest, terminalStatus } from '../../../protocols/sip2/requests.ts';
import { readItemStatus, readLogin, readSystemStatus } from '../../../protocols/sip2/responses.ts';
import { bytesOf, loadVectors, testVectors } from '../../support/vectors.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const vectors = loadVectors('sip2', 'messages');
const named = (name: string) => decodeMessage(bytesOf(vectors.find((vector) => vector.name === name)!).slice(0, -1));
const framed = (text: string) => [...createMessageFramer().push(utf8(text))].map(textOf);

const value = fc
  .string({ unit: 'grapheme', maxLength: 40 })
  // A bar is written as &#124;, so a value that holds those characters already comes back as a bar.
  .filter((text) => text.isWellFormed() && !/[\r\n]/.test(text) && !text.includes('&#124;'));
const field = fc.record({ name: fc.stringMatching(/^[A-X][A-Z0-9]$/), value });
const message: fc.Arbitrary<Sip2Message> = fc
  .record({
    fixed: fc.stringMatching(/^[ -{]{18}$/),
    fields: fc.array(field, { maxLength: 6 }),
    sequence: fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined }),
  })
  .map(({ sequence, ...rest }) => ({
    code: '17',
    ...rest,
    ...(sequence === undefined ? {} : { sequence }),
    isChecked: true,
  }));

describe('messages of SIP2', () => {
  testVectors(vectors, {
    decode: decodeMessage,
    encode: (one) => encodeMessage(one as Sip2Message),
    framer: createMessageFramer,
  });

  it('end with CR, LF or both', () => {
    expect(framed('941\r940\n941\r\n\n\r940\r')).toEqual(['941', '940', '941', '940']);
  });

  it('come back as they were sent, in one sum that is zero', () => {
    fc.assert(
      fc.property(message, (sent) => {
        const bytes = encodeMessage(sent);
        expect(decodeMessage(bytes.slice(0, -1))).toEqual(sent);
        const sum = Number.parseInt(textOf(bytes.slice(-5, -1)), 16);
        const rest = bytes.slice(0, -5).reduce((total, byte) => total + byte, 0);
        expect((sum + rest) & 0xffff).toBe(0);
      }),
    );
  });

  it('never pass as sound with a changed byte', () => {
    const whole = encodeMessage({ ...itemInformation({ institution: 'TV', item: '1', nowMs: 0 }), isChecked: true });
    fc.assert(
      fc.property(fc.nat(whole.length - 7), fc.integer({ min: 1, max: 255 }), (at, by) => {
        const bytes = whole.slice(0, -1);
        bytes[at] = ((bytes[at] ?? 0) + by) & 0xff;
        let isSound = true;
        try {
          // When the letters AZ are hit the message looks like one without a checksum, and says so.
          isSound = decodeMessage(bytes).isChecked;
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(ProtocolError);
          isSound = false;
        }
        expect(isSound).toBe(false);
      }),
    );
  });

  it('throw nothing but ProtocolError, whatever bytes come', () => {
    const start = fc.constantFrom('18', '98', '94', '96', '');
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 200 }), (code, bytes) => {
        try {
          for (const frame of createMessageFramer().push(Buffer.concat([utf8(code), bytes, utf8('\r')]))) {
            const read = decodeMessage(frame);
            readLogin(read);
            readSystemStatus(read);
            readItemStatus(read);
          }
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(ProtocolError);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    ['a wrong checksum', '941AY0AZFDFC', 'checksum'],
    ['a code that we do not know', '64              00120261124    081500', 'unsupported'],
    ['no code', 'xx', 'malformed'],
    ['nothing but letters', 'login: ', 'malformed'],
    ['too little before the fields', '98YNNYNN', 'truncated'],
    ['a status without circulation', `18xx${'0'.repeat(22)}`, undefined],
  ])('are refused for %s', (_, text, code) => {
    if (code === undefined) expect(() => readItemStatus(decodeMessage(utf8(text)))).toThrow(ProtocolError);
    else expect(() => decodeMessage(utf8(text))).toThrow(expect.objectContaining({ code }));
  });

  it('have at most 8 KiB', () => {
    expect(() => [...createMessageFramer().push(new Uint8Array(9_000).fill(0x41))]).toThrow(ProtocolError);
    expect(() => decodeMessage(new Uint8Array(9_000).fill(0x41))).toThrow(
      expect.objectContaining({ code: 'oversize' }),
    );
  });

  it('take a checksum in small letters, and read what is no UTF-8 with replacement signs', () => {
    expect(decodeMessage(utf8('97AZfef5'))).toEqual(resendRequest);
    const bytes = Uint8Array.from([...utf8(`18${'0'.repeat(24)}AJPh`), 0xf2, ...utf8('|')]);
    expect(fieldOf(decodeMessage(bytes), 'AJ')).toBe('Ph\uFFFD');
  });
});

describe('requests of a gate', () => {
  it('are those of the standard', () => {
    const request = login({ username: 'LoginUserID', password: 'LoginPassword', location: 'LocationCode' });
    expect(textOf(encodeMessage({ ...request, sequence: 5, isChecked: true }))).toBe(
      '9300CNLoginUserID|COLoginPassword|CPLocationCode|AY5AZEC7B\r',
    );
    expect(textOf(encodeMessage({ ...terminalStatus(), isChecked: false }))).toBe('9900802.00\r');
    expect(textOf(encodeMessage(resendRequest))).toBe('97AZFEF5\r');
    const nowMs = Date.UTC(2026, 10, 24, 1, 15, 0);
    expect({
      ...itemInformation({ institution: 'THPT', item: 'TV-000123', nowMs }),
      sequence: 9,
      isChecked: true,
    }).toEqual(named('question for an item'));
    expect(login({ username: 'u', password: 'p', location: undefined }).fields).toHaveLength(2);
  });

  it('cannot be changed by a value', () => {
    const write = (change: Partial<Sip2Message>) => encodeMessage({ ...terminalStatus(), isChecked: true, ...change });
    const value = (text: string) => [{ name: 'AB', value: text }];
    expect(textOf(write({ fields: value('a|COpw') }))).toContain('ABa&#124;COpw|');
    expect(() => write({ fields: value('a\r9700') })).toThrow(ProtocolError);
    expect(() => write({ fields: value('a\n') })).toThrow(ProtocolError);
    expect(() => write({ fields: value('ệ'.repeat(86)) })).toThrow(ProtocolError);
    expect(() => write({ fields: [{ name: 'A|', value: '' }] })).toThrow(ProtocolError);
    expect(() => write({ fixed: '0080|2.0' })).toThrow(ProtocolError);
    expect(() => write({ fixed: '0' })).toThrow(ProtocolError);
    expect(() => write({ sequence: 10 })).toThrow(ProtocolError);
    expect(() => write({ code: '11' })).toThrow(ProtocolError);
  });
});

describe('answers to a gate', () => {
  it('tell whether we are signed in', () => {
    expect(readLogin(named('signed in'))).toBe(true);
    expect(readLogin(named('refused login'))).toBe(false);
    expect(() => readLogin(named('asked to resend'))).toThrow(ProtocolError);
  });

  it('tell by the eleventh letter of BX whether items may be asked for', () => {
    expect(readSystemStatus(named('system that answers items'))).toEqual({
      isOnline: true,
      answersItems: true,
      institution: 'THPT',
    });
    expect(readSystemStatus(named('system that does not answer items')).answersItems).toBe(false);
    const silent = decodeMessage(utf8(`98N${'0'.repeat(33)}`));
    expect(readSystemStatus(silent)).toEqual({ isOnline: false, answersItems: undefined, institution: undefined });
  });

  it('tell the state of an item, and nothing of its title or its reader', () => {
    const status = readItemStatus(named('item on loan, Vietnamese title'));
    expect(status).toEqual({ item: 'TV-000123', circulation: 4, isKnown: true, hasDueDate: true });
    expect(readItemStatus(named('item that nobody knows'))).toEqual({
      item: 'TV-999999',
      circulation: 1,
      isKnown: false,
      hasDueDate: false,
    });
  });
});

describe('checksum', () => {
  it('is that of the examples', () => {
    expect(checksum(utf8('9300CNLoginUserID|COLoginPassword|CPLocationCode|AY5AZ'))).toBe('EC7B');
    expect(checksum(utf8('9900302.00AY1AZ'))).toBe('FCA5');
    expect(checksum(utf8('941AY0AZ'))).toBe('FDFD');
  });
});
