import type { Clock, Log } from '../../../protocols/ports.ts';
import { agentReturnMs, hidesDevices } from '../judgement/assess.ts';
import type { HealthOrganisation, HealthRegistry } from '../ports.ts';
import type { Roster } from './roster.ts';

/**
 * From which silence on of the whole fleet the hub's own line is to blame: half again the time between two heartbeats, and
 * before the first agent counts as silent. Schools that share nothing but the hub do not fall silent in one half minute.
 */
const deafAfterMs = 45_000;
const leastSchools = 3;

interface LineDeps {
  readonly roster: Roster;
  readonly registry: HealthRegistry;
  readonly organisation: HealthOrganisation;
  readonly clock: Clock;
  readonly log: Log;
}

/** Judges the hub's own line first: while it hears nobody at all, nobody's silence counts. */
export function judgeLine(deps: LineDeps): void {
  const { roster, clock, log } = deps;
  const mono = clock.mono();
  const { deafness } = roster;
  if (deafness) {
    // Who is heard first ends it, and all the others get the time to come back.
    roster.listeningMono = mono;
    if (roster.heardMono < deafness.sinceMono) return;
    log.info('the hub hears schools again', { deafForMs: clock.now() - deafness.sinceMs });
    roster.deafness = undefined;
    roster.wide.isDirty = true;
    return;
  }
  const hasHeard = roster.heardMono >= roster.listeningMono;
  const quietMs = mono - Math.max(roster.heardMono, roster.listeningMono);
  if (quietMs < (hasHeard ? deafAfterMs : agentReturnMs - deafAfterMs) || countSchools(deps) < leastSchools) return;
  log.warn('the hub hears nobody: its own line is to blame', { quietMs });
  roster.deafness = { sinceMs: clock.now() - quietMs, sinceMono: mono };
  roster.listeningMono = mono;
  roster.wide.isDirty = true;
}

/** Schools with an agent that should be heard. */
function countSchools({ roster, registry, organisation }: LineDeps): number {
  const schools = new Set<number>();
  for (const entry of roster.ledger.agents.values()) {
    if (schools.size >= leastSchools) break;
    if (!hidesDevices(entry.verdict) && registry.agentOf(entry.id)?.status === 'active')
      schools.add(organisation.schoolOf(entry.unitId)?.id ?? entry.unitId);
  }
  return schools.size;
}
