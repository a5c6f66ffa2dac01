import type { ColumnType, Generated } from 'kysely';

/** Who delivers devices and looks after them. */
export interface SupplierTable {
  id: Generated<number>;
  code: string;
  name: string;
  name_sort: string;
  contact: ColumnType<string | null, string | null | undefined, string | null>;
  created_at: ColumnType<Date, Date | undefined, Date>;
}
