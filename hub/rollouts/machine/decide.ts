import { hasBegun, isTerminal } from '../../../protocols/fleet/rollout/execution.ts';
import {
  type Change,
  countsTotal,
  type Execution,
  type Facts,
  moved,
  opensOf,
  type RolloutView,
  sum,
  type Wave,
} from './model.ts';
import { rung } from './timers.ts';
import { judgeEnd, mustTrip } from './trip.ts';

/** What shall change now and how the rollout stands after it. Pure: the same view and facts give the same answer. */
export interface Decision {
  readonly changes: readonly Change[];
  readonly view: RolloutView;
}

/**
 * One step of a rollout: timers first, then the trip rule, then the end of a wave and the start of the next, then offers. A
 * trip is judged before anything is offered, so nothing begins behind it. It is called at every tick and may be called at any
 * time: without news it changes nothing.
 */
export function decide(view: RolloutView, facts: Facts): Decision {
  const changes: Change[] = [];
  let now = view;
  const take = (change: Change) => {
    changes.push(change);
    now = applied(now, change);
  };
  for (const execution of view.open) {
    const next = rung(execution, view.strategy, facts);
    if (next !== execution) take(changeOf(execution, next));
  }
  if (now.state === 'running') turn(() => now, facts, take);
  return { changes, view: now };
}

/** The view after a change. */
export function applied(view: RolloutView, change: Change): RolloutView {
  if (change.kind === 'rollout') return { ...view, state: change.to };
  if (change.kind === 'wave') {
    const waves = view.waves.map((wave) => (wave.number === change.number ? { ...wave, state: change.to } : wave));
    return { ...view, waves };
  }
  const { next, from, wave: left } = change;
  const waves = view.waves.map((wave) => recounted(wave, left, from, next));
  const others = view.open.filter(({ id }) => id !== change.id);
  const isKnown = others.length < view.open.length;
  const replaced = isKnown ? view.open.map((one) => (one.id === change.id ? next : one)) : [...view.open, next];
  const isLate = next.state === 'offered' && waves.find(({ number }) => number === next.wave)?.kind === 'catch-up';
  return {
    ...view,
    waves,
    open: isTerminal(next.state) ? others : replaced,
    late: view.late.filter(({ id }) => id !== change.id),
    offeredLastHour: view.offeredLastHour + (isLate ? 1 : 0),
  };
}

/** An execution leaves the wave that it was in and enters another, or the same in another state. */
function recounted(wave: Wave, left: number, from: Execution['state'], next: Execution): Wave {
  if (wave.number === left && left === next.wave) return { ...wave, counts: moved(wave.counts, from, next.state) };
  const by = (state: Execution['state'], add: number) => ({
    ...wave,
    counts: { ...wave.counts, [state]: wave.counts[state] + add },
  });
  if (wave.number === left) return by(from, -1);
  return wave.number === next.wave ? by(next.state, 1) : wave;
}

/** What a pause, a trip or an end takes back at once: everything that the agents have not begun to apply. */
export function withdrawals(open: readonly Execution[]): readonly Change[] {
  return open
    .filter(({ state }) => state !== 'planned' && !hasBegun(state))
    .map((execution) => changeOf(execution, renewed(execution)));
}

/** The same for good: nothing of it will be offered again. */
function endings(open: readonly Execution[], to: 'cancelled' | 'superseded'): readonly Change[] {
  return open.filter(({ state }) => !hasBegun(state)).map((one) => changeOf(one, { ...one, state: to }));
}

function changeOf(execution: Execution, next: Execution): Change {
  return { kind: 'execution', id: execution.id, wave: execution.wave, from: execution.state, next };
}

type Take = (change: Change) => void;

function turn(view: () => RolloutView, facts: Facts, take: Take): void {
  for (let current = currentOf(view().waves); current; current = currentOf(view().waves)) {
    if (current.state === 'waiting') take({ kind: 'wave', number: current.number, to: 'running' });
    // The executions of a wave that has just begun are loaded for the next step.
    if (!isLoaded(current, view())) return;
    if (current.kind === 'catch-up') takeLate(current, view, facts, take);
    // Taking late ones changed the wave: it is judged as it stands now.
    const verdict = judge(currentOf(view().waves) ?? current, view(), facts);
    if (verdict === 'going') offer(current, view, facts, take);
    else if (verdict !== 'passed') stop(current, verdict, view, take);
    if (verdict !== 'passed') return;
    take({ kind: 'wave', number: current.number, to: 'passed' });
  }
  end(view(), take);
}

function end({ open, waves }: RolloutView, take: Take): void {
  // A word of one that was lost may have opened it again after its wave.
  if (open.length > 0) return;
  const { succeeded } = sum(waves.map(({ counts }) => counts));
  take({ kind: 'rollout', to: succeeded > 0 ? 'succeeded' : 'failed' });
}

function isLoaded({ number, counts }: Wave, { open }: RolloutView): boolean {
  return open.filter(({ wave }) => wave === number).length === opensOf(counts);
}

function currentOf(waves: readonly Wave[]): Wave | undefined {
  return waves.find(({ state }) => state !== 'passed');
}

function judge(wave: Wave, view: RolloutView, facts: Facts): 'going' | 'passed' | 'tripped' | 'unproven' {
  if (mustTrip(wave, view.waves, view.strategy)) return 'tripped';
  const size = countsTotal(wave.counts);
  if (size === 0 && wave.kind !== 'catch-up') return 'passed';
  if (opensOf(wave.counts) > 0) return 'going';
  if (wave.kind === 'catch-up' && facts.now < view.catchUpUntil && hasLate(view.waves)) return 'going';
  return judgeEnd(wave, view.waves, view.strategy);
}

function hasLate(waves: readonly Wave[]): boolean {
  return waves.some(({ counts }) => counts.expired > 0);
}

/** Those that came too late for their wave are planned again once their agent is there, no more than an hour may offer. */
function takeLate(wave: Wave, view: () => RolloutView, facts: Facts, take: Take): void {
  if (facts.now >= view().catchUpUntil) return;
  const waiting = view().open.filter((one) => one.wave === wave.number && one.state === 'planned').length;
  const room = view().strategy.limits.catchUpPerHour - view().offeredLastHour - waiting;
  if (room <= 0) return;
  const present = view().late.filter((one) => facts.isPresent(one) && !facts.isTaken(one));
  for (const one of present.slice(0, room)) {
    const { id, state, wave: from, ...rest } = one;
    take({ kind: 'execution', id, wave: from, from: state, next: renewed({ id, ...rest, state, wave: wave.number }) });
  }
}

/** Planned anew, with nothing left of the try before but its number. */
export function renewed({ id, wave, revision, agentId, school, apart }: Execution): Execution {
  return { id, wave, state: 'planned', revision, agentId, school, ...(apart === undefined ? {} : { apart }) };
}

function stop(wave: Wave, why: 'tripped' | 'unproven', view: () => RolloutView, take: Take): void {
  for (const change of withdrawals(view().open)) take(change);
  take({ kind: 'wave', number: wave.number, to: 'tripped' });
  const goesBack = view().strategy.onTrip === 'roll-back' && view().canGoBack && why === 'tripped';
  if (goesBack) for (const change of endings(view().open, 'cancelled')) take(change);
  take(
    goesBack ? { kind: 'rollout', to: 'rolling_back', reason: why } : { kind: 'rollout', to: 'paused', reason: why },
  );
}

/** Begun and not confirmed by its agent yet, or offered: what the limits count. */
function isUnderWay({ state, confirmedAt }: Execution): boolean {
  return state !== 'planned' && confirmedAt === undefined;
}

/** What holds one planned execution of the current wave back; undefined when it may be offered. */
export type Hold = 'at-once' | 'school-limit' | 'apart' | 'catch-up-rate' | 'taken';

/** Offers as many as the limits allow, in the order of the plan, and tells why the others wait. */
export function offers(
  wave: Wave,
  view: RolloutView,
  facts: Facts,
): { readonly next: readonly Execution[]; readonly held: ReadonlyMap<string, Hold> } {
  const { limits } = view.strategy;
  const open = view.open.filter(({ state }) => state !== 'planned');
  const schools = new Map<number, number>();
  const apart = new Set(open.flatMap((one) => one.apart ?? []));
  const held = new Map<string, Hold>();
  const next: Execution[] = [];
  let underWay = 0;
  const enter = (one: Execution) => {
    underWay++;
    schools.set(one.school, (schools.get(one.school) ?? 0) + 1);
  };
  for (const one of open) if (isUnderWay(one)) enter(one);
  let late = view.offeredLastHour;
  const holdOf = (one: Execution): Hold | undefined => {
    if (underWay >= limits.atOnce) return 'at-once';
    if (wave.kind === 'catch-up' && late >= limits.catchUpPerHour) return 'catch-up-rate';
    if ((schools.get(one.school) ?? 0) >= limits.perSchool) return 'school-limit';
    if (one.apart !== undefined && apart.has(one.apart)) return 'apart';
    return facts.isTaken(one) ? 'taken' : undefined;
  };
  for (const one of view.open) {
    if (one.state !== 'planned' || one.wave !== wave.number) continue;
    const hold = holdOf(one);
    if (hold) {
      held.set(one.id, hold);
      continue;
    }
    enter(one);
    late++;
    if (one.apart !== undefined) apart.add(one.apart);
    next.push({ ...one, state: 'offered', revision: one.revision + 1, offeredAt: facts.now });
  }
  return { next, held };
}

function offer(wave: Wave, view: () => RolloutView, facts: Facts, take: Take): void {
  const before = new Map(view().open.map((one) => [one.id, one]));
  for (const next of offers(wave, view(), facts).next) {
    const was = before.get(next.id);
    if (was) take(changeOf(was, next));
  }
  const mine = view().open.filter((one) => one.wave === wave.number);
  const isSoaking = mine.length > 0 && mine.every(({ confirmedAt }) => confirmedAt !== undefined);
  const to = isSoaking ? 'soaking' : 'running';
  const stands = view().waves.find(({ number }) => number === wave.number)?.state;
  if (stands !== to) take({ kind: 'wave', number: wave.number, to });
}
