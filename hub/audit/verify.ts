import type { Database } from '../store/index.ts';
import { genesisHash, hashOf } from './chain.ts';

/** What a walk along the chain found. `head` is the last hash: whoever noted it earlier sees entries that were cut off the end. */
export type Verdict =
  | { readonly ok: true; readonly entries: number; readonly head: string }
  | { readonly ok: false; readonly entries: number; readonly seq: number; readonly why: 'link' | 'content' };

const pageRows = 1_000;

/** Reads the log in pages, oldest first. */
export async function verifyChain(db: Database, signal: AbortSignal): Promise<Verdict> {
  let previous = genesisHash;
  let entries = 0;
  let after = 0;
  for (;;) {
    signal.throwIfAborted();
    const rows = await db
      .selectFrom('audit_entry')
      .selectAll()
      .where('seq', '>', after)
      .orderBy('seq')
      .limit(pageRows)
      .execute();
    for (const row of rows) {
      if (row.previous_hash !== previous) return { ok: false, entries, seq: row.seq, why: 'link' };
      const { at, actor, action, subject, unit_id: unitId, reason, origin, detail } = row;
      const hash = hashOf(previous, { at, actor, action, subject, unitId, reason, origin, detail });
      if (row.hash !== hash) return { ok: false, entries, seq: row.seq, why: 'content' };
      previous = hash;
      after = row.seq;
      entries++;
    }
    if (rows.length < pageRows) return { ok: true, entries, head: previous };
  }
}
