import type { ColumnType, Generated } from 'kysely';

/** Row types of samples over time, as 002-telemetry.sql makes them: frames as received, packed chunks, roll-ups. */

type Time = ColumnType<Date, Date | number | string, Date | number | string>;

interface MetricTable {
  id: Generated<number>;
  key: string;
}

interface TelemetryFrameTable {
  id: Generated<number>;
  agent_id: string;
  epoch: string;
  from_seq: number;
  through_seq: number;
  first_at: Time;
  last_at: Time;
  samples: number;
  payload: Buffer;
  received_at: Time;
}

interface TelemetryChunkTable {
  device_sid: number;
  hour: Time;
  samples: number;
  body: Buffer;
}

interface TelemetryFiveMinuteTable {
  device_sid: number;
  hour: Time;
  body: Buffer;
}

interface TelemetryHourlyTable {
  device_sid: number;
  day: Time;
  body: Buffer;
}

interface DeviceLatestTable {
  device_sid: number;
  body: Buffer;
}

export interface TelemetryTables {
  metric: MetricTable;
  telemetry_frame: TelemetryFrameTable;
  telemetry_chunk: TelemetryChunkTable;
  telemetry_five_minute: TelemetryFiveMinuteTable;
  telemetry_hourly: TelemetryHourlyTable;
  device_latest: DeviceLatestTable;
}
