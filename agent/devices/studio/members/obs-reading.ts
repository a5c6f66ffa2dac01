import { type OutputState, readData, type readings } from '../../../../protocols/obs-websocket/values.ts';
import { toDeviceError } from '../../error.ts';
import type { Reading, RecordingReading } from '../member.ts';

type Readings = typeof readings;
export type Data<N extends keyof Readings> = ReturnType<typeof readData<N>>;
export type Output = 'recording' | 'streaming';

/** Reads the data of an answer. Throws DeviceError `protocol`. */
export function readReading<N extends keyof Readings>(type: N, data: Readonly<Record<string, unknown>>): Data<N> {
  try {
    return readData(type, data);
  } catch (thrown) {
    throw toDeviceError(thrown, 'read what OBS says');
  }
}

/** `availableDiskSpace` counts 1,048,576 bytes as one. */
const bytesPerMegabyte = 1_048_576;
const maxScenes = 200;
/** A state between two others that is not left within this is no state. */
const betweenMs = 20_000;
/** OBS 29 was seen to call an output active for a moment after it had said that it stopped: its word is newer than its status. */
const wordMs = 3_000;

const stateOf = {
  recording: {
    STARTING: 'starting',
    STARTED: 'recording',
    STOPPING: 'stopping',
    STOPPED: 'stopped',
    PAUSED: 'paused',
    RESUMED: 'recording',
    RECONNECTING: 'recording',
    RECONNECTED: 'recording',
    UNKNOWN: 'unknown',
  },
  streaming: {
    STARTING: 'starting',
    STARTED: 'live',
    STOPPING: 'stopping',
    STOPPED: 'stopped',
    PAUSED: 'live',
    RESUMED: 'live',
    RECONNECTING: 'reconnecting',
    RECONNECTED: 'live',
    UNKNOWN: 'unknown',
  },
} as const;

/** What OBS says when it is asked for everything. */
export interface Status {
  readonly stats: Data<'GetStats'>;
  readonly scenes: Data<'GetSceneList'>;
  readonly record: Data<'GetRecordStatus'>;
  readonly stream: Data<'GetStreamStatus'>;
  /** Undefined in versions that do not tell it. */
  readonly directory: string | undefined;
}

/** The reading after a poll. `wordAgeMs` is the age of the last word of each output about itself. */
export function afterStatus(reading: Reading, status: Status, wordAgeMs: Readonly<Record<Output, number>>): Reading {
  const { stats, scenes, record, stream, directory } = status;
  const settled = <S>(output: Output, now: S | undefined, told: S): S => {
    const isBetween = now === 'starting' || now === 'stopping' || now === 'reconnecting';
    // A status knows only on and off; the way between them stays until it has had its time.
    return now !== undefined && wordAgeMs[output] < (isBetween ? betweenMs : wordMs) ? now : told;
  };
  return {
    ...reading,
    scenes: {
      current: scenes.currentProgramSceneName ?? undefined,
      // The first scene of its list comes last.
      list: scenes.scenes
        .map(({ sceneName }) => sceneName)
        .reverse()
        .slice(0, maxScenes),
    },
    recording: {
      ...reading.recording,
      state: settled('recording', reading.recording?.state, recordingOf(record)),
      seconds: Math.round(record.outputDuration / 1_000),
      freeBytes: Math.round(stats.availableDiskSpace * bytesPerMegabyte),
      ...(record.outputActive || directory === undefined ? {} : { output: directory }),
    },
    streaming: {
      state: settled('streaming', reading.streaming?.state, streamingOf(stream)),
      seconds: Math.round(stream.outputDuration / 1_000),
      ...(stream.outputActive && stream.outputTotalFrames > 0
        ? { droppedPercent: (stream.outputSkippedFrames / stream.outputTotalFrames) * 100 }
        : {}),
    },
  };
}

interface Heard {
  readonly reading: Reading;
  /** What an output said of itself. */
  readonly said: { readonly output: Output; readonly state: OutputState } | undefined;
}

/** The reading after an event; undefined for an event that does not concern us. Throws ProtocolError. */
export function afterEvent(reading: Reading, type: string, data: Readonly<Record<string, unknown>>): Heard | undefined {
  switch (type) {
    case 'RecordStateChanged': {
      const { outputState: state, outputPath } = readData(type, data);
      const recording = { ...reading.recording, ...pathIn(state, outputPath), state: stateOf.recording[state] };
      return { reading: { ...reading, recording }, said: { output: 'recording', state } };
    }
    case 'StreamStateChanged': {
      const { outputState: state } = readData(type, data);
      const streaming = { ...reading.streaming, state: stateOf.streaming[state] };
      return { reading: { ...reading, streaming }, said: { output: 'streaming', state } };
    }
    case 'CurrentProgramSceneChanged': {
      const { sceneName } = readData(type, data);
      const scenes = { current: sceneName, list: reading.scenes?.list ?? [] };
      return { reading: { ...reading, scenes }, said: undefined };
    }
    case 'InputMuteStateChanged': {
      const { inputName, inputMuted: isMuted } = readData(type, data);
      const sound = reading.sound?.map((input) => (input.name === inputName ? { ...input, isMuted } : input));
      return sound && { reading: { ...reading, sound }, said: undefined };
    }
    case 'VirtualcamStateChanged': {
      const { outputActive: isOn } = readData(type, data);
      return { reading: { ...reading, virtualCamera: { isOn } }, said: undefined };
    }
    default:
      return undefined;
  }
}

function pathIn(state: OutputState, path: string | null | undefined): Partial<RecordingReading> {
  if (!path) return {};
  const output = path.slice(0, 500);
  return state === 'STOPPED' ? { lastOutput: output } : { output };
}

function recordingOf({ outputActive, outputPaused }: Data<'GetRecordStatus'>) {
  if (!outputActive) return 'stopped';
  return outputPaused ? 'paused' : 'recording';
}

function streamingOf({ outputActive, outputReconnecting }: Data<'GetStreamStatus'>) {
  if (!outputActive) return 'stopped';
  return outputReconnecting ? 'reconnecting' : 'live';
}
