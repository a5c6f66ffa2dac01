import { z } from 'zod';
import { ProtocolError } from '../bytes/error.ts';

type Document = Readonly<Record<string, unknown>>;

const name = z.string();
const count = z.number().min(0);

/** States of an output, without their prefix `OBS_WEBSOCKET_OUTPUT_`. */
const outputStates = [
  'STARTING',
  'STARTED',
  'STOPPING',
  'STOPPED',
  'RECONNECTING',
  'RECONNECTED',
  'PAUSED',
  'RESUMED',
  'UNKNOWN',
] as const;
export type OutputState = (typeof outputStates)[number];

const outputState = z
  .string()
  .transform((text) => text.replace(/^OBS_WEBSOCKET_OUTPUT_/, ''))
  .pipe(z.enum(outputStates).catch('UNKNOWN'));

/** What we read of responses and events, by the name of the request or event; every other field is left out. */
export const readings = {
  GetVersion: z.object({
    obsVersion: z.string(),
    obsWebSocketVersion: z.string(),
    platformDescription: z.string().optional(),
    availableRequests: z.array(name),
  }),
  /** Disk space is in MB, memory too. */
  GetStats: z.object({
    cpuUsage: count,
    memoryUsage: count,
    availableDiskSpace: count,
    renderSkippedFrames: count,
    renderTotalFrames: count,
  }),
  /** Without a scene before OBS has loaded its collection. */
  GetSceneList: z.object({
    currentProgramSceneName: name.nullish(),
    /** The first scene in the list of OBS comes last. */
    scenes: z.array(z.object({ sceneName: name })),
  }),
  /** Duration in ms. Bytes stay after the end. */
  GetRecordStatus: z.object({ outputActive: z.boolean(), outputPaused: z.boolean(), outputDuration: count }),
  StopRecord: z.object({ outputPath: z.string().optional() }),
  GetStreamStatus: z.object({
    outputActive: z.boolean(),
    outputReconnecting: z.boolean(),
    outputDuration: count,
    outputSkippedFrames: count,
    outputTotalFrames: count,
  }),
  GetInputList: z.object({ inputs: z.array(z.object({ inputName: name })) }),
  GetInputMute: z.object({ inputMuted: z.boolean() }),
  /** Minus infinity, which JSON cannot say, comes as null. */
  GetInputVolume: z.object({ inputVolumeDb: z.number().nullable() }),
  GetVirtualCamStatus: z.object({ outputActive: z.boolean() }),
  /** A data URL. */
  GetSourceScreenshot: z.object({ imageData: z.string() }),
  RecordStateChanged: z.object({ outputState, outputPath: z.string().nullish() }),
  StreamStateChanged: z.object({ outputState }),
  InputMuteStateChanged: z.object({ inputName: name, inputMuted: z.boolean() }),
  VirtualcamStateChanged: z.object({ outputActive: z.boolean() }),
  CurrentProgramSceneChanged: z.object({ sceneName: name }),
} as const;

type Readings = typeof readings;

/** Reads the data of a response or event. Throws ProtocolError `malformed`. */
export function readData<N extends keyof Readings>(type: N, data: Document): z.output<Readings[N]> {
  const parsed = readings[type].safeParse(data);
  if (parsed.success) return parsed.data as z.output<Readings[N]>;
  throw new ProtocolError('malformed', `${type}: ${z.prettifyError(parsed.error).slice(0, 300)}`);
}
