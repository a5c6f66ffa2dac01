import { namespaces } from './namespaces.ts';
import { acknowledge, requireChild, requireText, type SoapOperation } from './soap.ts';
import { formatDuration, parseNumber } from './values.ts';
import { attribute, child, childrenNamed, textAt, type XmlElement } from './xml.ts';
import { type XmlMarkup, xml } from './xml-markup.ts';

/** A position in ONVIF's generic spaces [ONVIF PTZ 5.7]: pan and tilt -1 to 1, zoom 0 to 1. Absent where the device has none. */
export interface PtzPosition {
  readonly pan: number | undefined;
  readonly tilt: number | undefined;
  readonly zoom: number | undefined;
}

export interface PtzStatus {
  readonly position: PtzPosition;
  /** Undefined when the device does not tell. */
  readonly isMoving: boolean | undefined;
}

export interface PtzPreset {
  readonly token: string;
  readonly name: string;
  readonly position: PtzPosition;
}

/** Speeds in the generic velocity spaces, -1 to 1 each: right, up and tele are positive. */
export interface PtzVelocity {
  readonly pan: number;
  readonly tilt: number;
  readonly zoom: number;
}

const maxPresets = 256;

/** Where the camera looks and whether it moves [ONVIF PTZ 5.3.6]. */
export function getStatus(profile: string): SoapOperation<PtzStatus> {
  return ptzOperation('GetStatus', profile, undefined, (answer) => {
    const status = requireChild(answer, 'PTZStatus');
    return { position: readPosition(child(status, 'Position')), isMoving: readMoving(child(status, 'MoveStatus')) };
  });
}

/** The stored positions [ONVIF PTZ 5.4.2]. */
export function getPresets(profile: string): SoapOperation<readonly PtzPreset[]> {
  return ptzOperation('GetPresets', profile, undefined, (answer) =>
    childrenNamed(answer, 'Preset')
      .slice(0, maxPresets)
      .flatMap((preset) => {
        const token = attribute(preset, 'token');
        if (token === undefined || token === '') return [];
        return { token, name: textAt(preset, 'Name') ?? token, position: readPosition(child(preset, 'PTZPosition')) };
      }),
  );
}

/** Starts a movement that the device itself ends after `timeoutMs`, should no stop arrive [ONVIF PTZ 5.3.3]. Axes at speed 0 are left out. */
export function continuousMove(profile: string, velocity: PtzVelocity, timeoutMs: number): SoapOperation<undefined> {
  const { pan, tilt, zoom } = velocity;
  const tt = namespaces.tt;
  const panTilt = pan !== 0 || tilt !== 0 ? xml`<tt:PanTilt xmlns:tt="${tt}" x="${pan}" y="${tilt}"/>` : undefined;
  const zoomTo = zoom !== 0 ? xml`<tt:Zoom xmlns:tt="${tt}" x="${zoom}"/>` : undefined;
  const content = xml`<tptz:Velocity>${panTilt}${zoomTo}</tptz:Velocity><tptz:Timeout>${formatDuration(timeoutMs)}</tptz:Timeout>`;
  return ptzOperation('ContinuousMove', profile, content, acknowledge);
}

/** Stops all axes [ONVIF PTZ 5.3.5]. */
export function stop(profile: string): SoapOperation<undefined> {
  const content = xml`<tptz:PanTilt>true</tptz:PanTilt><tptz:Zoom>true</tptz:Zoom>`;
  return ptzOperation('Stop', profile, content, acknowledge);
}

/** Moves to a stored position [ONVIF PTZ 5.4.3]. */
export function gotoPreset(profile: string, preset: string): SoapOperation<undefined> {
  return ptzOperation('GotoPreset', profile, xml`<tptz:PresetToken>${preset}</tptz:PresetToken>`, acknowledge);
}

/** Stores where the camera looks now, as a new preset or in place of the one at `token`; returns its token [ONVIF PTZ 5.4.1]. */
export function setPreset(profile: string, name: string, token: string | undefined): SoapOperation<string> {
  const preset = token === undefined ? undefined : xml`<tptz:PresetToken>${token}</tptz:PresetToken>`;
  const content = xml`<tptz:PresetName>${name}</tptz:PresetName>${preset}`;
  return ptzOperation('SetPreset', profile, content, (answer) => requireText(answer, 'PresetToken'));
}

/** Forgets a stored position [ONVIF PTZ 5.4.4]. */
export function removePreset(profile: string, preset: string): SoapOperation<undefined> {
  return ptzOperation('RemovePreset', profile, xml`<tptz:PresetToken>${preset}</tptz:PresetToken>`, acknowledge);
}

function ptzOperation<Result>(
  name: string,
  profile: string,
  content: XmlMarkup | undefined,
  read: (answer: XmlElement) => Result,
): SoapOperation<Result> {
  const tag = { markup: name };
  return {
    action: `${namespaces.tptz}/${name}`,
    body: xml`<tptz:${tag} xmlns:tptz="${namespaces.tptz}"><tptz:ProfileToken>${profile}</tptz:ProfileToken>${content}</tptz:${tag}>`,
    answer: { namespace: namespaces.tptz, name: `${name}Response` },
    read,
  };
}

function readPosition(position: XmlElement | undefined): PtzPosition {
  const panTilt = generic(child(position, 'PanTilt'));
  const zoom = generic(child(position, 'Zoom'));
  return {
    pan: within(attribute(panTilt, 'x'), -1, 1),
    tilt: within(attribute(panTilt, 'y'), -1, 1),
    zoom: within(attribute(zoom, 'x'), 0, 1),
  };
}

/** A vector in a space of its own, such as degrees, says nothing in the generic spaces. Without a space the default is meant. */
function generic(vector: XmlElement | undefined): XmlElement | undefined {
  const space = attribute(vector, 'space');
  return space === undefined || /PositionGenericSpace$/.test(space.trim()) ? vector : undefined;
}

function within(text: string | undefined, low: number, high: number): number | undefined {
  const number = parseNumber(text);
  if (number === undefined || number < low - 0.01 || number > high + 0.01) return undefined;
  return Math.min(high, Math.max(low, number));
}

function readMoving(moveStatus: XmlElement | undefined): boolean | undefined {
  const states = [textAt(moveStatus, 'PanTilt'), textAt(moveStatus, 'Zoom')];
  if (states.includes('MOVING')) return true;
  return states.includes('IDLE') ? false : undefined;
}
