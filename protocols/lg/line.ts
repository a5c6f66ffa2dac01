import { ProtocolError } from '../bytes/error.ts';
import { createDelimiterFramer, type Framer } from '../bytes/framer.ts';

/** TCP port of LG's external control on signage and boards; on RS-232 9600 8N1 the same text. */
export const lgPort = 9761;

/** `x` ends an answer; there is no CR. Hex digits and serial numbers are written without it. */
const terminator = 0x78;
const maxAnswerBytes = 128;

/** One command, `[Command1][Command2][ ][Set ID][ ][Data][Cr]` (LG owner's manuals, "Controlling the multiple product"). */
export interface LgRequest {
  /** Two letters such as `ka`. */
  readonly command: string;
  /** 1 to 255; 0 is every display, whose answers mean nothing. */
  readonly setId: number;
  /** Some models write the set id with three digits. */
  readonly idDigits: 2 | 3;
  /** Hex bytes; `ff` asks. */
  readonly data: readonly string[];
}

export interface LgReply {
  /** The second letter of the command. */
  readonly command: string;
  readonly setId: number;
  readonly accepted: boolean;
  /** Hex digits or text, as the command has it. */
  readonly data: string;
}

/** Throws ProtocolError `malformed`. */
export function encodeLg({ command, setId, idDigits, data }: LgRequest): Uint8Array {
  const isSound =
    /^[a-z]{2}$/.test(command) &&
    Number.isInteger(setId) &&
    setId >= 0 &&
    setId <= 255 &&
    data.length > 0 &&
    data.every((byte) => /^[0-9a-fA-F]{2}$/.test(byte));
  if (!isSound) throw new ProtocolError('malformed', 'an LG command is two letters, a set id and hex bytes');
  const id = setId.toString(16).padStart(idDigits, '0');
  return new TextEncoder().encode(`${command} ${id} ${data.join(' ')}\r`);
}

/** Frames come without their `x`. */
export function createLgFramer(): Framer {
  return createDelimiterFramer(terminator, maxAnswerBytes);
}

/** Throws ProtocolError `malformed`. */
export function decodeLg(frame: Uint8Array): LgReply {
  // Some displays end the line before as well, or echo zero bytes.
  const text = String.fromCharCode(...frame.subarray(0, maxAnswerBytes)).replace(/^[\r\n\0 ]+/, '');
  const [, command, id, verdict, data] = /^([a-z]) ([0-9a-fA-F]{2,3}) (OK|NG)([ -~]*)$/.exec(text) ?? [];
  if (command === undefined || id === undefined || data === undefined) {
    throw new ProtocolError('malformed', `no LG answer looks like ${JSON.stringify(text.slice(0, 40))}`);
  }
  return { command, setId: Number.parseInt(id, 16), accepted: verdict === 'OK', data: data.trim() };
}

/** Reads hex digits as a number. Throws ProtocolError `malformed`. */
export function parseHex(data: string): number {
  if (!/^[0-9a-fA-F]{1,8}$/.test(data))
    throw new ProtocolError('malformed', `no hex number: ${JSON.stringify(data.slice(0, 20))}`);
  return Number.parseInt(data, 16);
}
