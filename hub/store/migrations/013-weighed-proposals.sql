-- How sure discovery is of what it proposes, and what a device of that family must be told beside its address.

alter table proposal
  add column confidence text not null default 'certain' check (confidence in ('certain', 'likely', 'possible')),
  add column settings jsonb;
