import type { ColumnType, Generated } from 'kysely';
import type { MachineFingerprint } from '../../protocols/fleet/enrolment.ts';
import type { Descriptor, Lane } from '../../protocols/fleet/record.ts';
import type { SettingField } from '../../protocols/fleet/setting-field.ts';
import type { AvailabilityTables } from './tables/availability.ts';
import type { CalendarTables } from './tables/calendar.ts';
import type { CommandTables } from './tables/command.ts';
import type { ConfigurationTables } from './tables/configuration.ts';
import type { NotificationTables } from './tables/notification.ts';
import type {
  UnitAliasTable,
  UnitChangeTable,
  UnitImportItemTable,
  UnitImportTable,
  UnitLineTable,
} from './tables/organisation.ts';
import type { PolicyTables } from './tables/policy.ts';
import type { CauseWords, ProblemTables } from './tables/problem.ts';
import type { ReleaseTables } from './tables/release.ts';
import type { SupplierTable } from './tables/supplier.ts';
import type { TelemetryTables } from './tables/telemetry.ts';

/** Row types of the database, as the migrations beside this make it. Times are Date, bytes Buffer, JSON plain values. */

/** JSON is written as text and read as a value. */
type Json<T> = ColumnType<T, string, string>;
type NullableJson<T> = ColumnType<T | null, string | null | undefined, string | null>;
type Time = ColumnType<Date, Date | number | string, Date | number | string>;
type NullableTime = ColumnType<Date | null, Date | null | undefined, Date | null>;
type DefaultTime = ColumnType<Date, Date | undefined, Date>;
/** 64-bit counters are read as numbers: none of ours passes 2^53. */
type Count = ColumnType<number, number | undefined, number>;
type Nullable<T> = ColumnType<T | null, T | null | undefined, T | null>;

export type UnitKind = 'province' | 'commune' | 'office' | 'school' | 'building' | 'room';
export type Role =
  | 'province-admin'
  | 'operator'
  | 'engineer'
  | 'approver'
  | 'accountant'
  | 'school-it'
  | 'supplier'
  | 'auditor';
export type Health = 'ok' | 'attention' | 'fault' | 'unreachable' | 'expected-off' | 'stale' | 'unknown';
export type Lifecycle = 'in-service' | 'maintenance' | 'in-store' | 'retired';

interface UnitTable {
  id: Generated<number>;
  parent_id: Nullable<number>;
  path: string;
  kind: UnitKind;
  code: Nullable<string>;
  name: string;
  name_folded: string;
  name_sort: string;
  place_folded: ColumnType<string, string | undefined, string>;
  sample: ColumnType<boolean, boolean | undefined, boolean>;
  created_at: DefaultTime;
  type: Nullable<string>;
  floor: Nullable<string>;
  valid_from: ColumnType<string, string | undefined, string>;
  valid_to: Nullable<string>;
  successor_id: Nullable<number>;
}

interface RoleGrantTable {
  user_id: string;
  role: Role;
  unit_id: number;
  granted_at: DefaultTime;
  until: NullableTime;
  granted_by: Nullable<string>;
  source: Nullable<string>;
  supplier_id: Nullable<number>;
}

interface PersonTable {
  user_id: string;
  disabled_at: NullableTime;
  temporary_password: ColumnType<boolean, boolean | undefined, boolean>;
}

interface ApiTokenTable {
  id: string;
  user_id: string;
  name: string;
  hash: string;
  created_at: DefaultTime;
  expires_at: NullableTime;
  last_used_at: NullableTime;
  revoked_at: NullableTime;
  actions: NullableJson<readonly string[]>;
  unit_id: number | null;
}

interface AuditEntryTable {
  seq: Generated<number>;
  at: Time;
  actor: string;
  action: string;
  subject: string;
  unit_id: Nullable<number>;
  reason: Nullable<string>;
  origin: Nullable<string>;
  detail: Json<Record<string, unknown>>;
  previous_hash: string;
  hash: string;
}

interface VoucherTable {
  id: string;
  hash: string;
  unit_id: number;
  agent_name: Nullable<string>;
  label: Nullable<string>;
  created_by: string;
  created_at: DefaultTime;
  expires_at: Time;
  used_at: NullableTime;
  agent_id: Nullable<string>;
  revoked_at: NullableTime;
  replaces: Nullable<string>;
  late_at: NullableTime;
  late_times: Generated<number>;
  late_machine: NullableJson<{ readonly hostname: string; readonly address: string }>;
}

interface AgentMachineTable {
  key: string;
  agent_id: string;
}

interface IdentityConflictTable {
  id: string;
  agent_id: string;
  kind: 'other-machine' | 'two-sessions' | 'enrolled-elsewhere' | 'voucher-reused';
  seen: NullableJson<MachineFingerprint>;
  addresses: Json<readonly string[]>;
  opened_at: Time;
  times: Generated<number>;
  last_at: Time;
  resolved_at: NullableTime;
  resolved_by: Nullable<string>;
  decision: Nullable<'accept' | 'dismiss' | 'revoke'>;
  reason: Nullable<string>;
}

interface AgentTable {
  id: string;
  unit_id: number;
  name: string;
  name_folded: string;
  name_sort: string;
  status: ColumnType<'active' | 'quarantined' | 'revoked', 'active' | undefined, 'active' | 'quarantined' | 'revoked'>;
  fingerprint: Json<Record<string, unknown>>;
  enrolled_at: DefaultTime;
  version: Nullable<string>;
  platform: Nullable<string>;
  boot_id: Nullable<string>;
  session: Nullable<string>;
  started_at: NullableTime;
  connected_at: NullableTime;
  disconnected_at: NullableTime;
  last_seen_at: NullableTime;
  clock_skew_ms: Nullable<number>;
  desired_generation: ColumnType<number, number | undefined, number>;
  held_generation: ColumnType<number, number | undefined, number>;
  queue_records: Count;
  queue_bytes: Count;
  shed_records: Count;
  load: NullableJson<{ rssBytes: number; cpuPercent: number; loopDelayP99Ms: number }>;
  health_code: Nullable<string>;
  health_since: NullableTime;
  families: NullableJson<readonly string[]>;
}

interface CredentialTable {
  fingerprint: string;
  agent_id: string;
  serial: string;
  key_fingerprint: string;
  not_before: Time;
  not_after: Time;
  status: ColumnType<'active' | 'superseded' | 'revoked', 'active' | undefined, 'active' | 'superseded' | 'revoked'>;
  issued_at: DefaultTime;
}

interface DeviceTable {
  id: string;
  sid: Generated<number>;
  agent_id: string;
  unit_id: number;
  family: string;
  name: string;
  name_folded: string;
  name_sort: string;
  search: string;
  address: NullableJson<{ host: string; port?: number }>;
  settings: ColumnType<Record<string, unknown>, string | undefined, string>;
  secret: Nullable<Buffer>;
  lifecycle: ColumnType<Lifecycle, Lifecycle | undefined, Lifecycle>;
  proposal_key: Nullable<string>;
  adopted_at: DefaultTime;
  adopted_by: string;
  health: ColumnType<Health, Health | undefined, Health>;
  health_rank: ColumnType<number, never, never>;
  health_since: ColumnType<Date, Date | undefined, Date>;
  health_code: Nullable<string>;
  vendor: Nullable<string>;
  model: Nullable<string>;
  serial: Nullable<string>;
  firmware: Nullable<string>;
  supplier_id: Nullable<number>;
}

interface FamilyTable {
  name: string;
  vi: string;
  en: string;
  settings: ColumnType<SettingField[], string | undefined, string>;
}

type Confidence = 'certain' | 'likely' | 'possible';

interface ProposalTable {
  id: string;
  agent_id: string;
  key: string;
  family: string;
  address: Json<{ host: string; port?: number }>;
  name: Nullable<string>;
  vendor: Nullable<string>;
  model: Nullable<string>;
  serial: Nullable<string>;
  macs: Json<string[]>;
  needs_credentials: boolean;
  evidence: Json<string[]>;
  confidence: ColumnType<Confidence, Confidence | undefined, Confidence>;
  settings: NullableJson<Record<string, unknown>>;
  search: string;
  status: ColumnType<'open' | 'adopted' | 'refused', 'open' | undefined, 'open' | 'adopted' | 'refused'>;
  device_id: Nullable<string>;
  first_seen_at: Time;
  last_seen_at: Time;
}

interface StreamTable {
  agent_id: string;
  epoch: string;
  lane: Lane;
  through: Count;
  delivered: Count;
  shed: Count;
  missing: Count;
  updated_at: DefaultTime;
}

interface QuarantineTable {
  id: Generated<number>;
  agent_id: Nullable<string>;
  channel: string;
  lane: Nullable<string>;
  seq: Nullable<number>;
  code: string;
  message: string;
  payload: Buffer;
  payload_bytes: number;
  received_at: Time;
}

interface TwinTable {
  device_id: string;
  capability: string;
  state: Json<Record<string, unknown>>;
  at: Time;
  received_at: Time;
}

interface InventoryTable {
  device_id: string;
  descriptor: Json<Descriptor>;
  at: Time;
}

interface InventoryChangeTable {
  id: Generated<number>;
  device_id: string;
  field: string;
  before: NullableJson<unknown>;
  after: NullableJson<unknown>;
  at: Time;
  received_at: Time;
}

interface EventTable {
  id: Generated<number>;
  agent_id: string;
  device_id: Nullable<string>;
  capability: string;
  name: string;
  severity: 'info' | 'warning' | 'critical';
  data: Json<Record<string, unknown>>;
  at: Time;
  received_at: Time;
}

interface CauseTable {
  id: string;
  kind: string;
  code: string;
  agent_id: Nullable<string>;
  device_id: Nullable<string>;
  unit_id: number;
  affected: number;
  affected_peak: number;
  opened_at: Time;
  resolved_at: NullableTime;
  evidence: Json<string[]>;
  hint: Nullable<string>;
  words: NullableJson<CauseWords>;
}

interface PictureTable {
  command_id: string;
  device_id: string;
  content_type: string;
  bytes: Buffer;
  taken_at: Time;
  expires_at: Time;
}

export interface Tables
  extends AvailabilityTables,
    CalendarTables,
    CommandTables,
    ConfigurationTables,
    NotificationTables,
    PolicyTables,
    ReleaseTables,
    TelemetryTables,
    ProblemTables {
  unit: UnitTable;
  unit_change: UnitChangeTable;
  unit_alias: UnitAliasTable;
  unit_line: UnitLineTable;
  unit_import: UnitImportTable;
  unit_import_item: UnitImportItemTable;
  role_grant: RoleGrantTable;
  person: PersonTable;
  api_token: ApiTokenTable;
  audit_entry: AuditEntryTable;
  voucher: VoucherTable;
  agent_machine: AgentMachineTable;
  identity_conflict: IdentityConflictTable;
  agent: AgentTable;
  credential: CredentialTable;
  device: DeviceTable;
  supplier: SupplierTable;
  family: FamilyTable;
  proposal: ProposalTable;
  stream: StreamTable;
  quarantine: QuarantineTable;
  twin: TwinTable;
  inventory: InventoryTable;
  inventory_change: InventoryChangeTable;
  event: EventTable;
  cause: CauseTable;
  picture: PictureTable;
}
