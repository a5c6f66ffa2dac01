import { describe, expect, it } from 'vitest';
import type { DoctorFacts } from '../../../agent/doctor/facts.ts';
import type { CheckName } from '../../../agent/doctor/finding.ts';
import { isWell, judge } from '../../../agent/doctor/judgement.ts';
import { describeFindings, findingsJson } from '../../../agent/doctor/report.ts';
import { texts } from '../../../agent/doctor/texts.ts';

const day = 24 * 3_600_000;
const now = Date.UTC(2026, 2, 2);
const lane = { generated: 10, delivered: 9, pending: 1, shed: 0, bytes: 500 };
const enrolled = {
  state: 'enrolled',
  agentId: 'a1',
  name: 'Trường Ba Tơ',
  notBeforeMs: now - 10 * day,
  notAfterMs: now + 50 * day,
} as const;
const open = { state: 'open', place: 'hub.example:8443', tookMs: 12.4 } as const;
const folder = { state: 'writable', freeBytes: 50e9, totalBytes: 100e9, freeFiles: 1e6 } as const;
const outbox = {
  state: 'read',
  fileBytes: 20_000,
  lanes: { urgent: lane, state: lane, samples: lane },
  aliveAt: now - 30_000,
} as const;

/** An enrolled machine with nothing amiss. */
const well: DoctorFacts = {
  now,
  dataDir: '/var/lib/edufleet-agent',
  identity: enrolled,
  running: { state: 'running', pid: 42 },
  hub: {
    name: { state: 'found', host: 'hub.example', addresses: ['10.0.0.1'] },
    gateway: open,
    broker: open,
    clockAheadMs: 400,
  },
  folder,
  outbox,
  outboxMaxBytes: 1e6,
  memory: { totalBytes: 4e9, availableBytes: 2e9 },
  policy: { allow: ['10.0.0.0/8'], deny: [], ports: [], broadcast: true },
  devices: [{ name: 'Camera cổng', family: 'camera', isAllowed: true }],
  needs: [],
  localBroker: { isEnabled: true, place: '0.0.0.0:1883', port: 'free', devices: [] },
};
const ipmitool = { need: { kind: 'program', program: 'ipmitool' }, devices: ['Máy chủ'] } as const;
const adb = {
  need: { kind: 'server', name: 'adb', package: 'adb', address: { host: '127.0.0.1', port: 5037 } },
  devices: ['Kính 1'],
} as const;
const withBroker = { ...well.localBroker, devices: ['Ổ cắm'] };
const hubWith = (parts: Partial<DoctorFacts['hub']>) => ({ hub: { ...well.hub, ...parts } });

const refusedBy = (code: string): Partial<DoctorFacts> => ({
  identity: { state: 'prepared', hubUrl: 'https://h', refused: { code, at: 0 } },
});
const cases: readonly (readonly [string, Partial<DoctorFacts>, CheckName, string])[] = [
  ['no identity', { identity: { state: 'none' } }, 'identity', 'not-enrolled'],
  ['a damaged identity', { identity: { state: 'broken', detail: 'x' } }, 'identity', 'identity-broken'],
  ['a foreign user', { identity: { state: 'forbidden' } }, 'identity', 'not-permitted'],
  [
    'a certificate that ran out',
    { identity: { ...enrolled, notAfterMs: now - 1 } },
    'certificate',
    'certificate-expired',
  ],
  [
    'a certificate of tomorrow',
    { identity: { ...enrolled, notBeforeMs: now + 1 } },
    'certificate',
    'certificate-ahead',
  ],
  [
    'a prepared machine whose agent does not run',
    { identity: { state: 'prepared', hubUrl: 'https://h' }, running: { state: 'stopped' } },
    'running',
    'not-running',
  ],
  ['a voucher that another machine used', refusedBy('voucher-used'), 'identity', 'voucher-used'],
  ['a voucher that came too late', refusedBy('voucher-expired'), 'identity', 'voucher-late'],
  ['a voucher that was withdrawn', refusedBy('voucher-revoked'), 'identity', 'voucher-refused'],
  ['an agent that does not run', { running: { state: 'stopped' } }, 'running', 'not-running'],
  ['an agent that hangs', { outbox: { ...outbox, aliveAt: now - 600_000 } }, 'running', 'hung'],
  ['a name without address', hubWith({ name: { state: 'unknown', host: 'h', detail: 'x' } }), 'name', 'name-unknown'],
  [
    'a closed gateway',
    hubWith({ gateway: { state: 'failed', place: 'h:1', cause: 'refused', detail: 'x' } }),
    'gateway',
    'refused',
  ],
  [
    'a broker that refuses the certificate',
    hubWith({ broker: { state: 'failed', place: 'h:1', cause: 'rejected', detail: 'x' } }),
    'broker',
    'rejected',
  ],
  ['a clock that is slow', hubWith({ clockAheadMs: -61_000 }), 'clock', 'clock-off'],
  ['a folder that is gone', { folder: { state: 'absent' } }, 'folder', 'folder-absent'],
  [
    'a folder that is read-only',
    { folder: { state: 'not-writable', detail: 'EROFS' } },
    'folder',
    'folder-not-writable',
  ],
  ['a full disk', { folder: { ...folder, freeBytes: 1e6 } }, 'disk', 'disk-full'],
  ['no room for files', { folder: { ...folder, freeFiles: 3 } }, 'disk', 'files-full'],
  [
    'a full outbox',
    { outbox: { ...outbox, lanes: { ...outbox.lanes, samples: { ...lane, bytes: 950_000 } } } },
    'outbox',
    'outbox-full',
  ],
  ['no memory', { memory: { totalBytes: 2e9, availableBytes: 10e6 } }, 'memory', 'memory-low'],
  ['a policy that allows nothing', { policy: { ...well.policy, allow: [] } }, 'policy', 'policy-empty'],
  ['a device outside', { devices: [{ name: 'x', family: 'y', isAllowed: false }] }, 'devices', 'devices-outside'],
  ['a missing program', { needs: [{ ...ipmitool, isThere: false }] }, 'needs', 'program-missing'],
  ['a missing server', { needs: [{ ...adb, isThere: false }] }, 'needs', 'server-missing'],
  [
    'a broker that is needed and off',
    { localBroker: { ...withBroker, isEnabled: false } },
    'local-broker',
    'broker-disabled',
  ],
  [
    'a port that somebody has',
    { localBroker: { ...withBroker, port: 'taken' }, running: { state: 'stopped' } },
    'local-broker',
    'port-taken',
  ],
  ['a port that cannot be had', { localBroker: { ...withBroker, port: 'unusable' } }, 'local-broker', 'port-unusable'],
  ['an agent without its broker', { localBroker: { ...withBroker, port: 'free' } }, 'local-broker', 'broker-silent'],
];

const judgeWith = (parts: Partial<DoctorFacts>) => judge({ ...well, ...parts });

describe('the judgement of the doctor', () => {
  it('finds nothing wrong with a machine that is well', () => {
    const findings = judge(well);
    expect(isWell(findings)).toBe(true);
    expect(findings.map(({ check, verdict }) => `${check} ${verdict}`)).toEqual([
      ...['identity ok', 'certificate ok', 'running ok', 'name ok', 'gateway ok', 'broker ok', 'clock ok'],
      ...['folder ok', 'disk ok', 'outbox ok', 'memory ok', 'policy ok', 'devices ok'],
      ...['needs not-needed', 'local-broker not-needed'],
    ]);
  });

  it.each(cases)('names %s, and no more than it', (_name, parts, check, cause) => {
    const findings = judgeWith(parts);
    expect(isWell(findings)).toBe(false);
    expect(findings).toContainEqual(expect.objectContaining({ check, verdict: 'fault', cause }));
  });

  it('warns of what will go wrong, and does not fail for it', () => {
    const late = { identity: { ...enrolled, notBeforeMs: now - 50 * day, notAfterMs: now + 10 * day } };
    const prepared = { identity: { state: 'prepared', hubUrl: 'https://hub.example:8443' } } as const;
    const tight = { folder: { ...folder, freeBytes: 500e6 } };
    const filling = { outbox: { ...outbox, lanes: { ...outbox.lanes, state: { ...lane, bytes: 600_000 } } } };
    const causes = [prepared, late, tight, filling].map((parts) => {
      const findings = judgeWith(parts);
      return [isWell(findings), findings.find(({ verdict }) => verdict === 'attention')?.cause];
    });
    expect(causes).toEqual([
      [true, 'prepared'],
      [true, 'renewal-late'],
      [true, 'disk-tight'],
      [true, 'outbox-filling'],
    ]);
  });

  it('takes no clock that was set back for an agent that hangs', () => {
    expect(isWell(judgeWith({ outbox: { ...outbox, aliveAt: now + 600_000 } }))).toBe(true);
  });

  it('takes the agent’s own broker for well, and what is there of other programs', () => {
    expect(isWell(judgeWith({ localBroker: { ...withBroker, port: 'taken' } }))).toBe(true);
    const needs = [
      { ...ipmitool, isThere: true },
      { ...adb, isThere: true },
    ];
    expect(judgeWith({ needs })).toContainEqual({
      check: 'needs',
      verdict: 'ok',
      facts: ['ipmitool', 'adb (127.0.0.1:5037)'],
    });
  });

  it('has a sentence and a remedy for every cause, in both languages, and no more causes than happen', () => {
    const seen = new Set(cases.map(([, , , cause]) => cause));
    const doors = ['refused', 'no-answer', 'unreachable', 'not-secure', 'not-trusted', 'wrong-time', 'rejected'];
    const attentions = ['prepared', 'renewal-late', 'disk-tight', 'outbox-filling'];
    for (const { causes } of Object.values(texts)) {
      expect(Object.keys(causes).sort()).toEqual([...new Set([...seen, ...doors, ...attentions])].sort());
      for (const { what, remedy } of Object.values(causes))
        expect([what.length > 10, remedy.length > 10]).toEqual([true, true]);
    }
  });
});

describe('the report of the doctor', () => {
  it('tells the sentence, what was seen, and the remedy', () => {
    const lines = describeFindings(judgeWith({ folder: { ...folder, freeBytes: 1e6 } }), 'vi').join('\n');
    expect(lines).toMatch(/✗ Đĩa còn trống {4,}Đĩa gần như đầy.*\n +1\.0 MB \/ 100\.0 GB\n +→ Xóa bớt tệp/);
    expect(lines).toMatch(/Có 1 điều cần sửa\.$/);
    expect(describeFindings(judge(well), 'en').at(-1)).toBe('All is well.');
  });

  it('lets no name from elsewhere move the cursor', () => {
    const devices = [{ name: 'x\u001b[2Jy\nz', family: 'f', isAllowed: false }];
    expect(describeFindings(judgeWith({ devices }), 'en').join('|')).not.toMatch(/\p{Cc}/u);
  });

  it('tells a program the same', () => {
    expect(findingsJson(judgeWith({ identity: { state: 'none' } }), 'en')).toMatchObject({
      ok: false,
      findings: expect.arrayContaining([
        expect.objectContaining({ check: 'identity', cause: 'not-enrolled', what: 'This machine is not enrolled.' }),
      ]),
    });
  });
});
