import type {
  PolicyBody,
  PolicyCheck,
  PolicyEffect,
  PolicyFault,
  RuleBody,
  ScheduleBody,
} from '../../protocols/api/operation/policies.ts';
import { findLoop } from '../../protocols/fleet/policy/rule.ts';
import type { Store } from '../store/index.ts';
import { faultsOf } from './check.ts';
import { devicesOfStep, rulesOf } from './compile.ts';
import { daysOf, someOf } from './effect.ts';
import type { CalendarOf, PathOf, PolicyDevice, StandingPolicy } from './ports.ts';
import { countEvents } from './rows.ts';
import { decidingUnit, isMeant, offersCapability, offersCommand } from './targets.ts';

export interface JudgeInput {
  readonly store: Store;
  readonly unitId: number;
  readonly unitPath: string;
  readonly body: PolicyBody;
  readonly replaces: { readonly id: number; readonly revision: number } | undefined;
  readonly policies: readonly StandingPolicy[];
  /** Of every agent that has a device here, also those elsewhere. */
  readonly devices: readonly PolicyDevice[];
  readonly unitOfAgent: (agentId: string) => number;
  readonly calendarOf: CalendarOf;
  readonly pathOf: PathOf;
  readonly nowMs: number;
}

const monthMs = 30 * 86_400_000;

/** What stands in the way of a policy, and what it would do, together with all the others. */
export async function judge(input: JudgeInput): Promise<PolicyCheck> {
  const { body, devices, unitPath, unitId, calendarOf, pathOf, nowMs } = input;
  const here = devices.filter((device) => device.unitPath.startsWith(unitPath));
  const calendars = [...new Set([calendarOf(unitId), ...here.map((device) => calendarOf(device.unitId))])];
  const faults = faultsOf(body, { unitPath, calendars, pathOf, nowMs });
  if (faults.length > 0) return { faults };
  const candidate = candidateOf(input);
  const others = input.policies.filter(({ id }) => id !== input.replaces?.id);
  const policies = [...others, candidate];
  if (body.kind === 'schedule')
    return { faults, effect: scheduleEffect(body, candidate, { ...input, policies, others }) };
  const loop = loopFault(candidate, policies, input);
  if (loop) return { faults: [loop] };
  return { faults, effect: await ruleEffect(body, here, input) };
}

function candidateOf({ replaces, unitId, unitPath, body, nowMs }: JudgeInput): StandingPolicy {
  const { id, revision } = replaces ?? { id: 999_999_999, revision: 0 };
  return { id, unitId, unitPath, name: '', enabled: true, revision: revision + 1, body, since: new Date(nowMs) };
}

interface ScheduleInput extends JudgeInput {
  readonly others: readonly StandingPolicy[];
}

function scheduleEffect(body: ScheduleBody, candidate: StandingPolicy, input: ScheduleInput): PolicyEffect {
  const { devices, others, pathOf, calendarOf, unitId, nowMs } = input;
  const steps = body.steps.map(({ command }) => devicesOfStep(candidate, body, command, input));
  const reached = [...new Map(steps.flat().map((device) => [device.id, device])).values()];
  const capabilities = new Set(body.steps.map(({ command }) => command.capability));
  const displaced = reached.filter((device) =>
    [...capabilities].some((capability) => {
      const before = decidingUnit(others, device, capability, pathOf);
      return before !== undefined && before !== candidate.unitPath;
    }),
  );
  const agents = new Set(reached.map(({ agentId }) => agentId));
  // In the order in which they are switched, which is that of all devices.
  const order = devices.filter((device) => reached.includes(device));
  return {
    devices: someOf(order),
    agents: agents.size,
    days: [...daysOf(body, steps, calendarOf, calendarOf(unitId), nowMs)],
    replaces: displaced.length,
  };
}

async function ruleEffect(body: RuleBody, here: readonly PolicyDevice[], input: JudgeInput): Promise<PolicyEffect> {
  const { unitPath, pathOf, store, nowMs } = input;
  const { watch, commands } = body;
  const watched = here.filter(
    (device) => isMeant(watch.target, unitPath, device, pathOf) && offersCapability(device, watch.capability),
  );
  const agents = new Set(watched.map(({ agentId }) => agentId));
  // A rule reaches from one device to another of the same agent only.
  const acts = here.filter(
    (device) =>
      agents.has(device.agentId) &&
      commands.some(
        ({ target, capability, name }) =>
          isMeant(target, unitPath, device, pathOf) && offersCommand(device, capability, name),
      ),
  );
  const event =
    watch.kind === 'event' && watch.name !== undefined ? { capability: watch.capability, name: watch.name } : undefined;
  const ids = watched.map(({ id }) => id);
  const happened = event && (await countEvents(store, ids, { ...event, since: new Date(nowMs - monthMs) }));
  return {
    devices: someOf(watched),
    agents: agents.size,
    days: [],
    replaces: 0,
    acts: someOf(acts),
    ...(happened === undefined ? {} : { happened }),
  };
}

/** The first agent at which rules would set each other off for ever. */
function loopFault(
  candidate: StandingPolicy,
  policies: readonly StandingPolicy[],
  { devices, calendarOf, pathOf, unitOfAgent }: JudgeInput,
): PolicyFault | undefined {
  const own = `p${candidate.id}r${candidate.revision}`;
  for (const [agentId, list] of Map.groupBy(devices, (device) => device.agentId)) {
    const rules = rulesOf({ policies, devices: list, agentUnit: unitOfAgent(agentId), calendarOf, pathOf });
    const loop = findLoop(rules);
    if (!loop?.includes(own)) continue;
    const names = loop.map((id) => rules.find((rule) => rule.id === id)?.name || '…').join(' → ');
    return {
      field: 'body.commands',
      why: {
        vi: `Các quy tắc sẽ kích hoạt lẫn nhau mãi: ${names}.`,
        en: `The rules would set each other off for ever: ${names}.`,
      },
      remedy: {
        vi: 'Chọn thiết bị hoặc khả năng khác cho lệnh, hoặc tắt một quy tắc trong vòng.',
        en: 'Choose other devices or another capability for the command, or turn one of the rules off.',
      },
    };
  }
  return undefined;
}
