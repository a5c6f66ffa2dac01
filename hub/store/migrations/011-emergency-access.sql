-- Rights that were given by `edufleet-hub break-glass`, past all roles, for some hours.

create table emergency_access (
  id text primary key,
  user_id text not null references auth_user (id) on delete cascade,
  opened_at timestamptz not null,
  until timestamptz not null,
  sign_ins integer not null default 0,
  last_sign_in_at timestamptz
);
create index emergency_access_user on emergency_access (user_id, until);
