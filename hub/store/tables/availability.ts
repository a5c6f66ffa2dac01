import type { ColumnType, Generated } from 'kysely';

type Time = ColumnType<Date, Date, Date>;

interface SpanTable {
  id: Generated<number>;
  device_id: string;
  track: 'health' | 'power' | 'lifecycle';
  state: string;
  from_at: Time;
  to_at: ColumnType<Date | null, Date | null | undefined, Date | null>;
}

interface EnergyClassTable {
  name: string;
  on_watts: number;
  standby_watts: number;
  set_by: string;
  set_at: Time;
}

export interface AvailabilityTables {
  device_span: SpanTable;
  energy_class: EnergyClassTable;
}
