import { fold } from '../../protocols/api/fold.ts';
import type { Cell, Sheet } from './sheet.ts';

/** A field that a column may hold, and how its header is called in the tables that people have. */
export interface Field<K extends string> {
  readonly key: K;
  /** Folded; the first is the one of our template. */
  readonly headers: readonly string[];
  readonly isRequired?: boolean;
}

/** The column of each field, from 0. */
export type Mapping<K extends string> = Partial<Record<K, number>>;

/** Rows that are looked through for the header: titles and dates may stand above it. */
const headerRows = 15;

/** Where the header stands and which column holds which field, as far as the words tell. Pure. */
export function guessColumns<K extends string>(
  sheet: Sheet,
  fields: readonly Field<K>[],
): { readonly headerRow: number; readonly mapping: Mapping<K> } {
  const guesses = sheet.rows.slice(0, headerRows).map((row, headerRow) => ({ headerRow, mapping: match(row, fields) }));
  const size = ({ mapping }: { readonly mapping: Mapping<K> }) => Object.keys(mapping).length;
  return guesses.reduce((best, guess) => (size(guess) > size(best) ? guess : best), { headerRow: 0, mapping: {} });
}

/** Exact words first, then a header that only begins with them; each column and each field once. */
function match<K extends string>(row: readonly Cell[], fields: readonly Field<K>[]): Mapping<K> {
  const headers = row.map((cell) =>
    fold(cell)
      .replace(/[*:()]/g, '')
      .trim(),
  );
  const mapping: Mapping<K> = {};
  const taken = new Set<number>();
  const take = (key: K, column: number) => {
    if (column === -1 || mapping[key] !== undefined) return;
    mapping[key] = column;
    taken.add(column);
  };
  for (const fits of [
    (header: string, word: string) => header === word,
    (header: string, word: string) => header.startsWith(word),
  ])
    for (const { key, headers: words } of fields)
      for (const word of words)
        take(
          key,
          headers.findIndex((header, column) => header !== '' && !taken.has(column) && fits(header, word)),
        );
  return mapping;
}

/** `name:0,code:3`, as a request carries it; undefined for anything else. */
export function parseMapping<K extends string>(text: string, fields: readonly Field<K>[]): Mapping<K> | undefined {
  const mapping: Mapping<K> = {};
  for (const part of text.split(',').filter((one) => one !== '')) {
    const [key, column] = part.split(':');
    const field = fields.find((one) => one.key === key);
    if (!field || !/^\d{1,2}$/.test(column ?? '')) return undefined;
    mapping[field.key] = Number(column);
  }
  return mapping;
}
