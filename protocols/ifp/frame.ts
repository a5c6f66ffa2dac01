import { ProtocolError } from '../bytes/error.ts';
import type { Framer } from '../bytes/framer.ts';
import { createLengthFramer } from '../bytes/length-framer.ts';

/**
 * The ASCII frame of many interactive panels (ViewSonic IFP RS-232 protocol 3.x, BenQ RM8602K 2019-07-23):
 * length, two digits of identity, type, command, value, CR. The length character counts the bytes before CR from `0`.
 */
const carriageReturn = 0x0d;
const zero = 0x30;
const types = { set: 0x73, get: 0x67, value: 0x72, done: 0x2b, invalid: 0x2d } as const;
/** A result has no command and no value. */
const resultBytes = 4;
const headBytes = 5;
/** The length is one character. */
const maxFrameBytes = 0x7f - zero + 1;

export interface IfpRequest {
  readonly type: 'set' | 'get';
  /** 1 to 98; 99 is every panel, of which only the first answers. */
  readonly id: number;
  /** One ASCII character, as its code. */
  readonly command: number;
  /** Three characters unless the command is one of the long ones. */
  readonly value: string;
}

export type IfpReply =
  | { readonly kind: 'value'; readonly id: number; readonly command: number; readonly value: string }
  | { readonly kind: 'done' | 'invalid'; readonly id: number };

/** Throws ProtocolError `malformed` or `oversize`. */
export function encodeIfp({ type, id, command, value }: IfpRequest): Uint8Array {
  if (!Number.isInteger(id) || id < 0 || id > 99) throw new ProtocolError('malformed', 'a panel id is 1 to 99');
  if (!Number.isInteger(command) || command < 0x20 || command > 0x7e) {
    throw new ProtocolError('malformed', 'a panel command is one printable character');
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: zero bytes pad the long questions.
  if (!/^[\x00-\x0c\x0e-\x7f]+$/.test(value)) throw new ProtocolError('malformed', 'a panel value is ASCII without CR');
  const length = headBytes + value.length;
  if (length + 1 > maxFrameBytes)
    throw new ProtocolError('oversize', `a panel frame has at most ${maxFrameBytes} bytes`);
  const digits = String(id).padStart(2, '0');
  return Uint8Array.of(
    zero + length,
    ...[...digits].map(codeOf),
    types[type],
    command,
    ...[...value].map(codeOf),
    carriageReturn,
  );
}

export function createIfpFramer(): Framer {
  return createLengthFramer({ headerBytes: 1, lengthOf: lengthOfFrame, maxBytes: maxFrameBytes });
}

/** Throws ProtocolError `truncated` or `malformed`. */
export function decodeIfp(frame: Uint8Array): IfpReply {
  const [first = 0, tens = 0, ones = 0, type, command] = frame;
  if (first - zero + 1 !== frame.length) {
    throw new ProtocolError('truncated', 'a panel frame does not have the length that it tells');
  }
  if (frame.at(-1) !== carriageReturn) throw new ProtocolError('malformed', 'a panel frame ends with CR');
  const digits = String.fromCharCode(tens, ones);
  if (!/^\d\d$/.test(digits)) throw new ProtocolError('malformed', 'a panel id is two digits');
  const id = Number(digits);
  if (frame.length === resultBytes + 1) {
    if (type === types.done) return { kind: 'done', id };
    if (type === types.invalid) return { kind: 'invalid', id };
    throw new ProtocolError('malformed', 'a panel result is neither + nor -');
  }
  if (type !== types.value || command === undefined || frame.length < headBytes + 2) {
    throw new ProtocolError('malformed', 'a panel answers with a value or a result');
  }
  return { kind: 'value', id, command, value: String.fromCharCode(...frame.subarray(headBytes, -1)) };
}

function codeOf(character: string): number {
  return character.charCodeAt(0);
}

function lengthOfFrame([first = 0]: Uint8Array): number {
  const length = first - zero;
  if (length < resultBytes || length + 1 > maxFrameBytes) {
    throw new ProtocolError('malformed', 'a panel frame begins with its length');
  }
  return length + 1;
}
