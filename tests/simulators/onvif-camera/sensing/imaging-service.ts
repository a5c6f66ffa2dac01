import type { Camera } from '../camera.ts';
import { envelope, escapeText, Fault, findIn, type ServiceRequest, textIn } from '../soap.ts';

type Answer = (camera: Camera, request: ServiceRequest) => string;

const levels = {
  brightness: { element: 'Brightness', min: 0, max: 100 },
  saturation: { element: 'ColorSaturation', min: 0, max: 100 },
  contrast: { element: 'Contrast', min: 0, max: 100 },
  sharpness: { element: 'Sharpness', min: -5, max: 5 },
} as const;
const filterModes = ['ON', 'OFF', 'AUTO'];
const switchModes = ['OFF', 'ON'];
const exposureModes = ['AUTO', 'MANUAL'];

function requireSource(request: ServiceRequest): void {
  if (textIn(request.operation, 'VideoSourceToken') === 'vs0') return;
  throw new Fault(400, 'Sender', ['ter:InvalidArgVal', 'ter:NoSource'], 'The video source does not exist');
}

const range = ({ element, min, max }: (typeof levels)[keyof typeof levels]) =>
  `<tt:${element}><tt:Min>${min}</tt:Min><tt:Max>${max}</tt:Max></tt:${element}>`;
const modes = (values: readonly string[]) => values.map((value) => `<tt:Mode>${value}</tt:Mode>`).join('');

export const imagingService: Readonly<Record<string, Answer>> = {
  'timg:GetImagingSettings': ({ senses: { imaging } }, request) => {
    requireSource(request);
    const level = (name: keyof typeof levels) =>
      `<tt:${levels[name].element}>${imaging[name]}</tt:${levels[name].element}>`;
    return envelope(
      `<timg:GetImagingSettingsResponse><timg:ImagingSettings><tt:BacklightCompensation><tt:Mode>${imaging.backlight}</tt:Mode></tt:BacklightCompensation>${level('brightness')}${level('saturation')}${level('contrast')}<tt:Exposure><tt:Mode>${imaging.exposure}</tt:Mode></tt:Exposure><tt:IrCutFilter>${imaging.irCutFilter}</tt:IrCutFilter>${level('sharpness')}</timg:ImagingSettings></timg:GetImagingSettingsResponse>`,
    );
  },
  'timg:GetOptions': (_camera, request) => {
    requireSource(request);
    const filters = filterModes.map((mode) => `<tt:IrCutFilterModes>${mode}</tt:IrCutFilterModes>`).join('');
    return envelope(
      `<timg:GetOptionsResponse><timg:ImagingOptions><tt:BacklightCompensation>${modes(switchModes)}</tt:BacklightCompensation>${range(levels.brightness)}${range(levels.saturation)}${range(levels.contrast)}<tt:Exposure>${modes(exposureModes)}</tt:Exposure>${filters}${range(levels.sharpness)}</timg:ImagingOptions></timg:GetOptionsResponse>`,
    );
  },
  'timg:SetImagingSettings': ({ senses: { imaging }, traits }, request) => {
    requireSource(request);
    const settings = findIn(request.operation, 'ImagingSettings');
    const next = { ...imaging };
    const invalid = (what: string) =>
      new Fault(400, 'Sender', ['ter:InvalidArgVal', 'ter:SettingsInvalid'], `No ${escapeText(what)}`);
    for (const [name, { element, min, max }] of Object.entries(levels)) {
      const text = textIn(settings, element);
      if (text === '') continue;
      const value = Number(text);
      if (!(value >= min && value <= max)) throw invalid(`${element} ${text}`);
      // In steps of its own, as the chips have.
      next[name as keyof typeof levels] = Math.round(value);
    }
    const choose = (text: string, known: readonly string[], now: string) => {
      if (text !== '' && !known.includes(text)) throw invalid(text);
      return text === '' ? now : text;
    };
    next.irCutFilter = choose(textIn(settings, 'IrCutFilter'), filterModes, next.irCutFilter);
    next.backlight = choose(textIn(findIn(settings, 'BacklightCompensation'), 'Mode'), switchModes, next.backlight);
    next.exposure = choose(textIn(findIn(settings, 'Exposure'), 'Mode'), exposureModes, next.exposure);
    if (!traits.ignoresImaging) Object.assign(imaging, next);
    return envelope('<timg:SetImagingSettingsResponse/>');
  },
};
