import type { z } from 'zod';
import { agentEvents, agentSubject } from '../../protocols/fleet/agent-events.ts';
import { findCapability, findMetric } from '../../protocols/fleet/capabilities/index.ts';
import { type EventRecord, metricKeySchema, recordSchema, type StateRecord } from '../../protocols/fleet/record.ts';
import type { DataRecord, SamplesRecord } from './frame.ts';

/** What a record must fit beside its schema. */
export interface CheckContext {
  /** Whether this device belongs to the agent whose frame it is. */
  readonly owns: (deviceId: string) => boolean;
  /** Samples outside of these moments have no place: a clock is wrong. */
  readonly earliest: number;
  readonly latest: number;
}

export interface Refusal {
  readonly code: string;
  readonly message: string;
}

/** Keys that passed once. Instances (`@eth0`) are free text, so their number has an end. */
const knownKeys = new Set<string>();
const mostKeys = 50_000;
const mostKeysOfTick = 500;

/** Quick and without words: true for a tick that may be stored. What fails here is looked at again by `checkRecord`. */
export function isTick(value: unknown, context: CheckContext): value is SamplesRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, seq, at, device, values, mono } = value as Record<string, unknown>;
  return (
    kind === 'samples' &&
    isMoment(at, context) &&
    isNumber(seq) &&
    (mono === undefined || (typeof mono === 'number' && mono >= 0)) &&
    typeof device === 'string' &&
    context.owns(device) &&
    areValues(values)
  );
}

/** A sequence number: 1 and up. */
export function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1;
}

function isMoment(at: unknown, { earliest, latest }: CheckContext): boolean {
  return typeof at === 'number' && Number.isInteger(at) && at >= earliest && at <= latest;
}

function areValues(values: unknown): boolean {
  if (typeof values !== 'object' || values === null || Array.isArray(values)) return false;
  let count = 0;
  for (const key in values) {
    if (++count > mostKeysOfTick || !Number.isFinite((values as Record<string, unknown>)[key])) return false;
    if (!knownKeys.has(key) && !learnKey(key)) return false;
  }
  return true;
}

function learnKey(key: string): boolean {
  if (knownKeys.size >= mostKeys || !metricKeySchema.safeParse(key).success || !findMetric(key)) return false;
  knownKeys.add(key);
  return true;
}

/** The record as it may be stored, or why not. A shed record passes by its schema alone. */
export function checkRecord(
  value: unknown,
  lane: string,
  context: CheckContext,
): { readonly record: z.output<typeof recordSchema> } | { readonly refusal: Refusal } {
  if (isTick(value, context)) return lane === 'samples' ? { record: value } : { refusal: wrongLane('samples', lane) };
  const parsed = recordSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return {
      refusal: { code: 'bad-record', message: issue ? `${issue.path.join('.')}: ${issue.message}` : 'invalid' },
    };
  }
  const record = parsed.data;
  if (record.kind === 'shed') return { record };
  const refusal = (record.kind === 'samples') === (lane === 'samples') ? undefined : wrongLane(record.kind, lane);
  const checked = refusal ? { refusal } : checkMeaning(record, context);
  return 'refusal' in checked ? checked : { record: checked.record };
}

function wrongLane(kind: string, lane: string): Refusal {
  return { code: 'wrong-lane', message: `a ${kind} record does not travel in lane ${lane}` };
}

type Checked = { readonly record: DataRecord } | { readonly refusal: Refusal };

/** The rules of capabilities and ownership, which schemas cannot know. */
function checkMeaning(record: DataRecord, context: CheckContext): Checked {
  if ('device' in record && record.device !== undefined && !context.owns(record.device))
    return { refusal: { code: 'unknown-device', message: `device ${record.device} is not of this agent` } };
  switch (record.kind) {
    case 'samples':
      return { refusal: whyNoTick(record, context) };
    case 'state':
      return checkState(record);
    case 'event':
      return checkEvent(record);
    default:
      return { record };
  }
}

function checkState(record: StateRecord): Checked {
  const capability = findCapability(record.capability);
  if (!capability) return { refusal: unknownCapability(record.capability) };
  const state = capability.state.safeParse(record.state);
  if (state.success) return { record: { ...record, state: state.data } };
  return { refusal: { code: 'bad-state', message: firstIssue(record.capability, state.error) } };
}

function checkEvent(record: EventRecord): Checked {
  const { capability, name } = record;
  const ofAgent = capability === agentSubject && record.device === undefined;
  const events = ofAgent ? agentEvents : findCapability(capability)?.events;
  if (!events) return { refusal: unknownCapability(capability) };
  const schema = Object.hasOwn(events, name) ? events[name] : undefined;
  if (!schema) return { refusal: { code: 'unknown-event', message: `${capability} has no event ${name}` } };
  const data = schema.safeParse(record.data);
  if (data.success) return { record: { ...record, data: data.data } };
  return { refusal: { code: 'bad-event', message: firstIssue(name, data.error) } };
}

function unknownCapability(name: string): Refusal {
  return { code: 'unknown-capability', message: `this hub does not know the capability ${name}` };
}

function firstIssue(what: string, error: z.ZodError): string {
  const [issue] = error.issues;
  return `${what}: ${issue ? `${issue.path.map(String).join('.')} ${issue.message}` : 'invalid'}`;
}

/** A tick whose shape is right and that `isTick` refused all the same. */
function whyNoTick(record: SamplesRecord, context: CheckContext): Refusal {
  if (!isMoment(record.at, context)) return { code: 'time-out-of-range', message: `the clock said ${record.at}` };
  const key = Object.keys(record.values).find((name) => !findMetric(name));
  if (key !== undefined) return { code: 'unknown-metric', message: `this hub does not know the metric ${key}` };
  return { code: 'too-many-metrics', message: `more metrics than a tick (${mostKeysOfTick}) or a hub takes` };
}
