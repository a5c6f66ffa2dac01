import type { StatementSync } from 'node:sqlite';
import { z } from 'zod';
import { mostWitnesses, type Witness, witnessSchema } from '../../protocols/fleet/witness.ts';
import type { AgentDatabase } from './database.ts';

const storedSchema = z.array(witnessSchema);

/** Heads of the hub's audit log that this agent was given: the first one, and the newest, at most one a day. */
export class WitnessStore {
  readonly #database: AgentDatabase;
  readonly #write: StatementSync;
  #all: readonly Witness[];

  constructor(database: AgentDatabase) {
    this.#database = database;
    this.#write = database.sql.prepare("insert or replace into setting (name, value) values ('witnesses', ?)");
    const stored = database.sql.prepare("select value from setting where name = 'witnesses'").get()?.['value'];
    this.#all = typeof stored === 'string' ? (storedSchema.safeParse(JSON.parse(stored)).data ?? []) : [];
  }

  /** Oldest first. */
  all(): readonly Witness[] {
    return this.#all;
  }

  /** On the disk when it returns; throws as the inbox does. */
  keep(witness: Witness): void {
    const next = withWitness(this.#all, witness);
    if (next === this.#all) return;
    this.#database.transaction(() => this.#write.run(JSON.stringify(next)));
    this.#all = next;
  }
}

const dayMs = 24 * 3_600_000;

/**
 * The first stays, for it covers the oldest entries; then the newest, of which the last takes the place of one that is less
 * than a day older: a restart every minute must not push out what is a week old. The same list when nothing changes.
 */
export function withWitness(held: readonly Witness[], witness: Witness): readonly Witness[] {
  const [first, ...others] = held;
  const last = held.at(-1);
  if (!first || !last) return [witness];
  if (witness.seq === last.seq && witness.head === last.head) return held;
  const before = others.at(-2) ?? first;
  const recent = others.length > 0 && last.at - before.at < dayMs ? others.slice(0, -1) : others;
  return [first, ...[...recent, witness].slice(-(mostWitnesses - 1))];
}
