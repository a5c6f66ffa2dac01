import type { CapabilityState } from '../../../protocols/fleet/capabilities/index.ts';
import type { Problem } from '../../../protocols/fleet/problem.ts';
import type { DriverEvent } from '../driver.ts';
import type { Abilities, Reading, RecordingState, Role, StreamingState } from './member.ts';
import type { SeatStatus } from './seat.ts';

export type Mode = CapabilityState<'studio'>['mode'];

/** The longest name of a scene or an input that is told. */
const longestScene = 200;

/** One part as it stands at this moment. */
export interface PartView {
  readonly name: string;
  readonly role: Role;
  readonly status: SeatStatus;
  readonly since: number;
  readonly problem: Problem | undefined;
  /** Its last words, also while it is away. */
  readonly reading: Reading;
  readonly can: Abilities;
}

/** The whole studio at this moment. */
export interface RigView {
  readonly parts: readonly PartView[];
  readonly isHeld: boolean;
}

/** Whether a part answers, so that its last words are true now. */
export function isPresent({ status }: PartView): boolean {
  return status === 'up' || status === 'busy';
}

/** What a part records now; unknown while it is away. */
export function recordingOf(part: PartView): RecordingState {
  return isPresent(part) ? (part.reading.recording?.state ?? 'unknown') : 'unknown';
}

/** What a part sends now; unknown while it is away. */
export function streamingOf(part: PartView): StreamingState {
  return isPresent(part) ? (part.reading.streaming?.state ?? 'unknown') : 'unknown';
}

const onAir: ReadonlySet<StreamingState> = new Set(['live', 'reconnecting', 'starting']);
const onDisk: ReadonlySet<RecordingState> = new Set(['recording', 'paused', 'starting']);

/** What the studio is doing, by the parts that answer. */
export function modeOf({ parts, isHeld }: RigView): Mode {
  if (parts.some((part) => onAir.has(streamingOf(part)))) return 'live';
  if (parts.some((part) => onDisk.has(recordingOf(part)))) return 'recording';
  return isHeld ? 'rehearsing' : 'idle';
}

/** What must not be cut off: also a part that is away counts as it was, for it may go on without us. */
export function workUnderWay({ parts }: RigView): 'live' | 'recording' | undefined {
  if (parts.some(({ reading }) => onAir.has(reading.streaming?.state ?? 'stopped'))) return 'live';
  return parts.some(({ reading }) => onDisk.has(reading.recording?.state ?? 'stopped')) ? 'recording' : undefined;
}

/** What happened between two views. `ending` names the parts that were told to end. */
export function eventsBetween(before: RigView | undefined, now: RigView, ending: ReadonlySet<string>): DriverEvent[] {
  if (!before) return [];
  const events: DriverEvent[] = [];
  const [from, to] = [modeOf(before), modeOf(now)];
  if (from !== to) events.push({ capability: 'studio', name: 'mode', severity: 'info', data: { from, to } });
  for (const part of now.parts) {
    const earlier = before.parts.find(({ name }) => name === part.name);
    if (earlier) events.push(...partEvents(earlier, part, ending.has(part.name)));
  }
  return events;
}

function partEvents(before: PartView, now: PartView, isEnding: boolean): DriverEvent[] {
  return [
    ...presenceEvents(before, now),
    ...recordingEvents(before, now, isEnding),
    ...streamingEvents(before, now, isEnding),
    ...sceneEvents(before, now),
    ...deskEvents(before, now),
  ];
}

function presenceEvents(before: PartView, now: PartView): DriverEvent[] {
  if (before.status === now.status || before.status === 'starting' || isPresent(before) === isPresent(now)) return [];
  const data = {
    part: now.name,
    from: before.status,
    to: now.status,
    message: (now.problem?.message ?? '').slice(0, 300),
  };
  return [{ capability: 'studio', name: 'part', severity: isPresent(now) ? 'info' : 'warning', data }];
}

function recordingEvents(before: PartView, now: PartView, isEnding: boolean): DriverEvent[] {
  const [from, to] = [recordingOf(before), recordingOf(now)];
  if (from === to || from === 'unknown' || to === 'unknown') return [];
  const { output, lastOutput } = now.reading.recording ?? {};
  const path = to === 'stopped' ? lastOutput : output;
  const isCutOff = to === 'stopped' && onDisk.has(from) && !isEnding;
  const data = { part: now.name, from, to, ...(path === undefined ? {} : { output: path }) };
  return [{ capability: 'recording', name: 'changed', severity: isCutOff ? 'warning' : 'info', data }];
}

function streamingEvents(before: PartView, now: PartView, isEnding: boolean): DriverEvent[] {
  const [from, to] = [streamingOf(before), streamingOf(now)];
  if (from === to || from === 'unknown' || to === 'unknown') return [];
  const changed: DriverEvent = {
    capability: 'streaming',
    name: 'changed',
    severity: 'info',
    data: { part: now.name, from, to },
  };
  if (to !== 'stopped' || !onAir.has(from) || isEnding) return [changed];
  const message = from === 'starting' ? 'the stream did not come up' : 'the stream broke off';
  return [changed, { capability: 'streaming', name: 'failed', severity: 'warning', data: { part: now.name, message } }];
}

function sceneEvents(before: PartView, now: PartView): DriverEvent[] {
  const [from, to] = [before.reading.scenes?.current, now.reading.scenes?.current];
  if (from === to || !to || !isPresent(before)) return [];
  const data = {
    part: now.name,
    ...(from ? { from: from.slice(0, longestScene) } : {}),
    to: to.slice(0, longestScene),
  };
  return [{ capability: 'scene', name: 'changed', severity: 'info', data }];
}

/** A microphone that someone muted or opened, and a virtual camera that went on or off. */
function deskEvents(before: PartView, now: PartView): DriverEvent[] {
  if (!isPresent(before) || !isPresent(now)) return [];
  const earlier = new Map(before.reading.sound?.map(({ name, isMuted }) => [name, isMuted]));
  const turned = (now.reading.sound ?? []).filter(({ name, isMuted }) => earlier.get(name) === !isMuted);
  const [was, is] = [before.reading.virtualCamera, now.reading.virtualCamera];
  const isSwitched = was !== undefined && is !== undefined && was.isOn !== is.isOn;
  return [
    ...turned.map(({ name, isMuted }): DriverEvent => {
      const data = { part: now.name, input: name.slice(0, longestScene), muted: isMuted };
      return { capability: 'sound', name: 'muted', severity: 'info', data };
    }),
    ...(isSwitched ? [switched(now.name, is.isOn)] : []),
  ];
}

function switched(part: string, active: boolean): DriverEvent {
  return { capability: 'virtualcamera', name: 'changed', severity: 'info', data: { part, active } };
}
