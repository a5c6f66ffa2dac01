import type { Clock, Log } from '../../../protocols/ports.ts';
import type { Bus } from '../../events/bus.ts';
import type { HealthCalendars, HealthOrganisation, HealthPolicies, HealthRegistry, HealthTwin } from '../ports.ts';
import { createDue } from '../roster/due.ts';
import type { AgentEntry, DeviceEntry } from '../roster/ledger.ts';
import { judgeLine } from '../roster/line.ts';
import type { Roster } from '../roster/roster.ts';
import { assessAgent, assessDevice, type DeviceSignals, deviceStaleMs, hidesDevices, type Verdict } from './assess.ts';
import { type PowerExpectation, wakeMs } from './expectation.ts';
import { createExpectations } from './expectations.ts';
import { noSignals, readSignals } from './signals.ts';

/** Runs the pure heart over what changed or fell due, and keeps what came of it until it is written. */
export interface Judge {
  /** Judges every agent, and gathers the devices that are dirty or due. */
  beginTurn(): void;
  /** Judges some of the gathered devices; false when none is left. */
  continueTurn(): boolean;
  signalsOf(device: DeviceEntry): DeviceSignals;
  /** Verdicts on devices that the database does not have yet. */
  readonly unwritten: Map<string, Verdict>;
  /** Agents whose verdict the database does not have yet. */
  readonly unwrittenAgents: Set<string>;
}

export interface JudgeDeps {
  readonly roster: Roster;
  readonly registry: HealthRegistry;
  readonly twin: HealthTwin;
  readonly organisation: HealthOrganisation;
  readonly calendars?: HealthCalendars;
  readonly policies?: HealthPolicies;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
}

const slotMs = 30_000;
/** A schedule or a wall clock may change without a word: what is off is looked at again so often at least. */
const lookAgainMs = 300_000;
/** Devices judged in one go: some 10 ms, so that a wide outage stops nobody's heartbeat. */
const slice = 2_000;
/** How long an agent counts as shedding after its counter last grew. */
const sheddingMs = 600_000;

export function createJudge(deps: JudgeDeps): Judge {
  const { roster, registry, twin, bus, clock, log } = deps;
  const { ledger, dirty, regroup } = roster;
  const { agents, devices } = ledger;
  const due = createDue(slotMs);
  const expectations = createExpectations(deps);
  const unwritten = new Map<string, Verdict>();
  const unwrittenAgents = new Set<string>();

  /** What hides an agent's devices, or shows them again, may be of its school or area too. */
  const showOrHide = (entry: AgentEntry, before: Verdict, after: Verdict): void => {
    if (!hidesDevices(before) && !hidesDevices(after)) return;
    if (!hidesDevices(after)) entry.backMono = clock.mono();
    roster.wide.isDirty = true;
    for (const id of entry.devices) dirty.add(id);
  };

  const judgeAgent = (entry: AgentEntry, mono: number): void => {
    const agent = registry.agentOf(entry.id);
    if (!agent) return;
    const before = entry.verdict;
    const after = assessAgent(
      {
        status: agent.status,
        heardSince: entry.heardMono !== undefined && entry.heardMono >= entry.verdictMono,
        ...roster.quietOf(entry),
        clockSkewMs: entry.clockSkewMs,
        shedding: mono - entry.shedGrewMono < sheddingMs,
      },
      before,
      clock.now(),
    );
    if (after === before) return;
    entry.verdict = after;
    entry.verdictMono = mono;
    ledger.recountAgent(entry);
    regroup.add(entry.id);
    unwrittenAgents.add(entry.id);
    showOrHide(entry, before, after);
    log.info('verdict on an agent', { agent: entry.id, state: after.state, code: after.code });
    bus.publish({ type: 'agent-changed', agent: entry.id }, entry.unitPath);
  };

  const signalsOf = (entry: DeviceEntry): DeviceSignals => {
    const agent = agents.get(entry.agentId)?.verdict;
    const expectation = expectationOf(entry);
    const { drainsBattery, ...reported } = hidesDevices(agent) ? noSignals : readSignals(twin, entry.id);
    return {
      ...reported,
      batteryPercent: drainsBattery ? entry.batteryPercent : undefined,
      agent,
      expectation,
      leftOffMs: entry.leftOffMono === undefined ? undefined : clock.mono() - entry.leftOffMono,
      heardSince: entry.reportedMono !== undefined && entry.reportedMono >= entry.verdictMono,
      quietMs: clock.mono() - roster.quietSince(entry),
    };
  };

  const expectationOf = (entry: DeviceEntry): PowerExpectation | undefined =>
    entry.isSwitchedDaily ? expectations.of(entry.id, entry.unitId) : undefined;

  /** When time alone may change the verdict. Hidden devices, and those that are off without a plan, change by a signal. */
  const nextLook = (entry: DeviceEntry, signals: DeviceSignals, mono: number): number | undefined => {
    if (hidesDevices(signals.agent)) return undefined;
    const staleMono = roster.quietSince(entry) + deviceStaleMs + 1;
    const isOff = signals.reachability === 'unreachable' || staleMono <= mono || signals.power === 'off';
    const times = staleMono > mono ? [staleMono] : [];
    if (isOff && entry.isSwitchedDaily) {
      const changesInMs = (signals.expectation?.changesAtMs ?? Number.POSITIVE_INFINITY) - clock.now();
      times.push(mono + Math.min(changesInMs, lookAgainMs));
      if (entry.leftOffMono !== undefined) times.push(entry.leftOffMono + wakeMs);
    }
    return times.length === 0 ? undefined : Math.max(mono + 1, Math.min(...times));
  };

  const judgeDevice = (id: string, mono: number): void => {
    const entry = devices.get(id);
    if (!entry) return;
    const before = entry.verdict;
    const { expected } = expectationOf(entry) ?? {};
    const isLeaving = before.code === 'EF-2104' && expected !== 'off' && expected !== 'either';
    entry.leftOffMono = isLeaving ? (entry.leftOffMono ?? mono) : undefined;
    const signals = signalsOf(entry);
    const after = assessDevice(signals, before, clock.now());
    const nextMono = nextLook(entry, signals, mono);
    if (nextMono !== undefined) due.set(id, nextMono);
    if (after === before) return;
    entry.verdict = after;
    entry.verdictMono = mono;
    ledger.recountDevice(entry);
    regroup.add(entry.agentId);
    unwritten.set(id, after);
  };

  return {
    beginTurn: () => {
      const mono = clock.mono();
      judgeLine(deps);
      for (const entry of agents.values()) judgeAgent(entry, mono);
      for (const id of due.take(mono)) dirty.add(id);
    },
    continueTurn: () => {
      const mono = clock.mono();
      let count = 0;
      for (const id of dirty) {
        if (count++ >= slice) return true;
        dirty.delete(id);
        judgeDevice(id, mono);
      }
      return false;
    },
    signalsOf,
    unwritten,
    unwrittenAgents,
  };
}
