import type { Clock } from '../../../protocols/ports.ts';
import type { OpenCause } from '../causes/cause.ts';
import { agentReturnMs, agentSilentMs, type Verdict } from '../judgement/assess.ts';
import type { HealthAgent, HealthDevice, HealthOrganisation, HealthRegistry } from '../ports.ts';
import { type AgentEntry, createLedger, type DeviceEntry, type Ledger } from './ledger.ts';

/** Who is watched: the directory as health follows it, and what of it must be looked at again. */
export interface Roster {
  readonly ledger: Ledger;
  /** Devices whose signals changed since they were judged. */
  readonly dirty: Set<string>;
  /** Agents whose causes must be planned again. */
  readonly regroup: Set<string>;
  /** Since when this hub has been able to hear anybody (monotonic). */
  listeningMono: number;
  /** When it heard anybody last (monotonic). */
  heardMono: number;
  /** Set while nobody at all is heard: since when, by both clocks. */
  deafness: { readonly sinceMs: number; readonly sinceMono: number } | undefined;
  /** Causes that reach beyond one agent. */
  readonly wide: {
    causes: readonly OpenCause[];
    /** They must be planned again. */
    isDirty: boolean;
  };
  putAgent(agent: HealthAgent, verdict?: Verdict): AgentEntry;
  putDevice(device: HealthDevice, verdict?: Verdict): void;
  /** Takes an agent and its devices up from the directory; undefined when there is no such agent. */
  takeUp(agentId: string): AgentEntry | undefined;
  /** Compares with the whole directory, for what no event told. */
  compare(): void;
  /** Notes a report of a device just now. */
  reported(deviceId: string): void;
  /** The charge of its battery was in a report. */
  charged(deviceId: string, percent: number): void;
  /** How much of its patience an agent has used, and how long it has been silent. */
  quietOf(agent: AgentEntry): { readonly quietMs: number; readonly silentMs: number };
  /** Since when a device has been quiet while it could have been heard (monotonic). */
  quietSince(device: DeviceEntry): number;
}

export interface RosterDeps {
  readonly registry: HealthRegistry;
  readonly organisation: HealthOrganisation;
  readonly clock: Clock;
}

export function createRoster({ registry, organisation, clock }: RosterDeps): Roster {
  const ledger = createLedger(organisation);
  const { agents, devices } = ledger;
  const dirty = new Set<string>();
  const regroup = new Set<string>();

  const putAgent = (agent: HealthAgent, verdict?: Verdict): AgentEntry => {
    const known = agents.get(agent.id);
    // It moved: its causes stand elsewhere now.
    if (known && known.unitPath !== agent.unitPath) regroup.add(agent.id);
    return ledger.putAgent(agent, () => {
      regroup.add(agent.id);
      const mono = clock.mono();
      return {
        id: agent.id,
        unitId: agent.unitId,
        unitPath: agent.unitPath,
        verdict: verdict ?? { state: 'ok', code: undefined, sinceMs: clock.now() },
        verdictMono: mono,
        addedMono: mono,
        heardMono: undefined,
        heardAtMs: agent.lastSeenAt?.getTime(),
        backMono: mono,
        session: undefined,
        endedMono: undefined,
        clockSkewMs: undefined,
        shed: undefined,
        shedGrewMono: Number.NEGATIVE_INFINITY,
        devices: new Set(),
        causes: [],
        coveredBy: undefined,
        members: new Map(),
        counted: undefined,
      };
    });
  };

  const putDevice = (device: HealthDevice, verdict?: Verdict): void => {
    const before = devices.get(device.id)?.agentId;
    const { changed } = ledger.putDevice(device, () => ({
      id: device.id,
      agentId: device.agentId,
      unitId: device.unitId,
      unitPath: device.unitPath,
      lifecycle: device.lifecycle,
      verdict: verdict ?? { state: 'unknown', code: 'EF-2001', sinceMs: clock.now() },
      verdictMono: clock.mono(),
      addedMono: clock.mono(),
      reportedMono: undefined,
      reportedAtMs: undefined,
      batteryPercent: undefined,
      isSwitchedDaily: false,
      leftOffMono: undefined,
      counted: undefined,
    }));
    if (!changed) return;
    dirty.add(device.id);
    regroup.add(device.agentId);
    if (before !== undefined) regroup.add(before);
  };

  const roster: Roster = {
    ledger,
    dirty,
    regroup,
    listeningMono: clock.mono(),
    heardMono: Number.NEGATIVE_INFINITY,
    deafness: undefined,
    wide: { causes: [], isDirty: true },
    putAgent,
    putDevice,
    takeUp: (agentId) => {
      const agent = registry.agentOf(agentId);
      if (!agent) return undefined;
      const entry = putAgent(agent);
      for (const device of registry.devicesOfAgent(agentId)) putDevice(device);
      return entry;
    },
    compare: () => {
      for (const agent of registry.agents()) putAgent(agent);
      for (const device of registry.devices()) putDevice(device);
    },
    reported: (deviceId) => {
      const entry = devices.get(deviceId);
      if (!entry) return;
      entry.reportedMono = clock.mono();
      entry.reportedAtMs = clock.now();
      if (entry.verdict.code === 'EF-2002' || entry.verdict.code === 'EF-2001') dirty.add(deviceId);
    },
    charged: (deviceId, percent) => {
      const entry = devices.get(deviceId);
      if (!entry || entry.batteryPercent === percent) return;
      entry.batteryPercent = percent;
      dirty.add(deviceId);
    },
    quietOf: (entry) => {
      const mono = clock.mono();
      const { heardMono, addedMono } = entry;
      const isHeard = heardMono !== undefined && heardMono >= roster.listeningMono;
      if (isHeard || addedMono > roster.listeningMono) {
        const quietMs = mono - (heardMono ?? addedMono);
        return { quietMs, silentMs: quietMs };
      }
      // Nobody could be heard: who looked for the hub in vain looks again only after its longest pause.
      const silentMs = mono - roster.listeningMono;
      return { quietMs: Math.max(0, silentMs - (agentReturnMs - agentSilentMs)), silentMs };
    },
    quietSince: (entry) => {
      const backMono = agents.get(entry.agentId)?.backMono ?? 0;
      return Math.max(entry.reportedMono ?? entry.addedMono, roster.listeningMono, backMono);
    },
  };
  return roster;
}
