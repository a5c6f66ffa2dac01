-- A removed rule stays, so that the problems it opened keep its name.
alter table problem_rule add column removed_at timestamptz;
