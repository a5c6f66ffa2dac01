import { namespaces } from '../namespaces.ts';
import { acknowledge, requireChild, type SoapOperation } from '../soap.ts';
import { parseNumber } from '../values.ts';
import { child, childrenNamed, textAt, type XmlElement } from '../xml.ts';
import { type XmlMarkup, xml } from '../xml-markup.ts';

/** Values of a picture that are numbers; each device has a range of its own, without unit [ONVIF Imaging 5.1.1]. */
export const imagingLevels = ['brightness', 'contrast', 'saturation', 'sharpness'] as const;
export type ImagingLevel = (typeof imagingLevels)[number];

/** How a video source makes its picture. Absent is what the device does not have. */
export interface ImagingSettings extends Readonly<Partial<Record<ImagingLevel, number>>> {
  /** The filter against infrared light: ON is day, OFF is night. */
  readonly irCutFilter?: 'ON' | 'OFF' | 'AUTO';
  readonly backlight?: 'ON' | 'OFF';
  readonly exposure?: 'AUTO' | 'MANUAL';
}

export interface ImagingRange {
  readonly min: number;
  readonly max: number;
}

/** What can be set, and to what [ONVIF Imaging 5.1.4]. */
export interface ImagingOptions {
  readonly ranges: Readonly<Partial<Record<ImagingLevel, ImagingRange>>>;
  readonly irCutFilter: readonly ('ON' | 'OFF' | 'AUTO')[];
  readonly backlight: readonly ('ON' | 'OFF')[];
  readonly exposure: readonly ('AUTO' | 'MANUAL')[];
}

const elements = {
  brightness: 'Brightness',
  contrast: 'Contrast',
  saturation: 'ColorSaturation',
  sharpness: 'Sharpness',
} as const satisfies Record<ImagingLevel, string>;
const filterModes = ['ON', 'OFF', 'AUTO'] as const;
const switchModes = ['ON', 'OFF'] as const;
const exposureModes = ['AUTO', 'MANUAL'] as const;

export function getImagingSettings(videoSource: string): SoapOperation<ImagingSettings> {
  return imagingOperation('GetImagingSettings', videoSource, undefined, (answer) => {
    const settings = requireChild(answer, 'ImagingSettings');
    const levels = imagingLevels.flatMap((level) => {
      const value = parseNumber(textAt(settings, elements[level]));
      return value === undefined ? [] : [[level, value] as const];
    });
    const irCutFilter = oneOf(filterModes, textAt(settings, 'IrCutFilter'));
    const backlight = oneOf(switchModes, textAt(settings, 'BacklightCompensation', 'Mode'));
    const exposure = oneOf(exposureModes, textAt(settings, 'Exposure', 'Mode'));
    return {
      ...Object.fromEntries(levels),
      ...(irCutFilter === undefined ? {} : { irCutFilter }),
      ...(backlight === undefined ? {} : { backlight }),
      ...(exposure === undefined ? {} : { exposure }),
    };
  });
}

/** Changes what `settings` names and leaves the rest alone [ONVIF Imaging 5.1.3]. */
export function setImagingSettings(videoSource: string, settings: ImagingSettings): SoapOperation<undefined> {
  const element = (name: string, content: XmlMarkup | string | number | undefined) =>
    content === undefined ? undefined : xml`<tt:${{ markup: name }}>${content}</tt:${{ markup: name }}>`;
  const mode = (value: string | undefined) => element('Mode', value);
  // In the order of tt:ImagingSettings20.
  const content = [
    element('BacklightCompensation', mode(settings.backlight)),
    element('Brightness', settings.brightness),
    element('ColorSaturation', settings.saturation),
    element('Contrast', settings.contrast),
    element('Exposure', mode(settings.exposure)),
    element('IrCutFilter', settings.irCutFilter),
    element('Sharpness', settings.sharpness),
  ].filter((one) => one !== undefined);
  const body = xml`<timg:ImagingSettings xmlns:tt="${namespaces.tt}">${content}</timg:ImagingSettings>`;
  return imagingOperation('SetImagingSettings', videoSource, body, acknowledge);
}

/** A parameter with one value only, or with equal ends, cannot be set and is left out [ONVIF Imaging 5.1.4]. */
export function getImagingOptions(videoSource: string): SoapOperation<ImagingOptions> {
  return imagingOperation('GetOptions', videoSource, undefined, (answer) => {
    const options = requireChild(answer, 'ImagingOptions');
    const ranges = imagingLevels.flatMap((level) => {
      const range = readRange(child(options, elements[level]));
      return range ? [[level, range] as const] : [];
    });
    return {
      ranges: Object.fromEntries(ranges),
      irCutFilter: choices(filterModes, childrenNamed(options, 'IrCutFilterModes')),
      backlight: choices(switchModes, childrenNamed(child(options, 'BacklightCompensation'), 'Mode')),
      exposure: choices(exposureModes, childrenNamed(child(options, 'Exposure'), 'Mode')),
    };
  });
}

function imagingOperation<Result>(
  name: string,
  videoSource: string,
  content: XmlMarkup | undefined,
  read: (answer: XmlElement) => Result,
): SoapOperation<Result> {
  const tag = { markup: name };
  return {
    action: `${namespaces.timg}/${name}`,
    body: xml`<timg:${tag} xmlns:timg="${namespaces.timg}"><timg:VideoSourceToken>${videoSource}</timg:VideoSourceToken>${content}</timg:${tag}>`,
    answer: { namespace: namespaces.timg, name: `${name}Response` },
    read,
  };
}

function readRange(element: XmlElement | undefined): ImagingRange | undefined {
  const min = parseNumber(textAt(element, 'Min'));
  const max = parseNumber(textAt(element, 'Max'));
  return min === undefined || max === undefined || min >= max ? undefined : { min, max };
}

function choices<Choice extends string>(known: readonly Choice[], found: readonly XmlElement[]): readonly Choice[] {
  const named = new Set(found.map(({ text }) => text.trim()));
  const choosable = known.filter((choice) => named.has(choice));
  return choosable.length > 1 ? choosable : [];
}

function oneOf<Choice extends string>(known: readonly Choice[], text: string | undefined): Choice | undefined {
  return known.find((choice) => choice === text);
}
