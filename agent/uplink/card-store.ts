import type { StatementSync } from 'node:sqlite';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { ownerIn } from '../runtime/waking.ts';
import type { AgentDatabase } from './database.ts';

const prefix = 'cards:';
const cards = z.array(z.string().max(20)).max(32);

/** The network cards that each device told last: they survive a restart of the agent, because a sleeping device tells nothing. */
export class CardStore {
  readonly #database: AgentDatabase;
  readonly #write: StatementSync;
  readonly #delete: StatementSync;
  readonly #known = new Map<string, readonly string[]>();

  constructor(database: AgentDatabase) {
    const { sql } = database;
    this.#database = database;
    this.#write = sql.prepare('insert or replace into setting (name, value) values (?, ?)');
    this.#delete = sql.prepare('delete from setting where name = ?');
    for (const { name, value } of sql.prepare(`select name, value from setting where name like '${prefix}%'`).all()) {
      const read = cards.safeParse(JSON.parse(String(value)));
      // What an older agent wrote otherwise is told anew by the device.
      if (read.success) this.#known.set(String(name).slice(prefix.length), read.data);
    }
  }

  of(device: string): readonly string[] {
    return this.#known.get(device) ?? [];
  }

  ownerOf(mac: string): string | undefined {
    return ownerIn(this.#known, mac);
  }

  /** On the disk when it returns; throws as the inbox does. */
  keep(device: string, macs: readonly string[]): void {
    if (isDeepStrictEqual(this.of(device), macs)) return;
    this.#database.transaction(() => this.#write.run(prefix + device, JSON.stringify(macs)));
    this.#known.set(device, macs);
  }

  /** Forgets every device but these. On the disk when it returns; throws as the inbox does. */
  retain(devices: readonly string[]): void {
    const wanted = new Set(devices);
    const gone = [...this.#known.keys()].filter((device) => !wanted.has(device));
    if (gone.length === 0) return;
    this.#database.transaction(() => {
      for (const device of gone) this.#delete.run(prefix + device);
    });
    for (const device of gone) this.#known.delete(device);
  }
}
