-- What a unit sets of the school calendar, each change a version of its own: the last one holds, an earlier one can be
-- put back. A version without a layer says that the unit sets nothing any more.
create table calendar_version (
  unit_id integer not null references unit (id) on delete cascade,
  version integer not null check (version > 0),
  layer jsonb,
  at timestamptz not null,
  actor text not null,
  actor_name text not null,
  reason text not null,
  primary key (unit_id, version)
);
