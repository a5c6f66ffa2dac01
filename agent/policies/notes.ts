import { agentSubject } from '../../protocols/fleet/agent-events.ts';
import type { PolicyBundle, Rule } from '../../protocols/fleet/policy/bundle.ts';
import type { BundlePhase, PassedRun } from '../../protocols/fleet/policy/plan.ts';
import type { Happening, RuleStep } from '../../protocols/fleet/policy/rule.ts';
import type { RecordBody } from '../../protocols/fleet/record.ts';
import type { CommandResult } from '../runtime/command-router.ts';
import type { PlannedRun } from './journal.ts';

/** Devices of one occurrence that are named in a record. */
const mostNamed = 50;

/** Severity of `fired` is the rule's own. */
type Severity = 'info' | 'warning' | 'critical';

function note(name: string, severity: Severity, atMs: number, data: Readonly<Record<string, unknown>>): RecordBody {
  return { kind: 'event', at: Math.round(atMs), capability: agentSubject, name, severity, data };
}

/** How one run ended. */
export function noteOfRun(
  { command, facts }: PlannedRun,
  { state, problem }: CommandResult,
  begunAt: number | undefined,
  atMs: number,
): RecordBody {
  const { device, capability, name } = command;
  return note('policy-run', state === 'succeeded' ? 'info' : 'warning', atMs, {
    run: command.id,
    ...facts,
    device,
    capability,
    command: name,
    state,
    ...(begunAt === undefined ? {} : { startedAt: begunAt }),
    ...(problem ? { problem } : {}),
  });
}

/** What did not run, one record for each occurrence and reason. */
export function notesOfPassed(passed: readonly PassedRun[], number: number, atMs: number): readonly RecordBody[] {
  const groups = new Map<string, PassedRun[]>();
  for (const run of passed) {
    const group = `${run.schedule.id}/${run.occurrence.key}/${run.why}`;
    groups.set(group, [...(groups.get(group) ?? []), run]);
  }
  return [...groups].flatMap(([run, [first, ...others]]) => {
    if (!first) return [];
    const devices = [first, ...others].map(({ device }) => device);
    const { schedule, occurrence, why } = first;
    return note('policy-passed', why === 'missed' ? 'warning' : 'info', atMs, {
      run,
      part: schedule.id,
      number,
      plannedAt: occurrence.atMs,
      capability: schedule.command.capability,
      command: schedule.command.name,
      why,
      count: devices.length,
      devices: devices.slice(0, mostNamed),
    });
  });
}

/** A rule that acted, or would have. */
export function noteOfRule(
  rule: Rule,
  { device, name }: Happening,
  outcome: Exclude<RuleStep['outcome'], 'none'>,
  { number, atMs, run }: { readonly number: number; readonly atMs: number; readonly run: string },
): RecordBody {
  const severity = outcome === 'fired' ? (rule.event?.severity ?? 'info') : 'info';
  return note('policy-rule', severity, atMs, {
    run,
    part: rule.id,
    number,
    device,
    outcome,
    ...(name === undefined ? {} : { name }),
    ...(rule.event && outcome === 'fired' ? { text: rule.event.text } : {}),
  });
}

export function noteOfTaken({ number, schedules, rules, expiresAt }: PolicyBundle, atMs: number): RecordBody {
  return note('policy-taken', 'info', atMs, {
    number,
    schedules: schedules.length,
    rules: rules.length,
    expiresAt,
  });
}

export function noteOfRefused(code: string, message: string, atMs: number): RecordBody {
  return note('policy-refused', 'critical', atMs, { code: code.slice(0, 64), message: message.slice(0, 500) });
}

export function noteOfFallback(reason: string, number: number, atMs: number): RecordBody {
  return note('policy-fallback', 'warning', atMs, { reason: reason.slice(0, 500), number });
}

export function noteOfPhase(phase: BundlePhase, number: number, atMs: number): RecordBody {
  return note('policy-phase', phase === 'live' ? 'info' : 'critical', atMs, { phase, number });
}
