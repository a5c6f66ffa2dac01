import { applied, decide } from '../../../hub/rollouts/machine/decide.ts';
import {
  type Change,
  countsOf,
  type Execution,
  type Facts,
  type RolloutView,
} from '../../../hub/rollouts/machine/model.ts';
import { heard } from '../../../hub/rollouts/machine/word.ts';
import { planRollout, type Subject } from '../../../hub/rollouts/plan/planner.ts';
import { rolloutStrategySchema } from '../../../protocols/api/operation/rollouts.ts';
import type { DeploymentRecord } from '../../../protocols/fleet/record.ts';
import { isTerminal } from '../../../protocols/fleet/rollout/execution.ts';

type Word = Pick<DeploymentRecord, 'state' | 'revision' | 'code'>;

/** The real planner and machine over a database of one array: what persistence does with SQL. */
export interface RolloutWorld {
  readonly view: () => RolloutView;
  readonly all: () => readonly Execution[];
  readonly changes: Change[];
  tick(facts: Omit<Facts, 'now'>, now: number): readonly Change[];
  hear(id: string, word: Word, now: number): void;
  take(changes: readonly Change[]): void;
}

function subjectsOf(count: number, perSchool = 10): readonly Subject[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `d${index}`,
    name: `Device ${index}`,
    agentId: `a${index}`,
    deviceId: `d${index}`,
    unitId: 1_000 + Math.floor(index / 2),
    school: Math.floor(index / perSchool),
    family: 'rfid-gate',
    inService: true,
    hasAccess: true,
  }));
}

export function createRolloutWorld(count: number, strategy: unknown, perSchool = 10): RolloutWorld {
  const parsed = rolloutStrategySchema.parse(strategy);
  const plan = planRollout(subjectsOf(count, perSchool), new Map(), parsed);
  let all: Execution[] = plan.placed.map(({ subject, wave, apart }) => ({
    id: subject.id,
    wave,
    state: 'planned',
    revision: 0,
    agentId: subject.agentId,
    school: subject.school,
    ...(apart === undefined ? {} : { apart }),
  }));
  let state: RolloutView['state'] = 'running';
  let waves = plan.waves.map((wave) => ({
    ...wave,
    state: 'waiting' as RolloutView['waves'][number]['state'],
    forgiven: 0,
  }));
  const lateOffers: number[] = [];
  const changes: Change[] = [];
  let nowMs = 0;
  const view = (): RolloutView => ({
    state,
    strategy: parsed,
    canGoBack: true,
    waves: waves.map((wave) => ({
      ...wave,
      counts: countsOf(all.filter((one) => one.wave === wave.number).map((one) => one.state)),
    })),
    open: all.filter(
      (one) => !isTerminal(one.state) && waves.find(({ number }) => number === one.wave)?.state !== 'waiting',
    ),
    late: all.filter((one) => one.state === 'expired'),
    offeredLastHour: lateOffers.filter((at) => at > nowMs - 3_600_000).length,
    catchUpUntil: 30 * 86_400_000,
  });
  const take = (taken: readonly Change[]) => {
    for (const change of taken) {
      changes.push(change);
      if (change.kind === 'rollout') state = change.to;
      else if (change.kind === 'wave')
        waves = waves.map((wave) => (wave.number === change.number ? { ...wave, state: change.to } : wave));
      else {
        const { next } = change;
        if (next.state === 'offered' && waves.find(({ number }) => number === next.wave)?.kind === 'catch-up')
          lateOffers.push(nowMs);
        all = all.map((one) => (one.id === change.id ? next : one));
      }
    }
  };
  return {
    view,
    all: () => all,
    changes,
    take,
    tick: (facts, now) => {
      nowMs = now;
      const before = view();
      const decision = decide(before, { ...facts, now });
      take(decision.changes);
      // What the machine thinks stands afterwards is what the database says.
      const replayed = decision.changes.reduce(applied, before);
      if (JSON.stringify(replayed.waves) !== JSON.stringify(view().waves)) throw new Error('the machine lost count');
      return decision.changes;
    },
    hear: (id, word, now) => {
      all = all.map((one) => (one.id === id ? heard(one, word, now) : one));
    },
  };
}
