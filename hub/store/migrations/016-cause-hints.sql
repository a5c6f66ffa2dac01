-- Where to look first, by a name that the hub's table of hints knows; null where the title says all.
alter table cause add column hint text;

-- Causes that reach beyond one agent have neither agent nor device.
create index cause_open_unit on cause (unit_id, kind) where resolved_at is null and agent_id is null;

-- The last verdict on an agent. Under a cause of a whole school or area no row of the agent's own tells it.
alter table agent add column health_code text;
alter table agent add column health_since timestamptz;
