import { ProtocolError } from '../bytes/error.ts';
import { ByteReader } from '../bytes/reader.ts';
import { ByteWriter } from '../bytes/writer.ts';

/** One command or state: four letters, and a body whose layout they name. */
export interface AtemCommand {
  readonly name: string;
  readonly body: Uint8Array;
}

const headBytes = 8;

/** The commands of a packet, in order. Throws ProtocolError `truncated` or `malformed`. */
export function decodeCommands(payload: Uint8Array): readonly AtemCommand[] {
  const commands: AtemCommand[] = [];
  const reader = new ByteReader(payload);
  while (reader.remaining > 0) {
    const length = reader.u16();
    if (length < headBytes) throw new ProtocolError('malformed', `an ATEM command of ${length} bytes`);
    // Two bytes that mean nothing.
    reader.u16();
    const name = reader.text(4);
    commands.push({ name, body: reader.bytes(length - headBytes) });
  }
  return commands;
}

function encodeCommand(name: string, body: readonly number[]): Uint8Array {
  const writer = new ByteWriter();
  writer.u16(headBytes + body.length);
  writer.u16(0);
  writer.bytes(Uint8Array.from(Buffer.from(name, 'latin1')));
  writer.bytes(Uint8Array.from(body));
  return writer.finish();
}

/** Puts a source on air at once, in the mixer `mixEffect` (0 is the first). */
export function encodeProgram(mixEffect: number, source: number): Uint8Array {
  return encodeCommand('CPgI', [mixEffect, 0, (source >> 8) & 0xff, source & 0xff]);
}

export function encodeRecording(on: boolean): Uint8Array {
  return encodeCommand('RcTM', [on ? 1 : 0, 0, 0, 0]);
}

export function encodeStreaming(on: boolean): Uint8Array {
  return encodeCommand('StrR', [on ? 1 : 0, 0, 0, 0]);
}

/** Asks how long the recording, or the stream, has been going. */
export function encodeDurationRequest(of: 'recording' | 'streaming'): Uint8Array {
  return encodeCommand(of === 'recording' ? 'RMDR' : 'SRDR', []);
}

/** Asks for the switcher's time of day: a question that changes nothing and that every model answers. */
export function encodeTimeRequest(): Uint8Array {
  return encodeCommand('TiRq', []);
}
