/** One page of a list and where the next begins. */
export interface Page<T> {
  readonly rows: T[];
  readonly next?: string;
  readonly total: number;
}

/** Where a page ended: the sort value and the id of its last row. */
export interface Cursor {
  readonly key: string | number;
  readonly id: string | number;
}

/** Opaque to callers; the same list with the same sort goes on after this row. */
export function encodeCursor(cursor: Cursor): string {
  return Buffer.from(JSON.stringify([cursor.key, cursor.id])).toString('base64url');
}

/** Undefined for anything that `encodeCursor` did not make. */
export function decodeCursor(text: string): Cursor | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (!Array.isArray(value) || value.length !== 2) return undefined;
    const [key, id] = value as unknown[];
    const plain = (part: unknown) => typeof part === 'string' || typeof part === 'number';
    return plain(key) && plain(id) ? { key: key as string | number, id: id as string | number } : undefined;
  } catch {
    return undefined;
  }
}

/** What decides a place in a sorted list in memory. */
export interface SortPlace {
  readonly key: string | number;
  readonly id: string | number;
}

/** One page out of rows in memory, sorted by key and then id. */
export function pageInMemory<T>(
  rows: readonly T[],
  placeOf: (row: T) => SortPlace,
  options: { readonly limit: number; readonly after: Cursor | undefined; readonly descending?: boolean },
): Page<T> {
  const sign = options.descending ? -1 : 1;
  const placed = rows.map((row) => ({ row, place: placeOf(row) }));
  placed.sort((a, b) => sign * comparePlaces(a.place, b.place));
  const { after } = options;
  const rest = after ? placed.filter(({ place }) => sign * comparePlaces(place, after) > 0) : placed;
  const page = rest.slice(0, options.limit);
  const last = page.at(-1);
  return {
    rows: page.map(({ row }) => row),
    total: rows.length,
    ...(last && rest.length > page.length ? { next: encodeCursor(last.place) } : {}),
  };
}

function comparePlaces(a: SortPlace, b: SortPlace): number {
  return compare(a.key, b.key) || compare(a.id, b.id);
}

function compare(a: string | number, b: string | number): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** The page of a query that fetched one row more than asked. */
export function pageOfRows<R, T>(
  fetched: readonly R[],
  limit: number,
  total: number,
  cursorOf: (row: R) => Cursor,
  view: (row: R) => T,
): Page<T> {
  const rows = fetched.slice(0, limit);
  const last = rows.at(-1);
  return {
    rows: rows.map(view),
    total,
    ...(last && fetched.length > limit ? { next: encodeCursor(cursorOf(last)) } : {}),
  };
}
