import { ProtocolError } from '../bytes/error.ts';
import type { Framer } from '../bytes/framer.ts';

/** With these bytes, in the clear, a display in secured mode begins; TLS follows, with the display as the server. */
export const tlsGreeting: Uint8Array = new TextEncoder().encode('MDCSTART<<TLS>>');

const passed = 'MDCAUTH<<PASS>>';
const failedStart = 'MDCAUTH<<FAIL:';
const maxAnswerBytes = 'MDCAUTH<<FAIL:0x0001>>'.length;

/** What the display says to the PIN. A wrong one must never be sent again by itself: the display blocks after a few. */
export type Authentication = 'passed' | 'wrong-pin' | 'blocked' | 'refused';

/** The PIN as it is sent inside TLS: four digits. Throws ProtocolError `malformed`. */
export function encodePin(pin: string): Uint8Array {
  if (!/^\d{4}$/.test(pin)) throw new ProtocolError('malformed', 'an MDC PIN has four digits');
  return new TextEncoder().encode(pin);
}

/** Cuts the answer to the PIN out of the stream, without touching what follows. */
export function createAuthenticationFramer(): Framer {
  let text = '';
  return {
    *push(chunk) {
      for (const byte of chunk) {
        if (text.length >= maxAnswerBytes) throw unknownAnswer();
        text += String.fromCharCode(byte);
        if (![passed, failedStart].some((known) => known.startsWith(text.slice(0, known.length))))
          throw unknownAnswer();
        if (!text.endsWith('>>')) continue;
        const frame = new TextEncoder().encode(text);
        text = '';
        yield frame;
      }
    },
    get pendingBytes() {
      return text.length;
    },
  };
}

/** Throws ProtocolError `malformed`. */
export function decodeAuthentication(bytes: Uint8Array): Authentication {
  const text = String.fromCharCode(...bytes.subarray(0, maxAnswerBytes + 1));
  if (text === passed) return 'passed';
  // Documents write the code with `0x`, samsung-mdc reads it without.
  const code = /^MDCAUTH<<FAIL:(?:0x)?([0-9a-fA-F]{4})>>$/.exec(text)?.[1];
  if (code === undefined) throw unknownAnswer();
  const codes: Readonly<Record<number, Authentication>> = { 1: 'wrong-pin', 2: 'blocked' };
  return codes[Number.parseInt(code, 16)] ?? 'refused';
}

function unknownAnswer(): ProtocolError {
  return new ProtocolError('malformed', 'the display does not answer its PIN as MDC does');
}
