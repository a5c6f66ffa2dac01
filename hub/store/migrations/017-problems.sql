-- What people and rules make of causes: problems, their story, rules as data, and times of maintenance.

-- Title and next step in both languages, of a cause that no code of health names.
alter table cause add column words jsonb;
create index cause_resolved on cause (resolved_at desc, id desc) where resolved_at is not null;
create index cause_device on cause (device_id) where device_id is not null;

create table problem_rule (
  id integer generated always as identity primary key,
  unit_id integer not null references unit (id),
  name text not null,
  title jsonb not null,
  next jsonb not null,
  severity text not null check (severity in ('critical', 'major', 'minor', 'notice')),
  -- Whom it watches and what it waits for; the shapes of protocols/api/rules.ts.
  filter jsonb not null,
  condition jsonb not null,
  enabled boolean not null default true,
  created_by text not null,
  updated_by text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index problem_rule_unit on problem_rule (unit_id);

create table maintenance_window (
  id integer generated always as identity primary key,
  unit_id integer not null references unit (id),
  device_id text references device (id),
  name text not null,
  -- Once from start to end; weekly within that time when the second is set.
  starts_at timestamptz not null,
  ends_at timestamptz,
  weekly jsonb,
  created_by text not null,
  created_at timestamptz not null,
  ended_at timestamptz,
  ended_by text
);
create index maintenance_window_unit on maintenance_window (unit_id);
create index maintenance_window_device on maintenance_window (device_id);

create table problem (
  cause_id text primary key references cause (id) on delete cascade,
  severity text not null check (severity in ('critical', 'major', 'minor', 'notice')),
  severity_rank smallint not null generated always as (case severity when 'critical' then 0 when 'major' then 1 when 'minor' then 2 else 3 end) stored,
  acknowledged_at timestamptz,
  acknowledged_by text,
  assignee text,
  muted_until timestamptz,
  muted_by text,
  -- The window that muted it.
  window_id integer references maintenance_window (id),
  -- How many steps of escalation were taken without an acknowledgement, counted from when on.
  escalation_step smallint not null default 0,
  escalates_from timestamptz not null,
  -- When it opened lately, as milliseconds of the epoch, oldest first.
  openings jsonb not null default '[]',
  flapping_since timestamptz,
  -- It would be resolved, but stays open until it has been calm up to this moment.
  calm_at timestamptz,
  rule_id integer references problem_rule (id)
);
create index problem_calm on problem (calm_at) where calm_at is not null;
create index problem_assignee on problem (assignee) where assignee is not null;
create index problem_rule_of on problem (rule_id) where rule_id is not null;

insert into problem (cause_id, severity, escalates_from)
  select id, case kind when 'device-attention' then 'minor' when 'credentials' then 'minor' else 'major' end, opened_at from cause;

create table problem_comment (
  id bigint generated always as identity primary key,
  cause_id text not null references cause (id) on delete cascade,
  author text not null,
  at timestamptz not null,
  text text not null
);
create index problem_comment_cause on problem_comment (cause_id, id);

-- Everything that happened to a problem, in the transaction that did it. Ids grow in the order of commits.
create table problem_event (
  id bigint generated always as identity primary key,
  cause_id text not null references cause (id) on delete cascade,
  kind text not null check (kind in ('opened', 'grew', 'shrank', 'severity', 'acknowledged', 'unacknowledged', 'assigned',
    'commented', 'muted', 'unmuted', 'escalated', 'flapping', 'reopened', 'resolved')),
  at timestamptz not null,
  severity text not null,
  actor text,
  detail jsonb not null
);
create index problem_event_cause on problem_event (cause_id, id);

-- Where a rule stands with a device that is not calm; a restart goes on here.
create table problem_rule_state (
  rule_id integer not null references problem_rule (id) on delete cascade,
  device_id text not null references device (id),
  state jsonb not null,
  cause_id text references cause (id) on delete set null,
  primary key (rule_id, device_id)
);

-- Steps of escalation of a subtree; the nearest unit above a problem counts.
create table escalation (
  unit_id integer primary key references unit (id),
  steps jsonb not null,
  working_time boolean not null,
  updated_by text not null,
  updated_at timestamptz not null
);
