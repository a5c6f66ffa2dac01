import type { CapabilityName, CapabilityState } from '../../../protocols/fleet/capabilities/index.ts';
import type { Descriptor } from '../../../protocols/fleet/record.ts';
import type { CameraReading, RecordingState, StreamingState } from './member.ts';
import { isPresent, modeOf, type PartView, type RigView, recordingOf, streamingOf } from './rig-view.ts';
import type { Settings } from './settings.ts';

export const family = 'studio';

type States = { readonly [N in CapabilityName]?: CapabilityState<N> };

/** What of the studio is no part. */
export interface Desk {
  readonly lock: CapabilityState<'studio'>['lock'];
  readonly scene: string | undefined;
  readonly lastRun: CapabilityState<'studio'>['lastRun'];
  readonly scenes: Settings['scenes'];
}

/** Free space is told in steps of this, so that a disk that fills makes no report each second. */
const spaceStepBytes = 100_000_000;
const minuteSeconds = 60;
const longestName = 200;
const mostInputs = 64;
const mostParts = 16;

const recordingRank: readonly RecordingState[] = ['recording', 'paused', 'starting', 'stopping', 'stopped', 'unknown'];
const streamingRank: readonly StreamingState[] = ['live', 'reconnecting', 'starting', 'stopping', 'stopped', 'unknown'];

/** What the studio is: its abilities are those of the members that its settings name, whether they answer or not. */
export function mapDescriptor(view: RigView, settings: Settings): Descriptor {
  const { parts } = view;
  const has = (ability: keyof PartView['can']) => parts.some(({ can }) => can[ability] !== undefined);
  const canPause = parts.some(({ can }) => can.recording?.pause !== undefined);
  const studioCommands = [...(settings.scenes.length > 0 ? ['runScene'] : []), 'lock', 'unlock'];
  return {
    family,
    model: parts
      .map(({ name, reading }) => reading.model ?? name)
      .join(' + ')
      .slice(0, longestName),
    capabilities: {
      identity: { commands: [] },
      studio: { commands: studioCommands },
      ...(has('scenes') ? { scene: { commands: ['set'] } } : {}),
      ...(has('recording')
        ? { recording: { commands: ['start', 'stop', ...(canPause ? ['pause', 'resume'] : [])] } }
        : {}),
      ...(has('streaming') ? { streaming: { commands: ['start', 'stop'] } } : {}),
      ...(has('camera')
        ? { ptz: { commands: ['move', 'stop', 'goToPreset'] }, power: { commands: ['on', 'off'] } }
        : {}),
      ...(has('sound') ? { sound: { commands: ['mute'] } } : {}),
      // Offered once a part has said that its computer has one.
      ...(virtualCamerasOf(parts).length > 0 ? { virtualcamera: { commands: ['set'] } } : {}),
      ...(has('picture') ? { snapshot: { commands: ['take'] } } : {}),
    },
    parts: parts.map(({ name, role, reading }) => ({
      kind: role,
      name,
      ...(reading.serial === undefined ? {} : { serial: reading.serial.slice(0, 120) }),
      detail: [reading.vendor, reading.model, reading.firmware]
        .filter((text) => text !== undefined)
        .join(' ')
        .slice(0, 200),
    })),
  };
}

/** Every state of the studio, for the capabilities that it has. */
export function mapStates(view: RigView, desk: Desk, name: string): States {
  const { parts } = view;
  const recorders = parts.filter(({ can }) => can.recording);
  const encoders = parts.filter(({ can }) => can.streaming);
  const mixers = parts.filter(({ can }) => can.scenes);
  const cameras = parts.filter(({ can }) => can.camera);
  return {
    identity: { name: name.slice(0, longestName) },
    studio: mapStudio(view, desk),
    ...(mixers.length > 0 ? { scene: mapScene(mixers) } : {}),
    ...(recorders.length > 0 ? { recording: mapRecording(recorders) } : {}),
    ...(encoders.length > 0 ? { streaming: mapStreaming(encoders) } : {}),
    ...(cameras.length > 0 ? { ptz: mapCameras(cameras), power: { state: powerOf(cameras) } } : {}),
    ...mapDesk(parts),
  };
}

/** Numbers of this moment: of the recorder with the least room, and of the worst stream. */
export function mapSamples({ parts }: RigView): Readonly<Record<string, number>> {
  const readings = parts.filter(isPresent).map(({ reading }) => reading);
  const known = (values: readonly (number | undefined)[]) => values.filter((value) => value !== undefined);
  const free = known(readings.map(({ recording }) => recording?.freeBytes));
  const freeTime = known(readings.map(({ recording }) => recording?.freeSeconds));
  const recorded = known(readings.map(({ recording }) => recording?.seconds));
  const sent = known(readings.map(({ streaming }) => streaming?.seconds));
  const dropped = known(readings.map(({ streaming }) => streaming?.droppedPercent));
  return {
    'studio.partsDown': parts.filter((part) => !isPresent(part)).length,
    ...(free.length > 0 ? { 'recording.free': Math.min(...free) } : {}),
    ...(freeTime.length > 0 ? { 'recording.freeTime': Math.min(...freeTime) } : {}),
    ...(recorded.length > 0 ? { 'recording.duration': Math.max(...recorded) } : {}),
    ...(sent.length > 0 ? { 'streaming.duration': Math.max(...sent) } : {}),
    ...(dropped.length > 0 ? { 'streaming.dropped': Math.max(...dropped) } : {}),
  };
}

function mapStudio(view: RigView, { lock, scene, lastRun, scenes }: Desk): CapabilityState<'studio'> {
  return {
    mode: modeOf(view),
    ...(lock ? { lock } : {}),
    scenes: scenes.map(({ id, name }) => ({ id, name })),
    ...(scene === undefined ? {} : { scene }),
    ...(lastRun ? { lastRun } : {}),
    parts: view.parts.map(({ name, role, status, since, problem }) => ({
      name,
      role,
      status,
      since,
      ...(problem ? { problem } : {}),
    })),
    attention: view.parts.filter(({ problem }) => problem !== undefined).map(({ name }) => name),
  };
}

function mapScene(mixers: readonly PartView[]): CapabilityState<'scene'> {
  const all = mixers.map((part) => {
    const { current, list = [] } = part.reading.scenes ?? {};
    const shown = isPresent(part) && current ? { current: current.slice(0, longestName) } : {};
    return {
      part: part.name,
      ...shown,
      list: list.filter((name) => name !== '').map((name) => name.slice(0, longestName)),
    };
  });
  const { part: _, ...first } = all[0] ?? { part: '', list: [] };
  return { ...first, mixers: all };
}

function mapRecording(recorders: readonly PartView[]): CapabilityState<'recording'> {
  const states = recorders.map(recordingOf);
  return {
    state: recordingRank.find((state) => states.includes(state)) ?? 'unknown',
    recorders: recorders.map((part) => {
      const { output, lastOutput, freeBytes, freeSeconds } = part.reading.recording ?? {};
      return {
        part: part.name,
        state: recordingOf(part),
        ...(output === undefined ? {} : { output }),
        ...(lastOutput === undefined ? {} : { lastOutput }),
        ...(freeBytes === undefined ? {} : { freeBytes: Math.floor(freeBytes / spaceStepBytes) * spaceStepBytes }),
        ...(freeSeconds === undefined ? {} : { freeSeconds: Math.floor(freeSeconds / minuteSeconds) * minuteSeconds }),
      };
    }),
  };
}

function mapStreaming(encoders: readonly PartView[]): CapabilityState<'streaming'> {
  const states = encoders.map(streamingOf);
  return {
    state: streamingRank.find((state) => states.includes(state)) ?? 'unknown',
    encoders: encoders.map((part) => ({ part: part.name, state: streamingOf(part) })),
  };
}

/** What a mixer has beside pictures and outputs. */
function mapDesk(parts: readonly PartView[]): States {
  const desks = parts.filter(({ can }) => can.sound);
  const viewers = parts.filter(({ can }) => can.picture);
  const virtual = virtualCamerasOf(parts);
  return {
    ...(desks.length > 0 ? { sound: { inputs: desks.flatMap(inputsOf).slice(0, mostInputs) } } : {}),
    ...(virtual.length > 0
      ? { virtualcamera: { active: virtual.some(({ active }) => active), cameras: virtual.slice(0, mostParts) } }
      : {}),
    ...(viewers.length > 0 ? { snapshot: { available: viewers.some(isPresent) } } : {}),
  };
}

function inputsOf(part: PartView) {
  return (part.reading.sound ?? []).map(({ name, isMuted, decibels }) => ({
    part: part.name,
    name: name.slice(0, longestName),
    muted: isMuted,
    ...(decibels === undefined ? {} : { decibels }),
  }));
}

function virtualCamerasOf(parts: readonly PartView[]) {
  return parts.flatMap((part) => {
    const { virtualCamera } = part.reading;
    return virtualCamera ? [{ part: part.name, active: isPresent(part) && virtualCamera.isOn }] : [];
  });
}

function mapCameras(cameras: readonly PartView[]): CapabilityState<'ptz'> {
  const all = cameras.map((part) => ({ part: part.name, ...aimOf(part.reading.camera) }));
  const { part: _, ...first } = all[0] ?? { part: '', presets: [] };
  return { ...first, cameras: all };
}

function aimOf(camera: CameraReading | undefined) {
  const { pan, tilt, zoom, presets = [] } = camera ?? {};
  return {
    ...(pan === undefined ? {} : { pan }),
    ...(tilt === undefined ? {} : { tilt }),
    ...(zoom === undefined ? {} : { zoom }),
    presets: [...presets],
  };
}

/** One word for all cameras. */
function powerOf(cameras: readonly PartView[]): CapabilityState<'power'>['state'] {
  const states = cameras.map((part) => (isPresent(part) ? part.reading.camera?.isOn : undefined));
  if (states.every((on) => on === true)) return 'on';
  return states.every((on) => on === false) ? 'off' : 'unknown';
}
