import type { Address } from '../../../agent/platform/network.ts';
import type { Clock } from '../../../protocols/ports.ts';
import type { Fault, Simulator } from '../simulator.ts';
import { CameraSimulator } from './camera.ts';
import { MixerSimulator } from './mixer.ts';
import { DeckSimulator } from './recorder.ts';
import { SwitcherSimulator } from './switcher.ts';

export interface StudioOptions {
  readonly clock: Clock;
  readonly host?: string;
  readonly password?: string;
}

/** A whole studio made of software: OBS, two cameras (one of each transport), a recorder and a switcher. */
export class StudioSimulator implements Simulator {
  readonly mixer: MixerSimulator;
  readonly camera: CameraSimulator;
  readonly sonyCamera: CameraSimulator;
  readonly deck: DeckSimulator;
  readonly switcher: SwitcherSimulator;

  private constructor(
    mixer: MixerSimulator,
    camera: CameraSimulator,
    sonyCamera: CameraSimulator,
    deck: DeckSimulator,
    switcher: SwitcherSimulator,
  ) {
    this.mixer = mixer;
    this.camera = camera;
    this.sonyCamera = sonyCamera;
    this.deck = deck;
    this.switcher = switcher;
  }

  static async start(options: StudioOptions): Promise<StudioSimulator> {
    const { password, ...place } = options;
    return new StudioSimulator(
      await MixerSimulator.start({ ...place, ...(password === undefined ? {} : { password }) }),
      await CameraSimulator.start(place),
      await CameraSimulator.start(place),
      await DeckSimulator.start(place),
      await SwitcherSimulator.start(place),
    );
  }

  /** That of OBS, its first member. */
  get address(): Address {
    return this.mixer.address;
  }

  get members(): readonly Simulator[] {
    return [this.mixer, this.camera, this.sonyCamera, this.deck, this.switcher];
  }

  /** Every member goes wrong at once. */
  async setFault(fault: Fault | undefined): Promise<void> {
    await Promise.all(this.members.map((member) => member.setFault(fault)));
  }

  /** Settings under which a driver finds all of it. */
  get settings() {
    const { mixer, camera, sonyCamera, deck, switcher } = this;
    return {
      members: [
        { kind: 'obs', name: 'OBS', ...mixer.address },
        {
          kind: 'camera',
          name: 'Máy quay 1',
          ...camera.address,
          presets: [
            { number: 1, name: 'Bục giảng' },
            { number: 2, name: 'Bảng' },
          ],
        },
        { kind: 'camera', name: 'Máy quay 2', transport: 'udp', ...sonyCamera.udpAddress },
        { kind: 'recorder', name: 'Đầu ghi', ...deck.address },
        { kind: 'switcher', name: 'Bàn trộn', ...switcher.address },
      ],
      scenes: [
        {
          id: 'lesson',
          name: 'Bắt đầu bài giảng',
          steps: [
            { do: 'power', part: 'Máy quay 1', on: true },
            { do: 'preset', part: 'Máy quay 1', preset: 1 },
            { do: 'mute', part: 'OBS', input: 'Micro', muted: false },
            { do: 'show', part: 'OBS', scene: 'Bài giảng' },
            { do: 'record', part: 'Đầu ghi', on: true },
            { do: 'record', part: 'OBS', on: true },
          ],
        },
      ],
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.members.map((member) => member[Symbol.asyncDispose]()));
  }
}
