import { requestStatus } from '../../../../protocols/obs-websocket/message.ts';
import { readPicture } from '../../../../protocols/obs-websocket/picture.ts';
import { DeviceError, toDeviceError } from '../../error.ts';
import { awaitEffect, type Expectation } from '../effect.ts';
import type { Effect, Reading, SoundInput } from '../member.ts';
import type { ObsConnection } from './obs-connection.ts';
import { readReading } from './obs-reading.ts';

/** What the desk needs of its mixer. */
export interface ObsDeskOptions {
  /** Throws DeviceError `connection-lost` while there is none. */
  readonly use: () => ObsConnection;
  readonly patience: (limitMs: number, signal: AbortSignal) => Omit<Expectation, 'isSeen' | 'otherwise'>;
}

type Told = Pick<Reading, 'sound' | 'virtualCamera'>;

const settleMs = 5_000;
const virtualCameraMs = 10_000;
/** Inputs that are asked about; a collection of scenes may hold hundreds. */
const maxInputs = 32;
/** Wide enough to see who is in the picture and whether it is sharp; some 200 kB. */
const picture = { imageFormat: 'jpg', imageWidth: 1_280, imageCompressionQuality: 70 } as const;

/** What of OBS is neither picture nor output: its inputs with sound, its virtual camera, and a still of what it shows. */
export class ObsDesk {
  readonly #options: ObsDeskOptions;
  /** Inputs that have no sound: pictures, colours, text. */
  #silent: ReadonlySet<string> = new Set();

  constructor(options: ObsDeskOptions) {
    this.#options = options;
  }

  async read(signal: AbortSignal): Promise<Told> {
    const [sound, virtualCamera] = await Promise.all([this.#readInputs(signal), this.#readVirtualCamera(signal)]);
    return { sound, virtualCamera };
  }

  async mute(input: string, muted: boolean, signal: AbortSignal): Promise<Effect> {
    const isMuted = async () =>
      readReading('GetInputMute', await this.#call('GetInputMute', { inputName: input }, signal)).inputMuted;
    if ((await isMuted()) === muted) return { changed: false };
    await this.#call('SetInputMute', { inputName: input, inputMuted: muted }, signal);
    await awaitEffect({
      ...this.#options.patience(settleMs, signal),
      isSeen: async () => (await isMuted()) === muted,
      otherwise: `OBS accepted to ${muted ? 'mute' : 'open'} ${input} and did not`,
    });
    return { changed: true };
  }

  /** Throws DeviceError `unavailable` where the computer has no virtual camera. */
  async switchVirtualCamera(on: boolean, signal: AbortSignal): Promise<Effect> {
    const isOn = async () =>
      readReading('GetVirtualCamStatus', await this.#call('GetVirtualCamStatus', undefined, signal)).outputActive;
    if ((await isOn()) === on) return { changed: false };
    await this.#call(on ? 'StartVirtualCam' : 'StopVirtualCam', undefined, signal);
    await awaitEffect({
      ...this.#options.patience(virtualCameraMs, signal),
      isSeen: async () => (await isOn()) === on,
      otherwise: `OBS accepted to switch its virtual camera ${on ? 'on' : 'off'} and did not`,
    });
    return { changed: true };
  }

  /** What goes out at this moment, as a JPEG. */
  async look(signal: AbortSignal): Promise<Uint8Array> {
    const scenes = readReading('GetSceneList', await this.#call('GetSceneList', undefined, signal));
    const sourceName = scenes.currentProgramSceneName;
    if (!sourceName) throw new DeviceError('unavailable', 'OBS shows no scene');
    const data = await this.#call('GetSourceScreenshot', { sourceName, ...picture }, signal);
    const { imageData } = readReading('GetSourceScreenshot', data);
    try {
      return readPicture(imageData);
    } catch (thrown) {
      throw toDeviceError(thrown, 'read the picture of OBS');
    }
  }

  async #readInputs(signal: AbortSignal): Promise<readonly SoundInput[]> {
    const { inputs } = readReading('GetInputList', await this.#call('GetInputList', undefined, signal));
    const names = inputs.map(({ inputName }) => inputName).filter((name) => name !== '');
    this.#silent = new Set([...this.#silent].filter((name) => names.includes(name)));
    const heard: SoundInput[] = [];
    for (const name of names.slice(0, maxInputs)) {
      if (this.#silent.has(name)) continue;
      const input = await this.#readInput(name, signal);
      if (input) heard.push(input);
      else this.#silent = new Set([...this.#silent, name]);
    }
    return heard;
  }

  /** Undefined for an input without sound. One that someone has just removed counts as such, too. */
  async #readInput(name: string, signal: AbortSignal): Promise<SoundInput | undefined> {
    const [mute, volume] = await Promise.all(
      ['GetInputMute', 'GetInputVolume'].map((type) => this.#options.use().request(type, { inputName: name }, signal)),
    );
    if (mute?.code !== requestStatus.success || volume?.code !== requestStatus.success) return undefined;
    const { inputVolumeDb } = readReading('GetInputVolume', volume.data);
    return {
      name,
      isMuted: readReading('GetInputMute', mute.data).inputMuted,
      // A closed fader is minus infinity, which JSON cannot say: OBS writes null or -100.
      ...(inputVolumeDb === null || inputVolumeDb <= -100 ? {} : { decibels: Math.round(inputVolumeDb * 10) / 10 }),
    };
  }

  async #readVirtualCamera(signal: AbortSignal): Promise<Reading['virtualCamera']> {
    const response = await this.#options.use().request('GetVirtualCamStatus', undefined, signal);
    // 604 where the computer has none.
    if (response.code !== requestStatus.success) return undefined;
    return { isOn: readReading('GetVirtualCamStatus', response.data).outputActive };
  }

  async #call(type: string, data: Readonly<Record<string, unknown>> | undefined, signal: AbortSignal) {
    return await this.#options.use().call(type, data, signal);
  }
}
