import { type SqlBool, sql } from 'kysely';
import type { z } from 'zod';
import type { AuditView, auditQuery } from '../../protocols/api/audit.ts';
import { InvalidInputError, type Scope, scopeCondition } from '../access/index.ts';
import type { Database } from '../store/index.ts';
import { decodeCursor, type Page, pageOfRows } from '../store/page.ts';
import type { UnitKind } from '../store/tables.ts';

export type AuditPage = Page<AuditView>;
export type AuditQuery = z.output<typeof auditQuery>;

interface Row {
  readonly seq: number;
  readonly at: Date;
  readonly actor: string;
  readonly actorName: string | null;
  readonly action: string;
  readonly subject: string;
  readonly unitId: number | null;
  readonly unitName: string | null;
  readonly unitKind: UnitKind | null;
  readonly reason: string | null;
  readonly origin: string | null;
  readonly detail: Record<string, unknown>;
  readonly hash: string;
}

/** One page of the log within a scope, newest first. */
export async function listEntries(db: Database, scope: Scope, query: AuditQuery): Promise<AuditPage> {
  const cursor = query.cursor === undefined ? undefined : decodeCursor(query.cursor);
  if (query.cursor !== undefined && typeof cursor?.key !== 'number')
    throw new InvalidInputError('cursor', 'This is not a cursor of this list.');
  const tests = [seen(scope)];
  if (query.actor !== undefined) tests.push(sql<SqlBool>`entry.actor = ${query.actor}`);
  if (query.action !== undefined) tests.push(sql<SqlBool>`entry.action = ${query.action}`);
  if (query.subject !== undefined) tests.push(sql<SqlBool>`entry.subject = ${query.subject}`);
  const where = sql.join(tests, sql` and `);
  const from = sql`from audit_entry entry left join unit on unit.id = entry.unit_id`;
  const { rows: counted } = await sql<{ total: number }>`select count(*) as total ${from} where ${where}`.execute(db);
  const before = cursor ? sql`and entry.seq < ${cursor.key}` : sql``;
  const { rows } = await sql<Row>`
    select entry.seq, entry.at, entry.actor, auth_user.name as "actorName", entry.action, entry.subject,
           unit.id as "unitId", unit.name as "unitName", unit.kind as "unitKind",
           entry.reason, entry.origin, entry.detail, entry.hash
    ${from} left join auth_user on auth_user.id = entry.actor
    where ${where} ${before} order by entry.seq desc limit ${query.limit + 1}`.execute(db);
  return pageOfRows(rows, query.limit, counted[0]?.total ?? 0, (row) => ({ key: row.seq, id: row.seq }), viewOf);
}

/** Entries of the reader's units; those of no unit only for a reader of the root, whose path is one number. */
function seen(scope: Scope) {
  const inUnits = scopeCondition(scope, 'unit.path');
  const wholeProvince = scope.paths.some((path) => /^\/\d+\/$/.test(path));
  return wholeProvince ? sql<SqlBool>`(${inUnits} or entry.unit_id is null)` : inUnits;
}

function viewOf(row: Row): AuditView {
  const { unitId, unitName, unitKind } = row;
  const unit =
    unitId !== null && unitName !== null && unitKind !== null
      ? { id: unitId, name: unitName, kind: unitKind }
      : undefined;
  return {
    seq: row.seq,
    at: row.at.toISOString(),
    actor: row.actor,
    action: row.action,
    subject: row.subject,
    detail: row.detail,
    hash: row.hash,
    ...(row.actorName === null ? {} : { actorName: row.actorName }),
    ...(unit ? { unit } : {}),
    ...(row.reason === null ? {} : { reason: row.reason }),
    ...(row.origin === null ? {} : { origin: row.origin }),
  };
}
