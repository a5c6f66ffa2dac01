import { describe, expect, it } from 'vitest';
import { assessDevice, type DeviceSignals, type Verdict } from '../../../../hub/health/judgement/assess.ts';
import { conditionCodes } from '../../../../hub/health/judgement/condition-codes.ts';
import { conditionCapabilities, conditionsOf } from '../../../../hub/health/judgement/conditions.ts';
import { capabilities } from '../../../../protocols/fleet/capabilities/index.ts';

const codesOf = (found: ReturnType<typeof conditionsOf>) => found.map(({ code }) => code);

describe('what a capability means', () => {
  it('a gate that does not read, that cannot ask, and one that is only silenced', () => {
    expect(codesOf(conditionsOf('gate', { reading: false }))).toEqual(['EF-2401']);
    expect(codesOf(conditionsOf('gate', { reading: true, lookup: 'refused' }))).toEqual(['EF-2402']);
    expect(conditionsOf('gate', { reading: true, lookup: 'ready' })).toEqual([]);
    expect(conditionsOf('gate', { reading: true, lookup: 'connecting' })).toEqual([]);
    expect(codesOf(conditionsOf('gate', { reading: true, silencedUntil: 5 }))).toEqual([undefined]);
  });

  it('antennas: free sockets are well, a reader without any is not', () => {
    const reader = (...states: readonly ('connected' | 'disconnected' | 'unknown')[]) =>
      conditionsOf('tagreader', { antennas: states.map((state, id) => ({ id: id + 1, state })) });
    expect(reader('connected', 'connected')).toEqual([]);
    expect(codesOf(reader('connected', 'disconnected'))).toEqual([undefined]);
    expect(codesOf(reader('disconnected', 'disconnected'))).toEqual(['EF-2403']);
    expect(reader('unknown')).toEqual([]);
    expect(reader()).toEqual([]);
  });

  it('a printer that wants something soon, and one that prints no more', () => {
    const printer = (...alerts: ('low-toner' | 'jammed')[]) =>
      codesOf(conditionsOf('supplies', { status: 'idle', alerts, supplies: [] }));
    expect(printer()).toEqual([]);
    expect(printer('low-toner')).toEqual(['EF-2412']);
    expect(printer('low-toner', 'jammed')).toEqual(['EF-2412', 'EF-2411']);
  });

  it('a UPS on its battery, one that gives out, and one that protects nothing', () => {
    const ups = (
      source: 'mains' | 'battery' | 'bypass' | 'none' | 'unknown',
      battery: 'normal' | 'low' | 'depleted' | 'unknown',
    ) => codesOf(conditionsOf('ups', { source, battery }));
    expect(ups('mains', 'normal')).toEqual([]);
    expect(ups('unknown', 'unknown')).toEqual([]);
    expect(ups('battery', 'normal')).toEqual(['EF-2422']);
    expect(ups('battery', 'low')).toEqual(['EF-2421']);
    expect(ups('none', 'normal')).toEqual(['EF-2421']);
    expect(ups('mains', 'low')).toEqual(['EF-2423']);
    expect(ups('bypass', 'normal')).toEqual(['EF-2423']);
  });

  it('a studio with a part missing: worse while it works; it names the parts', () => {
    const studio = { scenes: [], parts: [], attention: ['Máy quay 2', 'Đầu ghi'] };
    expect(codesOf(conditionsOf('studio', { ...studio, mode: 'idle' }))).toEqual(['EF-2442']);
    const [live] = conditionsOf('studio', { ...studio, mode: 'live' });
    expect(live?.code).toBe('EF-2441');
    expect(live?.words.vi).toContain('Máy quay 2, Đầu ghi');
    expect(conditionsOf('studio', { ...studio, attention: [], mode: 'recording' })).toEqual([]);
  });

  it('room to record, a stream that broke off, a power port, a bad battery, a default password', () => {
    const recorder = (left: { freeSeconds?: number; freeBytes?: number }) =>
      codesOf(
        conditionsOf('recording', { state: 'stopped', recorders: [{ part: 'Đầu ghi', state: 'stopped', ...left }] }),
      );
    expect(recorder({})).toEqual([]);
    expect(recorder({ freeSeconds: 3_600, freeBytes: 1 })).toEqual([]);
    expect(recorder({ freeSeconds: 600 })).toEqual(['EF-2443']);
    expect(recorder({ freeBytes: 1_000_000_000 })).toEqual(['EF-2443']);
    expect(codesOf(conditionsOf('streaming', { state: 'reconnecting', encoders: [] }))).toEqual(['EF-2444']);
    const powered = [
      { id: '1.1', state: 'fault' as const },
      { id: '1.2', state: 'delivering' as const },
    ];
    expect(codesOf(conditionsOf('ports', { ports: [], powered }))).toEqual(['EF-2451']);
    expect(codesOf(conditionsOf('battery', { state: 'charging', health: 'overheated' }))).toEqual(['EF-2431']);
    expect(conditionsOf('battery', { state: 'charging', health: 'good' })).toEqual([]);
    expect(codesOf(conditionsOf('accounts', { users: [], defaultPassword: 'yes' }))).toEqual(['EF-2461']);
    expect(conditionsOf('accounts', { users: [], defaultPassword: 'unknown' })).toEqual([]);
  });

  it('has no rule for a capability that nobody knows, and says everything in both languages', () => {
    for (const name of conditionCapabilities) expect(Object.keys(capabilities)).toContain(name);
    for (const { title, next } of Object.values(conditionCodes)) {
      for (const { vi, en } of [title, next]) expect(Math.min(vi.length, en.length)).toBeGreaterThan(5);
    }
    expect(conditionsOf('volume', { level: 3, muted: false })).toEqual([]);
  });
});

describe('a device with conditions', () => {
  const well: DeviceSignals = {
    agent: undefined,
    reachability: 'up',
    lamp: undefined,
    temperature: undefined,
    storagePercent: undefined,
    faults: [],
    conditions: [],
    batteryPercent: undefined,
    heardSince: true,
    quietMs: 0,
  };
  const judge = (signals: Partial<DeviceSignals>, before?: Verdict) => assessDevice({ ...well, ...signals }, before, 1);
  const words = { vi: 'a', en: 'b' };

  it('is judged by the worst of them, and not by what only explains', () => {
    expect(judge({ conditions: [{ words }] }).state).toBe('ok');
    expect(
      judge({
        conditions: [
          { code: 'EF-2412', words },
          { code: 'EF-2411', words },
        ],
      }).code,
    ).toBe('EF-2411');
    expect(judge({ faults: [{ part: 'fan', level: 'error' }], temperature: 'warning' }).code).toBe('EF-2311');
    expect(judge({ faults: [{ part: 'backlight', level: 'error' }] }).code).toBe('EF-2301');
    expect(judge({ faults: [{ part: 'DIMM_A1', level: 'warning' }] }).code).toBe('EF-2392');
    expect(judge({ reachability: 'unreachable', conditions: [{ code: 'EF-2411', words }] }).code).toBe('EF-2101');
  });

  it('does not flap while its battery is charged a little and used a little', () => {
    expect(judge({ batteryPercent: 15 }).state).toBe('ok');
    const low = judge({ batteryPercent: 14 });
    expect(low.code).toBe('EF-2432');
    expect(judge({ batteryPercent: 19 }, low)).toBe(low);
    expect(judge({ batteryPercent: 20 }, low).state).toBe('ok');
    expect(judge({}, low).state).toBe('ok');
  });
});
