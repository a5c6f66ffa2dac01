/** What the broker counts since its start; read by the metrics page. */
export interface BrokerCounters {
  connections: number;
  readonly messages: Record<string, number>;
  readonly sent: Record<string, number>;
  readonly rejects: Record<string, number>;
}

export function createCounters(): BrokerCounters {
  return { connections: 0, messages: {}, sent: {}, rejects: {} };
}

/** Adds one under a name of ours (never one from a wire). */
export function count(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}
