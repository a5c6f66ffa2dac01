import type { Problem } from '../../protocols/fleet/problem.ts';
import type { NetworkPolicy } from '../platform/network-policy.ts';
import type { Attempt } from './attempt.ts';
import { explainPolicy, type Ruling } from './policy.ts';
import type { Dial, Trace } from './trace.ts';

/** The way to a device, in its order. */
export const stepNames = [
  'name',
  'policy',
  'connect',
  'secure',
  'greeting',
  'sign-in',
  'describe',
  'poll',
  'close',
] as const;
export type StepName = (typeof stepNames)[number];

/** Why a step failed; each has its sentence and its remedy in `texts.ts`. */
export type Cause =
  | 'name-unknown'
  | 'policy-port'
  | 'policy-denied'
  | 'policy-special'
  | 'policy-hub'
  | 'policy-unlisted'
  | 'refused'
  | 'unreachable'
  | 'no-answer'
  | 'certificate-not-trusted'
  | 'certificate-mismatch'
  | 'not-secure'
  | 'silent'
  | 'silent-datagram'
  | 'half-answer'
  | 'garbage'
  | 'hung-up'
  | 'credentials-missing'
  | 'credentials-refused'
  | 'busy'
  | 'unavailable'
  | 'unsupported'
  | 'device-fault'
  | 'address-missing'
  | 'program-missing'
  | 'broker-off'
  | 'too-slow'
  | 'internal';

export interface Step {
  readonly name: StepName;
  readonly status: 'ok' | 'failed' | 'skipped' | 'not-needed';
  /** Milliseconds, where the step was timed. */
  readonly ms?: number;
  /** What was seen, in words that need no translation: addresses, figures, a device's own words. */
  readonly facts: readonly string[];
  readonly cause?: Cause;
  /** The driver's own sentence. */
  readonly detail?: string;
}

export interface Evidence {
  readonly trace: Pick<Trace, 'dials' | 'traffic'>;
  readonly attempt: Attempt;
  readonly policy: NetworkPolicy;
  readonly hasCredentials: boolean;
}

interface Diagnosis {
  readonly step: StepName;
  readonly cause: Cause;
  readonly detail?: string;
}

/** What happened, as steps: those before the one that failed are done, those after it were not come to. */
export function stepsOf(evidence: Evidence): readonly Step[] {
  const diagnosis = diagnose(evidence);
  const failedAt = diagnosis ? stepNames.indexOf(diagnosis.step) : stepNames.length;
  return stepNames
    .map((name, at) => {
      if (at > failedAt) return { name, status: 'skipped', facts: [] } satisfies Step;
      return stepAt(name, seen(name, evidence), at === failedAt ? diagnosis : undefined);
    })
    .filter(({ name, status }) => name !== 'secure' || status === 'ok' || status === 'failed');
}

function stepAt(name: StepName, { facts, ms, isNeeded }: Seen, diagnosis: Diagnosis | undefined): Step {
  const step = { name, facts, ...(ms === undefined ? {} : { ms }) };
  if (!diagnosis) return { ...step, status: isNeeded ? 'ok' : 'not-needed' };
  const { cause, detail } = diagnosis;
  return { ...step, status: 'failed', cause, ...(detail === undefined ? {} : { detail }) };
}

/** Whether the device did everything that it was asked. */
export function hasAnsweredAll(steps: readonly Step[]): boolean {
  return steps.every(({ status }) => status === 'ok' || status === 'not-needed');
}

function diagnose(evidence: Evidence): Diagnosis | undefined {
  const { failure } = evidence.attempt;
  if (failure) return { ...locate(evidence, failure.problem), detail: failure.problem.message };
  // A rig goes on without one of its members; a person wants to know all the same.
  const lost = evidence.trace.dials.find(({ outcome }) => outcome !== 'open' && outcome !== 'resolving');
  return lost && lost.outcome !== 'dialling' ? belowThePort(lost, evidence.policy) : undefined;
}

/** Codes of the driver contract and of the ports whose step does not depend on what else was seen. */
const fixed: Readonly<Record<string, { readonly step: StepName; readonly cause: Cause }>> = {
  'certificate-not-trusted': { step: 'secure', cause: 'certificate-not-trusted' },
  'certificate-mismatch': { step: 'secure', cause: 'certificate-mismatch' },
  'tls-timeout': { step: 'secure', cause: 'not-secure' },
  'unexpected-greeting': { step: 'secure', cause: 'not-secure' },
  busy: { step: 'sign-in', cause: 'busy' },
  'missing-address': { step: 'connect', cause: 'address-missing' },
  'program-missing': { step: 'connect', cause: 'program-missing' },
  'broker-off': { step: 'connect', cause: 'broker-off' },
  refused: { step: 'connect', cause: 'refused' },
  unreachable: { step: 'connect', cause: 'unreachable' },
};

function locate(evidence: Evidence, { code }: Problem): Diagnosis {
  const { trace, attempt, policy } = evidence;
  if (code === 'address-not-allowed') return notAllowed(evidence);
  const lost = trace.dials.findLast(({ outcome }) => outcome !== 'open');
  const isAbsent = ['refused', 'unreachable', 'timeout', 'connection-lost'].includes(code);
  if (isAbsent && lost) return belowThePort(lost, policy);
  if (code === 'authentication') {
    return { step: 'sign-in', cause: evidence.hasCredentials ? 'credentials-refused' : 'credentials-missing' };
  }
  const known = Object.hasOwn(fixed, code) ? fixed[code] : undefined;
  if (known) return known;
  const late = attempt.failure?.phase === 'close' ? 'close' : attempt.descriptor ? 'poll' : undefined;
  return { step: late ?? 'greeting', ...whileTalking(evidence, code, late) };
}

/** Something took the connection; what it then said, or did not. */
function whileTalking(
  { trace }: Evidence,
  code: string,
  late: StepName | undefined,
): Omit<Diagnosis, 'step'> & { step?: StepName } {
  const { bytesIn, usesTcp } = trace.traffic;
  switch (code) {
    case 'timeout':
      if (late) return { cause: 'too-slow' };
      if (bytesIn > 0) return { cause: 'half-answer' };
      return { cause: usesTcp ? 'silent' : 'silent-datagram' };
    case 'connection-lost':
      return { cause: 'hung-up' };
    case 'protocol':
      return { cause: 'garbage' };
    case 'unavailable':
    case 'no-effect':
      return { step: late ?? 'describe', cause: 'unavailable' };
    case 'unsupported':
      return { step: late ?? 'describe', cause: 'unsupported' };
    case 'device-fault':
      return { step: late ?? 'describe', cause: 'device-fault' };
    default:
      return { cause: 'internal' };
  }
}

function notAllowed({ trace, policy }: Evidence): Diagnosis {
  const dial = trace.dials.findLast(({ outcome }) => outcome === 'not-allowed');
  if (dial) return belowThePort(dial, policy);
  const [peer] = [...trace.traffic.datagramsTo.values()].slice(-1);
  const ruling = peer && explainPolicy(policy, peer, [peer.host]);
  return { step: 'policy', cause: causeOf(ruling) };
}

function belowThePort(dial: Dial, policy: NetworkPolicy): Diagnosis {
  switch (dial.outcome) {
    case 'name-unknown':
    case 'resolving':
      return { step: 'name', cause: 'name-unknown' };
    case 'not-allowed':
      return { step: 'policy', cause: causeOf(explainPolicy(policy, dial.address, dial.ips)) };
    case 'dialling':
      return { step: 'connect', cause: 'no-answer' };
    default:
      return { step: 'connect', cause: connectCause(dial.systemCode) };
  }
}

function connectCause(systemCode: string | undefined): Cause {
  if (systemCode === 'ECONNREFUSED') return 'refused';
  return systemCode !== undefined && /^E(HOST|NET|ADDR)/.test(systemCode) ? 'unreachable' : 'no-answer';
}

function causeOf(ruling: Ruling | undefined): Cause {
  return ruling && !ruling.allowed ? `policy-${ruling.reason}` : 'policy-unlisted';
}

interface Seen {
  readonly facts: readonly string[];
  readonly ms?: number | undefined;
  readonly isNeeded: boolean;
}

/** What can be shown for a step, whether it was the last or not. */
function seen(name: StepName, evidence: Evidence): Seen {
  const { trace, attempt } = evidence;
  const { dials, traffic } = trace;
  switch (name) {
    case 'name':
      return seenNames(dials);
    case 'policy':
      return seenRules(evidence);
    case 'connect':
      return seenConnections(dials, traffic);
    case 'secure':
      return { facts: ['TLS'], isNeeded: traffic.isSecure };
    case 'greeting':
      return {
        facts: traffic.first === undefined ? [] : [`${traffic.bytesIn} B`, printable(traffic.first)],
        isNeeded: traffic.usesTcp || traffic.usesUdp || traffic.usesPrograms,
      };
    case 'sign-in':
      return { facts: [], isNeeded: evidence.hasCredentials };
    case 'describe':
      return { facts: identityOf(attempt), ms: attempt.took.connect, isNeeded: true };
    case 'poll':
      return { facts: [...attempt.states.keys()], ms: attempt.took.poll, isNeeded: true };
    case 'close':
      return { facts: [], ms: attempt.took.close, isNeeded: true };
  }
}

function seenNames(dials: readonly Dial[]): Seen {
  const named = dials.filter(({ address, ips }) => !ips.includes(address.host));
  return {
    facts: named.map(({ address, ips }) => `${address.host} → ${ips.join(', ') || '?'}`),
    ms: named[0]?.resolveMs,
    isNeeded: named.length > 0,
  };
}

function seenRules({ trace, policy }: Evidence): Seen {
  const datagrams = [...trace.traffic.datagramsTo.values()].map((address) => ({ address, ips: [address.host] }));
  const asked = [...trace.dials, ...datagrams];
  const facts = asked.map(({ address, ips }) => {
    const ruling = explainPolicy(policy, address, ips);
    const rule = ruling.allowed ? `allow: ${ruling.rule}` : `${ruling.reason}: ${ruling.rule ?? 'network.allow'}`;
    return `${address.host}:${address.port} (${rule})`;
  });
  return { facts: [...new Set(facts)], isNeeded: asked.length > 0 };
}

function seenConnections(dials: readonly Dial[], traffic: Trace['traffic']): Seen {
  const opened = dials.map(({ address, outcome, connectMs, systemCode }) => {
    const place = `${address.host}:${address.port}`;
    return outcome === 'open' ? `${place} (${connectMs} ms)` : `${place} (${systemCode ?? outcome})`;
  });
  const datagrams = [...traffic.datagramsTo.values()].map(({ host, port }) => `UDP ${host}:${port}`);
  return { facts: [...opened, ...datagrams], isNeeded: opened.length > 0 };
}

function identityOf({ descriptor, states }: Attempt): readonly string[] {
  const identity = states.get('identity');
  const told: Readonly<Record<string, unknown>> = {
    ...descriptor,
    ...(typeof identity === 'object' ? identity : {}),
  };
  return ['vendor', 'model', 'serial', 'firmware'].flatMap((key) => {
    const value = told[key];
    return typeof value === 'string' && value !== '' ? [`${key} ${value}`] : [];
  });
}

/** Bytes of a device for a person: text where it is text, dots for the rest. */
function printable(bytes: Uint8Array): string {
  const text = Buffer.from(bytes)
    .toString('latin1')
    .replace(/[^ -~]+/g, '·');
  return JSON.stringify(text.slice(0, 48));
}
