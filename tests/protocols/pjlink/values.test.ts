import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../protocols/bytes/error.ts';
import { parseMute, parsePower } from '../../../protocols/pjlink/values.ts';

describe('values of PJLink', () => {
  it('takes only what the standard lists', () => {
    expect(parsePower('3')).toBe('warming');
    expect(parseMute('31')).toEqual({ video: true, audio: true });
  });

  it.each(['constructor', 'toString', '__proto__', 'valueOf', '', '4', '1 '])('takes no value from %j', (text) => {
    expect(() => parsePower(text)).toThrow(ProtocolError);
    expect(() => parseMute(text)).toThrow(ProtocolError);
  });
});
