-- Whoever deletes a unit, or asks what is of one, must not read whole tables.
create index voucher_unit on voucher (unit_id);
create index cause_unit on cause (unit_id);
create index role_grant_unit on role_grant (unit_id);
create index unit_line_authority on unit_line (authority_id);
create index unit_import_item_unit on unit_import_item (unit_id);
