-- How long each device was in each state: of health, of power, of its life. Written by the database itself whenever the
-- present state changes, so that no writer can forget it.
create table device_span (
  id bigint generated always as identity primary key,
  device_id text not null references device (id) on delete cascade,
  track text not null check (track in ('health', 'power', 'lifecycle')),
  state text not null,
  from_at timestamptz not null,
  to_at timestamptz
);
create unique index device_span_open on device_span (device_id, track) where to_at is null;
create index device_span_read on device_span (device_id, track, from_at);
create index device_span_end on device_span (to_at) where to_at is not null;

-- Ends the open span at `at` and begins the next. A state that is told to have begun before the last one did takes its place.
create function begin_span(of_device text, of_track text, of_state text, at timestamptz) returns void language plpgsql as $$
declare
  open device_span;
begin
  select * into open from device_span where device_id = of_device and track = of_track and to_at is null for update;
  if found then
    if open.state = of_state then
      return;
    end if;
    if open.from_at >= at then
      delete from device_span where id = open.id;
      at := open.from_at;
    else
      update device_span set to_at = at where id = open.id;
    end if;
  end if;
  insert into device_span (device_id, track, state, from_at) values (of_device, of_track, of_state, at);
end $$;

create function follow_device() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' or new.health is distinct from old.health then
    perform begin_span(new.id, 'health', new.health, new.health_since);
  end if;
  if tg_op = 'INSERT' then
    perform begin_span(new.id, 'lifecycle', new.lifecycle, new.adopted_at);
  elsif new.lifecycle is distinct from old.lifecycle then
    perform begin_span(new.id, 'lifecycle', new.lifecycle, now());
  end if;
  return null;
end $$;
create trigger device_spans after insert or update of health, lifecycle on device
  for each row execute function follow_device();

create function follow_power() returns trigger language plpgsql as $$
begin
  perform begin_span(new.device_id, 'power', coalesce(new.state ->> 'state', 'unknown'), least(new.at, new.received_at));
  return null;
end $$;
create trigger twin_power_spans after insert or update on twin
  for each row when (new.capability = 'power') execute function follow_power();

insert into device_span (device_id, track, state, from_at)
  select id, 'health', health, health_since from device
  union all select id, 'lifecycle', lifecycle, adopted_at from device
  union all select device_id, 'power', coalesce(state ->> 'state', 'unknown'), least(at, received_at) from twin where capability = 'power';

-- What a kind of device draws, as somebody has put it in place of the estimate that comes with the product.
create table energy_class (
  name text primary key,
  on_watts real not null check (on_watts >= 0 and on_watts <= 100000),
  standby_watts real not null check (standby_watts >= 0 and standby_watts <= 100000),
  set_by text not null,
  set_at timestamptz not null
);
