-- By what a machine is known again, and what happens when two claim to be one.

create table agent_machine (
  -- `board:...`, `mac:...`, `disk:...`
  key text not null,
  agent_id text not null references agent (id),
  primary key (key, agent_id)
);
create index agent_machine_agent on agent_machine (agent_id);

create table identity_conflict (
  id text primary key,
  agent_id text not null references agent (id),
  kind text not null check (kind in ('other-machine', 'two-sessions', 'enrolled-elsewhere')),
  -- The machine that claimed the identity now; absent where only its address is known.
  seen jsonb,
  addresses jsonb not null,
  opened_at timestamptz not null,
  -- How often it happened, and the last time.
  times integer not null default 1,
  last_at timestamptz not null,
  resolved_at timestamptz,
  resolved_by text,
  decision text check (decision in ('accept', 'dismiss', 'revoke')),
  reason text
);
create unique index identity_conflict_open on identity_conflict (agent_id, kind) where resolved_at is null;
create index identity_conflict_opened on identity_conflict (opened_at desc, id desc);

-- A voucher by which new hardware takes over the place of an agent.
alter table voucher add column replaces text references agent (id);
