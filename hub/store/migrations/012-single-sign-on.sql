-- Sign-in by another provider: what a session came by, and roles that its claims gave.

-- Null for a password.
alter table auth_session add column provider text;
-- Null for what a person gave by hand; what a provider gave is replaced at each sign-in by it.
alter table role_grant add column source text;
