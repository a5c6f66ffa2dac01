-- What can be set for a device of a family, as its agents tell it: fields of a form.

alter table family add column settings jsonb not null default '[]';
