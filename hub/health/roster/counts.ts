import type { HealthState } from '../../../protocols/api/health.ts';
import type { Scope } from '../../access/index.ts';

/** Live figures of one subtree. */
export interface SubtreeCounts {
  agents: number;
  silentAgents: number;
  devices: number;
  wrong: number;
  readonly byHealth: Partial<Record<HealthState, number>>;
}

/** What one device or agent adds to the figures of all units above it. */
export type Share = Partial<Record<'agents' | 'silentAgents' | 'devices' | 'wrong', number>> & {
  readonly health?: HealthState;
};

/** Counts by subtree, kept current with each change, so that a page asks one number instead of counting a fleet. */
export interface Counts {
  add(path: string, share: Share, sign: 1 | -1): void;
  of(path: string): Readonly<SubtreeCounts>;
  within(scope: Scope): SubtreeCounts;
}

export function createCounts(): Counts {
  const byPath = new Map<string, SubtreeCounts>();
  return {
    add: (path, share, sign) => {
      for (const prefix of prefixesOf(path)) {
        const counts = byPath.get(prefix) ?? empty();
        byPath.set(prefix, counts);
        addShare(counts, share, sign);
      }
    },
    of: (path) => byPath.get(path) ?? empty(),
    within: (scope) => {
      const sum = empty();
      // A subtree inside another one of the scope is counted with it.
      const roots = [...new Set(scope.paths)].filter(
        (path, _index, all) => !all.some((other) => other !== path && path.startsWith(other)),
      );
      for (const root of roots) {
        const { byHealth, ...figures } = byPath.get(root) ?? empty();
        addShare(sum, figures, 1);
        for (const [state, count] of Object.entries(byHealth) as [HealthState, number][])
          sum.byHealth[state] = (sum.byHealth[state] ?? 0) + count;
      }
      return sum;
    },
  };
}

function addShare(counts: SubtreeCounts, share: Share, sign: 1 | -1): void {
  counts.agents += sign * (share.agents ?? 0);
  counts.silentAgents += sign * (share.silentAgents ?? 0);
  counts.devices += sign * (share.devices ?? 0);
  counts.wrong += sign * (share.wrong ?? 0);
  if (share.health) counts.byHealth[share.health] = (counts.byHealth[share.health] ?? 0) + sign;
}

/** `/1/7/` is counted in `/`, `/1/` and `/1/7/`. */
function* prefixesOf(path: string): Generator<string> {
  for (let end = path.indexOf('/'); end !== -1; end = path.indexOf('/', end + 1)) yield path.slice(0, end + 1);
}

function empty(): SubtreeCounts {
  return { agents: 0, silentAgents: 0, devices: 0, wrong: 0, byHealth: {} };
}
