import { ProtocolError } from '../bytes/error.ts';
import type { Framer } from '../bytes/framer.ts';

/** TCP port of the API [vMix User Guide 28, TCP API]. */
export const vmixPort = 8099;

/** One response or event [vMix User Guide 28, TCP API, Responses]. */
export interface VmixReply {
  readonly command: string;
  /** `ER` is an error; `data` a response whose second word was the length of what follows the line. */
  readonly status: 'ok' | 'error' | 'data';
  /** The rest of the line. */
  readonly text: string;
  /** UTF-8 text of the data; empty where there is none. */
  readonly data: string;
}

const lineFeed = 0x0a;
/** A tally of 1,000 inputs has 1,011 bytes. */
const maxLineBytes = 8 * 1_024;
/** The state of a production with some hundred inputs and titles has 200 KB. */
const maxDataBytes = 2 * 1_024 * 1_024;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * Cuts the stream of a connection into responses: a line, and as many bytes of data as it tells. Each comes whole, with its
 * line end. Throws ProtocolError `oversize`; the stream has then lost its rhythm, and so does every later call.
 */
export function createReplyFramer(): Framer {
  const line = new Uint8Array(maxLineBytes);
  let used = 0;
  /** Line and data together, once the line is known. */
  let whole: Uint8Array | undefined;
  let isBroken = false;

  const fail = (what: string): never => {
    isBroken = true;
    throw new ProtocolError('oversize', what);
  };
  /** Takes what belongs to the line; returns how many bytes that was. */
  const takeLine = (bytes: Uint8Array): number => {
    const end = bytes.indexOf(lineFeed);
    const part = bytes.subarray(0, end < 0 ? bytes.length : end + 1);
    if (used + part.length > maxLineBytes) fail(`no end of a line within ${maxLineBytes} bytes`);
    line.set(part, used);
    used += part.length;
    if (end < 0) return part.length;
    const dataBytes = dataBytesOf(decoder.decode(line.subarray(0, used)));
    if (dataBytes > maxDataBytes) fail(`${dataBytes} bytes of data are more than ${maxDataBytes}`);
    whole = new Uint8Array(used + dataBytes);
    whole.set(line.subarray(0, used));
    return part.length;
  };
  const takeData = (bytes: Uint8Array, into: Uint8Array): number => {
    const part = bytes.subarray(0, into.length - used);
    into.set(part, used);
    used += part.length;
    return part.length;
  };

  return {
    *push(chunk) {
      if (isBroken) fail('the stream has lost its rhythm');
      for (let at = 0; at < chunk.length; ) {
        const rest = chunk.subarray(at);
        at += whole ? takeData(rest, whole) : takeLine(rest);
        if (!whole || used < whole.length) continue;
        const frame: Uint8Array = whole;
        whole = undefined;
        used = 0;
        yield frame;
      }
    },
    get pendingBytes() {
      return used;
    },
  };
}

/** How many bytes follow a line: its second word, when that is a number. */
function dataBytesOf(line: string): number {
  const [, length] = /^[A-Z]+ (\d{1,10})(?: .*)?\r?\n$/s.exec(line) ?? [];
  return length === undefined ? 0 : Number(length);
}

/** Reads one response as the framer gives it. Throws ProtocolError `malformed`. */
export function decodeReply(bytes: Uint8Array): VmixReply {
  const end = bytes.indexOf(lineFeed);
  const line = decoder.decode(bytes.subarray(0, end < 0 ? bytes.length : end)).replace(/\r$/, '');
  const [, command, status, text = ''] = /^([A-Z]+) (OK|ER|\d{1,10})(?: (.*))?$/s.exec(line) ?? [];
  if (end < 0 || command === undefined || status === undefined) {
    throw new ProtocolError('malformed', `no vMix says ${JSON.stringify(line.slice(0, 60))}`);
  }
  const data = decoder.decode(bytes.subarray(end + 1));
  if (status === 'OK' || status === 'ER') return { command, status: status === 'OK' ? 'ok' : 'error', text, data };
  if (bytes.length - end - 1 !== Number(status)) throw new ProtocolError('truncated', 'less data than the line tells');
  return { command, status: 'data', text, data };
}

/** Asks for a state, or for its changes: `XML`, `VERSION`, `SUBSCRIBE TALLY`. */
export function encodeQuery(words: string): Uint8Array {
  return encodeLine(words);
}

/** Calls a function; its values are escaped as in a URL. Throws ProtocolError `malformed` for a name that is none. */
export function encodeFunction(name: string, query: Readonly<Record<string, string>> = {}): Uint8Array {
  if (!/^\w+$/.test(name)) throw new ProtocolError('malformed', `${JSON.stringify(name)} is no name of a function`);
  const pairs = Object.entries(query).map(([key, value]) => `${key}=${encodeURIComponent(value.toWellFormed())}`);
  return encodeLine(pairs.length === 0 ? `FUNCTION ${name}` : `FUNCTION ${name} ${pairs.join('&')}`);
}

function encodeLine(line: string): Uint8Array {
  if (/[\r\n]/.test(line)) throw new ProtocolError('malformed', 'a command is one line');
  return encoder.encode(`${line}\r\n`);
}
