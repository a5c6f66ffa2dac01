import { ByteReader } from '../bytes/reader.ts';
import type { AtemCommand } from './command.ts';

export interface AtemInput {
  readonly source: number;
  readonly name: string;
  /** Whether the first mixer can show it. */
  readonly isOffered: boolean;
}

/** What a switcher has told of itself, as far as a studio needs it. */
export interface AtemState {
  /** All that it tells at the beginning has been told. */
  readonly isComplete: boolean;
  /** Of the protocol, such as `2.30`. */
  readonly version: string | undefined;
  readonly product: string | undefined;
  readonly inputs: readonly AtemInput[];
  /** The source on air in the first mixer. */
  readonly program: number | undefined;
  /** Absent on models that cannot record. */
  readonly recording: AtemRecording | undefined;
  readonly streaming: AtemStreaming | undefined;
}

export interface AtemRecording {
  readonly state: 'recording' | 'stopping' | 'stopped';
  /** `full`, `broken` and `unformatted` disks, and none at all, take no recording. */
  readonly medium: 'ready' | 'absent' | 'full' | 'broken' | 'unformatted' | 'too-slow';
  readonly freeSeconds?: number | undefined;
  readonly seconds?: number | undefined;
}

export interface AtemStreaming {
  readonly state: 'live' | 'starting' | 'stopping' | 'stopped';
  readonly seconds?: number | undefined;
}

export const emptyAtemState: AtemState = {
  isComplete: false,
  version: undefined,
  product: undefined,
  inputs: [],
  program: undefined,
  recording: undefined,
  streaming: undefined,
};

/** More inputs than the largest switcher has are rubbish. */
const maxInputs = 256;
const noTime = 0xffff_ffff;

type Read = (state: AtemState, reader: ByteReader) => AtemState;

/** Layouts as node-atem-connection 3.10.2 knows them; what follows the last field read here differs from version to version. */
const reads: Readonly<Record<string, Read>> = {
  _ver: (state, reader) => ({ ...state, version: `${reader.u16()}.${reader.u16()}` }),
  _pin: (state, reader) => ({ ...state, product: readText(reader, 40) }),
  InPr: readInput,
  PrgI: (state, reader) => {
    const mixEffect = reader.u8();
    reader.u8();
    return mixEffect === 0 ? { ...state, program: reader.u16() } : state;
  },
  RTMS: readRecording,
  RTMR: (state, reader) =>
    state.recording ? { ...state, recording: { ...state.recording, seconds: readDuration(reader) } } : state,
  StRS: (state, reader) => ({ ...state, streaming: { ...state.streaming, state: streamingState(reader.u16()) } }),
  SRST: (state, reader) =>
    state.streaming ? { ...state, streaming: { ...state.streaming, seconds: readDuration(reader) } } : state,
  InCm: (state) => ({ ...state, isComplete: true }),
};

/** The state after one command of the switcher; commands that say nothing of this leave it. Throws ProtocolError `truncated`. */
export function applyCommand(state: AtemState, { name, body }: AtemCommand): AtemState {
  const read = Object.hasOwn(reads, name) ? reads[name] : undefined;
  return read ? read(state, new ByteReader(body)) : state;
}

function readInput(state: AtemState, reader: ByteReader): AtemState {
  const source = reader.u16();
  const name = readText(reader, 20);
  // The short name, whether both are the maker's, kinds of plugs, and where else it can be shown.
  reader.bytes(13);
  const isOffered = (reader.u8() & 1) !== 0;
  const others = state.inputs.filter((input) => input.source !== source);
  if (others.length >= maxInputs) return state;
  return { ...state, inputs: [...others, { source, name, isOffered }].sort((a, b) => a.source - b.source) };
}

function readRecording(state: AtemState, reader: ByteReader): AtemState {
  const bits = reader.u16();
  // Older editions end here.
  if (reader.remaining > 0) reader.u16();
  const free = reader.remaining > 0 ? reader.u32() : noTime;
  return {
    ...state,
    recording: {
      ...state.recording,
      state: (bits & 0x01) !== 0 ? 'recording' : (bits & 0x80) !== 0 ? 'stopping' : 'stopped',
      medium: mediumOf(bits),
      freeSeconds: free === noTime ? undefined : free,
    },
  };
}

function mediumOf(bits: number): AtemRecording['medium'] {
  if ((bits & 0x04) !== 0) return 'full';
  if ((bits & 0x08) !== 0) return 'broken';
  if ((bits & 0x10) !== 0) return 'unformatted';
  if ((bits & 0x20) !== 0) return 'too-slow';
  return (bits & 0x02) !== 0 ? 'ready' : 'absent';
}

function streamingState(bits: number): AtemStreaming['state'] {
  if ((bits & 0x04) !== 0) return 'live';
  if ((bits & 0x02) !== 0) return 'starting';
  return (bits & 0x20) !== 0 ? 'stopping' : 'stopped';
}

/** Hours, minutes and seconds; frames follow. */
function readDuration(reader: ByteReader): number {
  return reader.u8() * 3_600 + reader.u8() * 60 + reader.u8();
}

/** Text of a fixed length that ends at a NUL. */
function readText(reader: ByteReader, length: number): string {
  const text = reader.text(length);
  const end = text.indexOf('\0');
  return (end < 0 ? text : text.slice(0, end)).replace(/\p{Cc}/gu, '').trim();
}
