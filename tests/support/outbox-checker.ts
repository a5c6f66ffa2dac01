import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { type Lane, lanes } from '../../protocols/fleet/record.ts';

/** What the journal of a killed process says: a record whose `enqueue` resolved, by its lane, number and own mark. */
export interface JournalEntry {
  readonly lane: Lane;
  readonly seq: number;
  readonly mark: number;
}

/** Entries of an append-only journal, one `lane seq mark` a line; a last line cut off by the kill is no entry. */
export function readJournal(path: string): JournalEntry[] {
  const text = readFileSync(path, 'utf8');
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [lane, seq, mark] = line.split(' ');
      return { lane: lane as Lane, seq: Number(seq), mark: Number(mark) };
    });
}

interface StoredLane {
  readonly name: Lane;
  readonly next: number;
  readonly generated: number;
  readonly delivered: number;
  readonly shed: number;
  readonly pending: number;
  readonly bytes: number;
  readonly gap_from: number | null;
  readonly gap_through: number | null;
}

export interface CheckedLane {
  readonly generated: number;
  readonly delivered: number;
  readonly shed: number;
  readonly pending: number;
  /** Number of the first pending record, else the next one. */
  readonly head: number;
  /** Mark of each pending record by its number. */
  readonly marks: ReadonlyMap<number, number>;
}

/**
 * Opens an outbox file as nobody's agent and checks what must hold at every moment. Throws an Error that names what does not:
 * pending numbers run without a hole up to `next`, the gap stands right before them, and counters agree with the rows.
 */
export function checkOutboxFile(path: string): Record<Lane, CheckedLane> {
  const sql = new DatabaseSync(path);
  try {
    const [check] = Object.values(sql.prepare('pragma integrity_check').get() ?? {});
    if (check !== 'ok') throw new Error(`integrity check: ${check}`);
    const stored = sql.prepare('select * from lane').all() as unknown as readonly StoredLane[];
    const rows = sql.prepare('select lane, seq, bytes, body from record order by lane, seq').all() as unknown as {
      readonly lane: number;
      readonly seq: number;
      readonly bytes: number;
      readonly body: string;
    }[];
    const checked = lanes.map((name, index) => {
      const lane = stored.find((row) => row.name === name) ?? emptyLane(name);
      return [
        name,
        checkLane(
          lane,
          rows.filter((row) => row.lane === index),
        ),
      ] as const;
    });
    return Object.fromEntries(checked) as Record<Lane, CheckedLane>;
  } finally {
    sql.close();
  }
}

/**
 * Every entry of the journal is in the file under its number and with its mark; throws an Error naming the first that is not.
 * With `mayBeGone`, numbers before the first pending one may have been acknowledged or shed.
 */
export function checkJournal(
  entries: readonly JournalEntry[],
  file: Record<Lane, CheckedLane>,
  { mayBeGone = false } = {},
): void {
  const seen = new Set<string>();
  for (const { lane, seq, mark } of entries) {
    const key = `${lane} ${seq}`;
    if (seen.has(key)) throw new Error(`number ${key} was given twice`);
    seen.add(key);
    if (mayBeGone && seq < file[lane].head) continue;
    const found = file[lane].marks.get(seq);
    if (found !== mark) throw new Error(`record ${key} with mark ${mark} was promised; the file has ${found}`);
  }
  for (const lane of lanes) {
    const marks = [...file[lane].marks.values()];
    if (new Set(marks).size !== marks.length) throw new Error(`lane ${lane} holds one record twice`);
  }
}

function checkLane(
  lane: StoredLane,
  rows: readonly { readonly seq: number; readonly bytes: number; readonly body: string }[],
): CheckedLane {
  const fail = (what: string): never => {
    throw new Error(`lane ${lane.name}: ${what}; ${JSON.stringify(lane)}`);
  };
  const { generated, delivered, shed, pending, next, gap_from: gapFrom, gap_through: gapThrough } = lane;
  if (generated !== delivered + pending + shed) fail('generated is not delivered + pending + shed');
  if (rows.length !== pending) fail(`${rows.length} rows, not ${pending}`);
  if (rows.reduce((sum, row) => sum + row.bytes, 0) !== lane.bytes) fail('bytes do not add up');
  if (rows.some((row) => row.bytes !== Buffer.byteLength(row.body))) fail('a row tells a wrong size');
  rows.forEach((row, index) => {
    if (row.seq !== next - pending + index) fail(`number ${row.seq} stands where ${next - pending + index} should`);
  });
  if (gapFrom !== null && (gapThrough === null || gapFrom > gapThrough || gapThrough !== next - pending - 1)) {
    fail('the gap does not stand right before the pending records');
  }
  const marks = new Map(rows.map((row) => [row.seq, JSON.parse(row.body).at as number]));
  return { generated, delivered, shed, pending, head: next - pending, marks };
}

function emptyLane(name: Lane): StoredLane {
  const zero = { generated: 0, delivered: 0, shed: 0, pending: 0, bytes: 0 };
  return { name, next: 1, ...zero, gap_from: null, gap_through: null };
}
