import { ProtocolError } from '../bytes/error.ts';
import { createDelimiterFramer, type Framer } from '../bytes/framer.ts';

/** TCP and UDP port of every projector [PJLink 1.04 and 2.00]. */
export const pjlinkPort = 4352;

/** Class 1 is what every projector speaks; class 2 adds commands. */
export type PjlinkClass = 1 | 2;

/** The four things that a projector may say instead of an answer [PJLink 2.00 section 2.2]. */
export type PjlinkFailure =
  /** ERR1 */
  | 'undefined-command'
  /** ERR2 */
  | 'out-of-parameter'
  /** ERR3: for instance in standby or while the lamp warms up. */
  | 'unavailable-time'
  /** ERR4 */
  | 'projector-failure';

export type Line =
  /** First line of a connection: whether the first command must carry a digest of `token` and password. */
  | { readonly kind: 'greeting'; readonly token: string | undefined }
  /** `PJLINK ERRA`: the digest was wrong or missing. */
  | { readonly kind: 'authentication-failed' }
  | { readonly kind: 'answer'; readonly class: PjlinkClass; readonly code: string; readonly parameter: string }
  | {
      readonly kind: 'failure';
      readonly class: PjlinkClass;
      readonly code: string;
      readonly failure: PjlinkFailure;
    };

const carriageReturn = 0x0d;
const lineFeed = 0x0a;
/** `%1XXXX=` and 128 bytes of parameter, without the carriage return: 136 bytes with it. */
const maxLineBytes = 135;
const maxParameterBytes = 128;

const failures: Readonly<Record<string, PjlinkFailure>> = {
  ERR1: 'undefined-command',
  ERR2: 'out-of-parameter',
  ERR3: 'unavailable-time',
  ERR4: 'projector-failure',
};

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * Cuts the stream of a connection into lines of at most 136 bytes. Throws ProtocolError `oversize`.
 * NUL and LF belong to no line: some projectors pad each packet with NUL, some end lines with CR LF. They are dropped.
 */
export function createLineFramer(): Framer {
  const framer = createDelimiterFramer(carriageReturn, maxLineBytes);
  return {
    push: (chunk) => framer.push(chunk.filter((byte) => byte !== 0 && byte !== lineFeed)),
    get pendingBytes() {
      return framer.pendingBytes;
    },
  };
}

/**
 * Reads one line of a projector, without its carriage return. Letters of commands and errors may be small or capital. Names are UTF-8; broken ones are read with
 * replacement signs. Throws ProtocolError `malformed` or, for a greeting of another kind of authentication, `unsupported`.
 */
export function decodeLine(bytes: Uint8Array): Line {
  if (bytes.length > maxLineBytes) throw new ProtocolError('oversize', 'a PJLink line has at most 136 bytes');
  const text = decoder.decode(bytes);
  if (/^PJLINK /i.test(text)) return decodeGreeting(text);
  const match = /^%([12])([A-Z0-9]{4})=(.*)$/is.exec(text);
  const [, version, rawCode, parameter] = match ?? [];
  if (rawCode === undefined || parameter === undefined) {
    throw new ProtocolError('malformed', `this is no line of PJLink: ${JSON.stringify(text.slice(0, 60))}`);
  }
  const head = { class: version === '2' ? 2 : 1, code: rawCode.toUpperCase() } as const;
  const failure = failures[parameter.toUpperCase()];
  return failure ? { kind: 'failure', ...head, failure } : { kind: 'answer', ...head, parameter };
}

function decodeGreeting(text: string): Line {
  const rest = text.slice('PJLINK '.length);
  if (rest === '0') return { kind: 'greeting', token: undefined };
  if (rest.toUpperCase() === 'ERRA') return { kind: 'authentication-failed' };
  const token = /^1 ([0-9a-f]{8})$/i.exec(rest)?.[1];
  if (token !== undefined) return { kind: 'greeting', token };
  const unknown = /^[2-9]( |$)/.test(rest);
  throw new ProtocolError(
    unknown ? 'unsupported' : 'malformed',
    unknown ? 'the projector asks for an authentication that we do not know' : 'malformed PJLink greeting',
    { details: { greeting: text.slice(0, 60) } },
  );
}

export interface Command {
  readonly class: PjlinkClass;
  /** Four capital letters or digits. */
  readonly code: string;
  /** `?` asks; anything else sets. */
  readonly parameter: string;
}

/**
 * Writes a command, carriage return included. `digest` is given with the first command of a connection that asked for
 * one, and stands before it without a separator [PJLink 2.00 section 5]. Throws ProtocolError `malformed`.
 */
export function encodeCommand(command: Command, digest = ''): Uint8Array {
  const parameter = encoder.encode(command.parameter);
  if (
    !/^[A-Z0-9]{4}$/.test(command.code) ||
    parameter.length > maxParameterBytes ||
    parameter.includes(carriageReturn)
  ) {
    throw new ProtocolError('malformed', `no PJLink command can be made of ${JSON.stringify(command)}`);
  }
  return encoder.encode(`${digest}%${command.class}${command.code} ${command.parameter}\r`);
}
