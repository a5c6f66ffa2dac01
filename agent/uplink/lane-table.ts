import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { FatalError } from '../../protocols/errors.ts';
import { type Lane, lanes } from '../../protocols/fleet/record.ts';
import { freshLane, type LaneState } from './lane-state.ts';

/** Rows of the tables `lane` and `setting` that belong to the outbox. Calls run inside the caller's transaction. */
export class LaneTable {
  readonly #readEpoch: StatementSync;
  readonly #writeEpoch: StatementSync;
  readonly #read: StatementSync;
  readonly #write: StatementSync;

  constructor(sql: DatabaseSync) {
    this.#readEpoch = sql.prepare("select value from setting where name = 'epoch'");
    this.#writeEpoch = sql.prepare("insert or replace into setting (name, value) values ('epoch', ?)");
    this.#read = sql.prepare('select * from lane where name = ?');
    this.#write = sql.prepare(
      `insert or replace into lane (name, next, generated, delivered, shed, pending, bytes,
         gap_from, gap_through, gap_at, gap_mono) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
  }

  /** The stored state; in a new file it is made, under a new epoch. */
  load(newEpoch: () => string): { readonly epoch: string; readonly states: Record<Lane, LaneState> } {
    const stored = this.#readEpoch.get()?.['value'];
    const epoch = typeof stored === 'string' ? stored : newEpoch();
    if (stored === undefined) this.#writeEpoch.run(epoch);
    const states = { urgent: this.#lane('urgent'), state: this.#lane('state'), samples: this.#lane('samples') };
    return { epoch, states };
  }

  /** Writes what differs. */
  save(epoch: string, before: Readonly<Record<Lane, LaneState>>, after: Readonly<Record<Lane, LaneState>>): void {
    if (this.#readEpoch.get()?.['value'] !== epoch) this.#writeEpoch.run(epoch);
    for (const lane of lanes) {
      if (before[lane] === after[lane]) continue;
      const { next, generated, delivered, shed, pending, bytes, gap } = after[lane];
      if (generated !== delivered + pending + shed) {
        throw new FatalError('outbox-corrupt', `the accounts of lane ${lane} do not add up`, {
          details: { ...after[lane] },
        });
      }
      const gapColumns = gap ? [gap.from, gap.through, gap.at, gap.mono] : [null, null, null, null];
      this.#write.run(lane, next, generated, delivered, shed, pending, bytes, ...gapColumns);
    }
  }

  #lane(name: Lane): LaneState {
    const row = this.#read.get(name);
    if (!row) return freshLane;
    const column = (key: string) => Number(row[key]);
    const hasGap = row['gap_from'] !== null;
    return {
      next: column('next'),
      generated: column('generated'),
      delivered: column('delivered'),
      shed: column('shed'),
      pending: column('pending'),
      bytes: column('bytes'),
      gap: hasGap
        ? { from: column('gap_from'), through: column('gap_through'), at: column('gap_at'), mono: column('gap_mono') }
        : undefined,
    };
  }
}
