-- How devices shall be set: wishes at a unit of the organisation or at one device; the nearest counts.
create table configuration_wish (
  id integer generated always as identity primary key,
  unit_id integer references unit (id) on delete cascade,
  device_id text references device (id) on delete cascade,
  -- The one family that it is meant for; all that have the setting when empty.
  family text not null default '',
  key text not null,
  value jsonb not null,
  keeping text not null check (keeping in ('heal', 'power-on', 'report')),
  set_by text not null,
  set_at timestamptz not null,
  check (num_nonnulls(unit_id, device_id) = 1),
  check (device_id is null or family = '')
);
create unique index configuration_wish_unit on configuration_wish (unit_id, family, key) where unit_id is not null;
create unique index configuration_wish_device on configuration_wish (device_id, key) where device_id is not null;

-- Every change of wishes, so that it can be read and taken back.
create table configuration_change (
  id integer generated always as identity primary key,
  unit_id integer references unit (id) on delete cascade,
  device_id text references device (id) on delete cascade,
  at timestamptz not null,
  by_name text not null,
  reason text not null,
  changes jsonb not null,
  reverts integer references configuration_change (id) on delete set null
);
create index configuration_change_unit on configuration_change (unit_id, id);
create index configuration_change_device on configuration_change (device_id, id);

-- The list of devices that differ reads the states of one capability.
create index twin_configuration on twin (device_id) where capability = 'configuration';
