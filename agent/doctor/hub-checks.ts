import type { DoctorFacts, DoorFact, IdentityFact, NameFact } from './facts.ts';
import { attention, type Cause, type Finding, fault, notNeeded, ok, unseen } from './finding.ts';

/** A certificate that has less than this share of its life left should have been renewed: that happens at two thirds. */
const lateShare = 0.25;
/** Times of states and alarms are wrong beyond this; TLS still works. */
const clockLimitMs = 60_000;
/** A running agent writes its sign of life every minute at the latest. */
const aliveLimitMs = 5 * 60_000;

export function judgeIdentity(identity: IdentityFact): Finding {
  switch (identity.state) {
    case 'enrolled':
      return ok('identity', identity.name, identity.agentId);
    case 'none':
      return fault('identity', 'not-enrolled', []);
    case 'prepared':
      return judgePrepared(identity);
    case 'broken':
      return fault('identity', 'identity-broken', [], identity.detail);
    case 'forbidden':
      return fault('identity', 'not-permitted', []);
  }
}

const refusals: Readonly<Record<string, Cause | undefined>> = {
  'voucher-used': 'voucher-used',
  'voucher-expired': 'voucher-late',
};

function judgePrepared({ hubUrl, refused }: Extract<IdentityFact, { state: 'prepared' }>): Finding {
  if (!refused) return attention('identity', 'prepared', hubUrl);
  return fault('identity', refusals[refused.code] ?? 'voucher-refused', [hubUrl, timeText(refused.at)], refused.code);
}

export function judgeCertificate({ identity, now }: Pick<DoctorFacts, 'identity' | 'now'>): Finding {
  if (identity.state !== 'enrolled') return unseen('certificate');
  const { notBeforeMs, notAfterMs } = identity;
  const until = dateText(notAfterMs);
  if (now > notAfterMs) return fault('certificate', 'certificate-expired', [until]);
  if (now < notBeforeMs) return fault('certificate', 'certificate-ahead', [dateText(notBeforeMs)]);
  const isLate = notAfterMs - now < lateShare * (notAfterMs - notBeforeMs);
  return isLate ? attention('certificate', 'renewal-late', until) : ok('certificate', until);
}

export function judgeRunning({ running, identity, outbox, now }: DoctorFacts): Finding {
  if (running.state === 'unseen') return unseen('running', running.detail);
  if (running.state === 'stopped') {
    const shouldRun = identity.state === 'enrolled' || identity.state === 'prepared';
    return shouldRun ? fault('running', 'not-running', []) : notNeeded('running');
  }
  const pid = `pid ${running.pid}`;
  const aliveAt = outbox.state === 'read' ? outbox.aliveAt : undefined;
  // A sign of life from the future tells of a clock that was set back, not of an agent that hangs.
  const isHung = aliveAt !== undefined && now - aliveAt > aliveLimitMs;
  return isHung ? fault('running', 'hung', [pid, timeText(aliveAt)]) : ok('running', pid);
}

export function judgeName(name: NameFact): Finding {
  switch (name.state) {
    case 'found':
      return ok('name', name.host, ...name.addresses);
    case 'address':
      return notNeeded('name');
    case 'unknown':
      return fault('name', 'name-unknown', [name.host], name.detail);
    case 'not-tried':
      return unseen('name');
  }
}

export function judgeDoor(check: 'gateway' | 'broker', door: DoorFact): Finding {
  switch (door.state) {
    case 'open':
      return ok(check, door.place, `${Math.round(door.tookMs)} ms`);
    case 'failed':
      return fault(check, door.cause, [door.place], door.detail);
    case 'not-tried':
      return unseen(check);
  }
}

export function judgeClock({ hub, now }: DoctorFacts): Finding {
  const { clockAheadMs } = hub;
  if (clockAheadMs === undefined) return unseen('clock');
  const seconds = `${clockAheadMs < 0 ? '-' : '+'}${Math.abs(Math.round(clockAheadMs / 1_000))} s`;
  const isOff = Math.abs(clockAheadMs) > clockLimitMs;
  return isOff ? fault('clock', 'clock-off', [timeText(now), seconds]) : ok('clock', timeText(now), seconds);
}

function dateText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

function timeText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
