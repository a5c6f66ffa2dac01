import { describe, expect, it } from 'vitest';
import { errorOfProblem, toApiError } from '../../../hub/dashboard/src/data/api-error.ts';
import { isSettled, stepsOf } from '../../../hub/dashboard/src/state/commands.ts';
import { titleOfEvent } from '../../../hub/dashboard/src/views/device/event-title.ts';
import { deviceSearch, devicesSearch, safeTarget } from '../../../hub/dashboard/src/views/search.ts';
import { type DeviceEvent, deviceEventsPage } from '../../../protocols/api/devices.ts';
import { commandStates } from '../../../protocols/fleet/record.ts';

describe('errors of requests', () => {
  it('keeps code, sentence, fields and the time to wait', () => {
    const errors = [{ field: 'name', message: 'empty' }];
    const error = errorOfProblem(422, { code: 'invalid-input', detail: 'name: empty', errors }, null);
    expect(error).toMatchObject({ kind: 'refused', code: 'invalid-input', fields: { name: 'empty' } });
    expect(errorOfProblem(429, { code: 'locked-out' }, '290')).toMatchObject({
      kind: 'limited',
      retryAfterSeconds: 290,
    });
  });

  it('tells a hub that is busy from a hub that is away', () => {
    expect(errorOfProblem(503, { code: 'sign-in-busy' }, '5').kind).toBe('limited');
    expect(errorOfProblem(503, {}, null)).toMatchObject({ kind: 'away', code: 'http-503' });
    expect(errorOfProblem(502, {}, null).kind).toBe('away');
    expect(errorOfProblem(500, { code: 'internal' }, null).kind).toBe('broken');
  });

  it('makes an error of anything that was thrown', () => {
    expect(toApiError('odd')).toMatchObject({ kind: 'broken', code: 'page-error', message: 'odd' });
  });
});

describe('steps of a command', () => {
  it('shows for every state exactly the way that was gone', () => {
    const reached = commandStates.map((state) => stepsOf(state).filter((step) => step.reached).length);
    // awaiting-approval, queued, sent, received, running, succeeded, failed, expired, unknown, cancelled
    expect(reached).toEqual([1, 1, 2, 3, 4, 5, 5, 1, 5, 1]);
    for (const state of commandStates) expect(stepsOf(state).some((step) => step.state === state)).toBe(true);
  });

  it('never promises a success that has not come', () => {
    for (const state of commandStates.filter((state) => !isSettled(state)))
      expect(stepsOf(state).at(-1)).toEqual({ state: 'succeeded', reached: false });
  });
});

describe('addresses of pages', () => {
  it('drops what cannot be read instead of refusing the page', () => {
    expect(devicesSearch.parse({ unit: 'x', sort: 'odd', health: 'fault,unreachable', q: 'phòng 7' })).toEqual({
      health: 'fault,unreachable',
      q: 'phòng 7',
    });
    expect(deviceSearch.parse({ range: '2y' })).toEqual({});
  });

  it('follows only paths of its own after sign-in', () => {
    expect(safeTarget('/devices?q=a')).toBe('/devices?q=a');
    for (const to of ['https://evil.example', '//evil.example', '/\\evil.example', 'javascript:alert(1)', undefined])
      expect(safeTarget(to)).toBe('/');
  });
});

describe('titles of the timeline', () => {
  const title = (part: Partial<DeviceEvent>) => {
    const event = { id: '1', at: '2026-11-24T01:00:00.000Z', severity: 'info', data: {}, ...part };
    const [row] = deviceEventsPage.parse({ rows: [event] }).rows;
    if (!row) throw new Error('no row');
    const words = (key: string, values: object = {}) => [key, ...Object.values(values)].join(' ');
    return titleOfEvent(row, words, (label) => label.vi);
  };

  it('names commands by their label, changes by what changed, and the rest as it came', () => {
    expect(title({ kind: 'command', capability: 'power', name: 'off' })).toBe('Tắt');
    expect(title({ kind: 'inventory', name: 'firmware', data: { before: '1.1', after: '1.10' } })).toBe(
      'happened.change devices.firmware 1.1 1.10',
    );
    expect(title({ kind: 'cause', name: 'agent-silent', data: { code: 'x' } })).toBe('happened.cause.agent-silent');
    expect(title({ kind: 'event', capability: 'hologram', name: 'glowed' })).toBe('glowed');
  });
});
