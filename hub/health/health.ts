import { setImmediate as breathe } from 'node:timers/promises';
import type { CauseView, Overview } from '../../protocols/api/causes.ts';
import type { HealthVerdict } from '../../protocols/api/health.ts';
import { toError } from '../../protocols/errors.ts';
import type { Heartbeat } from '../../protocols/fleet/messages.ts';
import type { Clock, Log } from '../../protocols/ports.ts';
import { inScope, type Scope } from '../access/index.ts';
import type { Bus, BusEvent } from '../events/bus.ts';
import type { Store } from '../store/index.ts';
import type { Page } from '../store/page.ts';
import { keyOf, type OpenCause } from './causes/cause.ts';
import type { CauseJournal } from './causes/journal.ts';
import { type CausesQuery, listCauses, overview } from './causes/list.ts';
import { readAgentVerdicts, readOpenCauses, readVerdicts } from './causes/rows.ts';
import { createWriter } from './causes/writer.ts';
import type { Verdict } from './judgement/assess.ts';
import { kindOf } from './judgement/codes.ts';
import { type AgentFacts, type DeviceFacts, explainAgent, explainDevice } from './judgement/evidence.ts';
import { createJudge } from './judgement/judge.ts';
import { decisiveCapabilities, readProbe } from './judgement/signals.ts';
import type {
  HealthCalendars,
  HealthOrganisation,
  HealthPolicies,
  HealthQuarantine,
  HealthRegistry,
  HealthTelemetry,
  HealthTwin,
} from './ports.ts';
import { readSwitchedDaily } from './roster/abilities.ts';
import type { SubtreeCounts } from './roster/counts.ts';
import type { AgentEntry, DeviceEntry } from './roster/ledger.ts';
import { createRoster } from './roster/roster.ts';
import { suppliedCounts } from './roster/supplied.ts';
import { readTopology } from './roster/topology.ts';
import { createTouches } from './roster/touches.ts';

interface HealthDeps {
  readonly store: Store;
  readonly registry: HealthRegistry;
  readonly twin: HealthTwin;
  /** Absent where no charge is known from before this hub. */
  readonly telemetry?: HealthTelemetry;
  readonly organisation: HealthOrganisation;
  readonly quarantine: HealthQuarantine;
  /** What devices are expected to do when; absent where nobody knows. */
  readonly calendars?: HealthCalendars;
  readonly policies?: HealthPolicies;
  /** Keeps the story of causes; nobody does where it is absent. */
  readonly journal?: CauseJournal;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Health extends AsyncDisposable {
  /** Takes up where the last hub left off. Registry, twin and organisation must be loaded. Silence counts from here. */
  load(): Promise<void>;
  heartbeat(agentId: string, heartbeat: Heartbeat): void;
  /** Any sound message is a sign of life. */
  heard(agentId: string): void;
  connected(agentId: string, session: string): void;
  disconnected(agentId: string, session: string): void;
  /** These devices were in a report just now. */
  reported(deviceIds: Iterable<string>): void;
  /** The hub could not take somebody in: silence up to now counts for nobody. */
  deaf(): void;
  /** Judges what changed or fell due, and writes what came of it; called every 5 s. */
  tick(): Promise<void>;
  verdictOf(deviceId: string): HealthVerdict | undefined;
  agentVerdictOf(agentId: string): HealthVerdict | undefined;
  counts(scope: Scope): SubtreeCounts;
  /** Figures of one subtree by its path: of all in it, or of what a scope that does not hold it shows of it. */
  countsOf(path: string, scope?: Scope): { readonly agents: number; readonly devices: number; readonly wrong: number };
  listCauses(scope: Scope, query: CausesQuery): Promise<Page<CauseView>>;
  overview(scope: Scope): Promise<Overview>;
}

/** A gap between ticks that shows that this process stood still: nobody was heard in it. */
const stallMs = 20_000;
/** The one metric that decides about health; its state tells whether a charger fills it. */
const chargeMetric = 'battery.level';
/** Descriptions looked at in one run; the rest waits for the next. */
const mostRedescribed = 5_000;
/** How often the whole directory is compared, for what no event told. */
const compareMs = 60_000;

/** Health of the fleet: three signals in, verdicts and causes out, all in memory and written through. */
export function createHealth(deps: HealthDeps): Health {
  const { store, registry, twin, bus, clock, log } = deps;
  const roster = createRoster(deps);
  const { agents, devices, counts } = roster.ledger;
  const judge = createJudge({ ...deps, roster });
  const touches = createTouches(registry);
  const write = createWriter({ ...deps, roster, judge });
  let lastTickMono = 0;
  let comparedMono = 0;
  /** Devices that may have learnt to be switched, or lost it. */
  const redescribed = new Set<string>();
  const subscriptions = new DisposableStack();
  let isLoaded = false;
  let running: Promise<void> | undefined;

  const alive = (agentId: string): AgentEntry | undefined => {
    const entry = agents.get(agentId) ?? roster.takeUp(agentId);
    if (!entry) return undefined;
    entry.heardMono = clock.mono();
    entry.heardAtMs = clock.now();
    roster.heardMono = entry.heardMono;
    touches.add(agentId, { lastSeenAt: new Date(entry.heardAtMs) });
    return entry;
  };

  const hear = ({ event }: BusEvent): void => {
    switch (event.type) {
      case 'device-state':
        roster.reported(event.device);
        if (decisiveCapabilities.has(event.capability)) roster.dirty.add(event.device);
        return;
      case 'device-samples': {
        roster.reported(event.device);
        const charge = event.values[chargeMetric];
        if (charge !== undefined) roster.charged(event.device, charge);
        return;
      }
      case 'device-changed': {
        const device = registry.deviceOf(event.device);
        if (device && agents.has(device.agentId)) roster.putDevice(device);
        redescribed.add(event.device);
        return;
      }
      case 'agent-changed':
        roster.takeUp(event.agent);
    }
  };

  const learn = (ids: Iterable<string>, switched: ReadonlySet<string>): void => {
    for (const id of ids) {
      const entry = devices.get(id);
      if (!entry || entry.isSwitchedDaily === switched.has(id)) continue;
      entry.isSwitchedDaily = switched.has(id);
      roster.dirty.add(id);
    }
  };

  const relearn = async (): Promise<void> => {
    const ids = [...redescribed].slice(0, mostRedescribed);
    if (ids.length === 0) return;
    learn(ids, await readSwitchedDaily(store.db, ids));
    for (const id of ids) redescribed.delete(id);
  };

  /** Another calendar or schedule: what is off, and what is missed, is judged by it at once. */
  const expectAnew = (unitPath: string): void => {
    for (const entry of devices.values())
      if (entry.isSwitchedDaily && entry.unitPath.startsWith(unitPath)) roster.dirty.add(entry.id);
  };

  const run = async (): Promise<void> => {
    if (clock.mono() - comparedMono >= compareMs) {
      comparedMono = clock.mono();
      roster.compare();
    }
    await relearn().catch((thrown: unknown) =>
      log.warn('what devices can do waits for the database', { error: toError(thrown) }),
    );
    judge.beginTurn();
    while (judge.continueTurn()) await breathe();
    try {
      await write();
      await touches.flush();
    } catch (thrown) {
      log.warn('verdicts wait for the database', { error: toError(thrown), devices: judge.unwritten.size });
    }
  };

  /** What the last hub knew. */
  const restore = async (): Promise<void> => {
    const { db } = store;
    const [verdicts, agentVerdicts, causes, switched] = await Promise.all([
      readVerdicts(db),
      readAgentVerdicts(db),
      readOpenCauses(db),
      readSwitchedDaily(db),
    ]);
    for (const agent of registry.agents()) {
      const open = causes.get(agent.id) ?? [];
      roster.putAgent(agent, agentVerdicts.get(agent.id) ?? toldBy(open)).causes = open;
    }
    roster.wide.causes = causes.get(undefined) ?? [];
    roster.wide.isDirty = true;
    const link = roster.wide.causes.find(({ kind }) => kind === 'hub-link');
    roster.deafness = link && { sinceMs: link.openedAtMs, sinceMono: clock.mono() };
    for (const device of registry.devices()) {
      roster.putDevice(device, verdicts.get(device.id));
      // Few devices have a battery, and whether one has is cheap to see.
      const charge = twin.stateOf(device.id, 'battery') && deps.telemetry?.latestOf(device.id)[chargeMetric]?.value;
      if (charge !== undefined) roster.charged(device.id, charge);
    }
    learn(switched, switched);
  };

  const factsOf = (entry: AgentEntry | undefined, agentId: string): AgentFacts => ({
    name: registry.agentOf(agentId)?.name ?? agentId,
    verdict: entry?.verdict,
    connected: entry?.session !== undefined,
    heardAtMs: entry?.heardAtMs,
    clockSkewMs: entry?.clockSkewMs,
  });

  /** The switch that a silent device hangs on. */
  const behindOf = (entry: DeviceEntry): DeviceFacts['behind'] => {
    if (entry.verdict.code !== 'EF-2101') return undefined;
    const via = readTopology(twin, agents.get(entry.agentId)?.devices ?? []).get(entry.id);
    const parent = via && devices.get(via.id);
    if (!via || !parent) return undefined;
    const name = registry.deviceOf(via.id)?.name ?? via.id;
    return { name, port: via.port, isSilent: parent.verdict.code === 'EF-2101' };
  };

  return {
    load: async () => {
      const mono = clock.mono();
      roster.listeningMono = mono;
      lastTickMono = mono;
      comparedMono = mono;
      await restore();
      if (isLoaded) return;
      isLoaded = true;
      subscriptions.use(bus.subscribe(hear));
      if (deps.calendars) subscriptions.use(deps.calendars.onChanged(expectAnew));
      if (deps.policies) subscriptions.use(deps.policies.onChanged(expectAnew));
    },
    heard: (agentId) => {
      alive(agentId);
    },
    heartbeat: (agentId, { session, at, generation, queue, load }) => {
      const entry = alive(agentId);
      if (!entry) return;
      entry.clockSkewMs = at - clock.now();
      if (entry.shed !== undefined && queue.shed > entry.shed) entry.shedGrewMono = clock.mono();
      entry.shed = queue.shed;
      touches.add(agentId, { session, clockSkewMs: entry.clockSkewMs, heldGeneration: generation, queue, load });
    },
    connected: (agentId, session) => {
      const entry = alive(agentId);
      if (!entry) return;
      entry.session = session;
      touches.add(agentId, { connectedAt: new Date(clock.now()) });
    },
    disconnected: (agentId, session) => {
      const entry = agents.get(agentId);
      if (entry?.session !== session) return;
      entry.session = undefined;
      entry.endedMono = clock.mono();
      touches.add(agentId, { disconnectedAt: new Date(clock.now()) });
    },
    reported: (deviceIds) => {
      for (const id of deviceIds) roster.reported(id);
    },
    deaf: () => {
      roster.listeningMono = clock.mono();
    },
    tick: () => {
      if (!isLoaded) return Promise.resolve();
      const mono = clock.mono();
      if (mono - lastTickMono > stallMs) roster.listeningMono = mono;
      lastTickMono = mono;
      running ??= run().finally(() => {
        running = undefined;
        // A run that waited for the database was no standstill.
        lastTickMono = clock.mono();
      });
      return running;
    },
    verdictOf: (deviceId) => {
      const entry = devices.get(deviceId);
      if (!entry) return undefined;
      const agent = agents.get(entry.agentId);
      const facts = {
        signals: judge.signalsOf(entry),
        probe: readProbe(twin, deviceId),
        reportedAtMs: entry.reportedAtMs,
        behind: behindOf(entry),
      };
      return explainDevice(entry.verdict, factsOf(agent, entry.agentId), facts, agent?.members.get(deviceId));
    },
    agentVerdictOf: (agentId) => {
      const entry = agents.get(agentId);
      if (!entry) return undefined;
      const { code } = entry.verdict;
      const covering = roster.wide.causes.find((open) => keyOf(open) === entry.coveredBy);
      const cause = kindOf(code) && (covering ?? entry.causes.find((open) => open.code === code))?.id;
      return explainAgent(entry.verdict, factsOf(entry, agentId), cause);
    },
    counts: (scope) => counts.within(scope),
    countsOf: (path, scope) => {
      if (scope && !inScope(scope, path)) {
        const { figures } = suppliedCounts(registry, roster.ledger, scope, path);
        return { agents: 0, devices: figures.devices, wrong: figures.wrong };
      }
      const figures = counts.of(path);
      return { agents: figures.agents, devices: figures.devices, wrong: figures.wrong };
    },
    listCauses: (scope, query) => listCauses({ ...deps, ledger: roster.ledger }, scope, query),
    overview: (scope) => overview({ ...deps, ledger: roster.ledger }, scope),
    [Symbol.asyncDispose]: async () => {
      subscriptions[Symbol.dispose]();
      isLoaded = false;
      await running;
    },
  };
}

/** The verdict on an agent as a hub told it that kept none of its own. */
function toldBy(open: readonly OpenCause[]): Verdict | undefined {
  const own = open.find(({ kind }) => kind === 'agent-silent' || kind === 'quarantine');
  const state = own?.kind === 'agent-silent' ? 'unreachable' : 'unknown';
  return own && { state, code: own.code, sinceMs: own.openedAtMs };
}
