import type { RolloutPlan, RolloutStrategy, WaveSize } from '../../../protocols/api/operation/rollouts.ts';

/** A device, or an agent itself, that the selection found. */
export interface Subject {
  readonly id: string;
  readonly name: string;
  readonly agentId: string;
  /** Absent: the agent itself. */
  readonly deviceId?: string;
  readonly unitId: number;
  readonly school: number;
  readonly family: string;
  readonly inService: boolean;
  readonly hasAccess: boolean;
}

/** One subject with its place in the plan. */
interface Placed {
  readonly subject: Subject;
  readonly wave: number;
  readonly apart: string | undefined;
}

export interface Plan {
  readonly placed: readonly Placed[];
  readonly waves: readonly { readonly number: number; readonly kind: 'canary' | 'wave' | 'catch-up' }[];
  readonly view: RolloutPlan;
}

/**
 * Who gets the release in which wave, and who does not and why. The order goes round the schools, so that a canary is not one
 * school and no school gets all of its devices in one wave. A catch-up wave, empty at first, is always the last.
 */
export function planRollout(
  subjects: readonly Subject[],
  refused: ReadonlyMap<string, string>,
  strategy: RolloutStrategy,
): Plan {
  const reasons = subjects.map((subject) => ({ subject, reason: reasonOf(subject, refused) }));
  const included = interleaved(reasons.flatMap(({ subject, reason }) => (reason === undefined ? [subject] : [])));
  const sizes = sizesOf(included.length, strategy.waves);
  const placed: Placed[] = [];
  for (const [index, size] of sizes.entries())
    for (const subject of included.slice(placed.length, placed.length + size))
      placed.push({ subject, wave: index + 1, apart: apartOf(subject, strategy) });
  const waves = [
    ...sizes.map((_, index) => ({ number: index + 1, kind: index === 0 ? ('canary' as const) : ('wave' as const) })),
    { number: sizes.length + 1, kind: 'catch-up' as const },
  ];
  const view: RolloutPlan = {
    matched: subjects.length,
    included: included.length,
    excluded: excludedOf(reasons),
    waves: waves.map((wave) => {
      const mine = placed.filter(({ wave: number }) => number === wave.number);
      return { ...wave, size: mine.length, schools: new Set(mine.map(({ subject }) => subject.school)).size };
    }),
    leastSeconds: sizes.length * strategy.times.soakSeconds,
  };
  return { placed, waves, view };
}

function reasonOf({ id, inService, hasAccess }: Subject, refused: ReadonlyMap<string, string>): string | undefined {
  if (!hasAccess) return 'agent-without-access';
  return inService ? refused.get(id) : 'not-in-service';
}

/** The first of every school, then the second of every school, and so on. */
function interleaved(subjects: readonly Subject[]): readonly Subject[] {
  const seen = new Map<number, number>();
  const rounds = subjects.map((subject, order) => {
    const round = seen.get(subject.school) ?? 0;
    seen.set(subject.school, round + 1);
    return { subject, round, order };
  });
  return rounds.sort((a, b) => a.round - b.round || a.order - b.order).map(({ subject }) => subject);
}

/** Sizes that add up to the total: what would be empty falls away, and the last takes the rest. */
function sizesOf(total: number, waves: readonly WaveSize[]): readonly number[] {
  const sizes: number[] = [];
  let left = total;
  for (const wave of waves) {
    const wanted = 'count' in wave ? wave.count : Math.ceil((total * wave.percent) / 100);
    const size = Math.min(left, wanted);
    if (size > 0) sizes.push(size);
    left -= size;
  }
  const last = sizes.pop();
  return last === undefined ? [] : [...sizes, last + left];
}

function apartOf({ deviceId, family, unitId, school }: Subject, { limits }: RolloutStrategy): string | undefined {
  if (limits.apart === 'none' || deviceId === undefined) return undefined;
  return `${limits.apart === 'room' ? unitId : school}:${family}`;
}

const mostExamples = 10;

function excludedOf(
  reasons: readonly { readonly subject: Subject; readonly reason: string | undefined }[],
): RolloutPlan['excluded'] {
  const groups = new Map<string, Subject[]>();
  for (const { subject, reason } of reasons) {
    if (reason === undefined) continue;
    const group = groups.get(reason);
    if (group) group.push(subject);
    else groups.set(reason, [subject]);
  }
  return [...groups]
    .map(([reason, group]) => ({
      reason,
      count: group.length,
      examples: group.slice(0, mostExamples).map(({ id, name }) => ({ id, name })),
    }))
    .sort((a, b) => b.count - a.count || a.reason.localeCompare(b.reason));
}
