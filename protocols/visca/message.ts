import { ProtocolError } from '../bytes/error.ts';
import { createDelimiterFramer, type Framer } from '../bytes/framer.ts';

/** Why a camera does not do what it was told [Sony SRG-300H, Camera-Issued Messages]. */
export type ViscaRefusal =
  /** More than 14 bytes between address and terminator. */
  | 'length'
  /** It does not know the command, or not with these values. */
  | 'syntax'
  /** Two commands are being carried out already. */
  | 'buffer-full'
  | 'cancelled'
  | 'no-socket'
  /** Not now: it is off, or a menu is open. */
  | 'not-executable'
  | 'unknown';

/** What a camera says. A command is answered twice: accepted, then completed. */
export type ViscaReply =
  | { readonly kind: 'accepted'; readonly socket: number }
  | { readonly kind: 'completed'; readonly socket: number }
  | { readonly kind: 'answer'; readonly data: Uint8Array }
  | { readonly kind: 'refused'; readonly refusal: ViscaRefusal; readonly socket: number }
  /** Something it says unasked: it was powered, or someone used its remote control. */
  | { readonly kind: 'notice' };

/** TCP port of raw messages, as PTZOptics and most makers take it; Sony has none. */
export const viscaTcpPort = 5678;

const terminator = 0xff;
/** A message has 3 to 16 bytes, its terminator included. */
const maxMessageBytes = 16;
const shortestReply = 2;
/** Over IP every camera has the address 1, and the controller 0. */
const toCamera = 0x81;
const fromCamera = 0x90;

const refusals: Readonly<Record<number, ViscaRefusal>> = {
  1: 'length',
  2: 'syntax',
  3: 'buffer-full',
  4: 'cancelled',
  5: 'no-socket',
  65: 'not-executable',
};

/** Cuts the stream of a connection into messages without their terminator. Throws ProtocolError `oversize`. */
export function createMessageFramer(): Framer {
  return createDelimiterFramer(terminator, maxMessageBytes - 1);
}

/** Makes a command to camera 1. `bytes` are those between `81 01` and the terminator. */
export function encodeCommand(bytes: readonly number[]): Uint8Array {
  return encode(0x01, bytes);
}

/** Makes a question to camera 1. `bytes` are those between `81 09` and the terminator. */
export function encodeInquiry(bytes: readonly number[]): Uint8Array {
  return encode(0x09, bytes);
}

function encode(kind: number, bytes: readonly number[]): Uint8Array {
  const message = Uint8Array.of(toCamera, kind, ...bytes, terminator);
  const isSound = bytes.every((byte) => Number.isInteger(byte) && byte >= 0 && byte < terminator);
  if (!isSound || message.length > maxMessageBytes) {
    throw new ProtocolError('malformed', 'a VISCA message has at most 16 bytes, and 0xff only at its end');
  }
  return message;
}

/** Reads one message of a camera, without its terminator. Throws ProtocolError `truncated` or `malformed`. */
export function decodeReply(bytes: Uint8Array): ViscaReply {
  const [address = 0, kind = 0, code = 0] = bytes;
  if (bytes.length < shortestReply) throw new ProtocolError('truncated', 'a VISCA reply has at least two bytes');
  if (address !== fromCamera) throw new ProtocolError('malformed', `no camera of address 1 says ${toHex(bytes)}`);
  const socket = kind & 0x0f;
  switch (kind >> 4) {
    case 4:
      return { kind: 'accepted', socket };
    case 5:
      return bytes.length === shortestReply
        ? { kind: 'completed', socket }
        : { kind: 'answer', data: bytes.slice(shortestReply) };
    case 6:
      return { kind: 'refused', refusal: refusals[code] ?? 'unknown', socket };
    default:
      return { kind: 'notice' };
  }
}

function toHex(bytes: Uint8Array): string {
  return [...bytes.subarray(0, maxMessageBytes)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
