import type { Preview, PreviewBody, Rule, RuleBody } from '../../../protocols/api/operation/rules.ts';
import { type Actor, InvalidInputError, inScope, NotFoundError, type Scope } from '../../access/index.ts';
import type { ProblemDeps } from '../context.ts';
import { namesOf } from '../names.ts';
import { checkRule } from './check.ts';
import type { RuleEngine } from './engine.ts';
import { previewRule } from './preview.ts';
import type { LoadedRule } from './rows.ts';

/** Rules as people keep them. All of it throws NotFoundError for a rule or a unit outside the scope. */
export interface Rules {
  list(scope: Scope, unit: number | undefined): Promise<Rule[]>;
  /** Throws InvalidInputError for what cannot hold; nothing is kept then. Undefined for a dry run. */
  create(scope: Scope, actor: Actor, body: RuleBody): Promise<Rule | undefined>;
  update(scope: Scope, actor: Actor, id: number, body: RuleBody): Promise<Rule | undefined>;
  /** What stands open of it ends. */
  remove(scope: Scope, actor: Actor, id: number): Promise<void>;
  preview(scope: Scope, body: PreviewBody): Promise<Preview>;
}

/** Every report is compared with every rule of its key. */
const mostRules = 200;

export function createRules(
  deps: ProblemDeps & { readonly engine: RuleEngine; readonly announce: () => Promise<void> },
): Rules {
  const { store, organisation, engine, audit, clock } = deps;

  const viewOf = (rule: LoadedRule, names: ReadonlyMap<string, string>): Rule => ({
    id: rule.id,
    unit: organisation.refOf(rule.unitId),
    name: rule.name,
    title: rule.title,
    next: rule.next,
    severity: rule.severity,
    filter: rule.filter,
    condition: rule.condition,
    enabled: rule.enabled,
    updatedAt: rule.updatedAt.toISOString(),
    updatedBy: { id: rule.updatedBy, name: names.get(rule.updatedBy) ?? rule.updatedBy },
    ...engine.figuresOf(rule.id),
  });
  const requireRule = (scope: Scope, id: number): LoadedRule => {
    const rule = engine.rules().find((one) => one.id === id);
    if (!rule || !inScope(scope, rule.unitPath)) throw new NotFoundError();
    return rule;
  };
  const check = (scope: Scope, body: RuleBody) => {
    if (!inScope(scope, organisation.pathOf(body.unit))) throw new NotFoundError();
    checkRule(body);
  };
  const changed = async () => {
    await engine.reload();
    await deps.announce();
  };
  const view = async (id: number): Promise<Rule> => {
    await changed();
    const rule = engine.rules().find((one) => one.id === id);
    if (!rule) throw new NotFoundError();
    return viewOf(rule, await namesOf(store.db, [rule.updatedBy]));
  };
  const columnsOf = (actor: Actor, body: RuleBody) => ({
    unit_id: body.unit,
    name: body.name,
    title: JSON.stringify(body.title),
    next: JSON.stringify(body.next),
    severity: body.severity,
    filter: JSON.stringify(body.filter),
    condition: JSON.stringify(body.condition),
    enabled: body.enabled,
    updated_by: actor.id,
    updated_at: new Date(clock.now()),
  });
  const write = (actor: Actor, action: string, id: number, unitId: number, detail: object) =>
    audit.append({ actor: actor.id, action, subject: `rule:${id}`, unitId, detail: { ...detail } });

  return {
    list: async (scope, unit) => {
      const path = unit === undefined ? undefined : organisation.pathOf(unit);
      // What lies above and watches devices of the scope is shown too; only whoever may manage there can change it.
      const rules = engine.rules().filter(({ unitPath }) => {
        const seen = scope.paths.some((own) => unitPath.startsWith(own) || own.startsWith(unitPath));
        return seen && (path === undefined || unitPath.startsWith(path) || path.startsWith(unitPath));
      });
      const names = await namesOf(
        store.db,
        rules.map(({ updatedBy }) => updatedBy),
      );
      return rules.map((rule) => viewOf(rule, names));
    },
    create: async (scope, actor, body) => {
      check(scope, body);
      if (engine.rules().length >= mostRules)
        throw new InvalidInputError('name', `There are ${mostRules} rules already; remove or widen one of them first.`);
      if (body.dryRun) return undefined;
      const { id } = await store.db
        .insertInto('problem_rule')
        .values({ ...columnsOf(actor, body), created_by: actor.id, created_at: new Date(clock.now()) })
        .returning('id')
        .executeTakeFirstOrThrow();
      await write(actor, 'rule.create', id, body.unit, body);
      return view(id);
    },
    update: async (scope, actor, id, body) => {
      const before = requireRule(scope, id);
      check(scope, body);
      if (body.dryRun) return undefined;
      await store.db.updateTable('problem_rule').set(columnsOf(actor, body)).where('id', '=', id).execute();
      const { name, severity, condition, filter, enabled } = before;
      await write(actor, 'rule.change', id, body.unit, {
        after: body,
        before: { name, severity, condition, filter, enabled },
      });
      return view(id);
    },
    remove: async (scope, actor, id) => {
      const rule = requireRule(scope, id);
      await store.db.updateTable('problem_rule').set({ enabled: false }).where('id', '=', id).execute();
      await engine.reload();
      // Ends what stands open of it; the row stays, for its problems go on naming it.
      await engine.tick();
      await store.transaction(async (trx) => {
        await trx.deleteFrom('problem_rule_state').where('rule_id', '=', id).execute();
        const removed_at = new Date(clock.now());
        await trx.updateTable('problem_rule').set({ removed_at }).where('id', '=', id).execute();
      });
      await write(actor, 'rule.remove', id, rule.unitId, { name: rule.name });
      await changed();
    },
    preview: (scope, body) => previewRule({ ...deps, matching: engine.matching }, scope, body),
  };
}
