-- Samples over time. Never one row a sample: frames as received, then packed chunks and roll-ups in partitions.

create table metric (
  id integer generated always as identity primary key,
  -- `lamp.hours`, `host.networkIn@eth0`
  key text collate "C" not null unique
);

-- One row a frame of the samples lane, until it is compacted: exactly the new and valid records of the frame.
create table telemetry_frame (
  id bigint generated always as identity primary key,
  agent_id text not null,
  epoch text not null,
  from_seq bigint not null,
  through_seq bigint not null,
  -- By the agent's clock.
  first_at timestamptz not null,
  last_at timestamptz not null,
  samples integer not null,
  -- JSON, as a zstd frame from 1 KiB up.
  payload bytea not null,
  received_at timestamptz not null
);
-- The payload is packed already: trying again only costs time.
alter table telemetry_frame alter column payload set storage external;
create index telemetry_frame_agent on telemetry_frame (agent_id, id);

-- Raw samples of one device and hour. A partition a day.
create table telemetry_chunk (
  device_sid integer not null,
  hour timestamptz not null,
  samples integer not null,
  body bytea not null,
  primary key (device_sid, hour)
) partition by range (hour);
alter table telemetry_chunk alter column body set storage external;

-- Roll-ups by 5 minutes of one device and hour. A partition a week.
create table telemetry_five_minute (
  device_sid integer not null,
  hour timestamptz not null,
  body bytea not null,
  primary key (device_sid, hour)
) partition by range (hour);
alter table telemetry_five_minute alter column body set storage external;

-- Roll-ups by the hour of one device and day. A partition every four weeks.
create table telemetry_hourly (
  device_sid integer not null,
  day timestamptz not null,
  body bytea not null,
  primary key (device_sid, day)
) partition by range (day);
alter table telemetry_hourly alter column body set storage external;

-- The last value of every metric of a device, up to what is compacted; the frames hold the rest.
create table device_latest (
  device_sid integer primary key,
  body bytea not null
);
alter table device_latest alter column body set storage external;
