import { ProtocolError } from '../bytes/error.ts';
import type { Framer } from '../bytes/framer.ts';
import { createLengthFramer } from '../bytes/length-framer.ts';
import type { PanelReply, PanelRequest } from './panel-message.ts';

/** TCP port of Philips SICP (V1.99 2017-05-25, V2.03); iiyama's kin listens there too. */
export const sicpPort = 5000;

/** Size, control, group, command and checksum. */
const minFrameBytes = 5;
/** Of the whole message, size byte and checksum included [SICP V2.03, message structure]. */
const maxFrameBytes = 0x28;

const results: Readonly<Record<number, 'done' | 'corrupt' | 'unavailable'>> = {
  6: 'done',
  21: 'corrupt',
  24: 'unavailable',
};

/** Throws ProtocolError `malformed` or `oversize`. Monitor 0 is every display and is never answered. */
export function encodeSicp({ monitor, command, data = [] }: PanelRequest): Uint8Array {
  const size = minFrameBytes + data.length;
  if (size > maxFrameBytes) throw new ProtocolError('oversize', `a SICP message has at most ${maxFrameBytes} bytes`);
  // Group 0: by monitor id alone.
  const body = [size, monitor, 0, command, ...data];
  if (body.some((byte) => !Number.isInteger(byte) || byte < 0 || byte > 255)) {
    throw new ProtocolError('malformed', 'a SICP message holds bytes only');
  }
  return Uint8Array.of(...body, xor(body));
}

export function createSicpFramer(): Framer {
  return createLengthFramer({ headerBytes: 1, lengthOf: lengthOfFrame, maxBytes: maxFrameBytes });
}

/**
 * The group is not looked at: real panels answer with group 1 to a message of group 0.
 * Throws ProtocolError `truncated`, `checksum` or `malformed`.
 */
export function decodeSicp(frame: Uint8Array): PanelReply {
  const [size, monitor, , command, result] = frame;
  if (frame.length < minFrameBytes || size !== frame.length || monitor === undefined || command === undefined) {
    throw new ProtocolError('truncated', 'a SICP answer does not have the length that it tells');
  }
  if (xor(frame.subarray(0, -1)) !== frame.at(-1)) throw new ProtocolError('checksum', 'a SICP checksum is wrong');
  if (command !== 0) return { kind: 'value', monitor, command, data: frame.slice(4, -1) };
  const told = frame.length === minFrameBytes + 1 && result !== undefined ? results[result] : undefined;
  if (told === undefined) throw new ProtocolError('malformed', 'a SICP result is none of ACK, NACK and NAV');
  return { kind: told, monitor };
}

function xor(bytes: Iterable<number>): number {
  let value = 0;
  for (const byte of bytes) value ^= byte;
  return value;
}

function lengthOfFrame([size = 0]: Uint8Array): number {
  if (size < minFrameBytes) throw new ProtocolError('malformed', `a SICP answer of ${size} bytes cannot be`);
  return size;
}
