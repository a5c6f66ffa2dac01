import { createHash } from 'node:crypto';
import type { RuleBody, ScheduleBody } from '../../protocols/api/operation/policies.ts';
import type { Calendar } from '../../protocols/fleet/calendar/calendar.ts';
import type { PolicyBundle, Rule, Schedule } from '../../protocols/fleet/policy/bundle.ts';
import { findLoop } from '../../protocols/fleet/policy/rule.ts';
import type { CalendarOf, PathOf, PolicyDevice, StandingPolicy } from './ports.ts';
import { decidingUnit, isMeant, offersCapability, offersCommand } from './targets.ts';

/** What a bundle says, before it gets its number and its time. */
export type BundleContent = Pick<PolicyBundle, 'calendars' | 'schedules' | 'rules'>;

export interface CompileInput {
  /** In the order of their ids. */
  readonly policies: readonly StandingPolicy[];
  /** Of one agent, in a stable order: it is the order in which they are switched. */
  readonly devices: readonly PolicyDevice[];
  /** Where the agent stands; its calendar freezes rules. */
  readonly agentUnit: number;
  readonly calendarOf: CalendarOf;
  readonly pathOf: PathOf;
}

/** Devices of one command of a rule at most. */
const mostOfCommand = 50;

/** Everything that one agent shall do by itself. Pure; rules that would set each other off are left out, the newest first. */
export function compile(input: CompileInput): BundleContent {
  const { policies, calendarOf, agentUnit } = input;
  const calendars: Calendar[] = [];
  const place = (calendar: Calendar): number => {
    const known = calendars.indexOf(calendar);
    return known >= 0 ? known : calendars.push(calendar) - 1;
  };
  const active = policies.filter(({ enabled }) => enabled);
  const schedules = active.flatMap((policy) =>
    policy.body.kind === 'schedule' ? schedulesOf(policy, policy.body, input, place) : [],
  );
  let rules = active.flatMap((policy) =>
    policy.body.kind === 'rule' ? (ruleOf(policy, policy.body, input, () => place(calendarOf(agentUnit))) ?? []) : [],
  );
  for (let loop = findLoop(rules); loop; loop = findLoop(rules)) {
    const newest = rules.findLast(({ id }) => loop?.includes(id));
    rules = rules.filter((rule) => rule !== newest);
  }
  return { calendars, schedules, rules };
}

/** Every rule of an agent, loops included. */
export function rulesOf(input: CompileInput): readonly Rule[] {
  return input.policies
    .filter(({ enabled }) => enabled)
    .flatMap((policy) => (policy.body.kind === 'rule' ? (ruleOf(policy, policy.body, input, () => 0) ?? []) : []));
}

/** Equal for contents that mean the same. */
export function digestOf(content: BundleContent): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}

/** Days around its life that a bundle's calendars tell of. */
const marginMs = 10 * 86_400_000;

/** Without what is over or far away: an agent needs no holidays of other years. */
export function trimmed(calendar: Calendar, fromMs: number, toMs: number): Calendar {
  const from = new Date(fromMs - marginMs).toISOString().slice(0, 10);
  const to = new Date(toMs + marginMs).toISOString().slice(0, 10);
  const near = (span: { readonly from: string; readonly to: string }) => span.to >= from && span.from <= to;
  return {
    ...calendar,
    terms: calendar.terms.filter(near),
    daysOff: calendar.daysOff.filter(near),
    exams: calendar.exams.filter(near),
    makeUpDays: calendar.makeUpDays.filter(({ date }) => near({ from: date, to: date })),
  };
}

/** The devices of one step of a schedule that this policy decides about. */
export function devicesOfStep(
  policy: Pick<StandingPolicy, 'unitPath'>,
  body: ScheduleBody,
  command: ScheduleBody['steps'][number]['command'],
  { devices, policies, pathOf }: Pick<CompileInput, 'devices' | 'policies' | 'pathOf'>,
): readonly PolicyDevice[] {
  const { capability, name } = command;
  return devices.filter(
    (device) =>
      offersCommand(device, capability, name) &&
      isMeant(body.target, policy.unitPath, device, pathOf) &&
      decidingUnit(policies, device, capability, pathOf) === policy.unitPath,
  );
}

function schedulesOf(
  policy: StandingPolicy,
  body: ScheduleBody,
  input: CompileInput,
  place: (calendar: Calendar) => number,
): readonly Schedule[] {
  const { staggerSeconds, missed, from, until } = body;
  return body.steps.flatMap(({ trigger, command }, step) => {
    const byCalendar = Map.groupBy(devicesOfStep(policy, body, command, input), ({ unitId }) =>
      input.calendarOf(unitId),
    );
    return [...byCalendar].map(([calendar, devices]) => ({
      id: `p${policy.id}r${policy.revision}s${step}`,
      name: policy.name,
      calendar: place(calendar),
      trigger,
      command,
      devices: devices.map(({ id }) => id),
      staggerSeconds,
      missed,
      since: policy.since.getTime(),
      ...(from === undefined ? {} : { from }),
      ...(until === undefined ? {} : { until }),
    }));
  });
}

function ruleOf(
  policy: StandingPolicy,
  body: RuleBody,
  { devices, pathOf }: CompileInput,
  calendar: () => number,
): Rule | undefined {
  const { watch, event, cooldownSeconds, mostPerHour } = body;
  const meant = (target: RuleBody['watch']['target']) =>
    devices.filter((device) => isMeant(target, policy.unitPath, device, pathOf));
  const watched = meant(watch.target).filter((device) => offersCapability(device, watch.capability));
  const commands = body.commands.flatMap(({ target, ...command }) => {
    const reached = meant(target).filter((device) => offersCommand(device, command.capability, command.name));
    return reached.length > 0 ? [{ ...command, devices: reached.slice(0, mostOfCommand).map(({ id }) => id) }] : [];
  });
  if (watched.length === 0 || (commands.length === 0 && !event)) return undefined;
  const { target: _target, ...looked } = watch;
  return {
    id: `p${policy.id}r${policy.revision}`,
    name: policy.name,
    calendar: calendar(),
    watch: { ...looked, devices: watched.map(({ id }) => id) },
    commands,
    ...(event ? { event } : {}),
    cooldownSeconds,
    mostPerHour,
  };
}

/** The policy that a part of a bundle is of: `p12r3s0`. */
export function policyOfPart(part: string): number | undefined {
  const match = /^p(\d{1,9})r\d/.exec(part);
  return match ? Number(match[1]) : undefined;
}
