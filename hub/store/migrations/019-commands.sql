-- Wishes that are given to many devices at once, or that a second person has to agree to.
create table command_batch (
  id text primary key,
  -- The smallest unit that holds all its devices; not a reference: a unit may go, what was done in it stays.
  unit_id integer not null,
  capability text not null,
  name text not null,
  args jsonb not null,
  reason text,
  -- One wish for one device that waits for a second person.
  single boolean not null,
  total integer not null,
  exclusions jsonb not null,
  expires_in integer not null,
  approval text not null check (approval in ('none', 'awaiting', 'approved', 'rejected')),
  approve_before timestamptz,
  created_by text not null,
  created_by_id text not null,
  created_at timestamptz not null,
  decided_by text,
  decided_at timestamptz,
  decision_reason text,
  cancelled_by text,
  cancelled_at timestamptz
);
create index command_batch_recent on command_batch (created_at desc, id);

alter table command
  add column batch_id text references command_batch (id),
  add column school_id integer,
  -- Not sent before: many are staggered, and what disturbs waits for the end of a lesson.
  add column not_before timestamptz,
  add column cancel_asked_at timestamptz,
  add column cancelled_by text,
  add column forced jsonb,
  add column disturbs boolean not null default false,
  add column even_in_lesson boolean not null default false,
  add column even_in_exam boolean not null default false,
  add column reason text,
  add column created_by_id text;

drop index command_pending;
create index command_pending on command (agent_id, created_at)
  where state in ('awaiting-approval', 'queued', 'sent', 'received', 'running');
-- An agent that comes back is asked what became of these.
create index command_unknown on command (agent_id, created_at) where state = 'unknown';
create index command_overdue on command (not_after)
  where state in ('awaiting-approval', 'queued', 'sent', 'received', 'running');
create index command_due on command (not_before) where state = 'queued' and not_before is not null;
create index command_batch_rows on command (batch_id) where batch_id is not null;
create index command_school on command (school_id, created_at) where school_id is not null;
create index command_recent on command (created_at desc, id desc);
