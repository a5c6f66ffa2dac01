import { ProtocolError } from '../bytes/error.ts';
import { createDelimiterFramer, type Framer } from '../bytes/framer.ts';

/** TCP port of every deck [Blackmagic HyperDeck Ethernet Protocol, Protocol Details: Connection]. */
export const hyperdeckPort = 9993;

/** One response or notice of a deck. */
export interface HyperdeckReply {
  /** 1xx failure, 200 to 299 success, 5xx said unasked at any time. */
  readonly code: number;
  readonly text: string;
  /** Lines `name: value`; empty for a response of one line. Values stay text. */
  readonly fields: ReadonlyMap<string, string>;
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const colon = 0x3a;
const maxLineBytes = 4_096;
/** The longest answer that we ask for has some 20 lines; a list of clips, which we do not ask for, is longer. */
const maxReplyBytes = 32 * 1_024;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * Cuts the stream of a connection into responses: one line, or, when the first ends with a colon, all lines to the next empty
 * one. Lines come without their ends, joined by LF. Throws ProtocolError `oversize`.
 */
export function createReplyFramer(): Framer {
  const lines = createDelimiterFramer(lineFeed, maxLineBytes);
  let block: Uint8Array[] = [];
  let blockBytes = 0;

  /** The response that this line completes. */
  const take = (line: Uint8Array): Uint8Array | undefined => {
    if (block.length === 0 && line.at(-1) !== colon) return line.length === 0 ? undefined : line;
    if (line.length === 0) {
      const whole = join(block);
      block = [];
      blockBytes = 0;
      return whole;
    }
    blockBytes += line.length + 1;
    if (blockBytes > maxReplyBytes) {
      throw new ProtocolError('oversize', `no end of a response within ${maxReplyBytes} bytes`);
    }
    block.push(line);
    return undefined;
  };

  return {
    *push(chunk) {
      for (const line of lines.push(chunk)) {
        const whole = take(line.at(-1) === carriageReturn ? line.subarray(0, -1) : line);
        if (whole) yield whole;
      }
    },
    get pendingBytes() {
      return lines.pendingBytes + blockBytes;
    },
  };
}

function join(lines: readonly Uint8Array[]): Uint8Array {
  return encoder.encode(lines.map((line) => decoder.decode(line)).join('\n'));
}

/** Reads one response. A line without a colon inside it is left out, as decks write some. Throws ProtocolError `malformed`. */
export function decodeReply(bytes: Uint8Array): HyperdeckReply {
  const [first = '', ...rest] = decoder.decode(bytes).split('\n');
  const match = /^(\d{3}) (.*?):?$/.exec(first);
  const [, code, text] = match ?? [];
  if (code === undefined || text === undefined) {
    throw new ProtocolError('malformed', `no deck says ${JSON.stringify(first.slice(0, 60))}`);
  }
  const fields = new Map<string, string>();
  for (const line of rest) {
    const at = line.indexOf(':');
    if (at > 0) fields.set(line.slice(0, at).trim(), line.slice(at + 1).trim());
  }
  return { code: Number(code), text, fields };
}

/**
 * Makes a command such as `record: name: lesson`. Values are text; none may hold a line end.
 * Throws ProtocolError `malformed`.
 */
export function encodeCommand(name: string, parameters: Readonly<Record<string, string>> = {}): Uint8Array {
  const pairs = Object.entries(parameters).map(([key, value]) => `${key}: ${value}`);
  const line = pairs.length === 0 ? name : `${name}: ${pairs.join(' ')}`;
  if (/[\r\n]/.test(line)) throw new ProtocolError('malformed', 'a command is one line');
  return encoder.encode(`${line}\r\n`);
}
