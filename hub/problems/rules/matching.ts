import { sql } from 'kysely';
import type { LiveEvent } from '../../../protocols/api/live.ts';
import type { Condition } from '../../../protocols/api/operation/rules.ts';
import type { Queries } from '../../store/index.ts';
import type { ProblemDeps } from '../context.ts';
import type { Teaching } from '../teaching.ts';
import { type Value, valuesAt, worstOf } from './machine.ts';
import type { LoadedRule } from './rows.ts';

/** Which rule watches which device, and what a report says to it. */

export interface WatchedDevice {
  readonly id: string;
  readonly sid: number;
  readonly agentId: string;
  readonly name: string;
  readonly family: string;
  readonly unitId: number;
  readonly unitPath: string;
  readonly lifecycle: string;
}

type Report = Extract<LiveEvent, { type: 'device-samples' | 'device-state' }>;
type Watching = Pick<LoadedRule, 'unitPath' | 'filter'>;

export interface Matching {
  /** Reads which devices have the capabilities that rules ask for. */
  load(rules: readonly LoadedRule[]): Promise<void>;
  /** Rules that a report may concern. */
  watching(report: Report): readonly LoadedRule[];
  matches(rule: Watching, device: Pick<WatchedDevice, 'id' | 'unitPath' | 'family'>): boolean;
  /** Makes known who has a capability that no rule asked for yet. */
  learn(capability: string | undefined): Promise<void>;
}

export function createMatching({ store }: Pick<ProblemDeps, 'store'>): Matching {
  let byKey = new Map<string, LoadedRule[]>();
  let able = new Map<string, ReadonlySet<string>>();
  const learn = async (capability: string | undefined) => {
    if (capability !== undefined && !able.has(capability))
      able.set(capability, await devicesWith(store.db, capability));
  };
  return {
    learn,
    load: async (rules) => {
      const next = new Map<string, LoadedRule[]>();
      for (const rule of rules) {
        const key = keyOf(rule.condition);
        next.set(key, [...(next.get(key) ?? []), rule]);
      }
      byKey = next;
      able = new Map();
      for (const { filter } of rules) await learn(filter.capability);
    },
    watching: (report) => {
      if (byKey.size === 0) return [];
      if (report.type === 'device-state') return byKey.get(`state ${report.capability}`) ?? [];
      const keys = new Set(Object.keys(report.values).map(plain));
      return [...keys].flatMap((key) => byKey.get(`metric ${key}`) ?? []);
    },
    matches: ({ unitPath, filter }, device) =>
      device.unitPath.startsWith(unitPath) &&
      (filter.family === undefined || filter.family === device.family) &&
      (filter.capability === undefined || able.get(filter.capability)?.has(device.id) === true),
  };
}

/** Without the instance: a rule on `host.networkIn` watches every network port. */
function plain(metric: string): string {
  return metric.split('@', 1)[0] ?? metric;
}

function keyOf({ source }: Condition): string {
  return source.kind === 'metric' ? `metric ${plain(source.metric)}` : `state ${source.path.split('.', 1)[0]}`;
}

async function devicesWith(db: Queries, capability: string): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('inventory')
    .select('device_id')
    .where(sql<boolean>`jsonb_exists(inventory.descriptor -> 'capabilities', ${capability})`)
    .execute();
  return new Set(rows.map(({ device_id }) => device_id));
}

/** What a report says to a condition; undefined when it says nothing. */
export function valueIn(condition: Condition, report: Report): Value | undefined {
  const { source } = condition;
  if (report.type === 'device-samples')
    return source.kind === 'metric' ? worstOf(condition, metricsIn(report.values, source.metric)) : undefined;
  if (source.kind !== 'state') return undefined;
  const [capability, ...path] = source.path.split('.');
  return capability === report.capability ? worstOf(condition, valuesAt(report.state, path)) : undefined;
}

function metricsIn(values: Readonly<Record<string, number>>, metric: string): readonly number[] {
  return Object.entries(values).flatMap(([key, value]) => (key === metric || plain(key) === metric ? [value] : []));
}

/** Whether a rule may open in such an hour. Where a calendar does not tell, lessons may be held. */
export function inTime(when: Condition['when'], teaching: Teaching): boolean {
  if (when === 'always') return true;
  return when === 'outside-lessons' ? teaching === 'free' : teaching !== 'free';
}

interface Standing {
  readonly rule: LoadedRule;
  readonly device: WatchedDevice;
  readonly values: readonly Value[];
}

/** What devices report at this moment to these rules. */
export async function* readNow(
  { registry, telemetry, store }: Pick<ProblemDeps, 'registry' | 'telemetry' | 'store'>,
  matching: Pick<Matching, 'matches'>,
  rules: readonly LoadedRule[],
): AsyncGenerator<Standing> {
  for (const rule of rules.filter(({ enabled }) => enabled)) {
    const states = await statesOf(store.db, rule.condition);
    for (const device of registry.devices()) {
      if (device.lifecycle !== 'in-service' || !matching.matches(rule, device)) continue;
      const values = nowOf(rule.condition, telemetry.latestOf, states, device.id);
      if (values.length > 0) yield { rule, device, values };
    }
  }
}

/** The states of the one capability that a condition asks for, of all devices. */
export async function statesOf(db: Queries, { source }: Condition): Promise<ReadonlyMap<string, unknown>> {
  if (source.kind !== 'state') return new Map();
  const [capability = ''] = source.path.split('.');
  const rows = await db
    .selectFrom('twin')
    .select(['device_id', 'state'])
    .where('capability', '=', capability)
    .execute();
  return new Map(rows.map(({ device_id, state }) => [device_id, state]));
}

export function nowOf(
  { source }: Condition,
  latestOf: ProblemDeps['telemetry']['latestOf'],
  states: ReadonlyMap<string, unknown>,
  deviceId: string,
): readonly Value[] {
  if (source.kind === 'state') return valuesAt(states.get(deviceId), source.path.split('.').slice(1));
  const latest = Object.entries(latestOf(deviceId)).map(([key, { value }]) => [key, value] as const);
  return metricsIn(Object.fromEntries(latest), source.metric);
}
