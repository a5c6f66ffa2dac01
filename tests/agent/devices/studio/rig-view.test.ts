import { describe, expect, it } from 'vitest';
import type { Reading, RecordingState, StreamingState } from '../../../../agent/devices/studio/member.ts';
import {
  eventsBetween,
  modeOf,
  type PartView,
  type RigView,
  workUnderWay,
} from '../../../../agent/devices/studio/rig-view.ts';

const none: ReadonlySet<string> = new Set();

function part(reading: Reading, status: PartView['status'] = 'up'): PartView {
  return { name: 'OBS', role: 'mixer', status, since: 0, problem: undefined, reading, can: {} };
}
const rig = (...parts: PartView[]): RigView => ({ parts, isHeld: false });
const doing = (recording: RecordingState, streaming: StreamingState, status?: PartView['status']) =>
  part({ recording: { state: recording }, streaming: { state: streaming } }, status);

describe('what a studio is doing', () => {
  it.each([
    ['stopped', 'stopped', false, 'idle'],
    ['stopped', 'stopped', true, 'rehearsing'],
    ['recording', 'stopped', true, 'recording'],
    ['paused', 'stopped', false, 'recording'],
    ['starting', 'stopped', false, 'recording'],
    ['stopping', 'stopped', false, 'idle'],
    ['recording', 'live', false, 'live'],
    ['stopped', 'reconnecting', false, 'live'],
    ['unknown', 'unknown', false, 'idle'],
  ] as const)('recorder %s, stream %s, held %s: %s', (recording, streaming, isHeld, mode) => {
    expect(modeOf({ parts: [doing(recording, streaming)], isHeld })).toBe(mode);
  });

  it('does not claim what a part said before it went away, and does not forget it either', () => {
    const away = rig(doing('recording', 'stopped', 'down'));
    expect([modeOf(away), workUnderWay(away)]).toEqual(['idle', 'recording']);
    expect(workUnderWay(rig(doing('recording', 'live', 'down')))).toBe('live');
    expect(workUnderWay(rig(doing('stopped', 'stopped'), part({})))).toBeUndefined();
  });
});

describe('what happened in a studio', () => {
  const names = (before: RigView, now: RigView, ending = none) =>
    eventsBetween(before, now, ending).map(({ capability, name, severity }) => `${capability}.${name} ${severity}`);

  it('is nothing at first, and nothing without a change', () => {
    const view = rig(doing('recording', 'live'));
    expect(eventsBetween(undefined, view, none)).toEqual([]);
    expect(eventsBetween(view, view, none)).toEqual([]);
  });

  it('warns of a recording that ends without being told to, not of one that was', () => {
    const [before, now] = [rig(doing('recording', 'stopped')), rig(doing('stopped', 'stopped'))];
    expect(names(before, now)).toEqual(['studio.mode info', 'recording.changed warning']);
    expect(names(before, now, new Set(['OBS']))).toEqual(['studio.mode info', 'recording.changed info']);
  });

  it('calls a stream failed that ends by itself', () => {
    const off = rig(doing('stopped', 'stopped'));
    const failed = (from: StreamingState) =>
      eventsBetween(rig(doing('stopped', from)), off, none).find(({ name }) => name === 'failed')?.data['message'];
    expect(failed('starting')).toBe('the stream did not come up');
    expect(failed('live')).toBe('the stream broke off');
    expect(failed('stopping')).toBeUndefined();
    expect(names(rig(doing('stopped', 'live')), off, new Set(['OBS']))).not.toContain('streaming.failed warning');
  });

  it('tells the coming and going of parts once, and no end of a recording from a part that is away', () => {
    const there = rig(doing('recording', 'stopped'));
    const away = rig(doing('recording', 'stopped', 'down'));
    expect(names(there, away)).toEqual(['studio.mode info', 'studio.part warning']);
    expect(names(away, rig(doing('recording', 'stopped', 'refused')))).toEqual([]);
    expect(names(away, there)).toEqual(['studio.mode info', 'studio.part info']);
    expect(names(rig(doing('stopped', 'stopped', 'starting')), away)).toEqual([]);
  });

  it('tells another scene', () => {
    const showing = (current: string | undefined) => rig(part({ scenes: { current, list: [] } }));
    expect(eventsBetween(showing('A'), showing('B'), none)).toEqual([
      { capability: 'scene', name: 'changed', severity: 'info', data: { part: 'OBS', from: 'A', to: 'B' } },
    ]);
    expect(eventsBetween(showing('A'), showing(undefined), none)).toEqual([]);
  });
});
