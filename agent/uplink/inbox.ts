import type { StatementSync } from 'node:sqlite';
import type { Command } from '../../protocols/fleet/messages.ts';
import type { CommandInbox, CommandResult, JournaledCommand } from '../runtime/command-router.ts';
import type { AgentDatabase } from './database.ts';

/** Finished commands that are remembered, by count: a wall clock that jumps must not make the agent forget and repeat. */
const maxFinished = 20_000;

interface Row {
  readonly id: string;
  readonly idempotent: number | null;
  readonly result: string | null;
}

/**
 * The durable memory of commands. An id stands once: it is received, begun, finished; what is repeated changes nothing.
 * Each call is on the disk when it returns, or throws RecoverableError `disk-full` | `storage-failed`.
 */
export class Inbox implements CommandInbox {
  readonly #database: AgentDatabase;
  readonly #statements: Readonly<
    Record<'receive' | 'seen' | 'begin' | 'finish' | 'unfinished' | 'lately' | 'waiting' | 'forget', StatementSync>
  >;

  constructor(database: AgentDatabase) {
    this.#database = database;
    const { sql } = database;
    this.#statements = {
      receive: sql.prepare('insert or ignore into command (id, body) values (?, ?)'),
      seen: sql.prepare(
        'select id, idempotent, result from command where id = ? and (begun_at is not null or result is not null)',
      ),
      begin: sql.prepare(
        `insert into command (id, begun_at, idempotent) values (?1, ?2, ?3)
         on conflict (id) do update set begun_at = ?2, idempotent = ?3, result = null`,
      ),
      finish: sql.prepare(
        `insert into command (id, result) values (?1, ?2)
         on conflict (id) do update set result = ?2, body = null`,
      ),
      unfinished: sql.prepare(
        'select id, idempotent, result from command where begun_at is not null and result is null order by place',
      ),
      lately: sql.prepare(
        'select id, idempotent, result from command where result is not null order by place desc limit ?',
      ),
      waiting: sql.prepare(
        'select body from command where begun_at is null and result is null and body is not null order by place',
      ),
      forget: sql.prepare(
        `delete from command where place in
         (select place from command where result is not null order by place desc limit -1 offset ?)`,
      ),
    };
  }

  /** Remembers commands that have arrived, so that they may be acknowledged before they run. */
  receive(commands: readonly Command[]): void {
    this.#database.transaction(() => {
      for (const command of commands) this.#statements.receive.run(command.id, JSON.stringify(command));
      this.#statements.forget.run(maxFinished);
    });
  }

  /** Commands that arrived in an earlier life of the agent and were never begun, oldest first. */
  waiting(): readonly Command[] {
    const rows = this.#statements.waiting.all() as unknown as readonly { readonly body: string }[];
    return rows.map(({ body }) => JSON.parse(body) as Command);
  }

  seen(id: string): JournaledCommand | undefined {
    const row = this.#statements.seen.get(id) as Row | undefined;
    return row && journaled(row);
  }

  begin(id: string, facts: { readonly idempotent: boolean; readonly atMs: number }): void {
    this.#database.transaction(() => {
      this.#statements.begin.run(id, Math.round(facts.atMs), facts.idempotent ? 1 : 0);
    });
  }

  finish(id: string, result: CommandResult): void {
    this.#database.transaction(() => {
      this.#statements.finish.run(id, JSON.stringify(result));
    });
  }

  unfinished(): readonly JournaledCommand[] {
    return (this.#statements.unfinished.all() as unknown as readonly Row[]).map(journaled);
  }

  lately(limit: number): readonly JournaledCommand[] {
    return (this.#statements.lately.all(limit) as unknown as readonly Row[]).map(journaled);
  }
}

function journaled({ id, idempotent, result }: Row): JournaledCommand {
  // Only we write this column, and the file is checked when it is opened.
  const parsed = result === null ? undefined : (JSON.parse(result) as CommandResult);
  return { id, idempotent: idempotent === 1, ...(parsed ? { result: parsed } : {}) };
}
