import type { Span } from './rollup.ts';

const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;

/** One table of packed rows: a row holds one device and one span of time; partitions hold whole spans. */
export interface Layer {
  readonly table: 'telemetry_chunk' | 'telemetry_five_minute' | 'telemetry_hourly';
  /** Column with the start of the span. */
  readonly column: 'hour' | 'day';
  readonly spanMs: number;
  /** Length of a step of a roll-up; a whole span where samples are kept as they are. */
  readonly stepMs: number;
  readonly partitionDays: number;
}

export const layers = {
  raw: { table: 'telemetry_chunk', column: 'hour', spanMs: hourMs, stepMs: hourMs, partitionDays: 1 },
  fiveMinute: {
    table: 'telemetry_five_minute',
    column: 'hour',
    spanMs: hourMs,
    stepMs: 5 * minuteMs,
    partitionDays: 7,
  },
  hourly: { table: 'telemetry_hourly', column: 'day', spanMs: dayMs, stepMs: hourMs, partitionDays: 28 },
} as const satisfies Record<string, Layer>;
export type LayerName = keyof typeof layers;

/** How many days each layer is kept. */
export type Retention = Readonly<Record<LayerName, number>>;

/** Start of the span that holds this moment. Spans are counted from the Unix epoch, in UTC. */
export function spanStart(layer: Layer, at: number): number {
  return Math.floor(at / layer.spanMs) * layer.spanMs;
}

export function spanOf(layer: Layer, start: number): Span {
  return { start, stepMs: layer.stepMs, steps: layer.spanMs / layer.stepMs };
}

/** A partition with its bounds: `from` belongs to it, `to` to the next. */
export interface Partition {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** The partition of a moment; its name tells its first day, `telemetry_chunk_20260302`. */
export function partitionOf(layer: Layer, at: number): Partition {
  const lengthMs = layer.partitionDays * dayMs;
  const from = Math.floor(at / lengthMs) * lengthMs;
  const day = new Date(from).toISOString().slice(0, 10).replaceAll('-', '');
  return { name: `${layer.table}_${day}`, from, to: from + lengthMs };
}

/** The partition behind a table name of this layer; undefined for any other name. */
export function partitionNamed(layer: Layer, name: string): Partition | undefined {
  const match = new RegExp(`^${layer.table}_(\\d{4})(\\d{2})(\\d{2})$`).exec(name);
  if (!match) return undefined;
  const partition = partitionOf(layer, Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3])));
  return partition.name === name ? partition : undefined;
}
