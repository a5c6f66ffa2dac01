import { ProtocolError } from '../bytes/error.ts';
import { createDelimiterFramer, type Framer } from '../bytes/framer.ts';

/**
 * SMART Board RS-232 (6000S kb/171414, MX kb/171555): a line in, a line out, then the prompt `>`. No command may be sent
 * before the prompt. The boards have no socket for it: a serial server carries the bytes, raw, over TCP.
 */
const prompt = 0x3e;
const maxAnswerBytes = 1_024;

export type SmartAnswer =
  | { readonly kind: 'value'; readonly name: string; readonly value: string }
  | { readonly kind: 'invalid' }
  /** A prompt without an answer, as after an empty line. */
  | { readonly kind: 'nothing' };

/** An empty line brings the prompt back. */
export const emptyLine: Uint8Array = Uint8Array.of(0x0d);

/** `get volume`. Throws ProtocolError `malformed`. */
export function encodeGet(name: string): Uint8Array {
  return encodeLine(`get ${checkedName(name)}`);
}

/** `set volume=65`. Throws ProtocolError `malformed`. */
export function encodeSet(name: string, value: string): Uint8Array {
  if (!/^[a-z0-9]{1,20}$/.test(value)) throw new ProtocolError('malformed', 'a SMART value is letters and digits');
  return encodeLine(`set ${checkedName(name)}=${value}`);
}

/** Frames are what comes before each prompt. */
export function createAnswerFramer(): Framer {
  return createDelimiterFramer(prompt, maxAnswerBytes);
}

/**
 * The answer among the lines before a prompt. Notices (`#volume=20`, sent when somebody uses the remote) and the echo of
 * our own line are no answers. Throws ProtocolError `malformed` for lines that are none of these.
 */
export function decodeAnswer(frame: Uint8Array): SmartAnswer {
  const lines = String.fromCharCode(...frame.subarray(0, maxAnswerBytes))
    .split(/[\r\n]+/)
    .map((line) => line.replaceAll('\0', '').trim())
    .filter((line) => line !== '' && !line.startsWith('#') && !/^(get|set)\s/i.test(line));
  const line = lines.at(-1);
  if (line === undefined) return { kind: 'nothing' };
  if (/^invalid cmd\b/i.test(line)) return { kind: 'invalid' };
  const [, name, value] = /^([a-z]{1,30})\s*=\s*([ -~]{0,200})$/i.exec(line) ?? [];
  if (name === undefined || value === undefined) {
    throw new ProtocolError('malformed', `no SMART answer looks like ${JSON.stringify(line.slice(0, 40))}`);
  }
  return { kind: 'value', name: name.toLowerCase(), value: value.trim() };
}

function checkedName(name: string): string {
  if (!/^[a-z]{1,30}$/.test(name)) throw new ProtocolError('malformed', 'a SMART setting is named with letters');
  return name;
}

function encodeLine(line: string): Uint8Array {
  return new TextEncoder().encode(`${line}\r`);
}
