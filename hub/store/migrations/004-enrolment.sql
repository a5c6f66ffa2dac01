-- Vouchers of one delivery carry its label; lists show the newest first.
alter table voucher add column label text;
create index voucher_created on voucher (created_at desc, id desc);
