-- Releases: what may be brought to devices and agents. Bytes lie in the store of artifacts; whether they may run is said
-- by metadata signed elsewhere.

create table release (
  id text primary key,
  component text not null check (component in ('device-firmware', 'agent', 'android-app', 'configuration')),
  name text not null,
  version text not null,
  family text,
  models jsonb not null default '[]',
  from_versions jsonb not null default '[]',
  release_counter integer not null check (release_counter >= 1),
  least_agent_version text,
  needed_bytes bigint,
  notes text,
  sbom_sha256 text,
  file text not null,
  sha256 text not null,
  length bigint not null check (length > 0),
  state text not null check (state in ('uploading', 'stored', 'withdrawn')),
  created_at timestamptz not null,
  created_by text not null,
  stored_at timestamptz,
  withdrawn_at timestamptz,
  withdrawn_by text
);
-- A name stands for one thing: neither version nor counter is given twice, but to what was withdrawn.
create unique index release_version on release (component, name, version) where state <> 'withdrawn';
create unique index release_counter on release (component, name, release_counter) where state <> 'withdrawn';
create index release_sha256 on release (sha256);

-- Whole and checked bytes; several releases may stand on the same.
create table artifact (
  sha256 text primary key,
  length bigint not null,
  stored_at timestamptz not null
);

-- Every version that ever counted, as it was signed, byte by byte; agents that slept need all roots.
create table release_metadata (
  role text not null check (role in ('root', 'targets', 'snapshot', 'timestamp')),
  version integer not null check (version >= 1),
  bytes bytea not null,
  expires_at timestamptz not null,
  taken_at timestamptz not null,
  taken_by text not null,
  primary key (role, version)
);

-- Kinds of devices that the agent speaks to, as it greeted last.
alter table agent add column families jsonb;
