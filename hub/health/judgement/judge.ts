import type { Clock, Log } from '../../../protocols/ports.ts';
import type { Bus } from '../../events/bus.ts';
import type { HealthRegistry, HealthTwin } from '../ports.ts';
import { createDue } from '../roster/due.ts';
import type { AgentEntry, DeviceEntry } from '../roster/ledger.ts';
import type { Roster } from '../roster/roster.ts';
import { assessAgent, assessDevice, type DeviceSignals, deviceStaleMs, hidesDevices, type Verdict } from './assess.ts';
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
}

export interface JudgeDeps {
  readonly roster: Roster;
  readonly registry: HealthRegistry;
  readonly twin: HealthTwin;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
}

const slotMs = 30_000;
/** Devices judged in one go: some 10 ms, so that a wide outage stops nobody's heartbeat. */
const slice = 2_000;
/** How long an agent counts as shedding after its counter last grew. */
const sheddingMs = 600_000;

export function createJudge({ roster, registry, twin, bus, clock, log }: JudgeDeps): Judge {
  const { ledger, dirty, regroup } = roster;
  const { agents, devices } = ledger;
  const due = createDue(slotMs);
  const unwritten = new Map<string, Verdict>();

  const judgeAgent = (entry: AgentEntry, mono: number): void => {
    const agent = registry.agentOf(entry.id);
    if (!agent) return;
    const before = entry.verdict;
    const after = assessAgent(
      {
        status: agent.status,
        heardSince: entry.heardMono !== undefined && entry.heardMono >= entry.verdictMono,
        quietMs: mono - Math.max(entry.heardMono ?? entry.addedMono, roster.listeningMono),
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
    if (hidesDevices(before) && !hidesDevices(after)) entry.backMono = mono;
    if (hidesDevices(before) || hidesDevices(after)) for (const id of entry.devices) dirty.add(id);
    log.info('verdict on an agent', { agent: entry.id, state: after.state, code: after.code });
    bus.publish({ type: 'agent-changed', agent: entry.id }, entry.unitPath);
  };

  const signalsOf = (entry: DeviceEntry): DeviceSignals => {
    const agent = agents.get(entry.agentId)?.verdict;
    const { drainsBattery, ...reported } = hidesDevices(agent) ? noSignals : readSignals(twin, entry.id);
    return {
      ...reported,
      batteryPercent: drainsBattery ? entry.batteryPercent : undefined,
      agent,
      heardSince: entry.reportedMono !== undefined && entry.reportedMono >= entry.verdictMono,
      quietMs: clock.mono() - roster.quietSince(entry),
    };
  };

  const judgeDevice = (id: string, mono: number): void => {
    const entry = devices.get(id);
    if (!entry) return;
    const before = entry.verdict;
    const after = assessDevice(signalsOf(entry), before, clock.now());
    // Only time makes it stale. Hidden, silent and stale devices change by a signal, which marks them.
    const staleMono = roster.quietSince(entry) + deviceStaleMs + 1;
    if (staleMono > mono && !hidesDevices(agents.get(entry.agentId)?.verdict)) due.set(id, staleMono);
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
  };
}
