import { sql } from 'kysely';
import type { Queries } from '../store/index.ts';

/** Names of people by id; whoever is not known any more is absent. */
export async function namesOf(db: Queries, ids: readonly (string | null)[]): Promise<ReadonlyMap<string, string>> {
  const wanted = [...new Set(ids.filter((id) => id !== null))];
  if (wanted.length === 0) return new Map();
  const { rows } = await sql<{ id: string; name: string }>`
    select id, name from auth_user where id in (${sql.join(wanted)})`.execute(db);
  return new Map(rows.map(({ id, name }) => [id, name]));
}
