-- The organisation over time: validity, successors, old names, professional lines, and imports that can be undone.

-- Dates of the organisation are days of Viet Nam, ISO 8601, so that text order is their order.
alter table unit
  add column type text,
  add column floor text,
  add column valid_from text collate "C" not null default to_char(now() at time zone 'Asia/Ho_Chi_Minh', 'YYYY-MM-DD')
    check (valid_from ~ '^\d{4}-\d{2}-\d{2}$'),
  -- First day on which it is no more; null while it stands.
  add column valid_to text collate "C" check (valid_to ~ '^\d{4}-\d{2}-\d{2}$' and valid_to >= valid_from),
  -- The unit that took over a closed one.
  add column successor_id integer references unit (id) check (successor_id is null or valid_to is not null);
update unit set valid_from = to_char(created_at at time zone 'Asia/Ho_Chi_Minh', 'YYYY-MM-DD');
create index unit_successor on unit (successor_id) where successor_id is not null;

alter table unit drop constraint unit_kind_check;
alter table unit add constraint unit_kind_check
  check (kind in ('province', 'commune', 'office', 'school', 'building', 'room'));

-- A closed unit keeps its code for its history and leaves it free. Codes of rooms and buildings count within their parent.
drop index unit_code;
create unique index unit_code on unit (kind, code)
  where code is not null and valid_to is null and kind not in ('building', 'room');
create unique index unit_code_within on unit (parent_id, kind, code)
  where code is not null and valid_to is null and kind in ('building', 'room');

-- What happened to a unit, with both sides of it, so that any day in the past can be told.
create table unit_change (
  id bigint generated always as identity primary key,
  unit_id integer not null references unit (id),
  kind text not null check (kind in ('renamed', 'moved', 'closed', 'merged-into', 'absorbed', 'split-from', 'split-into', 'line')),
  effective text collate "C" not null check (effective ~ '^\d{4}-\d{2}-\d{2}$'),
  at timestamptz not null,
  actor text not null,
  reason text not null,
  before jsonb not null,
  after jsonb not null
);
create index unit_change_unit on unit_change (unit_id, id);

-- Other names under which a present unit is found.
create table unit_alias (
  id bigint generated always as identity primary key,
  unit_id integer not null references unit (id),
  name text not null,
  unique (unit_id, name)
);

-- The second parent: who leads a unit professionally, beside who owns it. At most one at a time.
create table unit_line (
  id bigint generated always as identity primary key,
  unit_id integer not null references unit (id),
  authority_id integer not null references unit (id),
  valid_from text collate "C" not null check (valid_from ~ '^\d{4}-\d{2}-\d{2}$'),
  valid_to text collate "C" check (valid_to ~ '^\d{4}-\d{2}-\d{2}$' and valid_to >= valid_from)
);
create unique index unit_line_now on unit_line (unit_id) where valid_to is null;

create table unit_import (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  actor text not null,
  actor_name text not null,
  -- The unit under which it was done, and so whose it is.
  unit_id integer not null references unit (id),
  file_name text not null,
  created integer not null,
  changed integer not null,
  undone_at timestamptz,
  undone_by text
);
create index unit_import_unit on unit_import (id desc) where undone_at is null;
create table unit_import_item (
  import_id bigint not null references unit_import (id),
  unit_id integer not null,
  -- As it was; null for a unit that the import made.
  before jsonb,
  after jsonb not null,
  primary key (import_id, unit_id)
);

-- Whatever is placed at a unit while that merges ends up at its successor: the row lock waits for the merge.
create function place_at_present_unit() returns trigger language plpgsql as $$
declare
  next integer;
  ended text;
begin
  loop
    select successor_id, valid_to into next, ended from unit where id = new.unit_id for key share;
    exit when next is null;
    new.unit_id := next;
  end loop;
  if ended is not null then
    raise exception 'unit % is closed', new.unit_id using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger agent_place before insert or update of unit_id on agent
  for each row execute function place_at_present_unit();
create trigger device_place before insert or update of unit_id on device
  for each row execute function place_at_present_unit();
create trigger voucher_place before insert or update of unit_id on voucher
  for each row execute function place_at_present_unit();
