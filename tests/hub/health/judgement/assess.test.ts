import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AgentSignals,
  agentSilentMs,
  assessAgent,
  assessDevice,
  type DeviceSignals,
  deviceStaleMs,
  type Verdict,
} from '../../../../hub/health/judgement/assess.ts';
import { healthCodes } from '../../../../hub/health/judgement/codes.ts';

const now = 1_700_000_000_000;
const agent: AgentSignals = { status: 'active', heardSince: true, quietMs: 0, clockSkewMs: 0, shedding: false };
const device: DeviceSignals = {
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
const ok: Verdict = { state: 'ok', code: undefined, sinceMs: 1 };

describe('an agent', () => {
  it('is silent after 90 seconds, since it was last heard', () => {
    expect(assessAgent({ ...agent, quietMs: agentSilentMs }, ok, now)).toBe(ok);
    expect(assessAgent({ ...agent, quietMs: agentSilentMs + 1 }, ok, now)).toEqual({
      state: 'unreachable',
      code: 'EF-1001',
      sinceMs: now - agentSilentMs - 1,
    });
  });

  it('keeps its verdict over a restart of the hub', () => {
    const silent: Verdict = { state: 'unreachable', code: 'EF-1001', sinceMs: 5 };
    // Silent before: silent still, until it is heard. Well before: it gets the whole time again.
    expect(assessAgent({ ...agent, heardSince: false, quietMs: 0 }, silent, now)).toBe(silent);
    expect(assessAgent({ ...agent, heardSince: false, quietMs: 0 }, ok, now)).toBe(ok);
    expect(assessAgent({ ...agent, heardSince: true, quietMs: 0 }, silent, now).state).toBe('ok');
  });

  it('is told apart by why nobody hears it', () => {
    expect(assessAgent({ ...agent, status: 'revoked', quietMs: 1e9 }, ok, now).code).toBe('EF-1005');
    expect(assessAgent({ ...agent, status: 'quarantined' }, ok, now).code).toBe('EF-1004');
    expect(assessAgent({ ...agent, clockSkewMs: -400_000 }, ok, now).code).toBe('EF-1002');
    expect(assessAgent({ ...agent, shedding: true }, ok, now).code).toBe('EF-1003');
  });
});

describe('a device', () => {
  const codeOf = (signals: Partial<DeviceSignals>, before: Verdict | undefined = ok) =>
    assessDevice({ ...device, ...signals }, before, now).code;

  it('is judged by its worst finding', () => {
    expect(codeOf({})).toBeUndefined();
    expect(codeOf({ reachability: undefined })).toBe('EF-2001');
    expect(codeOf({ reachability: 'unreachable' })).toBe('EF-2101');
    expect(codeOf({ reachability: 'reachable' })).toBe('EF-2103');
    expect(codeOf({ reachability: 'up-without-authentication' })).toBe('EF-2201');
    expect(
      codeOf({
        lamp: {
          errors: [
            { part: 'fan', level: 'error' },
            { part: 'lamp', level: 'warning' },
          ],
        },
      }),
    ).toBe('EF-2311');
    expect(codeOf({ lamp: { errors: [{ part: 'lamp', level: 'warning' }] } })).toBe('EF-2302');
    expect(codeOf({ temperature: 'error', lamp: { errors: [{ part: 'lamp', level: 'warning' }] } })).toBe('EF-2303');
    expect(codeOf({ temperature: 'warning' })).toBe('EF-2304');
  });

  it('behind a silent agent is not known to be anything', () => {
    const silent: Verdict = { state: 'unreachable', code: 'EF-1001', sinceMs: 7 };
    expect(assessDevice({ ...device, reachability: 'unreachable', agent: silent }, ok, now)).toEqual({
      state: 'unknown',
      code: 'EF-1001',
      sinceMs: 7,
    });
    expect(codeOf({ agent: { state: 'attention', code: 'EF-1002', sinceMs: 7 } })).toBeUndefined();
  });

  it('is stale when it is silent while its agent lives, and until it reports again', () => {
    const stale: Verdict = { state: 'stale', code: 'EF-2002', sinceMs: 3 };
    expect(codeOf({ quietMs: deviceStaleMs })).toBeUndefined();
    expect(codeOf({ quietMs: deviceStaleMs + 1 })).toBe('EF-2002');
    // Nothing to report is no news from what does not answer.
    expect(codeOf({ quietMs: deviceStaleMs + 1, reachability: 'unreachable' })).toBe('EF-2101');
    expect(codeOf({ quietMs: 0, heardSince: false }, stale)).toBe('EF-2002');
    expect(codeOf({ quietMs: 0, heardSince: true }, stale)).toBeUndefined();
  });

  it('does not flap at the edge of a full disk', () => {
    const full = assessDevice({ ...device, storagePercent: 95 }, ok, now);
    expect(full.code).toBe('EF-2305');
    expect(codeOf({ storagePercent: 94 }, full)).toBe('EF-2305');
    expect(codeOf({ storagePercent: 92.9 }, full)).toBeUndefined();
    expect(codeOf({ storagePercent: 94 })).toBeUndefined();
  });

  it('keeps the age of a finding as long as it stands, and its state always follows its code', () => {
    const signals = fc.record<DeviceSignals>({
      agent: fc.constantFrom(undefined, ok, { state: 'unreachable', code: 'EF-1001', sinceMs: 9 } satisfies Verdict),
      reachability: fc.constantFrom(undefined, 'up', 'up-without-authentication', 'reachable', 'unreachable'),
      lamp: fc.constantFrom(undefined, { errors: [{ part: 'lamp', level: 'error' as const }] }),
      temperature: fc.constantFrom(undefined, 'ok', 'warning', 'error', 'unknown'),
      storagePercent: fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined }),
      faults: fc.constantFrom(
        [],
        [{ part: 'fan', level: 'error' as const }],
        [{ part: 'x', level: 'warning' as const }],
      ),
      conditions: fc.constantFrom([], [{ code: 'EF-2422' as const, words: { vi: 'a', en: 'a' } }]),
      batteryPercent: fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined }),
      heardSince: fc.boolean(),
      quietMs: fc.integer({ min: 0, max: deviceStaleMs * 2 }),
    });
    fc.assert(
      fc.property(fc.array(signals, { maxLength: 20 }), (steps) => {
        let before: Verdict | undefined;
        steps.forEach((step, index) => {
          const after = assessDevice(step, before, now + index);
          if (before && before.code === after.code && before.state === after.state) expect(after).toBe(before);
          if (after.code === 'EF-1001') expect(after.state).toBe('unknown');
          else expect(after.state).toBe(after.code ? healthCodes[after.code].state : 'ok');
          before = after;
        });
      }),
    );
  });
});

describe('the codes', () => {
  it('tell in both languages what it is and what to do', () => {
    for (const [name, { title, next }] of Object.entries(healthCodes)) {
      expect(name).toMatch(/^EF-\d{4}$/);
      for (const text of [title.vi, title.en, next.vi, next.en]) expect(text.length, name).toBeGreaterThan(10);
    }
  });
});
