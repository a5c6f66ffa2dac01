import type { ColumnType, Generated } from 'kysely';

/** Row types of the organisation over time (migration 007). Days are text, `2025-07-01`. */

type Nullable<T> = ColumnType<T | null, T | null | undefined, T | null>;
type Snapshot = ColumnType<UnitFacts, string, string>;

/** What of a unit may change over time, as it is kept for its history. */
export interface UnitFacts {
  readonly name: string;
  readonly code: string | null;
  readonly type: string | null;
  readonly floor: string | null;
  readonly parent: number | null;
  readonly validTo: string | null;
  /** The other unit: successor, predecessor, or who leads it professionally. */
  readonly other?: number | null;
}

export type UnitChangeKind =
  | 'renamed'
  | 'moved'
  | 'closed'
  | 'merged-into'
  | 'absorbed'
  | 'split-from'
  | 'split-into'
  | 'line';

export interface UnitChangeTable {
  id: Generated<number>;
  unit_id: number;
  kind: UnitChangeKind;
  effective: string;
  at: ColumnType<Date, Date, Date>;
  actor: string;
  reason: string;
  before: Snapshot;
  after: Snapshot;
}

export interface UnitAliasTable {
  id: Generated<number>;
  unit_id: number;
  name: string;
}

export interface UnitLineTable {
  id: Generated<number>;
  unit_id: number;
  authority_id: number;
  valid_from: string;
  valid_to: Nullable<string>;
}

export interface UnitImportTable {
  id: Generated<number>;
  at: ColumnType<Date, Date, Date>;
  actor: string;
  actor_name: string;
  unit_id: number;
  file_name: string;
  created: number;
  changed: number;
  undone_at: ColumnType<Date | null, Date | null | undefined, Date | null>;
  undone_by: Nullable<string>;
}

export interface UnitImportItemTable {
  import_id: number;
  unit_id: number;
  before: ColumnType<UnitFacts | null, string | null, string | null>;
  after: Snapshot;
}
