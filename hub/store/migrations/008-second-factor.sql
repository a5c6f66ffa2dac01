-- The second factor at sign-in, in the columns that better-auth 1.7 reads and writes (names mapped in hub/access/sign-in).

alter table auth_user add column two_factor_enabled boolean not null default false;

create table auth_two_factor (
  id text primary key,
  -- Sealed with the hub's session secret, which is not in the database; so are the codes.
  secret text not null,
  backup_codes text not null,
  user_id text not null unique references auth_user (id) on delete cascade,
  -- False until the first right code of this secret.
  verified boolean not null default false,
  failed_verification_count integer not null default 0,
  locked_until timestamptz
);

-- Codes of the last minutes: each is taken once (RFC 6238, section 5.2).
create table auth_used_code (
  user_id text not null references auth_user (id) on delete cascade,
  code text not null,
  used_at timestamptz not null,
  primary key (user_id, code)
);
