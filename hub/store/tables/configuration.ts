import type { ColumnType, Generated } from 'kysely';
import type { Keeping } from '../../../protocols/fleet/configuration/setting.ts';

type Nullable<T> = ColumnType<T | null, T | null | undefined, T | null>;
type Time = ColumnType<Date, Date, Date>;
/** JSON is written as text and read as a value. */
type Json<T> = ColumnType<T, string, string>;

interface WishTable {
  id: Generated<number>;
  unit_id: Nullable<number>;
  device_id: Nullable<string>;
  family: ColumnType<string, string | undefined, string>;
  key: string;
  value: Json<unknown>;
  keeping: Keeping;
  set_by: string;
  set_at: Time;
}

/** What a wish was set to. */
export interface WishedValue {
  readonly value: unknown;
  readonly keeping: Keeping;
}

interface ChangeTable {
  id: Generated<number>;
  unit_id: Nullable<number>;
  device_id: Nullable<string>;
  at: Time;
  by_name: string;
  reason: string;
  changes: Json<
    readonly {
      readonly key: string;
      readonly family?: string;
      readonly before?: WishedValue;
      readonly after?: WishedValue;
    }[]
  >;
  reverts: Nullable<number>;
}

export interface ConfigurationTables {
  configuration_wish: WishTable;
  configuration_change: ChangeTable;
}
