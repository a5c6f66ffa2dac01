import { CameraSimulator } from '../../simulators/studio/camera.ts';
import { MixerSimulator } from '../../simulators/studio/mixer.ts';
import { DeckSimulator } from '../../simulators/studio/recorder.ts';
import type { PartOptions, SchoolPart } from './part.ts';

const family = 'studio';

const presets = [
  { number: 1, name: 'Bục giảng' },
  { number: 2, name: 'Bảng' },
];

const scenes = [
  {
    id: 'start-lesson',
    name: 'Bắt đầu bài giảng',
    steps: [
      { do: 'preset', part: 'Máy quay bục giảng', preset: 1 },
      { do: 'mute', part: 'OBS', input: 'Micro', muted: false },
      { do: 'show', part: 'OBS', scene: 'Bài giảng' },
      { do: 'record', part: 'Đầu ghi', on: true },
      { do: 'record', part: 'OBS', on: true },
    ],
  },
  {
    id: 'pause',
    name: 'Giải lao',
    steps: [
      { do: 'show', part: 'OBS', scene: 'Chờ' },
      { do: 'mute', part: 'OBS', input: 'Micro', muted: true },
    ],
  },
  {
    id: 'end-lesson',
    name: 'Kết thúc',
    steps: [
      { do: 'show', part: 'OBS', scene: 'Chờ' },
      { do: 'record', part: 'Đầu ghi', on: false },
      { do: 'record', part: 'OBS', on: false },
    ],
  },
];

/** OBS, two cameras and a recorder that work as one; the second camera was unplugged by somebody. */
export async function startStudio({ clock, seed, host, stack }: PartOptions): Promise<SchoolPart> {
  const password = `OBS-${seed}-phong-thu`;
  const mixer = stack.use(await MixerSimulator.start({ clock, host: host(41), port: 4455, password }));
  const camera = stack.use(await CameraSimulator.start({ clock, host: host(42), port: 5678 }));
  const away = stack.use(await CameraSimulator.start({ clock, host: host(43), port: 5678 }));
  const deck = stack.use(await DeckSimulator.start({ clock, host: host(44), port: 9993 }));
  await away.setFault('reboot');
  const members = [
    { kind: 'obs', name: 'OBS', ...mixer.address },
    { kind: 'camera', name: 'Máy quay bục giảng', ...camera.address, presets },
    { kind: 'camera', name: 'Máy quay toàn cảnh', ...away.address, presets },
    { kind: 'recorder', name: 'Đầu ghi', ...deck.address },
  ];
  return {
    devices: [
      {
        name: 'Phòng thu bài giảng',
        room: 'Phòng thu',
        family,
        address: mixer.address,
        credentials: { password },
        settings: { members, scenes },
        isFound: false,
      },
    ],
    records: [mixer.received, camera.received, away.received, deck.received],
    habits: [
      // A lesson is recorded from time to time, as a teacher does it by hand.
      async ({ pause, below }) => {
        await pause(20_000 + below(20_000));
        await mixer.press('SetCurrentProgramScene', { sceneName: 'Bài giảng' });
        await mixer.press('StartRecord');
        deck.press('record');
        await pause(240_000 + below(240_000));
        await mixer.press('StopRecord');
        deck.press('stopped');
        mixer.freeMegabytes = Math.max(20_000, mixer.freeMegabytes - 600);
        await mixer.press('SetCurrentProgramScene', { sceneName: 'Toàn cảnh' });
        await pause(120_000 + below(240_000));
      },
    ],
  };
}
