import type { CapabilityName, CapabilityState } from '../../../protocols/fleet/capabilities/index.ts';
import type { Descriptor } from '../../../protocols/fleet/record.ts';
import type { PjlinkClass } from '../../../protocols/pjlink/line.ts';
import {
  type FaultPart,
  type Faults,
  faultParts,
  type Lamp,
  type Mute,
  type PjlinkPower,
  type Resolution,
} from '../../../protocols/pjlink/values.ts';

export const family = 'pjlink-projector';

/** What changes rarely: asked when a session starts and then once an hour. */
export interface Facts {
  readonly class: PjlinkClass;
  readonly name?: string | undefined;
  readonly maker?: string | undefined;
  readonly model?: string | undefined;
  readonly serial?: string | undefined;
  readonly software?: string | undefined;
  readonly lampModel?: string | undefined;
  readonly filterModel?: string | undefined;
  readonly inputs: readonly { readonly id: string; readonly name: string | undefined }[];
}

/** What a poll saw. A value is absent when the projector does not know it or cannot say it now. */
export interface Status {
  readonly power: PjlinkPower;
  readonly faults?: Faults | undefined;
  readonly input?: string | undefined;
  readonly mute?: Mute | undefined;
  readonly frozen?: boolean | undefined;
  readonly resolution?: Resolution | undefined;
  readonly wear: Wear;
  /** It answered ERR4 to something. */
  readonly failed: boolean;
}

/** What changes by the hour: asked every few minutes. */
export interface Wear {
  /** Absent when the light source is a laser. */
  readonly lamps?: readonly Lamp[] | undefined;
  readonly filterHours?: number | undefined;
  readonly recommendedResolution?: string | undefined;
}

/** Commands that the projector said it does not have, by their code. */
export type UnknownCodes = ReadonlySet<string>;

type States = { -readonly [N in CapabilityName]?: CapabilityState<N> };

const inputTypes: Readonly<Record<string, string>> = {
  '1': 'RGB',
  '2': 'Video',
  '3': 'Digital',
  '4': 'Storage',
  '5': 'Network',
  '6': 'Internal',
};

/** The whole reported state of the projector; only capabilities of the descriptor. */
export function mapStates(facts: Facts, status: Status, unknownCodes: UnknownCodes): States {
  const states: States = {
    identity: mapIdentity(facts),
    power: { state: status.power },
    lamp: mapLamp(status),
    temperature: { level: status.faults?.temperature ?? 'unknown' },
  };
  const offered = offeredCommands(facts.class, unknownCodes);
  if (offered.input) states.input = mapInput(facts, status);
  if (offered.video) states.video = mapVideo(status);
  if (offered.volume) states.volume = status.mute ? { muted: status.mute.audio } : {};
  return states;
}

/** The numbers of one poll: those of the lamp that has burned longest. */
export function mapSamples({ lamps = [], filterHours }: Wear): Readonly<Record<string, number>> {
  const hours = lamps.map((lamp) => lamp.hours);
  return {
    ...(hours.length > 0 ? { 'lamp.hours': Math.max(...hours) } : {}),
    ...(filterHours !== undefined ? { 'lamp.filterHours': filterHours } : {}),
  };
}

/** The parts whose fault level is not what it was. */
export function changedFaults(before: Faults, after: Faults): readonly FaultPart[] {
  return faultParts.filter((part) => before[part] !== after[part]);
}

export function mapDescriptor(facts: Facts, unknownCodes: UnknownCodes): Descriptor {
  const { input, video, volume } = offeredCommands(facts.class, unknownCodes);
  const offered: Descriptor['capabilities'] = {
    identity: { commands: [] },
    power: { commands: ['on', 'off'] },
    lamp: { commands: [] },
    temperature: { commands: [] },
    ...(input ? { input: { commands: input } } : {}),
    ...(video ? { video: { commands: video } } : {}),
    ...(volume ? { volume: { commands: volume } } : {}),
  };
  const parts = [
    ...(facts.lampModel ? [{ kind: 'lamp', name: clip(facts.lampModel, 120) }] : []),
    ...(facts.filterModel ? [{ kind: 'filter', name: clip(facts.filterModel, 120) }] : []),
  ];
  return {
    family,
    ...(facts.maker ? { vendor: facts.maker } : {}),
    ...(facts.model ? { model: facts.model } : {}),
    ...(facts.serial ? { serial: facts.serial } : {}),
    ...(facts.software ? { firmware: facts.software } : {}),
    capabilities: offered,
    ...(parts.length > 0 ? { parts } : {}),
  };
}

interface Offered {
  readonly input: string[] | undefined;
  readonly video: string[] | undefined;
  readonly volume: string[] | undefined;
}

/** A command is offered until the projector says ERR1: in standby it cannot say whether it knows it. */
function offeredCommands(pjlinkClass: PjlinkClass, unknownCodes: UnknownCodes): Offered {
  const knows = (code: string) => !unknownCodes.has(code);
  const mutes = knows('AVMT');
  const freezes = pjlinkClass === 2 && knows('FREZ');
  const steps = pjlinkClass === 2 && knows('SVOL');
  const video = [...(mutes ? ['blank'] : []), ...(freezes ? ['freeze'] : [])];
  const volume = [...(mutes ? ['mute'] : []), ...(steps ? ['step'] : [])];
  return {
    input: knows('INPT') ? ['select'] : undefined,
    video: video.length > 0 || pjlinkClass === 2 ? video : undefined,
    volume: volume.length > 0 ? volume : undefined,
  };
}

function mapIdentity(facts: Facts): CapabilityState<'identity'> {
  return {
    ...(facts.maker ? { vendor: facts.maker } : {}),
    ...(facts.model ? { model: facts.model } : {}),
    ...(facts.serial ? { serial: facts.serial } : {}),
    ...(facts.software ? { firmware: facts.software } : {}),
    ...(facts.name ? { name: facts.name } : {}),
  };
}

function mapLamp({ wear, ...status }: Status): CapabilityState<'lamp'> {
  const errors = faultParts.flatMap((part) => {
    const level = status.faults?.[part] ?? 'ok';
    return level === 'ok' ? [] : [{ part: part as string, level }];
  });
  // A failure of no named part; told once when the device also flags it as `other`.
  const told = errors.some(({ part, level }) => part === 'other' && level === 'error');
  if (status.failed && !told) errors.push({ part: 'other', level: 'error' });
  return {
    lamps: (wear.lamps ?? []).map((lamp) => ({ ...lamp })),
    errors,
    ...(wear.filterHours !== undefined ? { filterHours: wear.filterHours } : {}),
  };
}

function mapInput(facts: Facts, status: Status): CapabilityState<'input'> {
  const sources = facts.inputs.map(({ id, name }) => ({ id, label: clip(name || inputLabel(id), 80) }));
  const signal =
    status.resolution && status.resolution.kind !== 'unknown' ? status.resolution.kind === 'size' : undefined;
  return {
    ...(status.input !== undefined ? { selected: status.input } : {}),
    ...(sources.length > 0 ? { sources } : {}),
    ...(signal !== undefined ? { signal } : {}),
  };
}

function mapVideo(status: Status): CapabilityState<'video'> {
  const { resolution, mute, frozen } = status;
  const { recommendedResolution } = status.wear;
  const signals = { size: 'present', absent: 'absent', unknown: 'unknown' } as const;
  return {
    ...(resolution ? { signal: signals[resolution.kind] } : {}),
    ...(resolution?.kind === 'size' ? { resolution: resolution.size } : {}),
    ...(recommendedResolution !== undefined ? { recommendedResolution } : {}),
    ...(mute ? { blanked: mute.video } : {}),
    ...(frozen !== undefined ? { frozen } : {}),
  };
}

function inputLabel(id: string): string {
  return `${inputTypes[id.charAt(0)] ?? 'Input'} ${id.slice(1)}`;
}

function clip(text: string, length: number): string {
  return text.slice(0, length);
}
