import type { Clock } from '../../../protocols/ports.ts';
import type { Bus } from '../../events/bus.ts';
import type { Store } from '../../store/index.ts';
import type { Verdict } from '../judgement/assess.ts';
import type { Judge } from '../judgement/judge.ts';
import type { HealthOrganisation, HealthRegistry, HealthTwin } from '../ports.ts';
import type { AgentEntry } from '../roster/ledger.ts';
import type { Roster } from '../roster/roster.ts';
import { type CausePlan, keyOf, type OpenCause, type WantedCause } from './cause.ts';
import { planCauses } from './causes.ts';
import { createEvidence } from './evidence.ts';
import { type CauseJournal, noJournal } from './journal.ts';
import { type PlannedCauses, writeAgentVerdicts, writePlan, writeVerdicts } from './rows.ts';
import { createSurvey } from './survey.ts';

export interface WriterDeps {
  readonly store: Store;
  readonly roster: Roster;
  readonly judge: Judge;
  readonly registry: HealthRegistry;
  readonly organisation: HealthOrganisation;
  readonly twin: HealthTwin;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly journal?: CauseJournal;
}

interface PlannedAgent extends PlannedCauses {
  readonly entry: AgentEntry;
}

/** All that one run writes. */
interface Batch {
  readonly verdicts: readonly (readonly [string, Verdict])[];
  readonly agentVerdicts: readonly (readonly [string, Verdict])[];
  readonly wide: PlannedCauses | undefined;
  readonly planned: readonly PlannedAgent[];
}

/**
 * Plans the causes of agents with changes and writes them with the verdicts in one transaction; then the page is told.
 * When it rejects, nothing is forgotten: the next run takes all of it again.
 */
export function createWriter(deps: WriterDeps): () => Promise<void> {
  const { store, roster, judge, bus, clock, journal = noJournal } = deps;
  const { agents, devices } = roster.ledger;
  const survey = createSurvey(deps);
  const evidenceOf = createEvidence(deps);

  const write = async ({ verdicts, agentVerdicts, wide, planned }: Batch) => {
    const standing = new Map<string | undefined, readonly OpenCause[]>();
    const changing = [...(wide ? [wide] : []), ...planned].filter(({ plan }) => changes(plan));
    if (verdicts.length + agentVerdicts.length + changing.length === 0) return { standing, changed: false };
    return store.transaction(async (trx) => {
      const options = { now: new Date(clock.now()), evidenceOf, journal };
      await writeVerdicts(trx, verdicts);
      await writeAgentVerdicts(trx, agentVerdicts);
      for (const one of changing) standing.set(one.agentId, await writePlan(trx, one, options));
      return { standing, changed: changing.length > 0 };
    });
  };

  const settle = ({ wide, planned }: Batch, standing: ReadonlyMap<string | undefined, readonly OpenCause[]>): void => {
    if (wide) roster.wide.causes = standing.get(undefined) ?? wide.open;
    const wideMembers = wide && membersOf(wide.plan, roster.wide.causes);
    for (const one of planned) {
      const { entry, plan } = one;
      entry.causes = standing.get(entry.id) ?? one.open;
      entry.members = membersOf(plan, entry.causes);
      if (entry.coveredBy === undefined || !wideMembers) continue;
      const known = [...entry.devices].flatMap((id) => {
        const cause = wideMembers.get(id);
        return cause === undefined ? [] : [[id, cause] as const];
      });
      entry.members = new Map(known);
    }
  };

  const announce = (device: string, { state, sinceMs, code }: Verdict): void => {
    const entry = devices.get(device);
    if (!entry) return;
    const since = new Date(sinceMs).toISOString();
    const unit = entry.unitId;
    bus.publish({ type: 'device-health', device, unit, state, since, ...(code ? { code } : {}) }, entry.unitPath);
  };

  const gather = (): Batch => {
    const agentVerdicts = [...judge.unwrittenAgents].flatMap((id) => {
      const entry = agents.get(id);
      return entry ? [[id, entry.verdict] as const] : [];
    });
    // Who is under a cause of its school or area is decided first: it has none of its own.
    const mayReach = (id: string) => agents.get(id)?.verdict.code === 'EF-1001';
    const wide = roster.wide.isDirty || [...roster.regroup].some(mayReach) ? survey.planWide() : undefined;
    const planned = [...roster.regroup].flatMap((agentId): PlannedAgent[] => {
      const entry = agents.get(agentId);
      if (!entry) return [];
      const agent = survey.judged(entry);
      const open = survey.ownCauses(entry);
      return [{ entry, agentId, open, plan: planCauses(agent, open) }];
    });
    return { verdicts: [...judge.unwritten], agentVerdicts, wide, planned };
  };

  /** What was written is told, unless it changed again meanwhile. */
  const tell = ({ verdicts, agentVerdicts }: Batch): void => {
    for (const [agent, verdict] of agentVerdicts)
      if (agents.get(agent)?.verdict === verdict) judge.unwrittenAgents.delete(agent);
    for (const [device, verdict] of verdicts) {
      if (judge.unwritten.get(device) === verdict) judge.unwritten.delete(device);
      announce(device, verdict);
    }
  };

  return async () => {
    const batch = gather();
    // What is marked while the database works stays marked for the next run.
    roster.regroup.clear();
    roster.wide.isDirty = false;
    try {
      const { standing, changed } = await write(batch);
      settle(batch, standing);
      tell(batch);
      if (changed) bus.publish({ type: 'causes-changed' }, undefined);
    } catch (thrown) {
      for (const { entry } of batch.planned) roster.regroup.add(entry.id);
      roster.wide.isDirty ||= batch.wide !== undefined;
      throw thrown;
    }
  };
}

function changes({ open, update, resolve }: CausePlan): boolean {
  return open.length + update.length + resolve.length > 0;
}

/** Under which row each device is. */
function membersOf(plan: CausePlan, causes: readonly OpenCause[]): ReadonlyMap<string, string> {
  const ids = new Map(causes.map((cause) => [keyOf(cause), cause.id]));
  const pairs = ({ key, kind, members }: WantedCause) =>
    kind === 'hub-link' ? [] : members.map((id) => [id, ids.get(key) ?? ''] as const);
  return new Map([...plan.standing.values()].flatMap(pairs));
}
