-- A machine that was prepared without a network may come after the end of its voucher: a person lets it in or does not.
alter table voucher add column late_at timestamptz;
alter table voucher add column late_times integer not null default 0;
-- The machine that came: `{hostname, address}`.
alter table voucher add column late_machine jsonb;

-- A voucher that has enrolled one machine came back from another.
alter table identity_conflict drop constraint identity_conflict_kind_check;
alter table identity_conflict add constraint identity_conflict_kind_check
  check (kind in ('other-machine', 'two-sessions', 'enrolled-elsewhere', 'voucher-reused'));
