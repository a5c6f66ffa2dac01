import { ProtocolError } from '../bytes/error.ts';
import type { Framer } from '../bytes/framer.ts';
import { createLengthFramer } from '../bytes/length-framer.ts';
import type { PanelReply, PanelRequest } from './panel-message.ts';

const requestHeader = 0xa6;
const replyHeader = 0x21;
const control = 0x01;
/** Header, id, category, page, length; what follows is counted by the length. */
const headBytes = 5;
const maxFrameBytes = headBytes + 0x28;

/** iiyama "RS232 over LAN", as pyamasicp 0.1.10 reads it: the commands of SICP in another frame. Throws ProtocolError `malformed` or `oversize`. */
export function encodeIiyama({ monitor, command, data = [] }: PanelRequest): Uint8Array {
  // The length counts control, command, data and checksum.
  const length = data.length + 3;
  if (length > 0x28) throw new ProtocolError('oversize', 'an iiyama message holds at most 37 bytes of data');
  const body = [requestHeader, monitor, 0, 0, 0, length, control, command, ...data];
  if (body.some((byte) => !Number.isInteger(byte) || byte < 0 || byte > 255)) {
    throw new ProtocolError('malformed', 'an iiyama message holds bytes only');
  }
  return Uint8Array.of(...body, xor(body));
}

export function createIiyamaFramer(): Framer {
  return createLengthFramer({ headerBytes: headBytes, lengthOf: lengthOfFrame, maxBytes: maxFrameBytes });
}

/** Throws ProtocolError `truncated`, `checksum` or `malformed`. */
export function decodeIiyama(frame: Uint8Array): PanelReply {
  const [header, monitor, category, page, length, kind, command, result] = frame;
  if (header !== replyHeader) throw new ProtocolError('malformed', 'an iiyama answer begins with 21');
  if (monitor === undefined || command === undefined || length === undefined || frame.length !== headBytes + length) {
    throw new ProtocolError('truncated', 'an iiyama answer does not have the length that it tells');
  }
  if (xor(frame.subarray(0, -1)) !== frame.at(-1)) throw new ProtocolError('checksum', 'an iiyama checksum is wrong');
  if (length < 3 || category !== 0 || page !== 0 || kind !== control) {
    throw new ProtocolError('malformed', 'an iiyama answer has an unknown head');
  }
  if (command !== 0) return { kind: 'value', monitor, command, data: frame.slice(7, -1) };
  if (length !== 4 || result === undefined || result > 4) {
    throw new ProtocolError('malformed', 'an iiyama result is none of 0 to 4');
  }
  // 1 and 2: value beyond a limit; 3: not permitted now or no such value; 4: not understood.
  const kinds = ['done', 'out-of-range', 'out-of-range', 'unavailable', 'corrupt'] as const;
  return { kind: kinds[result] ?? 'corrupt', monitor };
}

function xor(bytes: Iterable<number>): number {
  let value = 0;
  for (const byte of bytes) value ^= byte;
  return value;
}

function lengthOfFrame([header, , , , length = 0]: Uint8Array): number {
  if (header !== replyHeader) throw new ProtocolError('malformed', 'an iiyama answer begins with 21');
  if (length < 3) throw new ProtocolError('malformed', `an iiyama answer of length ${length} cannot be`);
  return headBytes + length;
}
