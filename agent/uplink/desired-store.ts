import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { type Desired, desiredSchema } from '../../protocols/fleet/messages.ts';
import type { AgentDatabase } from './database.ts';
import { readSetting } from './database-copy.ts';

/** What is stored. A document of an older agent that no longer fits counts as none: the hub sends it again. */
export function readStoredDesired(sql: DatabaseSync): Desired | undefined {
  const stored = readSetting(sql, 'desired');
  return stored === undefined ? undefined : desiredSchema.safeParse(JSON.parse(stored)).data;
}

/** The last desired document, so that an agent works on without its hub, also after a restart. */
export class DesiredStore {
  readonly #database: AgentDatabase;
  readonly #write: StatementSync;
  #current: Desired | undefined;

  constructor(database: AgentDatabase) {
    this.#database = database;
    this.#write = database.sql.prepare("insert or replace into setting (name, value) values ('desired', ?)");
    this.#current = readStoredDesired(database.sql);
  }

  get current(): Desired | undefined {
    return this.#current;
  }

  /** 0 when there is no document. */
  get generation(): number {
    return this.#current?.generation ?? 0;
  }

  /** Keeps the document if it is newer; tells whether it was. On the disk when it returns; throws as the inbox does. */
  accept(desired: Desired): boolean {
    if (desired.generation <= this.generation) return false;
    this.#database.transaction(() => this.#write.run(JSON.stringify(desired)));
    this.#current = desired;
    return true;
  }
}
