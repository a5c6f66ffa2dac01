import type { z } from 'zod';
import {
  type ImportResult,
  type ImportRow,
  type importUnitsQuery,
  type UnitImport,
  unitFields,
} from '../../../protocols/api/organisation/imports.ts';
import type { Clock } from '../../../protocols/ports.ts';
import {
  type Actor,
  ConflictError,
  InvalidInputError,
  inScope,
  NotFoundError,
  type Scope,
} from '../../access/index.ts';
import { guessColumns, type Mapping, parseMapping, type Sheet, type SheetReader } from '../../sheets/index.ts';
import type { Store } from '../../store/index.ts';
import { dayOf } from '../day.ts';
import type { Organisation } from '../organisation.ts';
import { fields, type UnitField } from './fields.ts';
import { type ImportSettings, planUnits, type UnitPlan } from './plan.ts';
import { undoImport, writePlan } from './write.ts';

type ImportQuery = z.output<typeof importUnitsQuery>;

export interface UnitImportsDeps {
  readonly store: Store;
  readonly organisation: Pick<Organisation, 'pathOf' | 'refOf' | 'read' | 'write'>;
  readonly reader: SheetReader;
  readonly clock: Clock;
}

/** Units out of tables: tried first, then written all or none, and taken back as long as nothing was built on them. */
export interface UnitImports {
  /** Throws InvalidInputError for what the query names, ConflictError when a row is refused and it is not only tried. */
  importUnits(
    scope: Scope,
    actor: Pick<Actor, 'id' | 'name'>,
    query: ImportQuery,
    bytes: Uint8Array,
  ): Promise<ImportResult>;
  /** Those under units of the scope, the newest first. */
  listImports(scope: Scope): Promise<UnitImport[]>;
  /** Throws NotFoundError, ConflictError for one that is not the last or was built on. Returns the unit under which it was. */
  undoImport(scope: Scope, actor: Pick<Actor, 'id' | 'name'>, id: number): Promise<number>;
}

/** Rows and examples in an answer; imports in a list. */
const shown = { rows: 200, examples: 3, imports: 50 } as const;

export function createUnitImports({ store, organisation, reader, clock }: UnitImportsDeps): UnitImports {
  return {
    importUnits: async (scope, actor, query, bytes) => {
      requireUnit(organisation, scope, query.unit);
      const read = await reader.read({ name: query.file, bytes });
      if ('refused' in read) return refusedFile(read.refused);
      const sheet = read.sheets[query.sheet];
      if (!sheet) return refusedFile({ vi: 'Tệp không có trang tính này.', en: 'The file has no such sheet.' });
      const columns = columnsOf(sheet, query);
      const today = dayOf(clock.now());
      const settings = { scope, into: query.unit, kind: query.kind, today, ...columns };
      const result = (plan: UnitPlan) => ({
        sheets: read.sheets.map(({ name }) => name),
        ...describe(sheet, columns),
        counts: countsOf(plan.rows),
        rows: worstFirst(plan.rows),
      });
      const problem = problemOf(sheet, settings);
      if (problem) return { ...result({ rows: [], made: [], changed: [] }), dryRun: true, problem };
      if (query.dryRun === 'yes')
        return { dryRun: true, ...result(planUnits(sheet, await organisation.read(), settings)) };
      const { reason } = query;
      if (reason === undefined) throw new InvalidInputError('reason', 'Say why these units are written.');
      return organisation.write(async (trx, tree) => {
        const plan = planUnits(sheet, tree, settings);
        if (countsOf(plan.rows).refused > 0)
          throw new ConflictError('Some rows are refused, so nothing was written. Try it first.');
        const at = new Date(clock.now());
        const context = { actor, into: query.unit, fileName: query.file, reason, at, today };
        const written = await writePlan(trx, tree, plan, context);
        return { ...written, result: { dryRun: false, ...result(plan), import: written.result } };
      });
    },
    listImports: async (scope) => {
      const rows = await store.db.selectFrom('unit_import').selectAll().orderBy('id', 'desc').limit(500).execute();
      return rows
        .filter((row) => inScope(scope, organisation.pathOf(row.unit_id)))
        .slice(0, shown.imports)
        .map((row) => ({
          id: row.id,
          at: row.at.toISOString(),
          actor: row.actor_name,
          unit: organisation.refOf(row.unit_id),
          file: row.file_name,
          created: row.created,
          changed: row.changed,
          ...(row.undone_at ? { undoneAt: row.undone_at.toISOString() } : {}),
        }));
    },
    undoImport: (scope, actor, id) =>
      organisation.write(async (trx, tree) => {
        const row = await trx.selectFrom('unit_import').selectAll().where('id', '=', id).executeTakeFirst();
        const unit = row && tree.get(row.unit_id);
        if (!row || !unit || !inScope(scope, unit.path)) throw new NotFoundError();
        if (row.undone_at) throw new ConflictError('This import was undone already.');
        const written = await undoImport(trx, tree, id, { actor: actor.id, at: new Date(clock.now()) });
        return { ...written, result: unit.id };
      }),
  };
}

function requireUnit(organisation: Pick<Organisation, 'pathOf'>, scope: Scope, id: number): void {
  try {
    if (inScope(scope, organisation.pathOf(id))) return;
  } catch (thrown) {
    if (!(thrown instanceof NotFoundError)) throw thrown;
  }
  throw new InvalidInputError('unit', 'There is no such unit.');
}

type Columns = Pick<ImportSettings, 'headerRow' | 'mapping'>;

function columnsOf(sheet: Sheet, { header, mapping }: ImportQuery): Columns {
  const guess = guessColumns(
    header === undefined ? sheet : { ...sheet, rows: sheet.rows.slice(header, header + 1) },
    fields,
  );
  const given = mapping === undefined ? guess.mapping : parseMapping(mapping, fields);
  if (!given)
    throw new InvalidInputError('mapping', `Pairs of these and the number of a column: ${unitFields.join(', ')}.`);
  return { headerRow: header ?? guess.headerRow, mapping: given };
}

function problemOf(sheet: Sheet, { headerRow, mapping }: Columns) {
  if (sheet.rows.length <= headerRow + 1)
    return { vi: 'Trang tính không có dòng dữ liệu nào.', en: 'The sheet has no rows below its header.' };
  if (mapping.name === undefined)
    return { vi: 'Hãy chọn cột chứa tên đơn vị.', en: 'Choose the column that holds the name.' };
  return undefined;
}

function describe(sheet: Sheet, { headerRow, mapping }: Columns) {
  const below = sheet.rows.slice(headerRow + 1, headerRow + 1 + shown.examples);
  const width = Math.max(0, ...[sheet.rows[headerRow] ?? [], ...below].map((row) => row.length));
  return {
    headerRow,
    columns: Array.from({ length: width }, (_one, column) => ({
      header: sheet.rows[headerRow]?.[column] ?? '',
      examples: below.map((row) => (row[column] ?? '').slice(0, 80)),
    })),
    mapping: { ...(mapping as Mapping<UnitField> & Record<string, number>) },
  };
}

function refusedFile(problem: ImportResult['problem']): ImportResult {
  const counts = { new: 0, changed: 0, unchanged: 0, refused: 0 };
  return { dryRun: true, problem, sheets: [], headerRow: 0, columns: [], mapping: {}, counts, rows: [] };
}

/** How many rows come to what. */
function countsOf(rows: readonly ImportRow[]): ImportResult['counts'] {
  const counts = { new: 0, changed: 0, unchanged: 0, refused: 0 };
  for (const { outcome } of rows) counts[outcome]++;
  return counts;
}

const ranks = { refused: 0, changed: 1, new: 2, unchanged: 3 } as const;

function worstFirst(rows: readonly ImportRow[]): ImportRow[] {
  return [...rows].sort((a, b) => ranks[a.outcome] - ranks[b.outcome] || a.row - b.row).slice(0, shown.rows);
}
