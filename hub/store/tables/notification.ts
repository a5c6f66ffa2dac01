import type { ColumnType } from 'kysely';
import type { Severity } from './problem.ts';

/** Row types of notifications (migration 018). JSON columns are read as the feature that writes them knows them. */

type Json<T> = ColumnType<T, string, string>;
type NullableJson<T> = ColumnType<T | null, string | null | undefined, string | null>;
type Time = ColumnType<Date, Date, Date>;
type NullableTime = ColumnType<Date | null, Date | null | undefined, Date | null>;
type Nullable<T> = ColumnType<T | null, T | null | undefined, T | null>;
type Defaulted<T> = ColumnType<T, T | undefined, T>;

export type NotificationChannel = 'in-app' | 'email' | 'zalo' | 'webhook';
export type MessageKind = 'opening' | 'update' | 'closing' | 'digest' | 'word';

interface CursorTable {
  name: string;
  through: number;
  gaps: Json<readonly { readonly id: number; readonly sinceMs: number }[]>;
}

interface PreferenceTable {
  user_id: string;
  language: Defaulted<'vi' | 'en'>;
  time_zone: Defaulted<string>;
  zalo_user_id: Nullable<string>;
}

interface SubscriptionTable {
  id: string;
  user_id: string;
  unit_id: Nullable<number>;
  channel: 'in-app' | 'email' | 'zalo';
  severity: Severity;
  kinds: NullableJson<readonly string[]>;
  hold_minutes: Nullable<number>;
  quiet: NullableJson<unknown>;
  digest: Json<unknown>;
  created_at: Time;
}

interface EndpointTable {
  id: string;
  name: string;
  url: string;
  unit_id: number;
  severity: Severity;
  kinds: NullableJson<readonly string[]>;
  secret: Buffer;
  owner_id: string;
  created_at: Time;
  disabled_at: NullableTime;
  disabled_why: Nullable<string>;
  failing_since: NullableTime;
  last_success_at: NullableTime;
}

interface ZaloTable {
  id: number;
  access_token: Nullable<Buffer>;
  refresh_token: Nullable<Buffer>;
  expires_at: NullableTime;
  updated_at: Time;
  refreshing_until: NullableTime;
  problem: Nullable<string>;
}

interface ThreadTable {
  target: string;
  cause_id: string;
  stage: 'waiting' | 'told' | 'closed' | 'silent';
  due_what: Nullable<'opening' | 'update' | 'closing'>;
  due_at: NullableTime;
  due_in_digest: Defaulted<boolean>;
  told_affected: Defaulted<number>;
  told_severity: Nullable<Severity>;
  told_at: NullableTime;
  root_id: Nullable<string>;
  root_subject: Nullable<string>;
}

interface TargetTable {
  target: string;
  window_from: Time;
  singles: number;
  gather_until: NullableTime;
  digest_at: NullableTime;
}

interface DeliveryTable {
  id: string;
  target: string;
  channel: 'email' | 'zalo' | 'webhook';
  user_id: Nullable<string>;
  endpoint_id: Nullable<string>;
  unit_id: Nullable<number>;
  kind: MessageKind;
  subject: string;
  content: Json<unknown>;
  after_id: Nullable<string>;
  state: Defaulted<'pending' | 'sent' | 'dead' | 'discarded'>;
  attempts: Defaulted<number>;
  next_at: Time;
  lease: Nullable<string>;
  leased_until: NullableTime;
  created_at: Time;
  ended_at: NullableTime;
  problem_code: Nullable<string>;
  problem: Nullable<string>;
  ended_by: Nullable<string>;
}

interface AttemptTable {
  delivery_id: string;
  number: number;
  at: Time;
  ended_at: NullableTime;
  problem_code: Nullable<string>;
  problem: Nullable<string>;
}

interface EntryTable {
  id: string;
  user_id: string;
  kind: MessageKind;
  severity: Severity;
  content: Json<unknown>;
  at: Time;
  updated_at: Time;
  read_at: NullableTime;
}

export interface NotificationTables {
  notification_cursor: CursorTable;
  notification_preference: PreferenceTable;
  notification_subscription: SubscriptionTable;
  notification_endpoint: EndpointTable;
  notification_zalo: ZaloTable;
  notification_thread: ThreadTable;
  notification_target: TargetTable;
  notification_delivery: DeliveryTable;
  notification_attempt: AttemptTable;
  notification_entry: EntryTable;
}
