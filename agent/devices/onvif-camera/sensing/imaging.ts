import type { CapabilityState } from '../../../../protocols/fleet/capabilities/index.ts';
import {
  getImagingOptions,
  getImagingSettings,
  type ImagingOptions,
  type ImagingSettings,
  imagingLevels,
  setImagingSettings,
} from '../../../../protocols/onvif/sensing/imaging.ts';
import type { DriverCommand } from '../../driver.ts';
import { DeviceError } from '../../error.ts';
import type { Location } from '../address.ts';
import type { CameraAspect, CameraScene, Offers, OpenAspect, Output } from '../aspect.ts';
import { optional } from '../survey.ts';

type State = CapabilityState<'imaging'>;

/** The picture of one video source, and what the camera lets us change about it. */
interface Picture {
  readonly location: Location;
  readonly videoSource: string;
  readonly options: ImagingOptions;
  settings: ImagingSettings;
}

/** How often a camera that took new settings is asked for them, and how long apart. */
const readBackAttempts = 5;
const readBackPauseMs = 400;
/** Cameras round to steps of their own: within this part of its range a value is the one that was asked for. */
const rangeTolerance = 0.02;

const nothingToSet: ImagingOptions = { ranges: {}, irCutFilter: [], backlight: [], exposure: [] };

/** The picture settings of a camera's first video source. */
export const openImaging: OpenAspect = (scene) => new ImagingAspect(scene);

class ImagingAspect implements CameraAspect {
  readonly #scene: CameraScene;
  #picture: Picture | undefined;

  constructor(scene: CameraScene) {
    this.#scene = scene;
  }

  async survey(signal: AbortSignal): Promise<void> {
    const { client, survey } = this.#scene;
    const { facts, services } = survey();
    const location = services.imaging;
    const videoSource = facts.profiles.find((profile) => profile.videoSource !== undefined)?.videoSource;
    this.#picture =
      location && videoSource !== undefined ? await readPicture(client, location, videoSource, signal) : undefined;
  }

  async poll(signal: AbortSignal): Promise<void> {
    const picture = this.#picture;
    if (picture) picture.settings = (await optional(this.#read(picture, signal))) ?? picture.settings;
  }

  offers(): Offers {
    const picture = this.#picture;
    if (!picture) return {};
    const { ranges, irCutFilter, backlight, exposure } = picture.options;
    const isSettable = Object.keys(ranges).length + irCutFilter.length + backlight.length + exposure.length > 0;
    return {
      imaging: isSettable ? { set: { run: (command, signal) => this.#set(picture, command, signal) } } : {},
    };
  }

  report(): void {
    if (this.#picture) this.#scene.context.reporter.report('imaging', imagingState(this.#picture));
  }

  async #set(picture: Picture, { args }: DriverCommand, signal: AbortSignal): Promise<Output> {
    const { client, context } = this.#scene;
    const wanted = wantedSettings(args);
    requireSettable(wanted, picture.options);
    await client.call(picture.location, setImagingSettings(picture.videoSource, wanted), { signal });
    for (let attempt = 1; ; attempt += 1) {
      picture.settings = await this.#read(picture, signal);
      const missed = differences(wanted, picture.settings, picture.options);
      if (missed.length === 0) break;
      if (attempt >= readBackAttempts) {
        this.report();
        throw new DeviceError('no-effect', `the camera acknowledged and did not change ${missed.join(', ')}`);
      }
      await context.clock.wait(readBackPauseMs, signal);
    }
    this.report();
    const { ranges: _ranges, choices: _choices, ...settings } = imagingState(picture);
    return { verified: true, ...settings };
  }

  #read({ location, videoSource }: Picture, signal: AbortSignal): Promise<ImagingSettings> {
    return this.#scene.client.call(location, getImagingSettings(videoSource), { signal });
  }
}

/** Undefined where this video source has no settings. */
async function readPicture(
  client: CameraScene['client'],
  location: Location,
  videoSource: string,
  signal: AbortSignal,
): Promise<Picture | undefined> {
  const settings = await optional(client.call(location, getImagingSettings(videoSource), { signal }));
  if (!settings || Object.keys(settings).length === 0) return undefined;
  const options = await optional(client.call(location, getImagingOptions(videoSource), { signal }));
  return { location, videoSource, settings, options: options ?? nothingToSet };
}

const dayNightOf = { ON: 'day', OFF: 'night', AUTO: 'auto' } as const;
const filterOf = { day: 'ON', night: 'OFF', auto: 'AUTO' } as const;

/** The state as the contract has it: what is set, and what may be. */
function imagingState({ settings, options }: Pick<Picture, 'settings' | 'options'>): State {
  const { irCutFilter, backlight, exposure, ...levels } = settings;
  const isOn = (mode: 'ON' | 'OFF') => mode === 'ON';
  return {
    ...levels,
    ...(irCutFilter === undefined ? {} : { dayNight: dayNightOf[irCutFilter] }),
    ...(backlight === undefined ? {} : { backlight: isOn(backlight) }),
    ...(exposure === undefined ? {} : { exposure: exposure === 'AUTO' ? ('auto' as const) : ('manual' as const) }),
    ranges: options.ranges,
    choices: {
      ...(options.irCutFilter.length > 0 ? { dayNight: options.irCutFilter.map((mode) => dayNightOf[mode]) } : {}),
      ...(options.backlight.length > 0 ? { backlight: options.backlight.map(isOn) } : {}),
      ...(options.exposure.length > 0
        ? { exposure: options.exposure.map((mode) => (mode === 'AUTO' ? ('auto' as const) : ('manual' as const))) }
        : {}),
    },
  };
}

function wantedSettings(args: DriverCommand['args']): ImagingSettings {
  const levels = imagingLevels.flatMap((level) => {
    const value = args[level];
    return typeof value === 'number' ? [[level, value] as const] : [];
  });
  const { dayNight, backlight, exposure } = args as Partial<State>;
  return {
    ...Object.fromEntries(levels),
    ...(dayNight === undefined ? {} : { irCutFilter: filterOf[dayNight] }),
    ...(backlight === undefined ? {} : { backlight: backlight ? 'ON' : 'OFF' }),
    ...(exposure === undefined ? {} : { exposure: exposure === 'auto' ? 'AUTO' : 'MANUAL' }),
  };
}

/** Throws DeviceError `unsupported` for what the camera does not offer: some take such values and answer with any other. */
function requireSettable(wanted: ImagingSettings, options: ImagingOptions): void {
  const refused = Object.entries(wanted).filter(([name, value]) => !isSettable(name, value, options));
  if (refused.length === 0 && Object.keys(wanted).length > 0) return;
  const names = refused.map(([name, value]) => `${name} ${value}`).join(', ');
  throw new DeviceError(
    'unsupported',
    names === '' ? 'nothing was given to set' : `this camera cannot set ${names}; look at its ranges and choices`,
  );
}

function isSettable(name: string, value: string | number, options: ImagingOptions): boolean {
  if (typeof value === 'number') {
    const range = options.ranges[name as keyof ImagingOptions['ranges']];
    return range !== undefined && value >= range.min && value <= range.max;
  }
  const choices: readonly string[] = options[name as 'irCutFilter' | 'backlight' | 'exposure'];
  return choices.includes(value);
}

/** Names of what is not as it was wanted. */
function differences(wanted: ImagingSettings, found: ImagingSettings, { ranges }: ImagingOptions): readonly string[] {
  return Object.entries(wanted).flatMap(([name, value]) => {
    const now = found[name as keyof ImagingSettings];
    const range = ranges[name as keyof typeof ranges];
    const isSame =
      typeof value === 'number' && typeof now === 'number' && range
        ? Math.abs(now - value) <= (range.max - range.min) * rangeTolerance
        : now === value;
    return isSame ? [] : name;
  });
}
