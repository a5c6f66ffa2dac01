import type { ColumnType, Generated } from 'kysely';
import type { Label } from '../../../protocols/fleet/capabilities/index.ts';

/** Row types of problems (migration 017). */

type Json<T> = ColumnType<T, string, string>;
type NullableJson<T> = ColumnType<T | null, string | null | undefined, string | null>;
type Time = ColumnType<Date, Date, Date>;
type NullableTime = ColumnType<Date | null, Date | null | undefined, Date | null>;
type Nullable<T> = ColumnType<T | null, T | null | undefined, T | null>;

export type Severity = 'critical' | 'major' | 'minor' | 'notice';

export type ProblemEventKind =
  | 'opened'
  | 'grew'
  | 'shrank'
  | 'severity'
  | 'acknowledged'
  | 'unacknowledged'
  | 'assigned'
  | 'commented'
  | 'muted'
  | 'unmuted'
  | 'escalated'
  | 'flapping'
  | 'reopened'
  | 'resolved';

/** Title and next step of a cause that a rule opened. */
export interface CauseWords {
  readonly title: Label;
  readonly next: Label;
}

interface ProblemTable {
  cause_id: string;
  severity: Severity;
  severity_rank: ColumnType<number, never, never>;
  acknowledged_at: NullableTime;
  acknowledged_by: Nullable<string>;
  assignee: Nullable<string>;
  muted_until: NullableTime;
  muted_by: Nullable<string>;
  window_id: Nullable<number>;
  escalation_step: ColumnType<number, number | undefined, number>;
  escalates_from: Time;
  openings: ColumnType<readonly number[], string | undefined, string>;
  flapping_since: NullableTime;
  calm_at: NullableTime;
  rule_id: Nullable<number>;
}

interface ProblemCommentTable {
  id: Generated<number>;
  cause_id: string;
  author: string;
  at: Time;
  text: string;
}

interface ProblemEventTable {
  id: Generated<number>;
  cause_id: string;
  kind: ProblemEventKind;
  at: Time;
  severity: Severity;
  actor: Nullable<string>;
  detail: Json<Record<string, unknown>>;
}

interface MaintenanceWindowTable {
  id: Generated<number>;
  unit_id: number;
  device_id: Nullable<string>;
  name: string;
  starts_at: Time;
  ends_at: NullableTime;
  weekly: NullableJson<Record<string, unknown>>;
  created_by: string;
  created_at: Time;
  ended_at: NullableTime;
  ended_by: Nullable<string>;
}

interface ProblemRuleTable {
  id: Generated<number>;
  unit_id: number;
  name: string;
  title: Json<Label>;
  next: Json<Label>;
  severity: Severity;
  filter: Json<Record<string, unknown>>;
  condition: Json<Record<string, unknown>>;
  enabled: boolean;
  removed_at: NullableTime;
  created_by: string;
  updated_by: string;
  created_at: Time;
  updated_at: Time;
}

interface ProblemRuleStateTable {
  rule_id: number;
  device_id: string;
  state: Json<Record<string, unknown>>;
  cause_id: Nullable<string>;
}

interface EscalationTable {
  unit_id: number;
  steps: Json<readonly Record<string, unknown>[]>;
  working_time: boolean;
  updated_by: string;
  updated_at: Time;
}

export interface ProblemTables {
  problem: ProblemTable;
  problem_comment: ProblemCommentTable;
  problem_event: ProblemEventTable;
  maintenance_window: MaintenanceWindowTable;
  problem_rule: ProblemRuleTable;
  problem_rule_state: ProblemRuleStateTable;
  escalation: EscalationTable;
}
