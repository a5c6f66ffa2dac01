import type { z } from 'zod';
import { fold } from '../../protocols/api/fold.ts';
import type {
  assigneesQuery,
  ProblemCounts,
  ProblemDetail,
  ProblemRow,
  problemsExportQuery,
  WorkBody,
} from '../../protocols/api/operation/problems.ts';
import { type Actor, narrow, type Scope } from '../access/index.ts';
import type { CauseJournal } from '../health/index.ts';
import type { Page } from '../store/page.ts';
import { searchWords } from '../store/search.ts';
import type { ProblemDeps, SeverityOf } from './context.ts';
import { problemsCsv } from './csv.ts';
import { createEscalations, type Escalations } from './escalations.ts';
import { createJournal } from './journal.ts';
import { countProblems, exportProblems, listProblems, type ProblemsQuery } from './list.ts';
import { createNews } from './news.ts';
import { createRuleEngine } from './rules/engine.ts';
import { createRules, type Rules } from './rules/rules.ts';
import { severityOf } from './severity.ts';
import { teachingAt } from './teaching.ts';
import { watchProblems } from './watch.ts';
import { createWindows, type Windows } from './windows.ts';
import { listAssignees, problemDetail, workOn } from './work.ts';

/** What people and rules make of causes: severity, work, mutes, windows, escalation, rules as data. */
export interface Problems extends AsyncDisposable {
  /** Writes the story of causes in the transaction that changes them; for whoever writes causes. */
  readonly journal: CauseJournal;
  /** Reads windows, steps of escalation and rules, and takes up where rules stood. */
  load(): Promise<void>;
  /** What time does to problems; called every 30 s. */
  watch(): Promise<void>;
  /** What time does to rules, and what reports did; called every 5 s. */
  tick(): Promise<void>;
  list(scope: Scope, actor: Actor, query: ProblemsQuery): Promise<Page<ProblemRow>>;
  csv(scope: Scope, actor: Actor, query: z.output<typeof problemsExportQuery>): Promise<string>;
  counts(scope: Scope, actor: Actor): Promise<ProblemCounts>;
  /** Throws NotFoundError. */
  get(scope: Scope, id: string): Promise<ProblemDetail>;
  /** With all or with none; returns those that are another now. Throws NotFoundError, InvalidInputError. */
  work(scope: Scope, actor: Actor, body: WorkBody): Promise<readonly string[]>;
  assignees(
    scope: Scope,
    query: z.output<typeof assigneesQuery>,
  ): Promise<{ readonly id: string; readonly name: string }[]>;
  readonly windows: Omit<Windows, 'load' | 'windowAt'>;
  readonly escalations: Pick<Escalations, 'get' | 'set'>;
  readonly rules: Rules;
}

export function createProblems(deps: ProblemDeps): Problems {
  const { registry, calendarOf, codeOf, clock, organisation } = deps;
  const windows = createWindows({ ...deps, announce: () => news.announce('windows') });
  const escalations = createEscalations({ ...deps, announce: () => news.announce('escalations') });
  const weigh: SeverityOf = ({ kind, code, unitId, deviceId, affected, fixed }) =>
    severityOf({
      kind,
      code,
      state: codeOf(code)?.state ?? 'attention',
      affected,
      teaching: teachingAt(calendarOf(unitId), clock.now()),
      lifecycle: deviceId === undefined ? undefined : registry.deviceOf(deviceId)?.lifecycle,
      fixed,
    });
  const journal = createJournal({ clock, severityOf: weigh, windowAt: windows.windowAt });
  const engine = createRuleEngine({ ...deps, journal });
  const readAgain = { rules: engine.reload, windows: windows.load, escalations: escalations.load };
  const news = createNews({ ...deps, readAgain });

  return {
    journal,
    load: async () => {
      // Heard before it is read: nothing that is set in between is missed.
      await news.listen();
      await windows.load();
      await escalations.load();
      await engine.load();
    },
    watch: () => watchProblems({ ...deps, severityOf: weigh, policyOf: escalations.policyOf }),
    tick: () => engine.tick(),
    list: (scope, actor, query) => listProblems(deps, scope, actor, query),
    csv: async (scope, actor, { language, ...query }) => {
      const { rows, isWhole } = await exportProblems(deps, scope, actor, query);
      return problemsCsv(rows, { language, isWhole });
    },
    counts: (scope, actor) => countProblems(deps, scope, actor),
    get: (scope, id) => problemDetail(deps, scope, id),
    work: (scope, actor, body) => workOn(deps, scope, actor, body),
    assignees: (scope, { unit, q }) => {
      const narrowed = unit === undefined ? scope : narrow(scope, organisation.pathOf(unit));
      return listAssignees(deps, narrowed, searchWords(q), fold);
    },
    windows,
    escalations,
    rules: createRules({ ...deps, engine, announce: () => news.announce('rules') }),
    [Symbol.asyncDispose]: async () => {
      engine[Symbol.dispose]();
      await news[Symbol.asyncDispose]();
    },
  };
}
