import type { Telemetry } from '../../../protocols/api/devices.ts';
import type { Condition, Preview, PreviewBody } from '../../../protocols/api/operation/rules.ts';
import type { Calendar } from '../../../protocols/fleet/calendar/calendar.ts';
import { InvalidInputError, inScope, NotFoundError, type Scope } from '../../access/index.ts';
import type { ProblemDeps } from '../context.ts';
import { teachingAt } from '../teaching.ts';
import { checkRule } from './check.ts';
import { calm, stepRule, type Value, type Watch, worstOf } from './machine.ts';
import { inTime, type Matching, nowOf, statesOf, type WatchedDevice } from './matching.ts';

/** What a rule would have done: the same machine over what is stored. */

const most = { devices: 300, firings: 100, ms: 15_000 } as const;
const dayMs = 86_400_000;
/** The roll-ups of five minutes reach so far in one question. */
const fineDays = 10;
/** Longer without a sample, and the device counts as hidden. */
const silentMs = 15 * 60_000;

type Firing = { readonly fromMs: number; readonly toMs: number | undefined };

/** Firings of one device out of its stored samples, oldest first. Pure. */
export function replay(
  condition: Condition,
  { points, step }: Pick<Telemetry, 'points' | 'step'>,
  { toMs, calendar }: { readonly toMs: number; readonly calendar: Calendar },
): { readonly firings: readonly Firing[]; readonly watch: Watch } {
  const stepMs = step === '1h' ? 3_600_000 : 300_000;
  const firings: { fromMs: number; toMs: number | undefined }[] = [];
  let watch = calm;
  const take = (next: Parameters<typeof stepRule>[2], atMs: number) => {
    const stepped = stepRule(condition, watch, next);
    watch = stepped.watch;
    if (stepped.effect === 'open') firings.push({ fromMs: atMs, toMs: undefined });
    const last = firings.at(-1);
    if (stepped.effect === 'resolve' && last) last.toMs = atMs;
  };
  const allowed = (atMs: number) => condition.when === 'always' || inTime(condition.when, teachingAt(calendar, atMs));
  let beforeMs: number | undefined;
  for (const [atMs, mean, min, max] of points) {
    if (beforeMs !== undefined && atMs - beforeMs > Math.max(silentMs, 2 * stepMs)) take({ kind: 'hidden' }, atMs);
    take({ kind: 'value', atMs, inTime: allowed(atMs), value: extremeOf(condition, mean, min, max) }, atMs);
    const endMs = Math.min(toMs, atMs + stepMs - 1);
    take({ kind: 'time', atMs: endMs, inTime: allowed(endMs) }, endMs);
    beforeMs = atMs;
  }
  return { firings, watch };
}

/** The extreme of a step is what a rule would have seen. */
function extremeOf({ operator }: Condition, mean: number, min: number, max: number): Value {
  if (operator === 'above') return max;
  return operator === 'below' ? min : mean;
}

type PreviewDeps = Pick<ProblemDeps, 'store' | 'registry' | 'organisation' | 'telemetry' | 'calendarOf' | 'clock'> & {
  readonly matching: Matching;
};

/** Throws NotFoundError, and InvalidInputError for what cannot be a rule. */
export async function previewRule(deps: PreviewDeps, scope: Scope, body: PreviewBody): Promise<Preview> {
  const { organisation, registry, clock, matching } = deps;
  const unitPath = organisation.pathOf(body.unit);
  if (!inScope(scope, unitPath)) throw new NotFoundError();
  checkRule(body);
  await matching.learn(body.filter.capability);
  const all = [...registry.devices()].filter((device) => matching.matches({ unitPath, filter: body.filter }, device));
  const devices = all.filter(({ lifecycle }) => lifecycle === 'in-service');
  const toMs = clock.now();
  const range = { from: toMs - body.days * dayMs, to: toMs };
  const counted = await (body.condition.source.kind === 'metric'
    ? overSamples(deps, body, devices, range)
    : overStates(deps, body, devices));
  const { lookedAt, gaps, now, found } = counted;
  const firings = found.toSorted((a, b) => b.firing.fromMs - a.firing.fromMs);
  return {
    from: new Date(range.from).toISOString(),
    to: new Date(range.to).toISOString(),
    times: firings.length,
    devices: { matching: devices.length, lookedAt, firing: new Set(firings.map(({ device }) => device.id)).size },
    now,
    firings: firings.slice(0, most.firings).map(({ device, firing }) => ({
      device: { id: device.id, name: device.name },
      unit: organisation.refOf(device.unitId),
      from: new Date(firing.fromMs).toISOString(),
      ...(firing.toMs === undefined ? {} : { to: new Date(firing.toMs).toISOString() }),
    })),
    gaps: [...gaps, { why: 'not-in-service' as const, devices: all.length - devices.length }].filter(
      (gap) => gap.devices > 0,
    ),
  };
}

interface Counted {
  readonly lookedAt: number;
  readonly now: number;
  readonly gaps: readonly Preview['gaps'][number][];
  readonly found: readonly { readonly device: WatchedDevice; readonly firing: Firing }[];
}

async function overSamples(
  deps: PreviewDeps,
  { condition, days }: PreviewBody,
  devices: readonly WatchedDevice[],
  { from, to }: { readonly from: number; readonly to: number },
): Promise<Counted> {
  const { telemetry, calendarOf, clock } = deps;
  const { source } = condition;
  if (source.kind !== 'metric') throw new InvalidInputError('condition.source.kind', 'Only a metric has samples.');
  const step = days <= fineDays ? ('5m' as const) : ('1h' as const);
  const span = { from: new Date(from).toISOString(), to: new Date(to).toISOString(), step };
  const until = clock.mono() + most.ms;
  const found: { device: WatchedDevice; firing: Firing }[] = [];
  let [lookedAt, empty, now] = [0, 0, 0];
  const chosen = devices.slice(0, most.devices);
  for (const device of chosen) {
    if (clock.mono() > until) break;
    lookedAt++;
    let points = 0;
    for (const metric of keysOf(deps, device.id, source.metric)) {
      const series = await telemetry.series(device, { metric, ...span });
      points += series.points.length;
      const { firings, watch } = replay(condition, series, { toMs: to, calendar: calendarOf(device.unitId) });
      found.push(...firings.map((firing) => ({ device, firing })));
      if (watch.open) now++;
    }
    if (points === 0) empty++;
  }
  return {
    lookedAt,
    now,
    found,
    gaps: [
      { why: 'too-many-devices', devices: devices.length - chosen.length },
      { why: 'too-slow', devices: chosen.length - lookedAt },
      { why: 'no-samples', devices: empty },
    ],
  };
}

/** A rule on a plain metric watches every instance that the device reports. */
function keysOf({ telemetry }: PreviewDeps, deviceId: string, metric: string): readonly string[] {
  const known = Object.keys(telemetry.latestOf(deviceId)).filter(
    (key) => key === metric || key.split('@', 1)[0] === metric,
  );
  return known.length === 0 ? [metric] : known.slice(0, 8);
}

/** Of states only the last is kept: how many would open now can be told, and nothing of the past. */
async function overStates(
  deps: PreviewDeps,
  { condition }: PreviewBody,
  devices: readonly WatchedDevice[],
): Promise<Counted> {
  const states = await statesOf(deps.store.db, condition);
  const atMs = deps.clock.now();
  let now = 0;
  for (const { id } of devices) {
    const value = worstOf(condition, nowOf(condition, deps.telemetry.latestOf, states, id));
    const plainCondition = { ...condition, forMinutes: 0, repeat: undefined, when: 'always' as const };
    if (stepRule(plainCondition, calm, { kind: 'value', atMs, inTime: true, value }).watch.open) now++;
  }
  return { lookedAt: 0, now, found: [], gaps: [{ why: 'no-history-of-states', devices: devices.length }] };
}
