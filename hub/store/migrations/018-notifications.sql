-- Who is told what of problems, by which channel and when; what was told, and what could not be delivered.

-- Where the reader of problem_event stands. Ids above `through` that were not there yet wait in `gaps`: their transactions may
-- still commit.
create table notification_cursor (
  name text primary key,
  through bigint not null,
  gaps jsonb not null default '[]'
);

create table notification_preference (
  user_id text primary key references auth_user (id) on delete cascade,
  language text not null default 'vi' check (language in ('vi', 'en')),
  time_zone text not null default 'Asia/Ho_Chi_Minh',
  zalo_user_id text
);

create table notification_subscription (
  id text primary key,
  user_id text not null references auth_user (id) on delete cascade,
  -- Null: everything that this person may see.
  unit_id integer references unit (id),
  channel text not null check (channel in ('in-app', 'email', 'zalo')),
  severity text not null check (severity in ('critical', 'major', 'minor', 'notice')),
  -- Null: all kinds.
  kinds jsonb,
  hold_minutes smallint check (hold_minutes between 0 and 240),
  quiet jsonb,
  digest jsonb not null,
  created_at timestamptz not null
);
create index notification_subscription_user on notification_subscription (user_id);

create table notification_endpoint (
  id text primary key,
  name text not null,
  url text not null,
  unit_id integer not null references unit (id),
  severity text not null check (severity in ('critical', 'major', 'minor', 'notice')),
  kinds jsonb,
  -- Sealed; whoever makes the endpoint sees it once.
  secret bytea not null,
  owner_id text not null,
  created_at timestamptz not null,
  disabled_at timestamptz,
  disabled_why text,
  -- Since when every attempt failed.
  failing_since timestamptz,
  last_success_at timestamptz
);

-- Tokens of the official account; the refresh token is used up by each use.
create table notification_zalo (
  id integer primary key check (id = 1),
  access_token bytea,
  refresh_token bytea,
  expires_at timestamptz,
  updated_at timestamptz not null,
  refreshing_until timestamptz,
  problem text
);

-- What a recipient knows of a cause: one row a recipient and cause. `target` is `channel:id`.
create table notification_thread (
  target text not null,
  cause_id text not null references cause (id) on delete cascade,
  stage text not null check (stage in ('waiting', 'told', 'closed', 'silent')),
  due_what text check (due_what in ('opening', 'update', 'closing')),
  due_at timestamptz,
  due_in_digest boolean not null default false,
  told_affected integer not null default 0,
  told_severity text,
  told_at timestamptz,
  -- The delivery, or entry, that told the opening.
  root_id text,
  root_subject text,
  primary key (target, cause_id)
);
create index notification_thread_due on notification_thread (due_at) where due_at is not null;
create index notification_thread_cause on notification_thread (cause_id);

-- How much a recipient was told lately, for the storm guard.
create table notification_target (
  target text primary key,
  window_from timestamptz not null,
  singles integer not null,
  gather_until timestamptz,
  digest_at timestamptz
);

create table notification_delivery (
  id text primary key,
  target text not null,
  channel text not null check (channel in ('email', 'zalo', 'webhook')),
  user_id text,
  endpoint_id text,
  unit_id integer references unit (id),
  kind text not null check (kind in ('opening', 'update', 'closing', 'digest', 'word')),
  subject text not null,
  content jsonb not null,
  -- Sent only after this one was.
  after_id text,
  state text not null default 'pending' check (state in ('pending', 'sent', 'dead', 'discarded')),
  attempts integer not null default 0,
  next_at timestamptz not null,
  lease text,
  leased_until timestamptz,
  created_at timestamptz not null,
  ended_at timestamptz,
  problem_code text,
  problem text,
  ended_by text
);
create index notification_delivery_due on notification_delivery (next_at) where state = 'pending';
create index notification_delivery_dead on notification_delivery (ended_at desc, id desc) where state = 'dead';
create index notification_delivery_after on notification_delivery (after_id) where state = 'pending';

-- Every attempt; one without an end is one during which the hub ended.
create table notification_attempt (
  delivery_id text not null references notification_delivery (id) on delete cascade,
  number integer not null,
  at timestamptz not null,
  ended_at timestamptz,
  problem_code text,
  problem text,
  primary key (delivery_id, number)
);

-- What stands behind the bell.
create table notification_entry (
  id text primary key,
  user_id text not null references auth_user (id) on delete cascade,
  kind text not null check (kind in ('opening', 'update', 'closing', 'digest', 'word')),
  severity text not null,
  content jsonb not null,
  at timestamptz not null,
  updated_at timestamptz not null,
  read_at timestamptz
);
create index notification_entry_user on notification_entry (user_id, updated_at desc, id desc);
create index notification_entry_unread on notification_entry (user_id) where read_at is null;

insert into notification_cursor (name, through) select 'problems', coalesce(max(id), 0) from problem_event;
