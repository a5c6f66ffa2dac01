import type { LiveEvent } from '../../../protocols/api/live.ts';
import { toError } from '../../../protocols/errors.ts';
import type { ProblemDeps } from '../context.ts';
import type { Journal } from '../journal.ts';
import { oneByOne } from '../news.ts';
import { teachingAt } from '../teaching.ts';
import { calm, type Step, type Stepped, stepRule, type Value, type Watch, worstOf } from './machine.ts';
import { createMatching, inTime, type Matching, readNow, valueIn, type WatchedDevice } from './matching.ts';
import { type Entry, type LoadedRule, readEntries, readRules } from './rows.ts';
import { isIdle, settle } from './settle.ts';

/** Watches what devices report, in memory, and opens and ends the problems of rules. */
export interface RuleEngine extends Disposable {
  /** Reads the rules and where they stand, looks at what devices report now, and listens from then on. */
  load(): Promise<void>;
  /** Reads the rules again and looks at what is reported now. */
  reload(): Promise<void>;
  /** Time goes on; writes what came of it and of reports since. Called every 5 s. */
  tick(): Promise<void>;
  rules(): readonly LoadedRule[];
  /** Devices that a rule watches, problems of it that stand open, and those beyond its bound. */
  figuresOf(ruleId: number): { readonly devices: number; readonly open: number; readonly beyond: number };
  readonly matching: Matching;
}

/** Problems of one rule at a time: beyond it the rule says that it is set too wide. */
const mostOpen = 500;
/** Every so many rounds it is read anew which device has which capability. */
const roundsAMatching = 60;

/** Lifecycles in which nobody watches a device. */
const withdrawn: ReadonlySet<string> = new Set(['retired', 'in-store']);
/** Health states in which nothing can be concluded from the last report. */
const hidden: ReadonlySet<string> = new Set(['unreachable', 'unknown', 'stale', 'expected-off']);

type EngineDeps = ProblemDeps & { readonly journal: Journal };

export function createRuleEngine(deps: EngineDeps): RuleEngine {
  const { store, registry, clock, bus, log } = deps;
  let rules = new Map<number, LoadedRule>();
  const matching = createMatching(deps);
  /** Where a rule is not calm, by rule and device; bounded by rules times devices that misbehave. */
  const entries = new Map<number, Map<string, Entry>>();
  const dirty = new Map<number, Set<string>>();
  const beyond = new Map<number, Set<string>>();
  const said = new Map<string, string>();
  let subscription: Disposable | undefined;
  let rounds = 0;
  let running: Promise<void> | undefined;

  const entryOf = (rule: number, device: string): Entry =>
    entries.get(rule)?.get(device) ?? { watch: calm, causeId: undefined };
  const put = (rule: number, device: string, entry: Entry) => {
    const own = entries.get(rule) ?? new Map<string, Entry>();
    entries.set(rule, own);
    if (isIdle(entry)) own.delete(device);
    else own.set(device, entry);
  };
  const mark = (rule: number, device: string) => dirty.set(rule, (dirty.get(rule) ?? new Set()).add(device));

  const step = (rule: LoadedRule, device: WatchedDevice, next: Step) => {
    const entry = entryOf(rule.id, device.id);
    const { watch, effect }: Stepped = stepRule(rule.condition, entry.watch, next);
    // The moment of the last report alone is no change worth a row.
    if (effect || !sameButTime(watch, entry.watch)) mark(rule.id, device.id);
    put(rule.id, device.id, { ...entry, watch });
  };
  const isInTime = (rule: LoadedRule, device: WatchedDevice, atMs: number) =>
    rule.condition.when === 'always' || inTime(rule.condition.when, teachingAt(deps.calendarOf(device.unitId), atMs));

  const take = (rule: LoadedRule, device: WatchedDevice, value: Value, atMs: number) => {
    said.set(`${rule.id} ${device.id}`, `${sourceOf(rule)}: ${value}`);
    step(rule, device, { kind: 'value', atMs, value, inTime: isInTime(rule, device, atMs) });
    if (!entries.get(rule.id)?.has(device.id)) said.delete(`${rule.id} ${device.id}`);
  };
  const hear = (event: LiveEvent) => {
    if (event.type !== 'device-samples' && event.type !== 'device-state') return;
    const watching = matching.watching(event);
    const device = watching.length === 0 ? undefined : registry.deviceOf(event.device);
    if (device?.lifecycle !== 'in-service') return;
    // A device's clock that runs ahead must not make time pass.
    const atMs = Math.min(Date.parse(event.at), clock.now());
    for (const rule of watching) {
      const value = matching.matches(rule, device) ? valueIn(rule.condition, event) : undefined;
      if (value !== undefined) take(rule, device, value, atMs);
    }
  };

  const look = async () => {
    const nowMs = clock.now();
    for await (const { rule, device, values } of readNow(deps, matching, [...rules.values()])) {
      const value = worstOf(rule.condition, values);
      if (value !== undefined && !isHidden(device.id)) take(rule, device, value, nowMs);
    }
  };
  const isHidden = (deviceId: string) => hidden.has(deps.verdictOf(deviceId)?.state ?? 'unknown');

  const reload = oneByOne(async () => {
    rules = new Map((await readRules(store.db)).map((rule) => [rule.id, rule]));
    await matching.load([...rules.values()].filter(({ enabled }) => enabled));
    await look();
  });

  /** What time does, and what ends because the rule or the device is no longer what it was. */
  const pass = () => {
    for (const [ruleId, own] of entries) for (const deviceId of own.keys()) passOne(ruleId, deviceId);
  };
  const passOne = (ruleId: number, deviceId: string) => {
    const rule = rules.get(ruleId);
    const device = registry.deviceOf(deviceId);
    if (!rule || !device || !isWatched(rule, device)) {
      put(ruleId, deviceId, { watch: calm, causeId: entryOf(ruleId, deviceId).causeId });
      mark(ruleId, deviceId);
      return;
    }
    const atMs = clock.now();
    const isPaused = device.lifecycle === 'maintenance' || isHidden(deviceId);
    step(rule, device, isPaused ? { kind: 'hidden' } : { kind: 'time', atMs, inTime: isInTime(rule, device, atMs) });
  };
  const isWatched = (rule: LoadedRule, device: WatchedDevice) =>
    rule.enabled && matching.matches(rule, device) && !withdrawn.has(device.lifecycle);

  const flush = async () => {
    const batch = [...dirty].flatMap(([rule, ids]) => [...ids].map((device) => ({ rule, device })));
    if (batch.length === 0) return;
    // What is marked while the database works stays marked for the next round.
    dirty.clear();
    try {
      await write(batch);
    } catch (thrown) {
      for (const { rule, device } of batch) mark(rule, device);
      throw thrown;
    }
  };
  const write = async (batch: readonly { readonly rule: number; readonly device: string }[]) => {
    const settled: { readonly rule: number; readonly device: string; readonly causeId: string | undefined }[] = [];
    const nowMs = clock.now();
    await store.transaction(async (trx) => {
      const open = new Map(batch.map(({ rule }) => [rule, openOf(rule)]));
      for (const { rule: ruleId, device: deviceId } of batch) {
        const entry = entryOf(ruleId, deviceId);
        const mayOpen = (open.get(ruleId) ?? 0) < mostOpen;
        const causeId = await settle(
          { trx, journal: deps.journal, nowMs },
          {
            ruleId,
            deviceId,
            rule: rules.get(ruleId),
            device: registry.deviceOf(deviceId),
            entry,
            said: said.get(`${ruleId} ${deviceId}`) ?? '',
            mayOpen,
          },
        );
        open.set(ruleId, (open.get(ruleId) ?? 0) + Number(causeId !== undefined) - Number(entry.causeId !== undefined));
        settled.push({ rule: ruleId, device: deviceId, causeId });
      }
    });
    let changes = 0;
    for (const { rule, device, causeId } of settled) {
      const { watch, causeId: before } = entryOf(rule, device);
      if (causeId !== before) changes++;
      put(rule, device, { watch, causeId });
      if (watch.open && causeId === undefined) beyond.set(rule, (beyond.get(rule) ?? new Set()).add(device));
      else beyond.get(rule)?.delete(device);
    }
    if (changes > 0) bus.publish({ type: 'causes-changed' }, undefined);
  };
  const openOf = (ruleId: number) =>
    [...(entries.get(ruleId)?.values() ?? [])].filter(({ causeId }) => causeId !== undefined).length;

  const run = async () => {
    if (++rounds % roundsAMatching === 0) await matching.load([...rules.values()].filter(({ enabled }) => enabled));
    pass();
    await flush();
  };

  return {
    matching,
    load: async () => {
      for (const { rule, device, entry } of await readEntries(store.db)) put(rule, device, entry);
      await reload();
      subscription ??= bus.subscribe(({ event }) => hear(event));
    },
    reload,
    tick: () => {
      running ??= run()
        .catch((thrown: unknown) => log.warn('rules wait for the database', { error: toError(thrown) }))
        .finally(() => {
          running = undefined;
        });
      return running;
    },
    rules: () => [...rules.values()],
    figuresOf: (ruleId) => {
      const rule = rules.get(ruleId);
      let devices = 0;
      if (rule)
        for (const device of registry.devices())
          if (device.lifecycle === 'in-service' && matching.matches(rule, device)) devices++;
      return { devices, open: openOf(ruleId), beyond: beyond.get(ruleId)?.size ?? 0 };
    },
    [Symbol.dispose]: () => {
      subscription?.[Symbol.dispose]();
      subscription = undefined;
    },
  };
}

function sameButTime(a: Watch, b: Watch): boolean {
  return (
    a.open === b.open &&
    a.breached === b.breached &&
    a.sinceMs === b.sinceMs &&
    a.onsets.length === b.onsets.length &&
    a.onsets.at(-1) === b.onsets.at(-1)
  );
}

function sourceOf({ condition: { source } }: LoadedRule): string {
  return source.kind === 'metric' ? source.metric : source.path;
}
