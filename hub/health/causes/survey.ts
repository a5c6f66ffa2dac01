import { hidesDevices } from '../judgement/assess.ts';
import type { HealthOrganisation, HealthRegistry, HealthTwin } from '../ports.ts';
import type { AgentEntry } from '../roster/ledger.ts';
import type { Roster } from '../roster/roster.ts';
import { readTopology } from '../roster/topology.ts';
import { hubLinkCause, isPartOfArea, type PlacedAgent, planAreas } from './areas.ts';
import type { OpenCause } from './cause.ts';
import type { JudgedAgent } from './causes.ts';
import { noFacts, type SchoolFacts } from './hints.ts';
import { reconcile } from './reconcile.ts';
import type { PlannedCauses } from './rows.ts';

/** Brings what the roster knows into the form in which causes are planned. */
export interface Survey {
  /** Plans what reaches beyond one agent, and marks the agents that it covers. */
  planWide(): PlannedCauses;
  judged(entry: AgentEntry): JudgedAgent;
  /** Open causes of an agent that its own plan decides about; a covered one's silence is told elsewhere. */
  ownCauses(entry: AgentEntry): readonly OpenCause[];
}

export interface SurveyDeps {
  readonly roster: Roster;
  readonly registry: HealthRegistry;
  readonly organisation: HealthOrganisation;
  readonly twin: HealthTwin;
}

/** A UPS that went to its battery so long before the silence explains it. */
const upsBeforeMs = 3_600_000;
/** A session that ended within a heartbeat's time of the last word was ended; one that was cut ends by its keepalive later. */
const endedSoonMs = 40_000;

export function createSurvey({ roster, registry, organisation, twin }: SurveyDeps): Survey {
  const { agents, devices } = roster.ledger;

  const inService = (entry: AgentEntry) =>
    [...entry.devices].flatMap((id) => {
      const device = devices.get(id);
      return device?.lifecycle === 'in-service' ? [device] : [];
    });

  const isSilent = ({ verdict }: AgentEntry) => verdict.code === 'EF-1001';
  const schoolOf = (entry: AgentEntry) => organisation.schoolOf(entry.unitId)?.id ?? entry.unitId;

  const factsOf = (entry: AgentEntry): SchoolFacts => {
    const { heardMono, endedMono, session } = entry;
    const since = isSilent(entry) ? entry.verdict.sinceMs : 0;
    const upsOnBattery = [...entry.devices].some((id) => {
      const reported = twin.stateOf(id, 'ups');
      if (!reported) return false;
      const { source } = reported.state;
      return (source === 'battery' || source === 'none') && reported.receivedAt.getTime() >= since - upsBeforeMs;
    });
    const sessionEnded =
      session === undefined && endedMono !== undefined && endedMono - (heardMono ?? endedMono) < endedSoonMs;
    return { upsOnBattery, sessionEnded, clockWrong: entry.verdict.code === 'EF-1002' };
  };

  const placed = (entry: AgentEntry): PlacedAgent => {
    const schoolId = schoolOf(entry);
    const silent = isSilent(entry);
    return {
      id: entry.id,
      schoolId,
      areas: idsAbove(organisation.pathOf(schoolId)),
      silentSinceMs: silent ? entry.verdict.sinceMs : undefined,
      facts: silent ? factsOf(entry) : noFacts,
      devices: silent ? inService(entry).map(({ id }) => id) : [],
    };
  };

  const hubLink = () => {
    const { deafness } = roster;
    if (!deafness) return [];
    const hearing = [...agents.values()].filter(({ verdict }) => !hidesDevices(verdict));
    const [rootId = 0] = hearing.flatMap(({ unitPath }) => idsOf(unitPath)).slice(0, 1);
    return [
      hubLinkCause(rootId, deafness.sinceMs, hearing.flatMap((entry) => inService(entry).map(({ id }) => id)).sort()),
    ];
  };

  /** Schools of which an agent is heard, as of the last plan. */
  let live: ReadonlySet<number> = new Set();

  return {
    planWide: () => {
      const active = [...agents.values()].filter(
        (entry) => isSilent(entry) || registry.agentOf(entry.id)?.status === 'active',
      );
      const anySilent = active.some(isSilent);
      live = new Set(anySilent ? active.filter(({ verdict }) => !hidesDevices(verdict)).map(schoolOf) : []);
      const { wanted, covered } = anySilent
        ? planAreas(active.map(placed), roster.wide.causes)
        : { wanted: [], covered: new Map<string, string>() };
      for (const entry of agents.values()) {
        const key = covered.get(entry.id);
        if (entry.coveredBy === key && !(key && roster.wide.isDirty)) continue;
        entry.coveredBy = key;
        roster.regroup.add(entry.id);
      }
      const growing = [...covered.keys()].flatMap((id) => agents.get(id)?.causes.filter(tellsSilence) ?? []);
      const open = [...roster.wide.causes, ...growing];
      const plan = reconcile([...hubLink(), ...wanted], open, (cause, next) =>
        isPartOfArea(cause, next, (unitId) => organisation.pathOf(unitId)),
      );
      return { agentId: undefined, open, plan };
    },
    judged: (entry) => {
      const own = inService(entry);
      const needsTopology = own.some(({ verdict }) => verdict.code === 'EF-2101');
      const topology = needsTopology ? readTopology(twin, entry.devices) : undefined;
      return {
        id: entry.id,
        unitId: entry.unitId,
        verdict: entry.verdict,
        devices: own.map(({ id, unitId, verdict }) => ({ id, unitId, verdict, via: topology?.get(id)?.id })),
        isCovered: entry.coveredBy !== undefined,
        facts: factsOf(entry),
        othersLive: isSilent(entry) && live.has(schoolOf(entry)),
      };
    },
    ownCauses: (entry) =>
      entry.coveredBy === undefined ? entry.causes : entry.causes.filter((cause) => !tellsSilence(cause)),
  };
}

function tellsSilence({ kind }: OpenCause): boolean {
  return kind === 'agent-silent';
}

function idsOf(path: string): number[] {
  return path.split('/').filter(Boolean).map(Number);
}

/** Units above the last one of a path, from the top. */
function idsAbove(path: string): number[] {
  return idsOf(path).slice(0, -1);
}
