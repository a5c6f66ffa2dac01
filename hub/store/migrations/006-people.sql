-- What the sign-in library does not know of a person, and roles that end by themselves.

create table person (
  user_id text primary key references auth_user (id) on delete cascade,
  disabled_at timestamptz,
  -- Somebody else knows the password: it must be changed before anything else is done.
  temporary_password boolean not null default false
);

alter table role_grant add column until timestamptz;
alter table role_grant add column granted_by text;
