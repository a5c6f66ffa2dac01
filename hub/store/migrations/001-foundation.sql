-- Organisation, people, agents, devices and what they report. Forward only.

create table unit (
  id integer generated always as identity primary key,
  parent_id integer references unit (id),
  -- '/1/7/' : ids from the root down to this unit, so that a subtree is one prefix.
  path text collate "C" not null unique,
  kind text not null check (kind in ('province', 'commune', 'school', 'building', 'room')),
  code text,
  name text not null,
  -- Without marks, for search; and in Vietnamese order with numbers by value, for sorting.
  name_folded text collate "C" not null,
  name_sort text collate "C" not null,
  -- Folded names from below the root down to this unit: a device is found by the school that it stands in.
  place_folded text collate "C" not null default '',
  sample boolean not null default false,
  created_at timestamptz not null default now()
);
create index unit_parent on unit (parent_id);
create unique index unit_code on unit (kind, code) where code is not null;

create table role_grant (
  user_id text not null,
  role text not null check (role in ('province-admin', 'operator', 'engineer', 'approver', 'accountant', 'school-it', 'supplier', 'auditor')),
  unit_id integer not null references unit (id),
  granted_at timestamptz not null default now(),
  primary key (user_id, role, unit_id)
);

create table api_token (
  id text primary key,
  user_id text not null,
  name text not null,
  hash text not null unique,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz
);

create table audit_entry (
  seq bigint generated always as identity primary key,
  at timestamptz not null,
  actor text not null,
  action text not null,
  subject text not null,
  unit_id integer references unit (id),
  reason text,
  origin text,
  detail jsonb not null,
  previous_hash text not null,
  hash text not null unique
);

create table voucher (
  id text primary key,
  hash text not null unique,
  unit_id integer not null references unit (id),
  agent_name text,
  created_by text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz,
  agent_id text,
  revoked_at timestamptz
);

create table agent (
  id text primary key,
  unit_id integer not null references unit (id),
  name text not null,
  name_folded text collate "C" not null,
  name_sort text collate "C" not null,
  status text not null default 'active' check (status in ('active', 'quarantined', 'revoked')),
  fingerprint jsonb not null,
  enrolled_at timestamptz not null default now(),
  version text,
  platform text,
  boot_id text,
  session text,
  started_at timestamptz,
  connected_at timestamptz,
  disconnected_at timestamptz,
  last_seen_at timestamptz,
  clock_skew_ms double precision,
  -- The desired document's generation: what the hub wants and what the agent last said it holds.
  desired_generation integer not null default 1,
  held_generation integer not null default 0,
  queue_records bigint not null default 0,
  queue_bytes bigint not null default 0,
  shed_records bigint not null default 0,
  load jsonb
);
create index agent_unit on agent (unit_id);

create table credential (
  -- SHA-256 of the certificate's DER, lower hex.
  fingerprint text primary key,
  agent_id text not null references agent (id),
  serial text not null,
  key_fingerprint text not null,
  not_before timestamptz not null,
  not_after timestamptz not null,
  status text not null default 'active' check (status in ('active', 'superseded', 'revoked')),
  issued_at timestamptz not null default now()
);
create index credential_agent on credential (agent_id);

create table device (
  id text primary key,
  -- Short number that telemetry rows carry instead of the id.
  sid integer generated always as identity unique,
  agent_id text not null references agent (id),
  unit_id integer not null references unit (id),
  family text not null,
  name text not null,
  name_folded text collate "C" not null,
  name_sort text collate "C" not null,
  -- Name, vendor, model, serial number and firmware without marks: what a search looks through.
  search text collate "C" not null,
  address jsonb,
  settings jsonb not null default '{}',
  -- Sealed credentials (AES-256-GCM), null when the device needs none.
  secret bytea,
  lifecycle text not null default 'in-service' check (lifecycle in ('in-service', 'maintenance', 'in-store', 'retired')),
  proposal_key text,
  adopted_at timestamptz not null default now(),
  adopted_by text not null,
  -- Health as last decided, kept so that a restart of the hub flips nobody.
  health text not null default 'unknown',
  -- The worst first, for sorting.
  health_rank smallint generated always as (case health when 'fault' then 0 when 'unreachable' then 1 when 'attention' then 2
    when 'stale' then 3 when 'unknown' then 4 when 'expected-off' then 5 else 6 end) stored,
  health_since timestamptz not null default now(),
  health_code text,
  -- Identity as last described, copied for lists and search.
  vendor text,
  model text,
  serial text,
  firmware text
);
create index device_agent on device (agent_id);
create index device_unit on device (unit_id);
create index device_name on device (name_sort, id);
create index device_health on device (health_rank, id);
create index device_since on device (health_since, id);
create unique index device_proposal on device (agent_id, proposal_key) where proposal_key is not null;

-- Device families and their names for people, as agents told them.
create table family (
  name text primary key,
  vi text not null,
  en text not null
);

create table proposal (
  id text primary key,
  agent_id text not null references agent (id),
  key text not null,
  family text not null,
  address jsonb not null,
  name text,
  vendor text,
  model text,
  serial text,
  macs jsonb not null default '[]',
  needs_credentials boolean not null,
  evidence jsonb not null,
  -- As in device.
  search text collate "C" not null,
  status text not null default 'open' check (status in ('open', 'adopted', 'refused')),
  device_id text references device (id),
  first_seen_at timestamptz not null,
  last_seen_at timestamptz not null,
  unique (agent_id, key)
);
create index proposal_status on proposal (status, first_seen_at desc, id desc);

-- How far each lane of each outbox is stored. One row a stream is the whole guard against doubles.
create table stream (
  agent_id text not null references agent (id),
  epoch text not null,
  lane text not null check (lane in ('urgent', 'state', 'samples')),
  through bigint not null default 0,
  delivered bigint not null default 0,
  shed bigint not null default 0,
  -- Numbers that the agent no longer holds and this database never had (a restored backup).
  missing bigint not null default 0,
  updated_at timestamptz not null default now(),
  primary key (agent_id, epoch, lane),
  check (delivered + shed + missing = through)
) with (fillfactor = 50);

create table quarantine (
  id bigint generated always as identity primary key,
  agent_id text,
  channel text not null,
  lane text,
  seq bigint,
  code text not null,
  message text not null,
  payload bytea not null,
  payload_bytes integer not null,
  received_at timestamptz not null
);
create index quarantine_received on quarantine (received_at desc, id desc);

create table twin (
  device_id text not null references device (id),
  capability text not null,
  state jsonb not null,
  -- By the agent's clock, and when the hub stored it.
  at timestamptz not null,
  received_at timestamptz not null,
  primary key (device_id, capability)
);

create table inventory (
  device_id text primary key references device (id),
  descriptor jsonb not null,
  at timestamptz not null
);

create table inventory_change (
  id bigint generated always as identity primary key,
  device_id text not null references device (id),
  field text not null,
  before jsonb,
  after jsonb,
  at timestamptz not null,
  received_at timestamptz not null
);
create index inventory_change_device on inventory_change (device_id, id desc);

create table event (
  id bigint generated always as identity primary key,
  agent_id text not null references agent (id),
  device_id text references device (id),
  capability text not null,
  name text not null,
  severity text not null,
  data jsonb not null,
  at timestamptz not null,
  received_at timestamptz not null
);
create index event_device on event (device_id, id desc);
create index event_agent on event (agent_id, id desc);

create table cause (
  id text primary key,
  kind text not null,
  code text not null,
  agent_id text references agent (id),
  device_id text references device (id),
  unit_id integer not null references unit (id),
  -- How many devices it touches now, and at most.
  affected integer not null,
  affected_peak integer not null,
  opened_at timestamptz not null,
  resolved_at timestamptz,
  evidence jsonb not null
);
create index cause_open on cause (opened_at desc, id) where resolved_at is null;

create table command (
  id text primary key,
  agent_id text not null references agent (id),
  device_id text not null references device (id),
  capability text not null,
  name text not null,
  args jsonb not null,
  state text not null,
  not_after timestamptz not null,
  created_by text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  problem jsonb,
  output jsonb
);
create index command_device on command (device_id, created_at desc);
create index command_pending on command (agent_id, created_at) where state in ('queued', 'sent', 'received', 'running');

-- Pictures live for a short time and are read with a purpose; the file store is the database itself while they are small.
create table picture (
  command_id text primary key references command (id),
  device_id text not null references device (id),
  content_type text not null,
  bytes bytea not null,
  taken_at timestamptz not null,
  expires_at timestamptz not null
);
