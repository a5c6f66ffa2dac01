import type { ColumnType, Generated } from 'kysely';
import type { PolicyBody } from '../../../protocols/api/operation/policies.ts';
import type { PolicyEnvelope } from '../../../protocols/fleet/policy/bundle.ts';
import type { Problem } from '../../../protocols/fleet/problem.ts';

/** Row types of policies (migration 020). */

type Nullable<T> = ColumnType<T | null, T | null | undefined, T | null>;
type NullableJson<T> = ColumnType<T | null, string | null | undefined, string | null>;
type Time = ColumnType<Date, Date, Date>;

interface PolicyTable {
  id: Generated<number>;
  unit_id: number;
  name: string;
  enabled: boolean;
  revision: number;
  body: ColumnType<PolicyBody, string, string>;
  since: Time;
  created_at: Time;
  created_by: string;
  updated_at: Time;
  updated_by: string;
}

interface PolicyBundleTable {
  agent_id: string;
  number: number;
  digest: string;
  envelope: NullableJson<PolicyEnvelope>;
  issued_at: Time;
  expires_at: Time;
  held: ColumnType<number, number | undefined, number>;
  held_at: Nullable<Date>;
  trouble: NullableJson<{ code: string; message: string }>;
}

interface PolicyRunTable {
  agent_id: string;
  run: string;
  kind: 'run' | 'passed' | 'rule';
  policy_id: Nullable<number>;
  part: string;
  number: number;
  unit_id: Nullable<number>;
  device_id: Nullable<string>;
  capability: Nullable<string>;
  command: Nullable<string>;
  planned_at: Time;
  at: Time;
  state: string;
  late: ColumnType<boolean, boolean | undefined, boolean>;
  devices: ColumnType<number, number | undefined, number>;
  problem: NullableJson<Problem>;
  detail: NullableJson<Record<string, unknown>>;
  received_at: Time;
}

export interface PolicyTables {
  policy: PolicyTable;
  policy_bundle: PolicyBundleTable;
  policy_run: PolicyRunTable;
}
