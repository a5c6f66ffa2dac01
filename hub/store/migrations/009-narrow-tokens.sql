-- A token may be narrowed to some actions and to the subtree of one unit; null is all that its person may do.

alter table api_token add column actions jsonb;
-- With the unit goes the token: it must not become wider.
alter table api_token add column unit_id integer references unit (id) on delete cascade;
