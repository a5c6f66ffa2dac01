import type { StatementSync } from 'node:sqlite';
import { z } from 'zod';
import type { Command } from '../../protocols/fleet/messages.ts';
import { freshRule, type RuleMemory } from '../../protocols/fleet/policy/rule.ts';
import { type RecordBody, recordSchema } from '../../protocols/fleet/record.ts';
import type { CommandInbox, CommandResult, JournaledCommand } from '../runtime/command-router.ts';
import type { AgentDatabase } from '../uplink/database.ts';

/** Runs that are remembered, by count: a wall clock that jumps must not make the agent forget and repeat. */
const maxRuns = 100_000;

/** Of an older agent's file these are simply not there; an older agent leaves them alone. */
const schema = `
  create table if not exists policy_run (
    place integer primary key,
    key text not null unique,
    body text,
    begun_at integer,
    idempotent integer,
    result text
  );
  create table if not exists policy_note (place integer primary key, body text not null);
  create table if not exists policy_rule (id text primary key, memory text not null) without rowid;
`;

/** A run to be done: what it says in its records, and the command that does it. `command.id` is its key. */
export interface PlannedRun {
  readonly command: Command;
  readonly facts: RunFacts;
}

/** What a run is about, for its record. */
export interface RunFacts {
  readonly part: string;
  readonly number: number;
  readonly plannedAt: number;
  readonly isLate: boolean;
}

interface Row {
  readonly key: string;
  readonly body: string | null;
  readonly begun_at: number | null;
  readonly idempotent: number | null;
  readonly result: string | null;
}

const memorySchema = z.object({ firedMs: z.array(z.number()), fits: z.array(z.string()) });

type Note = (run: PlannedRun, result: CommandResult, begunAt: number | undefined) => RecordBody;

/**
 * What the agent's own will has done and still has to say. A run's key stands once: it is written before anything is done, and
 * what began and was cut off is never begun again. What is to be told lies here until the outbox has it, in the same transaction
 * as what it tells of. Each call is on the disk when it returns, or throws RecoverableError `disk-full` | `storage-failed`.
 */
export class PolicyJournal implements CommandInbox {
  readonly #database: AgentDatabase;
  readonly #note: Note;
  readonly #statements: Readonly<
    Record<
      'add' | 'pass' | 'find' | 'begin' | 'finish' | 'unfinished' | 'waiting' | 'forget' | 'set' | 'note' | 'notes',
      StatementSync
    > &
      Record<'told' | 'remember' | 'rules' | 'drop', StatementSync>
  >;

  /** `note` makes the record of a run that has ended. */
  constructor(database: AgentDatabase, note: Note) {
    const { sql } = database;
    this.#database = database;
    this.#note = note;
    sql.exec(schema);
    this.#statements = {
      add: sql.prepare('insert or ignore into policy_run (key, body) values (?, ?)'),
      pass: sql.prepare(`insert or ignore into policy_run (key, result) values (?, '{"state":"passed"}')`),
      find: sql.prepare('select key, body, begun_at, idempotent, result from policy_run where key = ?'),
      begin: sql.prepare('update policy_run set begun_at = ?2, idempotent = ?3, result = null where key = ?1'),
      finish: sql.prepare('update policy_run set result = ?2, body = null where key = ?1'),
      unfinished: sql.prepare(
        'select key, body, begun_at, idempotent, result from policy_run where begun_at is not null and result is null order by place',
      ),
      waiting: sql.prepare(
        'select key, body, begun_at, idempotent, result from policy_run where begun_at is null and result is null order by place',
      ),
      forget: sql.prepare(
        `delete from policy_run where place in
         (select place from policy_run where result is not null order by place desc limit -1 offset ?)`,
      ),
      set: sql.prepare('insert or replace into setting (name, value) values (?, ?)'),
      note: sql.prepare('insert into policy_note (body) values (?)'),
      notes: sql.prepare('select place, body from policy_note order by place limit ?'),
      told: sql.prepare('delete from policy_note where place <= ?'),
      remember: sql.prepare('insert or replace into policy_rule (id, memory) values (?, ?)'),
      rules: sql.prepare('select id, memory from policy_rule'),
      drop: sql.prepare('delete from policy_rule where id = ?'),
    };
  }

  /** When this journal began, and up to when everything was judged; both are now when it is new. */
  marks(nowMs: number): { readonly beganMs: number; readonly throughMs: number } {
    const read = (name: string) => {
      const value = Number(this.#setting(name));
      return Number.isSafeInteger(value) && value > 0 ? value : undefined;
    };
    const known = read('policy-began');
    const beganMs = known ?? Math.round(nowMs);
    if (known === undefined)
      this.#database.transaction(() => this.#statements.set.run('policy-began', String(beganMs)));
    return { beganMs, throughMs: read('policy-through') ?? beganMs };
  }

  has(key: string): boolean {
    return this.#row(key) !== undefined;
  }

  /** Takes over what a plan says, all of it or nothing, before any of it is done. Returns the runs that are new. */
  plan(work: {
    readonly runs: readonly PlannedRun[];
    readonly passed: readonly string[];
    readonly notes: readonly RecordBody[];
    readonly throughMs?: number;
    readonly memory?: { readonly rule: string; readonly memory: RuleMemory };
  }): readonly PlannedRun[] {
    return this.#database.transaction(() => {
      const fresh = work.runs.filter(
        (run) => this.#statements.add.run(run.command.id, JSON.stringify(run)).changes > 0,
      );
      for (const key of work.passed) this.#statements.pass.run(key);
      for (const note of work.notes) this.#statements.note.run(JSON.stringify(note));
      if (work.throughMs !== undefined) this.#statements.set.run('policy-through', String(Math.round(work.throughMs)));
      if (work.memory) this.#statements.remember.run(work.memory.rule, JSON.stringify(work.memory.memory));
      this.#statements.forget.run(maxRuns);
      return fresh;
    });
  }

  /** Runs of an earlier life that were never begun, oldest first. */
  waiting(): readonly PlannedRun[] {
    const rows = this.#statements.waiting.all() as unknown as readonly Row[];
    return rows.flatMap((row) => plannedRun(row) ?? []);
  }

  seen(key: string): JournaledCommand | undefined {
    const row = this.#row(key);
    return row && (row.begun_at !== null || row.result !== null) ? journaled(row) : undefined;
  }

  begin(key: string, facts: { readonly idempotent: boolean; readonly atMs: number }): void {
    this.#database.transaction(() => {
      this.#statements.begin.run(key, Math.round(facts.atMs), facts.idempotent ? 1 : 0);
    });
  }

  finish(key: string, result: CommandResult): void {
    const row = this.#row(key);
    const run = row && plannedRun(row);
    if (!row || !run) return;
    // The agent stops: whoever starts again does it, if it is still in time.
    if (row.begun_at === null && result.problem?.code === 'device-removed') return;
    this.#database.transaction(() => {
      this.#statements.finish.run(key, JSON.stringify(result));
      this.#statements.note.run(JSON.stringify(this.#note(run, result, row.begun_at ?? undefined)));
    });
  }

  unfinished(): readonly JournaledCommand[] {
    return (this.#statements.unfinished.all() as unknown as readonly Row[]).map(journaled);
  }

  /** What has ended and is not told yet lies among the notes. */
  lately(): readonly JournaledCommand[] {
    return [];
  }

  /** What is to be told, oldest first, with the place of the last. */
  notes(limit: number): { readonly bodies: readonly RecordBody[]; readonly through: number } {
    const rows = this.#statements.notes.all(limit) as unknown as readonly { place: number; body: string }[];
    const bodies = rows.flatMap(({ body }) => {
      const { success, data } = recordSchema.safeParse({ ...JSON.parse(body), seq: 1 });
      if (!success || data.kind === 'shed') return [];
      const { seq: _seq, ...record } = data;
      return [record];
    });
    return { bodies, through: rows.at(-1)?.place ?? 0 };
  }

  /** Everything up to this place is in the outbox. */
  told(through: number): void {
    this.#database.transaction(() => this.#statements.told.run(through));
  }

  memories(): Map<string, RuleMemory> {
    const rows = this.#statements.rules.all() as unknown as readonly { id: string; memory: string }[];
    return new Map(rows.map(({ id, memory }) => [id, memorySchema.safeParse(JSON.parse(memory)).data ?? freshRule]));
  }

  /** Forgets every rule but these. */
  retainRules(ids: ReadonlySet<string>): void {
    const gone = [...this.memories().keys()].filter((id) => !ids.has(id));
    if (gone.length === 0) return;
    this.#database.transaction(() => {
      for (const id of gone) this.#statements.drop.run(id);
    });
  }

  #row(key: string): Row | undefined {
    return this.#statements.find.get(key) as Row | undefined;
  }

  #setting(name: string): string | undefined {
    const value = this.#database.sql.prepare('select value from setting where name = ?').get(name)?.['value'];
    return typeof value === 'string' ? value : undefined;
  }
}

function plannedRun({ body }: Row): PlannedRun | undefined {
  // Only we write this column, and the file is checked when it is opened.
  return body === null ? undefined : (JSON.parse(body) as PlannedRun);
}

function journaled({ key, idempotent, result }: Row): JournaledCommand {
  const parsed = result === null ? undefined : (JSON.parse(result) as CommandResult);
  return { id: key, idempotent: idempotent === 1, ...(parsed ? { result: parsed } : {}) };
}
