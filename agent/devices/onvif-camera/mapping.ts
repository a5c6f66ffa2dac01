import type { CapabilityState } from '../../../protocols/fleet/capabilities/index.ts';
import type { Descriptor } from '../../../protocols/fleet/record.ts';
import type { DeviceInformation } from '../../../protocols/onvif/device.ts';
import type { MediaProfile } from '../../../protocols/onvif/media.ts';
import type { PtzPreset, PtzStatus } from '../../../protocols/onvif/ptz.ts';
import type { Notification } from '../../../protocols/onvif/sensing/notification.ts';
import { printable } from './failure.ts';

/** All that a survey of one camera found; what a camera does not have is absent or empty. */
export interface CameraFacts {
  readonly information: DeviceInformation;
  readonly name: string | undefined;
  readonly macs: readonly string[];
  readonly profiles: readonly MediaProfile[];
  /** Public stream addresses by profile token. */
  readonly streamUris: ReadonlyMap<string, string>;
  readonly hasSnapshot: boolean;
  readonly presets: readonly PtzPreset[];
  readonly hasPtz: boolean;
  readonly hasEvents: boolean;
  /** Absent where the camera does not say. */
  readonly isUpdatable?: boolean;
}

/** What the camera's events have told so far. */
export interface MotionFold {
  /** Sources that see motion now, by what names them. */
  readonly active: ReadonlySet<string>;
  readonly tampered: ReadonlySet<string>;
  /** Detections since the session began. */
  readonly count: number;
  readonly lastAt: number | undefined;
  /** Whether the camera has ever told about tampering; without that, silence is no all-clear. */
  readonly tellsTamper: boolean;
}

export const noMotion: MotionFold = {
  active: new Set(),
  tampered: new Set(),
  count: 0,
  lastAt: undefined,
  tellsTamper: false,
};

/** Sources that are kept apart; a camera that invents more is not followed. */
const maxSources = 64;

// Topics of ONVIF's Imaging, Analytics and Recording events, and the names that the makers' own firmware uses.
const motionTopic = /(^|\/)(MotionAlarm|CellMotionDetector\/Motion|MotionRegionDetector\/Motion|Motion)$/;
const tamperTopic = /(^|\/)(GlobalSceneChange(\/\w+)?|TamperDetector\/Tamper|Tampering|Tamper)$/;
const stateItem = /^(State|IsMotion|IsTamper|Value|Motion|Tamper)$/i;

/** Takes one event into account. `now` is the agent's clock: the camera's own may be anywhere. */
export function foldMotion(fold: MotionFold, notification: Notification, now: number): MotionFold {
  const isTamper = tamperTopic.test(notification.topic);
  if (!isTamper && !motionTopic.test(notification.topic)) return fold;
  const isActive = readState(notification);
  if (isActive === undefined) return fold;
  const key = sourceKey(notification);
  const known = isTamper ? fold.tampered : fold.active;
  const isNameless = notification.source.size === 0 && !isActive;
  const next = isNameless ? withoutTopic(known, notification.topic) : withMember(known, key, isActive);
  if (isTamper) return { ...fold, tampered: next, tellsTamper: true };
  const hasBegun = isActive && !known.has(key) && next.has(key);
  return {
    ...fold,
    active: next,
    // A motion that stood before we asked is no detection of ours.
    count: fold.count + (hasBegun && notification.operation !== 'Initialized' ? 1 : 0),
    lastAt: hasBegun ? now : fold.lastAt,
  };
}

/** Forgets which sources see motion, before the camera tells them anew. Tampering stays until the camera says that it is over. */
export function forgetMotion(fold: MotionFold): MotionFold {
  return { ...fold, active: new Set() };
}

/** Undefined for an event that tells no state. A state without data has ended: some cameras say so by an empty message. */
function readState({ operation, data, dropped }: Notification): boolean | undefined {
  if (operation === 'Deleted' || (data.size === 0 && dropped === 0 && operation !== 'Initialized')) return false;
  for (const [name, value] of data) {
    if (!stateItem.test(name)) continue;
    if (/^(true|1)$/i.test(value.trim())) return true;
    if (/^(false|0)$/i.test(value.trim())) return false;
  }
  return undefined;
}

function sourceKey({ topic, source }: Notification): string {
  const items = [...source].map(([name, value]) => `${name}=${value}`).sort();
  return [topic, ...items].join(' ').slice(0, 500);
}

function withMember(set: ReadonlySet<string>, key: string, isMember: boolean): ReadonlySet<string> {
  if (set.has(key) === isMember || (isMember && set.size >= maxSources)) return set;
  const next = new Set(set);
  if (isMember) next.add(key);
  else next.delete(key);
  return next;
}

/** An end that names no source ends the topic at all its sources. */
function withoutTopic(set: ReadonlySet<string>, topic: string): ReadonlySet<string> {
  const next = new Set([...set].filter((key) => key !== topic && !key.startsWith(`${topic} `)));
  return next.size === set.size ? set : next;
}

export function motionState(fold: MotionFold): CapabilityState<'motion'> {
  return {
    active: fold.active.size > 0,
    ...(fold.lastAt === undefined ? {} : { lastAt: fold.lastAt }),
    ...(fold.tellsTamper ? { tampered: fold.tampered.size > 0 } : {}),
  };
}

/** The profile of which a picture is taken unless another is asked for: the first that has video at all. */
export function pictureProfile(profiles: readonly MediaProfile[]): MediaProfile | undefined {
  return profiles.find(({ encoding }) => encoding !== undefined) ?? profiles[0];
}

export function identityState(facts: CameraFacts): CapabilityState<'identity'> {
  return {
    ...identityTexts(facts),
    ...optionalText('name', facts.name),
    ...(facts.macs.length > 0 ? { macs: [...facts.macs] } : {}),
  };
}

export function videoState({ profiles, streamUris }: CameraFacts): CapabilityState<'video'> {
  return {
    profiles: profiles.map((profile) => {
      const { encoding, width, height, framesPerSecond, bitrateKbps } = profile;
      const streamUri = streamUris.get(profile.token);
      return {
        token: profile.token,
        name: printable(profile.name, 80),
        ...(encoding === undefined ? {} : { encoding: printable(encoding, 20) }),
        ...(width === undefined ? {} : { width }),
        ...(height === undefined ? {} : { height }),
        ...(framesPerSecond === undefined ? {} : { framesPerSecond }),
        ...(bitrateKbps === undefined ? {} : { bitrateKbps }),
        ...(streamUri === undefined ? {} : { streamUri }),
      };
    }),
  };
}

export function ptzState(facts: CameraFacts, status: PtzStatus | undefined): CapabilityState<'ptz'> {
  const { pan, tilt, zoom } = status?.position ?? {};
  return {
    ...(pan === undefined ? {} : { pan }),
    ...(tilt === undefined ? {} : { tilt }),
    ...(zoom === undefined ? {} : { zoom }),
    ...(status?.isMoving === undefined ? {} : { moving: status.isMoving }),
    presets: facts.presets.map(({ token, name }) => ({ token, name: printable(name, 80) })),
  };
}

export function firmwareState(facts: CameraFacts, skewSeconds: number | undefined): CapabilityState<'firmware'> {
  return {
    ...optionalText('version', facts.information.firmwareVersion),
    ...(facts.isUpdatable === undefined ? {} : { updatable: facts.isUpdatable }),
    ...(skewSeconds === undefined ? {} : { clockSkewSeconds: skewSeconds }),
  };
}

export function describeCamera(facts: CameraFacts): Descriptor {
  return {
    family: 'onvif-camera',
    ...identityTexts(facts),
    ...(facts.macs.length > 0 ? { macs: [...facts.macs] } : {}),
    capabilities: {
      identity: { commands: [] },
      firmware: { commands: [] },
      ...(facts.profiles.length > 0 ? { video: { commands: [] } } : {}),
      ...(facts.hasSnapshot ? { snapshot: { commands: ['take'] } } : {}),
      ...(facts.hasEvents ? { motion: { commands: [] } } : {}),
      ...(facts.hasPtz ? { ptz: { commands: ['move', 'stop', 'goToPreset', 'savePreset', 'removePreset'] } } : {}),
    },
  };
}

function identityTexts({ information }: CameraFacts) {
  return {
    ...optionalText('vendor', information.manufacturer),
    ...optionalText('model', information.model),
    ...optionalText('serial', information.serialNumber),
    ...optionalText('firmware', information.firmwareVersion),
    ...optionalText('hardware', information.hardwareId),
  };
}

function optionalText<Name extends string>(name: Name, text: string | undefined): { readonly [N in Name]?: string } {
  const shown = printable(text ?? '', 200);
  return (shown === '' ? {} : { [name]: shown }) as { readonly [N in Name]?: string };
}
