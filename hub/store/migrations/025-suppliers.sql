-- Suppliers: who delivered a device and looks after it. People of a supplier see its devices only, and for a time.

create table supplier (
  id serial primary key,
  code text not null unique,
  name text not null,
  name_sort text not null,
  contact text,
  created_at timestamptz not null default now()
);

alter table device add column supplier_id integer references supplier (id);
create index device_supplier on device (supplier_id) where supplier_id is not null;

-- Of a grant of the role `supplier`; without one such a grant gives nothing.
alter table role_grant add column supplier_id integer references supplier (id);
