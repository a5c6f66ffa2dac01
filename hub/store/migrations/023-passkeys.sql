-- Passkeys (Web Authentication Level 3), in the columns that better-auth 1.7 reads and writes (names mapped in hub/access/sign-in).

create table auth_passkey (
  id text primary key,
  name text,
  -- COSE key, Base64.
  public_key text not null,
  user_id text not null references auth_user (id) on delete cascade,
  credential_id text not null unique,
  -- Of the last signature; 0 for authenticators that do not count.
  counter bigint not null,
  device_type text not null,
  backed_up boolean not null,
  transports text,
  aaguid text,
  created_at timestamptz,
  last_used_at timestamptz
);
create index auth_passkey_user on auth_passkey (user_id);

-- The passkey that proved who it is in this session; null for a password alone.
alter table auth_session add column passkey_id text references auth_passkey (id) on delete set null;
