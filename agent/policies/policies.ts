import { FleetError, toError } from '../../protocols/errors.ts';
import type { PolicyBundle, PolicyEnvelope, Rule } from '../../protocols/fleet/policy/bundle.ts';
import { type BundlePhase, type DueRun, isFrozenAt, phaseOf, planRuns } from '../../protocols/fleet/policy/plan.ts';
import { freshRule, type Happening, type RuleMemory, stepRule } from '../../protocols/fleet/policy/rule.ts';
import type { RecordBody } from '../../protocols/fleet/record.ts';
import type { Clock, Log } from '../../protocols/ports.ts';
import { CommandRouter, type CommandTarget } from '../runtime/command-router.ts';
import type { AgentDatabase } from '../uplink/database.ts';
import type { Outbox } from '../uplink/outbox.ts';
import { type PlannedRun, PolicyJournal } from './journal.ts';
import {
  noteOfFallback,
  noteOfPhase,
  noteOfRefused,
  noteOfRule,
  noteOfRun,
  noteOfTaken,
  notesOfPassed,
} from './notes.ts';
import { PolicyStore, type PolicyTrust } from './store.ts';

export interface PoliciesOptions {
  readonly dataDir: string;
  readonly database: AgentDatabase;
  readonly outbox: Pick<Outbox, 'enqueue'>;
  readonly target: (device: string) => CommandTarget | undefined;
  /** The hub's wall clock as far as the agent knows it, else its own: timetables are kept by it. */
  readonly now: () => number;
  readonly clock: Clock;
  readonly log: Log;
}

/** How long the agent sleeps without a look at the wall clock, and how much that may have been set meanwhile. */
const napMs = 60_000;
const stepMs = 5_000;
/** Commands under way at once. */
const mostRunning = 100;
const noteBatch = 100;
/** A rule acts at once or not at all. */
const rulePatienceMs = 60_000;

/**
 * Everything that the agent does by itself, also for weeks without a hub: schedules of the timetable and local rules, out of the
 * signed bundle that it holds. It acts through the same router as the hub's commands, writes each run down before it acts, and
 * tells how it ended whenever the hub is there again.
 */
export class Policies implements AsyncDisposable {
  readonly #options: PoliciesOptions;
  readonly #journal: PolicyJournal;
  readonly #router: CommandRouter;
  readonly #stop = new AbortController();
  readonly #active = new Set<string>();
  #waiting: PlannedRun[] = [];
  #store: PolicyStore | undefined;
  #memories = new Map<string, RuleMemory>();
  #phase: BundlePhase | undefined;
  #running: Promise<void> | undefined;
  #telling: Promise<void> | undefined;
  #wake: () => void = () => {};

  constructor(options: PoliciesOptions) {
    const { database, target, now, clock, log } = options;
    this.#options = options;
    this.#journal = new PolicyJournal(database, (run, result, begunAt) => noteOfRun(run, result, begunAt, now()));
    this.#router = new CommandRouter({
      inbox: this.#journal,
      target,
      sink: (_lane, body) => this.#progress(body),
      clock,
      log,
      hubNow: now,
    });
  }

  /** Number of the bundle that holds; 0 when there is none. */
  get number(): number {
    return this.#store?.number ?? 0;
  }

  /** Begins to act by the bundle that is here, once this agent has an identity to check it with. */
  async start(trust: PolicyTrust): Promise<void> {
    const { dataDir, now, log } = this.#options;
    const { store, fallback } = await PolicyStore.open(dataDir, trust);
    this.#store = store;
    this.#memories = this.#journal.memories();
    if (fallback !== undefined) {
      log.error('the newest policies cannot be used; those before them hold', {
        reason: fallback,
        number: store.number,
      });
      this.#note(noteOfFallback(fallback, store.number, now()));
    }
    this.#router.recover();
    this.#waiting = [...this.#journal.waiting()];
    this.#running ??= this.#run();
  }

  /** Takes a bundle of the hub, or says why not. Rejects only when the disk does not take it. */
  async accept(envelope: PolicyEnvelope): Promise<void> {
    const { log, now } = this.#options;
    const store = this.#store;
    if (!store) return;
    try {
      const bundle = await store.keep(envelope);
      log.info('new policies', {
        number: bundle.number,
        schedules: bundle.schedules.length,
        rules: bundle.rules.length,
      });
      this.#note(noteOfTaken(bundle, now()));
      this.#journal.retainRules(new Set(bundle.rules.map(({ id }) => id)));
      this.#memories = this.#journal.memories();
      this.#wake();
    } catch (thrown) {
      if (!(thrown instanceof FleetError) || !thrown.code.startsWith('policy-')) throw thrown;
      log.error('policies were refused', { code: thrown.code, reason: thrown.message });
      // The hub repeats itself when it was restored from a backup; that is no news.
      if (thrown.code !== 'policy-outdated' || isOlder(envelope, store.number))
        this.#note(noteOfRefused(thrown.code, thrown.message, now()));
    }
  }

  /** Looks at what a device told; rules act on it. Never throws. */
  observe(body: RecordBody): void {
    const happening = happeningOf(body);
    const bundle = this.#store?.current;
    if (!happening || !bundle || this.#stop.signal.aborted) return;
    if (phaseOf(bundle, this.#options.now()) !== 'live') return;
    for (const rule of bundle.rules) {
      try {
        this.#consider(bundle, rule, happening);
      } catch (thrown) {
        this.#options.log.error('a local rule could not act', { rule: rule.id, error: toError(thrown) });
      }
    }
  }

  /** Begins nothing more. What is under way ends with the devices; dispose after they have stopped. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error('the agent stops'));
    this.#wake();
    await this.#running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.#router[Symbol.asyncDispose]();
    await this.#telling;
    await this.#tell();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      let wakeAtMs = this.#options.now() + napMs;
      try {
        wakeAtMs = this.#plan() ?? wakeAtMs;
      } catch (thrown) {
        // A full disk: nothing that is not written down is done.
        this.#options.log.error('policies could not be planned', { error: toError(thrown) });
      }
      this.#tellSoon();
      await this.#sleepUntil(wakeAtMs);
    }
  }

  /** Plans up to now and begins what is due. Returns when to plan again; undefined without a bundle. */
  #plan(): number | undefined {
    const { now } = this.#options;
    const bundle = this.#store?.current;
    this.#feed();
    if (!bundle) return undefined;
    const nowMs = now();
    const marks = this.#journal.marks(nowMs);
    const plan = planRuns(bundle, { ...marks, isDone: (key) => this.#journal.has(key) }, nowMs);
    const notes = [...notesOfPassed(plan.passed, bundle.number, nowMs)];
    if (this.#phase !== undefined && this.#phase !== plan.phase)
      notes.push(noteOfPhase(plan.phase, bundle.number, nowMs));
    else if (this.#phase === undefined && plan.phase !== 'live')
      notes.push(noteOfPhase(plan.phase, bundle.number, nowMs));
    const fresh = this.#journal.plan({
      runs: plan.due.map((run) => plannedRun(run, bundle.number, nowMs)),
      passed: plan.passed.map(({ key }) => key),
      notes,
      throughMs: plan.throughMs,
    });
    this.#phase = plan.phase;
    this.#waiting.push(...fresh);
    this.#feed();
    return plan.wakeAtMs;
  }

  #consider(bundle: PolicyBundle, rule: Rule, happening: Happening): void {
    const nowMs = this.#options.now();
    const calendar = bundle.calendars[rule.calendar];
    const before = this.#memories.get(rule.id) ?? freshRule;
    const isFrozen = calendar ? isFrozenAt(calendar, nowMs) : true;
    const { memory, outcome } = stepRule(rule, before, happening, nowMs, isFrozen);
    if (memory === before && outcome === 'none') return;
    const run = `${rule.id}/${happening.device}/${Math.round(nowMs)}`;
    const isNews = outcome === 'fired' || outcome === 'frozen' || outcome === 'too-often';
    const fresh = this.#journal.plan({
      runs: outcome === 'fired' ? ruleRuns(rule, run, bundle.number, nowMs) : [],
      passed: [],
      notes: isNews ? [noteOfRule(rule, happening, outcome, { number: bundle.number, atMs: nowMs, run })] : [],
      memory: { rule: rule.id, memory },
    });
    this.#memories.set(rule.id, memory);
    this.#waiting.push(...fresh);
    this.#feed();
    if (isNews) this.#tellSoon();
  }

  /** Gives the router as much as it may have at once. */
  #feed(): void {
    while (this.#waiting.length > 0 && this.#active.size < mostRunning && !this.#stop.signal.aborted) {
      const next = this.#waiting.shift();
      if (!next) return;
      this.#active.add(next.command.id);
      this.#router.accept([next.command]);
    }
  }

  #progress(body: RecordBody): void {
    if (body.kind !== 'result' || body.state === 'received' || body.state === 'running') return;
    this.#active.delete(body.command);
    this.#feed();
    this.#tellSoon();
  }

  #note(body: RecordBody): void {
    try {
      this.#journal.plan({ runs: [], passed: [], notes: [body] });
    } catch (thrown) {
      this.#options.log.error('an event of the policies is lost', { error: toError(thrown) });
    }
    this.#tellSoon();
  }

  #tellSoon(): void {
    this.#telling ??= this.#tell().finally(() => {
      this.#telling = undefined;
    });
  }

  /** Hands the notes to the outbox. One that is there already when the agent dies comes twice; the hub knows it by its run. */
  async #tell(): Promise<void> {
    const { outbox, log } = this.#options;
    try {
      for (;;) {
        const { bodies, through } = this.#journal.notes(noteBatch);
        if (through === 0) return;
        if (bodies.length > 0) await outbox.enqueue('urgent', bodies);
        this.#journal.told(through);
      }
    } catch (thrown) {
      log.warn('what the policies did waits to be told', { error: toError(thrown) });
    }
  }

  /** Until then, until a new bundle, or until somebody has set the wall clock. */
  async #sleepUntil(wakeAtMs: number): Promise<void> {
    const { clock, now } = this.#options;
    const woken = new AbortController();
    this.#wake = () => woken.abort(new Error('there is something to do'));
    if (this.#stop.signal.aborted) return;
    const offsetMs = now() - clock.mono();
    const isSet = () => Math.abs(now() - clock.mono() - offsetMs) > stepMs;
    while (!woken.signal.aborted && !isSet()) {
      const leftMs = wakeAtMs - now();
      if (leftMs <= 0) return;
      await clock.wait(Math.min(leftMs, napMs), woken.signal).catch(() => undefined);
      // What a full disk kept back.
      this.#tellSoon();
    }
  }
}

function plannedRun(run: DueRun, number: number, nowMs: number): PlannedRun {
  const { schedule, device, key, dueMs, notAfterMs, isLate } = run;
  const { capability, name, args } = schedule.command;
  const command = {
    id: key,
    device,
    capability,
    name,
    args,
    issuedAt: Math.round(nowMs),
    notAfter: Math.round(notAfterMs),
  };
  return { command, facts: { part: schedule.id, number, plannedAt: Math.round(dueMs), isLate } };
}

function ruleRuns(rule: Rule, run: string, number: number, nowMs: number): readonly PlannedRun[] {
  const atMs = Math.round(nowMs);
  return rule.commands.flatMap(({ devices, capability, name, args }, index) =>
    devices.map((device) => ({
      command: {
        id: `${run}/${index}/${device}`,
        device,
        capability,
        name,
        args,
        issuedAt: atMs,
        notAfter: atMs + rulePatienceMs,
      },
      facts: { part: rule.id, number, plannedAt: atMs, isLate: false },
    })),
  );
}

function happeningOf(body: RecordBody): Happening | undefined {
  if (body.kind === 'event' && body.device !== undefined) {
    const { device, capability, name, data } = body;
    return { kind: 'event', device, capability, name, document: data };
  }
  if (body.kind !== 'state') return undefined;
  const { device, capability, state } = body;
  return { kind: 'state', device, capability, document: state };
}

function isOlder({ policy }: PolicyEnvelope, held: number): boolean {
  return (JSON.parse(policy) as PolicyBundle).number < held;
}
