import type { ColumnType } from 'kysely';
import type { CommandState } from '../../../protocols/fleet/record.ts';

/** Row types of commands (migrations 001 and 019). */

type Json<T> = ColumnType<T, string, string>;
type NullableJson<T> = ColumnType<T | null, string | null | undefined, string | null>;
type Time = ColumnType<Date, Date, Date>;
type NullableTime = ColumnType<Date | null, Date | null | undefined, Date | null>;
type Nullable<T> = ColumnType<T | null, T | null | undefined, T | null>;
type Defaulted<T> = ColumnType<T, T | undefined, T>;

interface CommandTable {
  id: string;
  agent_id: string;
  device_id: string;
  capability: string;
  name: string;
  args: Json<Record<string, unknown>>;
  state: CommandState;
  not_after: Time;
  created_by: string;
  created_at: Time;
  updated_at: Time;
  problem: NullableJson<{ code: string; message: string; retryable: boolean }>;
  output: NullableJson<Record<string, unknown>>;
  batch_id: Nullable<string>;
  school_id: Nullable<number>;
  not_before: NullableTime;
  cancel_asked_at: NullableTime;
  cancelled_by: Nullable<string>;
  forced: NullableJson<string[]>;
  disturbs: Defaulted<boolean>;
  even_in_lesson: Defaulted<boolean>;
  even_in_exam: Defaulted<boolean>;
  reason: Nullable<string>;
  created_by_id: Nullable<string>;
}

/** Devices that a wish for many was not given to, by reason, with a few of them by name. */
export interface StoredExclusion {
  readonly code: string;
  readonly count: number;
  readonly examples: readonly { readonly id: string; readonly name: string }[];
}

interface CommandBatchTable {
  id: string;
  unit_id: number;
  capability: string;
  name: string;
  args: Json<Record<string, unknown>>;
  reason: Nullable<string>;
  single: boolean;
  total: number;
  exclusions: Json<StoredExclusion[]>;
  expires_in: number;
  approval: 'none' | 'awaiting' | 'approved' | 'rejected';
  approve_before: NullableTime;
  created_by: string;
  created_by_id: string;
  created_at: Time;
  decided_by: Nullable<string>;
  decided_at: NullableTime;
  decision_reason: Nullable<string>;
  cancelled_by: Nullable<string>;
  cancelled_at: NullableTime;
}

export interface CommandTables {
  command: CommandTable;
  command_batch: CommandBatchTable;
}
