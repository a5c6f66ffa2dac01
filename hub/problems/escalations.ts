import type { z } from 'zod';
import type { escalationBody, escalationSchema } from '../../protocols/api/operation/problems.ts';
import { type Actor, InvalidInputError, inScope, NotFoundError, type Scope } from '../access/index.ts';
import type { ProblemDeps } from './context.ts';
import { defaultEscalation, type EscalationPolicy } from './escalation.ts';
import { oneByOne } from './news.ts';

type View = z.output<typeof escalationSchema>;

/** Which steps of escalation hold where: those of the nearest unit above that has any. */
export interface Escalations {
  load(): Promise<void>;
  policyOf(unitId: number): EscalationPolicy;
  /** Throws NotFoundError. */
  get(scope: Scope, unitId: number): View;
  /** Throws NotFoundError, InvalidInputError for steps out of order. */
  set(scope: Scope, actor: Actor, body: z.output<typeof escalationBody>): Promise<View>;
}

type EscalationDeps = Pick<ProblemDeps, 'store' | 'organisation' | 'audit' | 'clock'> & {
  /** Tells the other hubs. */
  readonly announce: () => Promise<void>;
};

export function createEscalations({ store, organisation, audit, clock, announce }: EscalationDeps): Escalations {
  let policies: ReadonlyMap<number, EscalationPolicy> = new Map();
  const load = oneByOne(async () => {
    const rows = await store.db.selectFrom('escalation').selectAll().execute();
    policies = new Map(
      rows.map(({ unit_id, steps, working_time }) => [
        unit_id,
        { steps: steps as unknown as EscalationPolicy['steps'], workingTime: working_time },
      ]),
    );
  });
  const find = (unitId: number): { readonly unitId?: number; readonly policy: EscalationPolicy } => {
    const above = organisation.pathOf(unitId).split('/').filter(Boolean).map(Number).reverse();
    for (const id of above) {
      const policy = policies.get(id);
      if (policy) return { unitId: id, policy };
    }
    return { policy: defaultEscalation };
  };
  const get = (scope: Scope, unitId: number): View => {
    if (!inScope(scope, organisation.pathOf(unitId))) throw new NotFoundError();
    const { unitId: from, policy } = find(unitId);
    const view = { steps: [...policy.steps], workingTime: policy.workingTime };
    return from === undefined ? view : { ...view, from: organisation.refOf(from) };
  };
  return {
    load,
    policyOf: (unitId) => find(unitId).policy,
    get,
    set: async (scope, actor, { unit, steps, workingTime }) => {
      if (!inScope(scope, organisation.pathOf(unit))) throw new NotFoundError();
      const wrong = steps.findIndex(({ afterMinutes }, index) => afterMinutes <= (steps[index - 1]?.afterMinutes ?? 0));
      if (wrong >= 0)
        throw new InvalidInputError(
          `steps.${wrong}.afterMinutes`,
          'Each step comes later than the one before; give it more minutes.',
        );
      const fields = {
        steps: JSON.stringify(steps),
        working_time: workingTime,
        updated_by: actor.id,
        updated_at: new Date(clock.now()),
      };
      await store.db
        .insertInto('escalation')
        .values({ unit_id: unit, ...fields })
        .onConflict((conflict) => conflict.column('unit_id').doUpdateSet(fields))
        .execute();
      await audit.append({
        actor: actor.id,
        action: 'escalation.set',
        subject: `unit:${unit}`,
        unitId: unit,
        detail: { steps, workingTime },
      });
      await load();
      await announce();
      return get(scope, unit);
    },
  };
}
