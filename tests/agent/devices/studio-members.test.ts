import { expect } from 'vitest';
import { studio } from '../../../agent/devices/studio/index.ts';
import { AtemSimulator } from '../../simulators/studio/atem.ts';
import { CameraSimulator } from '../../simulators/studio/camera.ts';
import { MixerSimulator } from '../../simulators/studio/mixer.ts';
import { DeckSimulator } from '../../simulators/studio/recorder.ts';
import { SwitcherSimulator } from '../../simulators/studio/switcher.ts';
import { driverConformance } from '../../support/driver-conformance.ts';

// Each kind of member as a studio of its own, so that every fault of its wire is seen for what it is.

const hold = [
  { capability: 'studio', name: 'lock', args: { holder: 'Cô Lan', minutes: 1 }, verify: () => {} },
  { capability: 'studio', name: 'unlock', args: {}, verify: () => {} },
] as const;

driverConformance<MixerSimulator>({
  driver: studio,
  start: (clock) => MixerSimulator.start({ clock, password: 'x' }),
  settings: { members: [{ kind: 'obs', name: 'OBS' }] },
  credentials: { password: 'x' },
  change: {
    capability: 'scene',
    make: (mixer) => {
      mixer.current = 'Chờ';
    },
  },
  commands: [
    ...hold,
    { capability: 'recording', name: 'start', args: {}, verify: ({ record }) => expect(record).toBe('recording') },
    {
      capability: 'recording',
      name: 'stop',
      args: {},
      prepare: (mixer) => {
        mixer.record = 'recording';
      },
      verify: (mixer) => expect.poll(() => mixer.record).toBe('stopped'),
    },
    {
      capability: 'recording',
      name: 'pause',
      args: {},
      prepare: (mixer) => {
        mixer.record = 'recording';
      },
      verify: ({ record }) => expect(record).toBe('paused'),
    },
    {
      capability: 'recording',
      name: 'resume',
      args: {},
      prepare: (mixer) => {
        mixer.record = 'paused';
      },
      verify: ({ record }) => expect(record).toBe('recording'),
    },
    { capability: 'streaming', name: 'start', args: {}, verify: ({ stream }) => expect(stream).toBe('live') },
    {
      capability: 'streaming',
      name: 'stop',
      args: {},
      prepare: (mixer) => {
        mixer.stream = 'live';
      },
      verify: ({ stream }) => expect(stream).toBe('stopped'),
    },
    { capability: 'scene', name: 'set', args: { name: 'Chờ' }, verify: ({ current }) => expect(current).toBe('Chờ') },
    {
      capability: 'sound',
      name: 'mute',
      args: { input: 'Micro', muted: true },
      verify: ({ muted }) => expect(muted.get('Micro')).toBe(true),
    },
    {
      capability: 'virtualcamera',
      name: 'set',
      args: { active: false },
      prepare: (mixer) => {
        mixer.virtualCamera = true;
      },
      verify: ({ virtualCamera }) => expect(virtualCamera).toBe(false),
    },
    {
      capability: 'snapshot',
      name: 'take',
      args: { profile: 'OBS' },
      verify: (_, { uploads }) => expect(uploads).toHaveLength(1),
    },
  ],
});

const cameraCommands = [
  ...hold,
  {
    capability: 'ptz',
    name: 'move',
    args: { pan: -1, tilt: 0, zoom: 0, durationMs: 500 },
    verify: (camera: CameraSimulator) => {
      expect(camera.aim.pan).toBeLessThan(-300);
      expect(camera.isDriven).toBe(false);
    },
  },
  {
    capability: 'ptz',
    name: 'stop',
    args: {},
    verify: (camera: CameraSimulator) => expect(camera.isDriven).toBe(false),
  },
  {
    capability: 'ptz',
    name: 'goToPreset',
    args: { token: '1' },
    verify: (camera: CameraSimulator) => expect(camera.aim.pan).toBe(1_200),
  },
  { capability: 'power', name: 'off', args: {}, verify: (camera: CameraSimulator) => expect(camera.isOn).toBe(false) },
  {
    capability: 'power',
    name: 'on',
    args: {},
    prepare: (camera: CameraSimulator) => {
      camera.isOn = false;
    },
    verify: (camera: CameraSimulator) => expect(camera.isOn).toBe(true),
  },
] as const;

const cameraOff = {
  capability: 'power',
  make: (camera: CameraSimulator) => {
    camera.isOn = false;
  },
} as const;

driverConformance<CameraSimulator>({
  driver: studio,
  start: (clock) => CameraSimulator.start({ clock }),
  settings: { members: [{ kind: 'camera', name: 'Máy quay' }] },
  change: cameraOff,
  without: { 'wrong-password': 'VISCA has no credentials' },
  commands: cameraCommands,
});

driverConformance<CameraSimulator>({
  driver: studio,
  start: (clock) => CameraSimulator.start({ clock }),
  settings: ({ udpAddress }) => ({ members: [{ kind: 'camera', name: 'Máy quay', transport: 'udp', ...udpAddress }] }),
  change: cameraOff,
  without: {
    'wrong-password': 'VISCA has no credentials',
    'hang-up': 'UDP has no connection',
    reboot: 'over UDP that is silence',
  },
  commands: cameraCommands,
});

driverConformance<DeckSimulator>({
  driver: studio,
  start: (clock) => DeckSimulator.start({ clock }),
  settings: { members: [{ kind: 'recorder', name: 'Đầu ghi' }] },
  change: { capability: 'recording', make: (deck) => deck.press('record') },
  without: { 'wrong-password': 'a deck has no credentials' },
  commands: [
    ...hold,
    { capability: 'recording', name: 'start', args: {}, verify: ({ status }) => expect(status).toBe('record') },
    {
      capability: 'recording',
      name: 'stop',
      args: {},
      prepare: (deck) => deck.press('record'),
      verify: ({ status }) => expect(status).toBe('stopped'),
    },
  ],
});

driverConformance<SwitcherSimulator>({
  driver: studio,
  start: (clock) => SwitcherSimulator.start({ clock }),
  settings: { members: [{ kind: 'switcher', name: 'Bàn trộn' }] },
  change: { capability: 'streaming', make: (switcher) => switcher.press('Streaming', true) },
  without: { 'wrong-password': 'the API of vMix has no credentials' },
  commands: [
    ...hold,
    { capability: 'recording', name: 'start', args: {}, verify: ({ isRecording }) => expect(isRecording).toBe(true) },
    {
      capability: 'recording',
      name: 'stop',
      args: {},
      prepare: (switcher) => switcher.press('Recording', true),
      verify: ({ isRecording }) => expect(isRecording).toBe(false),
    },
    { capability: 'streaming', name: 'start', args: {}, verify: ({ isStreaming }) => expect(isStreaming).toBe(true) },
    {
      capability: 'streaming',
      name: 'stop',
      args: {},
      prepare: (switcher) => switcher.press('Streaming', true),
      verify: ({ isStreaming }) => expect(isStreaming).toBe(false),
    },
    {
      capability: 'scene',
      name: 'set',
      args: { name: 'Slides & notes' },
      verify: ({ active }) => expect(active).toBe(2),
    },
  ],
});

driverConformance<AtemSimulator>({
  driver: studio,
  start: (clock) => AtemSimulator.start({ clock }),
  settings: { members: [{ kind: 'atem', name: 'Bàn trộn' }] },
  change: { capability: 'streaming', make: (switcher) => switcher.press('stream', true) },
  without: {
    'wrong-password': 'a switcher has no credentials',
    'hang-up': 'UDP has no connection',
    reboot: 'over UDP that is silence',
  },
  commands: [
    ...hold,
    { capability: 'recording', name: 'start', args: {}, verify: ({ isRecording }) => expect(isRecording).toBe(true) },
    {
      capability: 'recording',
      name: 'stop',
      args: {},
      prepare: (switcher) => switcher.press('record', true),
      verify: ({ isRecording }) => expect(isRecording).toBe(false),
    },
    { capability: 'streaming', name: 'start', args: {}, verify: ({ isLive }) => expect(isLive).toBe(true) },
    {
      capability: 'streaming',
      name: 'stop',
      args: {},
      prepare: (switcher) => switcher.press('stream', true),
      verify: ({ isLive }) => expect(isLive).toBe(false),
    },
    {
      capability: 'scene',
      name: 'set',
      args: { name: 'Slides & notes' },
      verify: ({ program }) => expect(program).toBe(2),
    },
  ],
});
