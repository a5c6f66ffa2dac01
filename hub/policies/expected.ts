import type { Calendar } from '../../protocols/fleet/calendar/calendar.ts';
import type { PolicyBundle, Schedule } from '../../protocols/fleet/policy/bundle.ts';
import { occurrencesIn } from '../../protocols/fleet/policy/occurrence.ts';
import { isFrozenAt, phaseOf } from '../../protocols/fleet/policy/plan.ts';

/** What decides about the power of a device: its steps of `power.on` and `power.off`, with their calendars. */
interface PowerPlan {
  readonly bundle: Pick<PolicyBundle, 'issuedAt' | 'expiresAt' | 'graceDays'> & PolicyBundle;
  readonly steps: readonly { readonly schedule: Schedule; readonly calendar: Calendar }[];
  /** The last answer, with the hours for which it holds. */
  held: { readonly fromMs: number; readonly toMs: number; readonly power: 'on' | 'off' | undefined } | undefined;
}

const hourMs = 3_600_000;
/** Longer than any holidays: what was switched off before Tết is off on its last day. */
const lookBackMs = 30 * 24 * hourMs;
const stepMs = 36 * hourMs;

/** What the power of each device should be by the bundles that stand, from memory. */
export interface ExpectedPower {
  /** Takes the place of what this agent's bundle said. */
  put(agentId: string, bundle: PolicyBundle | undefined): void;
  /** Undefined where nothing is planned, and while an examination freezes what was. */
  at(deviceId: string, atMs: number): 'on' | 'off' | undefined;
}

export function createExpectedPower(): ExpectedPower {
  const plans = new Map<string, PowerPlan>();
  const byAgent = new Map<string, readonly string[]>();
  return {
    put: (agentId, bundle) => {
      for (const device of byAgent.get(agentId) ?? []) plans.delete(device);
      const fresh = bundle ? plansOf(bundle) : new Map<string, PowerPlan>();
      for (const [device, plan] of fresh) plans.set(device, plan);
      byAgent.set(agentId, [...fresh.keys()]);
    },
    at: (deviceId, atMs) => {
      const plan = plans.get(deviceId);
      if (!plan) return undefined;
      if (plan.held && plan.held.fromMs <= atMs && atMs < plan.held.toMs) return plan.held.power;
      plan.held = judge(plan, atMs);
      return plan.held.power;
    },
  };
}

/** Devices of one set of steps share a plan, and so an answer. */
function plansOf(bundle: PolicyBundle): ReadonlyMap<string, PowerPlan> {
  const steps = bundle.schedules.flatMap((schedule) => {
    const calendar = bundle.calendars[schedule.calendar];
    const { capability, name } = schedule.command;
    return calendar && capability === 'power' && (name === 'on' || name === 'off') ? [{ schedule, calendar }] : [];
  });
  const devices = new Set(steps.flatMap(({ schedule }) => schedule.devices));
  const shared = new Map<string, PowerPlan>();
  const plans = new Map<string, PowerPlan>();
  for (const device of devices) {
    const own = steps.filter(({ schedule }) => schedule.devices.includes(device));
    const key = own.map(({ schedule }) => steps.findIndex((step) => step.schedule === schedule)).join(' ');
    const plan = shared.get(key) ?? { bundle, steps: own, held: undefined };
    shared.set(key, plan);
    plans.set(device, plan);
  }
  return plans;
}

function judge({ bundle, steps }: PowerPlan, atMs: number): NonNullable<PowerPlan['held']> {
  const phase = phaseOf(bundle, atMs);
  const nextMs = Math.min(atMs + hourMs, ...steps.map((step) => nextOf(step, atMs)));
  const held = { fromMs: atMs, toMs: Math.max(nextMs, atMs + 1) };
  if (phase === 'over' || phase === 'early') return { ...held, power: undefined };
  // Looked for in steps backwards: on most days the answer is of the same day.
  for (let backMs = 0; backMs < lookBackMs; backMs += stepMs) {
    const last = steps
      .flatMap(({ schedule, calendar }) =>
        occurrencesIn(schedule, calendar, atMs - backMs - stepMs, atMs - backMs)
          .filter((occurrence) => occurrence.atMs >= schedule.since)
          .map((occurrence) => ({ occurrence, schedule, calendar })),
      )
      .toSorted((a, b) => a.occurrence.atMs - b.occurrence.atMs)
      .at(-1);
    if (!last) continue;
    const isFrozen = isFrozenAt(last.calendar, last.occurrence.atMs) || isFrozenAt(last.calendar, atMs);
    return { ...held, power: isFrozen ? undefined : last.schedule.command.name === 'on' ? 'on' : 'off' };
  }
  return { ...held, power: undefined };
}

function nextOf({ schedule, calendar }: PowerPlan['steps'][number], atMs: number): number {
  return occurrencesIn(schedule, calendar, atMs, atMs + hourMs)[0]?.atMs ?? Number.POSITIVE_INFINITY;
}
