import type { Clock } from '../../../protocols/ports.ts';
import type { Bus } from '../../events/bus.ts';
import type { Store } from '../../store/index.ts';
import type { Verdict } from '../judgement/assess.ts';
import type { Judge } from '../judgement/judge.ts';
import type { HealthRegistry } from '../ports.ts';
import type { AgentEntry } from '../roster/ledger.ts';
import type { Roster } from '../roster/roster.ts';
import { type CausePlan, type JudgedAgent, keyOf, type OpenCause, planCauses } from './causes.ts';
import { type CauseJournal, noJournal } from './journal.ts';
import { writePlan, writeVerdicts } from './rows.ts';

export interface WriterDeps {
  readonly store: Store;
  readonly roster: Roster;
  readonly judge: Judge;
  readonly registry: HealthRegistry;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly journal?: CauseJournal;
}

/** Names told as evidence of a cause. */
const mostNames = 20;

interface Planned {
  readonly entry: AgentEntry;
  readonly plan: CausePlan;
}

/**
 * Plans the causes of agents with changes and writes them with the verdicts in one transaction; then the page is told.
 * When it rejects, nothing is forgotten: the next run takes all of it again.
 */
export function createWriter({
  store,
  roster,
  judge,
  registry,
  bus,
  clock,
  journal = noJournal,
}: WriterDeps): () => Promise<void> {
  const { agents, devices } = roster.ledger;

  const judged = (entry: AgentEntry): JudgedAgent => ({
    id: entry.id,
    unitId: entry.unitId,
    verdict: entry.verdict,
    devices: [...entry.devices].flatMap((id) => {
      const device = devices.get(id);
      return device?.lifecycle === 'in-service' ? [device] : [];
    }),
  });

  const evidenceOf = (members: readonly string[]): string[] => {
    const names = members.slice(0, mostNames).map((id) => registry.deviceOf(id)?.name ?? id);
    const more = members.length - names.length;
    return more > 0 ? [...names, `+ ${more}`] : names;
  };

  const write = async (
    verdicts: readonly (readonly [string, Verdict])[],
    changing: readonly Planned[],
  ): Promise<ReadonlyMap<string, readonly OpenCause[]>> => {
    const standing = new Map<string, readonly OpenCause[]>();
    if (verdicts.length + changing.length === 0) return standing;
    return store.transaction(async (trx) => {
      const options = { now: new Date(clock.now()), evidenceOf, journal };
      await writeVerdicts(trx, verdicts);
      for (const { entry, plan } of changing)
        standing.set(entry.id, await writePlan(trx, { agentId: entry.id, open: entry.causes, plan }, options));
      return standing;
    });
  };

  const settle = ({ entry, plan }: Planned, standing: readonly OpenCause[]): void => {
    entry.causes = standing;
    const ids = new Map(standing.map((cause) => [keyOf(cause), cause.id]));
    entry.members = new Map(
      [...plan.standing.values()].flatMap(({ key, members }) => members.map((id) => [id, ids.get(key) ?? ''] as const)),
    );
  };

  const announce = (device: string, { state, sinceMs, code }: Verdict): void => {
    const entry = devices.get(device);
    if (!entry) return;
    const since = new Date(sinceMs).toISOString();
    const unit = entry.unitId;
    bus.publish({ type: 'device-health', device, unit, state, since, ...(code ? { code } : {}) }, entry.unitPath);
  };

  const plan = (agentIds: Iterable<string>): Planned[] =>
    [...agentIds].flatMap((agentId) => {
      const entry = agents.get(agentId);
      return entry ? [{ entry, plan: planCauses(judged(entry), entry.causes) }] : [];
    });

  return async () => {
    const verdicts = [...judge.unwritten];
    const planned = plan(roster.regroup);
    const changing = planned.filter(({ plan }) => plan.open.length + plan.update.length + plan.resolve.length > 0);
    // What is marked while the database works stays marked for the next run.
    roster.regroup.clear();
    try {
      const written = await write(verdicts, changing);
      for (const one of planned) settle(one, written.get(one.entry.id) ?? one.entry.causes);
    } catch (thrown) {
      for (const { entry } of planned) roster.regroup.add(entry.id);
      throw thrown;
    }
    for (const [device, verdict] of verdicts) {
      if (judge.unwritten.get(device) === verdict) judge.unwritten.delete(device);
      announce(device, verdict);
    }
    if (changing.length > 0) bus.publish({ type: 'causes-changed' }, undefined);
  };
}
