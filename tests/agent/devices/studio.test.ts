import { expect } from 'vitest';
import { studio } from '../../../agent/devices/studio/index.ts';
import { StudioSimulator } from '../../simulators/studio/index.ts';
import { type Conformance, driverConformance } from '../../support/driver-conformance.ts';

type Commands = Conformance<StudioSimulator>['commands'];

const password = 'studio password';

const commands: Commands = [
  {
    capability: 'studio',
    name: 'runScene',
    args: { scene: 'lesson' },
    verify: ({ camera, mixer, deck }, { reporter }) => {
      expect(camera.aim).toEqual({ pan: 1_200, tilt: 100, zoom: 4_096 });
      expect([mixer.current, mixer.record, deck.status]).toEqual(['Bài giảng', 'recording', 'record']);
      expect(reporter.last('studio')).toMatchObject({
        scene: 'lesson',
        mode: 'recording',
        lastRun: { outcome: 'done' },
      });
    },
  },
  {
    capability: 'studio',
    name: 'lock',
    args: { holder: 'Cô Lan', minutes: 45 },
    verify: (_, { reporter, context }) => {
      expect(reporter.last('studio')).toMatchObject({ mode: 'rehearsing', lock: { holder: 'Cô Lan' } });
      const { until } = (reporter.last('studio') as { lock: { until: number } }).lock;
      expect(until - context.clock.now()).toBeGreaterThan(44 * 60_000);
    },
  },
  {
    capability: 'studio',
    name: 'unlock',
    args: {},
    verify: (_, { reporter }) => expect(reporter.last('studio')).not.toHaveProperty('lock'),
  },
  {
    capability: 'recording',
    name: 'start',
    args: {},
    verify: ({ mixer }, { reporter }) => {
      expect(mixer.record).toBe('recording');
      expect(reporter.last('recording')).toMatchObject({
        state: 'recording',
        recorders: [{ part: 'OBS', state: 'recording', output: '/srv/studio/lesson-1.mkv' }, {}, {}],
      });
    },
  },
  {
    capability: 'recording',
    name: 'stop',
    args: { part: 'Đầu ghi' },
    prepare: ({ deck }) => deck.press('record'),
    verify: ({ deck }) => expect(deck.status).toBe('stopped'),
  },
  {
    capability: 'recording',
    name: 'pause',
    args: {},
    prepare: ({ mixer }) => {
      mixer.record = 'recording';
    },
    verify: ({ mixer }) => expect(mixer.record).toBe('paused'),
  },
  {
    capability: 'recording',
    name: 'resume',
    args: {},
    prepare: ({ mixer }) => {
      mixer.record = 'paused';
    },
    verify: ({ mixer }) => expect(mixer.record).toBe('recording'),
  },
  {
    capability: 'streaming',
    name: 'start',
    args: {},
    verify: ({ mixer }, { reporter }) => {
      expect(mixer.stream).toBe('live');
      expect(reporter.last('studio')).toMatchObject({ mode: 'live' });
    },
  },
  {
    capability: 'streaming',
    name: 'stop',
    args: { part: 'Bàn trộn' },
    prepare: ({ switcher }) => switcher.press('Streaming', true),
    verify: ({ switcher }) => expect(switcher.isStreaming).toBe(false),
  },
  {
    capability: 'scene',
    name: 'set',
    args: { name: 'Slides & notes', part: 'Bàn trộn' },
    verify: ({ switcher }) => expect(switcher.active).toBe(2),
  },
  {
    capability: 'sound',
    name: 'mute',
    args: { input: 'Micro', muted: true },
    verify: ({ mixer }, { reporter }) => {
      expect(mixer.muted.get('Micro')).toBe(true);
      // The picture behind everything has no sound, and is not told.
      expect(reporter.last('sound')).toEqual({
        inputs: [{ part: 'OBS', name: 'Micro', muted: true, decibels: -6 }],
      });
    },
  },
  {
    capability: 'virtualcamera',
    name: 'set',
    args: { active: true },
    verify: ({ mixer }, { reporter }) => {
      expect(mixer.virtualCamera).toBe(true);
      expect(reporter.last('virtualcamera')).toEqual({ active: true, cameras: [{ part: 'OBS', active: true }] });
    },
  },
  {
    capability: 'snapshot',
    name: 'take',
    args: {},
    verify: (_, { uploads }) => {
      expect(uploads.at(-1)).toMatchObject({ contentType: 'image/jpeg' });
      expect([...(uploads.at(-1)?.bytes.subarray(0, 3) ?? [])]).toEqual([0xff, 0xd8, 0xff]);
    },
  },
  {
    capability: 'ptz',
    name: 'move',
    args: { pan: 0.5, tilt: 0, zoom: 0.25, durationMs: 1_000 },
    verify: ({ camera }) => {
      expect(camera.isDriven).toBe(false);
      expect(camera.aim.pan).toBeGreaterThan(200);
      expect(camera.aim.zoom).toBeGreaterThan(500);
    },
  },
  {
    capability: 'ptz',
    name: 'stop',
    args: { part: 'Máy quay 2' },
    verify: ({ sonyCamera }) => expect(sonyCamera.received).toContain('8101060101010303ff'),
  },
  {
    capability: 'ptz',
    name: 'goToPreset',
    args: { token: '2' },
    verify: ({ camera }) => expect(camera.aim).toEqual({ pan: -800, tilt: -50, zoom: 8_192 }),
  },
  {
    capability: 'power',
    name: 'off',
    args: {},
    verify: ({ camera, sonyCamera }) => expect([camera.isOn, sonyCamera.isOn]).toEqual([false, false]),
  },
  {
    capability: 'power',
    name: 'on',
    args: {},
    prepare: ({ camera }) => {
      camera.isOn = false;
    },
    verify: ({ camera, sonyCamera }) => expect([camera.isOn, sonyCamera.isOn]).toEqual([true, true]),
  },
];

driverConformance<StudioSimulator>({
  driver: studio,
  start: (clock) => StudioSimulator.start({ clock, password }),
  settings: ({ settings }) => settings,
  credentials: { password },
  without: { 'wrong-password': 'one member of five is refused; see the studio of OBS alone' },
  change: { capability: 'recording', make: ({ deck }) => deck.press('record') },
  commands,
});
