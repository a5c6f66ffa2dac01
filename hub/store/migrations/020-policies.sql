-- What agents shall do by themselves, as people wrote it at a unit of the tree. A revision is a new wish: nothing that was due
-- before `since` is made up for under it.
create table policy (
  id integer generated always as identity primary key,
  unit_id integer not null references unit (id) on delete cascade,
  name text not null,
  enabled boolean not null,
  revision integer not null check (revision > 0),
  body jsonb not null,
  since timestamptz not null,
  created_at timestamptz not null,
  created_by text not null,
  updated_at timestamptz not null,
  updated_by text not null
);
create index policy_unit on policy (unit_id);

-- The last bundle of each agent, as it was signed. Numbers only grow, also past what an agent says that it holds.
create table policy_bundle (
  agent_id text primary key references agent (id) on delete cascade,
  number integer not null check (number >= 0),
  digest text not null,
  envelope jsonb,
  issued_at timestamptz not null,
  expires_at timestamptz not null,
  held integer not null default 0,
  held_at timestamptz,
  -- What stood in the way of a newer one, or what the agent last said of the one it holds.
  trouble jsonb
);

-- Every run, and everything that was planned and did not run, by the name that the agent gave it: told twice it is here once.
create table policy_run (
  agent_id text not null references agent (id) on delete cascade,
  run text not null,
  kind text not null check (kind in ('run', 'passed', 'rule')),
  -- Without a reference: what a policy did is told after it is gone.
  policy_id integer,
  part text not null,
  number integer not null,
  unit_id integer references unit (id) on delete set null,
  device_id text,
  capability text,
  command text,
  planned_at timestamptz not null,
  at timestamptz not null,
  state text not null,
  late boolean not null default false,
  devices integer not null default 1,
  problem jsonb,
  detail jsonb,
  received_at timestamptz not null,
  primary key (agent_id, run)
);
create index policy_run_time on policy_run (planned_at desc, run desc);
create index policy_run_policy on policy_run (policy_id, planned_at desc);
create index policy_run_unit on policy_run (unit_id);
