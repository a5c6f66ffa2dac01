import type { Scope } from '../../access/index.ts';
import { inScope } from '../../access/index.ts';
import type { OpenCause } from '../causes/cause.ts';
import { hidesDevices, type Verdict } from '../judgement/assess.ts';
import { kindOf } from '../judgement/codes.ts';
import type { HealthAgent, HealthDevice, HealthOrganisation } from '../ports.ts';
import { type Counts, createCounts, type Share } from './counts.ts';

/** An agent as health remembers it; times are monotonic where their name says so. */
export interface AgentEntry {
  readonly id: string;
  unitId: number;
  unitPath: string;
  verdict: Verdict;
  /** When the verdict was made, and when this hub came to know it, heard it last, and last saw it come back. */
  verdictMono: number;
  readonly addedMono: number;
  heardMono: number | undefined;
  heardAtMs: number | undefined;
  backMono: number;
  session: string | undefined;
  /** When its last session ended. */
  endedMono: number | undefined;
  clockSkewMs: number | undefined;
  shed: number | undefined;
  shedGrewMono: number;
  readonly devices: Set<string>;
  /** Its own causes that stand in the database. */
  causes: readonly OpenCause[];
  /** The key of the cause of its school or area that tells its silence. */
  coveredBy: string | undefined;
  /** Under which of them each wrong device is. */
  members: ReadonlyMap<string, string>;
  counted: Counted | undefined;
}

export interface DeviceEntry {
  readonly id: string;
  agentId: string;
  unitId: number;
  unitPath: string;
  lifecycle: HealthDevice['lifecycle'];
  verdict: Verdict;
  verdictMono: number;
  readonly addedMono: number;
  reportedMono: number | undefined;
  reportedAtMs: number | undefined;
  /** The charge that it told last, of its own battery. */
  batteryPercent: number | undefined;
  /** People switch it on and off day by day. */
  isSwitchedDaily: boolean;
  /** Since when it is no longer expected that it may be off, while it still was off. */
  leftOffMono: number | undefined;
  counted: Counted | undefined;
}

interface Counted {
  readonly path: string;
  readonly schoolPath: string | undefined;
  readonly share: Share;
}

/** Everything that health knows, in memory, with its figures kept current. */
export interface Ledger {
  readonly agents: Map<string, AgentEntry>;
  readonly devices: Map<string, DeviceEntry>;
  readonly counts: Counts;
  /** Adds or moves; returns the entry, and whether anything about it changed. */
  putAgent(agent: HealthAgent, fresh: () => AgentEntry): AgentEntry;
  putDevice(device: HealthDevice, fresh: () => DeviceEntry): { readonly entry: DeviceEntry; readonly changed: boolean };
  /** Brings the figures up to date after a verdict changed. */
  recountAgent(entry: AgentEntry): void;
  recountDevice(entry: DeviceEntry): void;
  /** How many schools within the scope have something wrong. */
  affectedSchools(scope: Scope): number;
}

/** Whether people must hear of this device: in service, with a finding that opens a problem. */
function isWrong(entry: Pick<DeviceEntry, 'lifecycle' | 'verdict'>): boolean {
  return entry.lifecycle === 'in-service' && kindOf(entry.verdict.code) !== undefined;
}

export function createLedger(organisation: HealthOrganisation): Ledger {
  const agents = new Map<string, AgentEntry>();
  const devices = new Map<string, DeviceEntry>();
  const counts = createCounts();
  const wrongBySchool = new Map<string, number>();

  const addToSchool = ({ schoolPath, share }: Counted, sign: 1 | -1) => {
    if (schoolPath === undefined || !share.wrong) return;
    const count = (wrongBySchool.get(schoolPath) ?? 0) + sign;
    if (count > 0) wrongBySchool.set(schoolPath, count);
    else wrongBySchool.delete(schoolPath);
  };
  const count = (entry: { counted: Counted | undefined }, next: Counted | undefined) => {
    if (entry.counted) {
      counts.add(entry.counted.path, entry.counted.share, -1);
      addToSchool(entry.counted, -1);
    }
    if (next) {
      counts.add(next.path, next.share, 1);
      addToSchool(next, 1);
    }
    entry.counted = next;
  };
  const recountAgent = (entry: AgentEntry) => {
    const silent = hidesDevices(entry.verdict) ? 1 : 0;
    count(entry, { path: entry.unitPath, schoolPath: undefined, share: { agents: 1, silentAgents: silent } });
  };
  const recountDevice = (entry: DeviceEntry) => {
    const counts = entry.lifecycle === 'in-service' || entry.lifecycle === 'maintenance';
    const share: Share = { devices: 1, wrong: isWrong(entry) ? 1 : 0, health: entry.verdict.state };
    const schoolPath = entry.counted?.path === entry.unitPath ? entry.counted.schoolPath : schoolPathOf(entry.unitId);
    count(entry, counts ? { path: entry.unitPath, schoolPath, share } : undefined);
  };
  const schoolPathOf = (unitId: number): string | undefined => {
    const school = organisation.schoolOf(unitId);
    return school && organisation.pathOf(school.id);
  };

  return {
    agents,
    devices,
    counts,
    recountAgent,
    recountDevice,
    putAgent: (agent, fresh) => {
      const entry = agents.get(agent.id) ?? fresh();
      agents.set(agent.id, entry);
      if (entry.counted && entry.unitPath === agent.unitPath) return entry;
      entry.unitId = agent.unitId;
      entry.unitPath = agent.unitPath;
      recountAgent(entry);
      return entry;
    },
    putDevice: (device, fresh) => {
      const known = devices.get(device.id);
      const entry = known ?? fresh();
      const same =
        known?.agentId === device.agentId && known.unitPath === device.unitPath && known.lifecycle === device.lifecycle;
      if (same) return { entry, changed: false };
      devices.set(device.id, entry);
      if (known && known.agentId !== device.agentId) agents.get(known.agentId)?.devices.delete(device.id);
      entry.agentId = device.agentId;
      entry.unitId = device.unitId;
      entry.unitPath = device.unitPath;
      entry.lifecycle = device.lifecycle;
      agents.get(device.agentId)?.devices.add(device.id);
      recountDevice(entry);
      return { entry, changed: true };
    },
    affectedSchools: (scope) => [...wrongBySchool.keys()].filter((path) => inScope(scope, path)).length,
  };
}
