import { expect } from 'vitest';
import { pjlinkProjector } from '../../../agent/devices/pjlink-projector/index.ts';
import { ProjectorSimulator } from '../../simulators/pjlink-projector.ts';
import { driverConformance } from '../../support/driver-conformance.ts';

driverConformance<ProjectorSimulator>({
  driver: pjlinkProjector,
  start: (clock) =>
    ProjectorSimulator.start({ clock, password: 'JBMIAProjectorLink', warmUpMs: 8_000, coolDownMs: 8_000 }),
  credentials: { password: 'JBMIAProjectorLink' },
  change: {
    capability: 'lamp',
    make: (projector) => {
      projector.state.errors = '000010';
    },
  },
  commands: [
    {
      capability: 'power',
      name: 'off',
      args: {},
      verify: (projector) => expect(projector.power).toBe('0'),
    },
    {
      capability: 'power',
      name: 'on',
      args: {},
      prepare: (projector) => projector.setPower('off'),
      verify: (projector) => expect(projector.power).toBe('1'),
    },
    {
      capability: 'input',
      name: 'select',
      args: { id: '5A' },
      verify: (projector) => expect(projector.state.input).toBe('5A'),
    },
    {
      capability: 'video',
      name: 'blank',
      args: { blanked: true },
      verify: (projector) => expect(projector.state.videoMuted).toBe(true),
    },
    {
      capability: 'video',
      name: 'freeze',
      args: { frozen: true },
      verify: (projector) => expect(projector.state.frozen).toBe(true),
    },
    {
      capability: 'volume',
      name: 'mute',
      args: { muted: true },
      verify: (projector) => expect(projector.state.audioMuted).toBe(true),
    },
    {
      capability: 'volume',
      name: 'step',
      args: { direction: 'up' },
      verify: (projector) => expect(projector.state.volume).toBe(11),
    },
  ],
});
