import { describe, expect, it } from 'vitest';
import type { Attempt } from '../../../agent/probe/attempt.ts';
import { explainPolicy } from '../../../agent/probe/policy.ts';
import {
  type Cause,
  hasAnsweredAll,
  type Step,
  type StepName,
  stepNames,
  stepsOf,
} from '../../../agent/probe/steps.ts';
import { texts } from '../../../agent/probe/texts.ts';
import { type Dial, Trace } from '../../../agent/probe/trace.ts';
import { createFakeClock } from '../../support/clock.ts';

const policy = {
  allow: ['192.168.0.0/16', 'board.school'],
  deny: ['192.168.9.0/24'],
  ports: ['80', '4352'],
  broadcast: false,
};

const open: Dial = {
  address: { host: '192.168.1.20', port: 4352 },
  ips: ['192.168.1.20'],
  dialledIp: '192.168.1.20',
  outcome: 'open',
  resolveMs: 0,
  connectMs: 3,
  systemCode: undefined,
};

const answered: Attempt = {
  descriptor: { family: 'pjlink-projector', vendor: 'EPSON', capabilities: {} },
  states: new Map([['identity', { vendor: 'EPSON', model: 'EB-1' }]]),
  samples: {},
  events: [],
  failure: undefined,
  took: { connect: 100, poll: 50, close: 1 },
  startedAt: 1,
  clockReads: [],
};

function failed(code: string, phase: 'connect' | 'poll' = 'connect', isDescribed = false): Attempt {
  return {
    ...answered,
    descriptor: isDescribed ? answered.descriptor : undefined,
    failure: { phase, problem: { code, message: `it says ${code}`, retryable: true } },
  };
}

interface Given {
  readonly attempt?: Attempt;
  readonly dial?: Partial<Dial> | undefined;
  readonly bytesIn?: number;
  readonly isDatagram?: boolean;
  readonly hasCredentials?: boolean;
}

function stepsFor({ attempt = answered, dial = {}, bytesIn = 20, isDatagram = false, hasCredentials = true }: Given) {
  const { traffic } = new Trace(createFakeClock());
  Object.assign(traffic, { bytesIn, usesTcp: !isDatagram, usesUdp: isDatagram });
  if (bytesIn > 0) traffic.first = Buffer.from('PJLINK 0\r');
  const dials = isDatagram ? [] : [{ ...open, ...dial }];
  return stepsOf({ trace: { dials, traffic }, attempt, policy, hasCredentials });
}

function failureIn(steps: readonly Step[]): readonly [StepName | undefined, Cause | undefined] {
  const step = steps.find(({ status }) => status === 'failed');
  return [step?.name, step?.cause];
}

describe('the steps of a look at a device', () => {
  it('are all done when the device answered everything', () => {
    const steps = stepsFor({});
    expect(hasAnsweredAll(steps)).toBe(true);
    expect(steps.map(({ name }) => name)).toEqual(stepNames.filter((name) => name !== 'secure'));
    expect(steps.find(({ name }) => name === 'describe')?.facts).toEqual(['vendor EPSON', 'model EB-1']);
    expect(steps.find(({ name }) => name === 'policy')?.facts).toEqual(['192.168.1.20:4352 (allow: 192.168.0.0/16)']);
  });

  it.each<readonly [string, Given, StepName, Cause]>([
    [
      'a name that nobody knows',
      { attempt: failed('unreachable'), dial: { outcome: 'name-unknown', ips: [] } },
      'name',
      'name-unknown',
    ],
    [
      'a closed port',
      { attempt: failed('refused'), dial: { outcome: 'failed', systemCode: 'ECONNREFUSED' } },
      'connect',
      'refused',
    ],
    [
      'no route',
      { attempt: failed('unreachable'), dial: { outcome: 'failed', systemCode: 'EHOSTUNREACH' } },
      'connect',
      'unreachable',
    ],
    ['nobody there', { attempt: failed('unreachable'), dial: { outcome: 'dialling' } }, 'connect', 'no-answer'],
    ['silence on an open port', { attempt: failed('timeout'), bytesIn: 0 }, 'greeting', 'silent'],
    ['silence over UDP', { attempt: failed('timeout'), bytesIn: 0, isDatagram: true }, 'greeting', 'silent-datagram'],
    ['half an answer', { attempt: failed('timeout'), bytesIn: 5 }, 'greeting', 'half-answer'],
    ['nonsense', { attempt: failed('protocol') }, 'greeting', 'garbage'],
    ['a closed connection', { attempt: failed('connection-lost') }, 'greeting', 'hung-up'],
    ['a wrong password', { attempt: failed('authentication') }, 'sign-in', 'credentials-refused'],
    ['no password', { attempt: failed('authentication'), hasCredentials: false }, 'sign-in', 'credentials-missing'],
    ['another client', { attempt: failed('busy') }, 'sign-in', 'busy'],
    ['a refused question', { attempt: failed('unsupported') }, 'describe', 'unsupported'],
    ['a slow poll', { attempt: failed('timeout', 'poll', true) }, 'poll', 'too-slow'],
    ['a fault while polling', { attempt: failed('device-fault', 'poll', true) }, 'poll', 'device-fault'],
    ['another certificate', { attempt: failed('certificate-mismatch') }, 'secure', 'certificate-mismatch'],
    ['a missing program', { attempt: failed('program-missing') }, 'connect', 'program-missing'],
    ['a bug of ours', { attempt: failed('internal') }, 'greeting', 'internal'],
    [
      'a member that is away while the rig goes on',
      { dial: { outcome: 'failed', systemCode: 'ECONNREFUSED' } },
      'connect',
      'refused',
    ],
  ])('tell %s', (_, given, name, cause) => {
    const steps = stepsFor(given);
    expect(failureIn(steps)).toEqual([name, cause]);
    expect(hasAnsweredAll(steps)).toBe(false);
    const after = steps.slice(steps.findIndex(({ status }) => status === 'failed') + 1);
    expect(after.every(({ status }) => status === 'skipped')).toBe(true);
  });

  it.each([
    [{ host: '10.1.1.1', port: 80 }, 'policy-unlisted'],
    [{ host: '192.168.9.5', port: 80 }, 'policy-denied'],
    [{ host: '192.168.1.5', port: 22 }, 'policy-port'],
  ] as const)('name the rule that refused %j', (address, cause) => {
    const dial = { address, ips: [address.host], outcome: 'not-allowed' as const };
    expect(failureIn(stepsFor({ attempt: failed('address-not-allowed'), dial }))).toEqual(['policy', cause]);
  });

  it('have a label, a sentence and a remedy in both languages', () => {
    expect(Object.keys(texts.vi.causes).sort()).toEqual(Object.keys(texts.en.causes).sort());
    for (const { causes } of Object.values(texts)) {
      for (const { what, remedy } of Object.values(causes))
        expect([what, remedy].every((text) => text.endsWith('.'))).toBe(true);
    }
  });
});

describe('the ruling of the policy', () => {
  it('names the entry that allows, and the one that refuses', () => {
    expect(explainPolicy(policy, { host: '192.168.1.1', port: 80 }, ['192.168.1.1'])).toEqual({
      allowed: true,
      rule: '192.168.0.0/16',
    });
    expect(explainPolicy(policy, { host: '192.168.9.1', port: 80 }, ['192.168.9.1'])).toEqual({
      allowed: false,
      reason: 'denied',
      rule: '192.168.9.0/24',
    });
  });

  it('tells a name that leads to this machine from one that nobody allows', () => {
    const named = (host: string) => explainPolicy(policy, { host, port: 80 }, ['127.0.0.1']);
    expect(named('board.school')).toEqual({ allowed: false, reason: 'special', rule: 'board.school' });
    expect(named('other.school')).toEqual({ allowed: false, reason: 'unlisted' });
  });
});
