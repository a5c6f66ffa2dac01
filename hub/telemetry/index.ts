export type { SamplesOfTick, TelemetryFrame } from './frame.ts';
export { createTelemetry, type Telemetry } from './telemetry.ts';
