import { type SqlBool, sql } from 'kysely';
import { fold } from '../../protocols/api/fold.ts';

/** The words of a search, folded; each must be found. At most 8. */
export function searchWords(text: string | undefined): readonly string[] {
  return fold(text ?? '')
    .split(' ')
    .filter((word) => word !== '')
    .slice(0, 8);
}

/** Whether a folded text holds every word. */
export function matchesWords(folded: string, words: readonly string[]): boolean {
  return words.every((word) => folded.includes(word));
}

/** SQL condition: each word stands in one of the folded columns. */
export function searchCondition(columns: readonly string[], words: readonly string[]) {
  const text = sql`lower(concat_ws(' ', ${sql.join(columns.map((column) => sql.ref(column)))}))`;
  const tests = words.map((word) => sql<SqlBool>`strpos(${text}, ${word}) > 0`);
  return tests.length === 0 ? sql<SqlBool>`true` : sql<SqlBool>`(${sql.join(tests, sql` and `)})`;
}
