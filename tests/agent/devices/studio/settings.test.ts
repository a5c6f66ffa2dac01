import { describe, expect, it } from 'vitest';
import { settingsSchema } from '../../../../agent/devices/studio/settings.ts';

const members = [
  { kind: 'obs', name: 'OBS' },
  { kind: 'camera', name: 'Camera' },
];
const complaint = (settings: unknown) =>
  settingsSchema
    .safeParse(settings)
    .error?.issues.map(({ message }) => message)
    .join('; ');
const scene = (...steps: unknown[]) => [{ id: 'lesson', name: 'Lesson', steps }];

describe('settings of a studio', () => {
  it('are complete with one member', () => {
    expect(settingsSchema.parse({ members: [{ kind: 'camera', name: 'Camera' }] })).toEqual({
      pollSeconds: 10,
      members: [
        {
          kind: 'camera',
          name: 'Camera',
          transport: 'tcp',
          presets: [],
          limits: { pan: 2_448, tilt: 1_296, zoom: 16_384 },
        },
      ],
      scenes: [],
      reserve: { megabytes: 2_000, minutes: 10 },
    });
  });

  it.each([
    [{ members: [] }, /Too small/],
    [{ members: [...members, { kind: 'recorder', name: 'OBS' }] }, /same name/],
    [{ members, scenes: scene({ do: 'show', part: 'Camera', scene: 'A' }) }, /Camera is no member that can show/],
    [{ members, scenes: scene({ do: 'preset', part: 'Nobody', preset: 1 }) }, /Nobody is no member that can preset/],
    [{ members, scenes: scene({ do: 'wait', seconds: 1 }).concat(scene({ do: 'wait', seconds: 1 })) }, /same id/],
    [{ members, scenes: scene({ do: 'dance' }) }, /Invalid/],
    [{ members: [{ kind: 'obs', name: 'OBS', password: 'x' }] }, /Unrecognized key/],
  ])('refuse %j', (settings, reason) => {
    expect(complaint(settings)).toMatch(reason);
  });

  it('take every step from a member that can', () => {
    const steps = [
      { do: 'power', part: 'Camera', on: true },
      { do: 'preset', part: 'Camera', preset: 3 },
      { do: 'mute', part: 'OBS', input: 'Micro', muted: false },
      { do: 'show', part: 'OBS', scene: 'A' },
      { do: 'wait', seconds: 2 },
      { do: 'record', part: 'OBS', on: true },
      { do: 'stream', part: 'OBS', on: true },
    ];
    expect(complaint({ members, scenes: scene(...steps) })).toBeUndefined();
  });
});
