import { keyOf, type OpenCause, type WantedCause } from './cause.ts';
import { type HintName, noFacts, type SchoolFacts } from './hints.ts';

/** Causes that reach beyond one agent: the line of a school, and an outage of a whole area. Pure. */

/** An agent that may be heard (neither quarantined nor revoked), and where it stands. */
export interface PlacedAgent {
  readonly id: string;
  /** The school that it serves; an agent of no school counts as one of its own. */
  readonly schoolId: number;
  /** Units above the school, from the province down. */
  readonly areas: readonly number[];
  /** Since when it is silent; undefined while it is heard. */
  readonly silentSinceMs: number | undefined;
  readonly facts?: SchoolFacts;
  /** Its devices in service. */
  readonly devices: readonly string[];
}

export interface AreaPlan {
  readonly wanted: readonly WantedCause[];
  /** Agents whose silence one of them tells, with its key. */
  readonly covered: ReadonlyMap<string, string>;
}

/** Silence that began within this time of another one's began together with it. */
const chainMs = 300_000;

/** Either most of the schools below, or many of many: from how many on an outage is one of the area, and where it ends to be. */
const most = { least: 3, part: 0.5, keepLeast: 2, keepPart: 0.25 } as const;
const many = { least: 10, part: 0.1, keepLeast: 5, keepPart: 0.05 } as const;

/** One school of whose agents none is heard, or several that fell silent together while another lives. */
interface SilentSchool {
  readonly id: number;
  readonly areas: readonly number[];
  readonly agents: readonly PlacedAgent[];
  readonly isWhole: boolean;
  readonly sinceMs: number;
}

/** What is silent together, from the widest down. The order of agents and of open causes does not matter. */
export function planAreas(agents: readonly PlacedAgent[], open: readonly OpenCause[]): AreaPlan {
  const schools = Map.groupBy(agents, ({ schoolId }) => schoolId);
  const silent = [...schools].flatMap(([id, all]) => silentSchool(id, all)).sort(byAge);
  const totals = countSchools(schools);
  const stands = new Set(open.filter(({ agentId }) => agentId === undefined).map(keyOf));
  const found: Found[] = [];
  const told = new Set<number>();
  for (const area of areasOf(silent)) {
    const within = silent.filter((school) => school.isWhole && !told.has(school.id) && school.areas.includes(area));
    const isKnown = stands.has(keyOf({ kind: 'area-silent', agentId: undefined, deviceId: undefined, unitId: area }));
    const chain = longestChain(within);
    if (!isOutage(chain.length, totals.get(area) ?? 0, isKnown)) continue;
    for (const school of chain) told.add(school.id);
    found.push(areaCause(area, chain));
  }
  found.push(...silent.filter(({ id, agents }) => !told.has(id) && agents.length > 1).map(schoolCause));
  return {
    wanted: found.map(({ cause }) => cause),
    covered: new Map(found.flatMap(({ cause, agents }) => agents.map(({ id }) => [id, cause.key] as const))),
  };
}

interface Found {
  readonly cause: WantedCause;
  readonly agents: readonly PlacedAgent[];
}

function silentSchool(id: number, agents: readonly PlacedAgent[]): SilentSchool[] {
  const quiet = agents.filter(({ silentSinceMs }) => silentSinceMs !== undefined);
  const isWhole = quiet.length === agents.length;
  // Where one lives, only those that fell silent together have one cause.
  const together = isWhole
    ? quiet
    : longestChain(quiet.map((agent) => ({ id: agent.id, sinceMs: sinceOf(agent), agent }))).map(({ agent }) => agent);
  if (together.length === 0) return [];
  const sinceMs = Math.min(...together.map(sinceOf));
  return [{ id, areas: agents[0]?.areas ?? [], agents: together, isWhole, sinceMs }];
}

function sinceOf({ silentSinceMs }: PlacedAgent): number {
  return silentSinceMs ?? 0;
}

/** How many schools with agents stand below each unit. */
function countSchools(schools: ReadonlyMap<number, readonly PlacedAgent[]>): ReadonlyMap<number, number> {
  const totals = new Map<number, number>();
  for (const [first] of schools.values()) {
    for (const area of first?.areas ?? []) totals.set(area, (totals.get(area) ?? 0) + 1);
  }
  return totals;
}

/** Areas with a silent school, the widest first. */
function areasOf(silent: readonly SilentSchool[]): readonly number[] {
  const depths = new Map(silent.flatMap(({ areas }) => areas.map((area, depth) => [area, depth] as const)));
  return [...depths].sort(([a, x], [b, y]) => x - y || a - b).map(([area]) => area);
}

function isOutage(count: number, total: number, stands: boolean): boolean {
  return [most, many].some(({ least, part, keepLeast, keepPart }) =>
    stands ? count >= keepLeast && count >= total * keepPart : count >= least && count >= total * part,
  );
}

/** The most that fell silent with no pause between them; of equally many the first. */
function longestChain<T extends { readonly id: number | string; readonly sinceMs: number }>(
  all: readonly T[],
): readonly T[] {
  let longest: T[] = [];
  let chain: T[] = [];
  for (const one of [...all].sort(byAge)) {
    const last = chain.at(-1);
    chain = last && one.sinceMs - last.sinceMs <= chainMs ? [...chain, one] : [one];
    if (chain.length > longest.length) longest = chain;
  }
  return longest;
}

function byAge(
  a: { readonly id: number | string; readonly sinceMs: number },
  b: { readonly id: number | string; readonly sinceMs: number },
): number {
  return a.sinceMs - b.sinceMs || (a.id < b.id ? -1 : 1);
}

function areaCause(area: number, schools: readonly SilentSchool[]): Found {
  const agents = schools.flatMap((school) => school.agents);
  const hint = agents.some(({ facts }) => (facts ?? noFacts).upsOnBattery) ? 'area-mains' : 'area-line';
  return causeOf('area-silent', area, agents, hint);
}

function schoolCause({ id, agents, isWhole }: SilentSchool): Found {
  const isDark = agents.some(({ facts }) => (facts ?? noFacts).upsOnBattery);
  if (isDark) return causeOf('school-uplink', id, agents, 'school-mains');
  return causeOf('school-uplink', id, agents, isWhole ? 'school-line' : 'school-switch');
}

const codes = { 'area-silent': 'EF-1012', 'school-uplink': 'EF-1011' } as const;

function causeOf(kind: keyof typeof codes, unitId: number, agents: readonly PlacedAgent[], hint: HintName): Found {
  const about = { kind, agentId: undefined, deviceId: undefined, unitId } as const;
  const openedAtMs = Math.min(...agents.map(sinceOf));
  const members = agents.flatMap(({ devices }) => devices).sort();
  return { cause: { key: keyOf(about), ...about, code: codes[kind], openedAtMs, hint, members }, agents };
}

/** The hub hears nobody at all: its own line is the likeliest, and no school is judged by it. */
export function hubLinkCause(rootId: number, sinceMs: number, devices: readonly string[]): WantedCause {
  const about = { kind: 'hub-link', agentId: undefined, deviceId: undefined, unitId: rootId } as const;
  return { key: keyOf(about), ...about, code: 'EF-1013', openedAtMs: sinceMs, hint: 'hub-line', members: devices };
}

/** An agent that fell silent may turn out to be the first of its school, and a school the first of its area. */
export function isPartOfArea(cause: OpenCause, wanted: WantedCause, unitPathOf: (unitId: number) => string): boolean {
  const mayGrow = cause.kind === 'agent-silent' || (cause.kind === 'school-uplink' && wanted.kind === 'area-silent');
  if (!mayGrow || wanted.kind === 'hub-link') return false;
  return unitPathOf(cause.unitId).startsWith(unitPathOf(wanted.unitId));
}
