import { expect } from 'vitest';
import { onvifCamera } from '../../../agent/devices/onvif-camera/index.ts';
import { type OnvifCamera, startOnvifCamera } from '../../simulators/onvif-camera/index.ts';
import { driverConformance } from '../../support/driver-conformance.ts';

const credentials = { username: 'admin', password: 'Lớp & học <7>' };

driverConformance<OnvifCamera>({
  driver: onvifCamera,
  start: (clock) =>
    startOnvifCamera({
      seed: 1,
      clock,
      credentials,
      clockSkewMs: -3_600_000,
      discoveryPort: false,
      relays: [{ token: 'siren', mode: 'Bistable', delayMs: 0, idle: 'open', isActive: false }],
      inputs: [{ token: 'door', isActive: false }],
      rules: [{ name: 'Fence', kind: 'line', value: 0 }],
    }),
  credentials,
  change: {
    capability: 'ptz',
    make: (camera) => {
      camera.position = { pan: 0.25, tilt: -0.5, zoom: 0.75 };
    },
  },
  commands: [
    {
      capability: 'snapshot',
      name: 'take',
      args: {},
      verify: (_camera, { uploads }) => {
        expect(uploads).toHaveLength(1);
        expect(uploads[0]?.contentType).toBe('image/jpeg');
        expect([...(uploads[0]?.bytes.subarray(0, 3) ?? [])]).toEqual([0xff, 0xd8, 0xff]);
      },
    },
    {
      capability: 'ptz',
      name: 'move',
      args: { pan: 1, tilt: 0, zoom: 0, durationMs: 1_000 },
      prepare: (camera) => {
        camera.position = { pan: -0.5, tilt: 0, zoom: 0 };
      },
      verify: (camera) => {
        expect(camera.position.pan).toBeGreaterThan(-0.25);
        expect(camera.isMoving).toBe(false);
      },
    },
    { capability: 'ptz', name: 'stop', args: {}, verify: (camera) => expect(camera.isMoving).toBe(false) },
    {
      capability: 'ptz',
      name: 'goToPreset',
      args: { token: '1' },
      verify: (camera) => expect(camera.position).toEqual({ pan: -0.5, tilt: 0.1, zoom: 0.4 }),
    },
    {
      capability: 'ptz',
      name: 'savePreset',
      args: { name: 'Cổng trường' },
      prepare: (camera) => {
        camera.position = { pan: 0.3, tilt: 0, zoom: 0.5 };
      },
      verify: (camera) =>
        expect(camera.presets).toContainEqual({
          token: '4',
          name: 'Cổng trường',
          position: { pan: 0.3, tilt: 0, zoom: 0.5 },
        }),
    },
    {
      capability: 'ptz',
      name: 'removePreset',
      args: { token: '2' },
      verify: (camera) => expect(camera.presets.map(({ token }) => token)).toEqual(['1', '3']),
    },
    {
      capability: 'time',
      name: 'setNtp',
      args: { servers: ['192.168.1.1', 'vn.pool.ntp.org'] },
      verify: ({ upkeep }, { reporter }) => {
        expect(upkeep).toMatchObject({
          isNtp: true,
          ntpServers: ['192.168.1.1', 'vn.pool.ntp.org'],
          timeZone: 'ICT-7',
        });
        expect(reporter.last('time')).toMatchObject({ source: 'ntp', active: true });
      },
    },
    {
      capability: 'network',
      name: 'setHostname',
      args: { hostname: 'cong-truong-1' },
      verify: ({ upkeep }) => expect(upkeep.hostname).toBe('cong-truong-1'),
    },
    {
      capability: 'log',
      name: 'fetch',
      args: { kind: 'system' },
      verify: ({ firmware }) => expect(firmware).toBe('3.2.10'),
    },
    {
      capability: 'power',
      name: 'reboot',
      args: {},
      verify: ({ upkeep }) => expect(upkeep.restarts).toBe(1),
    },
    {
      capability: 'imaging',
      name: 'set',
      args: { brightness: 70, dayNight: 'night', backlight: true },
      verify: (camera) =>
        expect(camera.senses.imaging).toMatchObject({
          brightness: 70,
          irCutFilter: 'OFF',
          backlight: 'ON',
          contrast: 40,
        }),
    },
    {
      capability: 'relay',
      name: 'set',
      args: { token: 'siren', active: true },
      verify: (camera) => expect(camera.senses.relays[0]?.isActive).toBe(true),
    },
    {
      capability: 'relay',
      name: 'configure',
      args: { token: 'siren', mode: 'monostable', delaySeconds: 1.5 },
      verify: (camera) =>
        expect(camera.senses.relays[0]).toMatchObject({ mode: 'Monostable', delayMs: 1_500, idle: 'open' }),
    },
  ],
});
