import { z } from 'zod';
import { deviceIdSchema, timestampSchema } from './ids.ts';
import { problemSchema } from './problem.ts';
import { feedbackFields } from './rollout/feedback.ts';

/**
 * The three lanes of the outbox, most important first. Each lane is its own gap-free sequence, so that a command's
 * result passes a backlog of samples. `urgent` is never shed; `samples` is shed before `state`, oldest first.
 */
export const lanes = ['urgent', 'state', 'samples'] as const;
export const laneSchema = z.enum(lanes);
export type Lane = z.infer<typeof laneSchema>;

/** `<capability>.<metric>`, with `@instance` where a device has several: `host.networkIn@eth0`. */
export const metricKeySchema = z.string().regex(/^[a-z]{1,30}\.[a-zA-Z0-9]{1,40}(@[\w./:-]{1,60})?$/);

/** Deeper than any state of ours; JSON of some thousand levels parses, but cannot be written again. */
const mostLevels = 32;

const document = z
  .record(z.string().max(80), z.unknown())
  .refine((value) => isShallow(value, mostLevels), `a document has at most ${mostLevels} levels`);

function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((inner) => isShallow(inner, levels - 1));
}
const capabilityName = z.string().regex(/^[a-z]{1,30}$/);

/** Fields of every record: `seq` in its lane from 1 up, `at` by the agent's wall clock, `mono` milliseconds since its boot. */
const stamp = { seq: z.int().min(1), at: timestampSchema, mono: z.number().min(0).optional() };

/** Numbers of one device at one tick. */
const samplesRecordSchema = z.object({
  kind: z.literal('samples'),
  ...stamp,
  device: deviceIdSchema,
  values: z.record(metricKeySchema, z.number()),
});

/** The whole reported state of one capability of one device; it replaces the one before. */
export const stateRecordSchema = z.object({
  kind: z.literal('state'),
  ...stamp,
  device: deviceIdSchema,
  capability: capabilityName,
  state: document,
});

/** Something that happened once. Without a device it concerns the agent itself. */
export const eventRecordSchema = z.object({
  kind: z.literal('event'),
  ...stamp,
  device: deviceIdSchema.optional(),
  capability: capabilityName,
  name: z.string().regex(/^[a-zA-Z0-9-]{1,40}$/),
  severity: z.enum(['info', 'warning', 'critical']),
  data: document,
});

/** What a device is: family, identity, and the capabilities and commands that it offers. */
export const descriptorSchema = z.object({
  family: z.string().regex(/^[a-z0-9-]{1,40}$/),
  vendor: z.string().max(200).optional(),
  model: z.string().max(200).optional(),
  serial: z.string().max(200).optional(),
  firmware: z.string().max(200).optional(),
  hardware: z.string().max(200).optional(),
  macs: z.array(z.string().max(20)).max(32).optional(),
  capabilities: z.record(capabilityName, z.object({ commands: z.array(z.string().max(40)).max(40) })),
  /** Parts worth an inventory line: disks, lamps, cards. */
  parts: z
    .array(
      z.object({
        kind: z.string().max(40),
        name: z.string().max(120),
        serial: z.string().max(120).optional(),
        detail: z.string().max(200).optional(),
      }),
    )
    .max(64)
    .optional(),
});
export type Descriptor = z.infer<typeof descriptorSchema>;

export const inventoryRecordSchema = z.object({
  kind: z.literal('inventory'),
  ...stamp,
  device: deviceIdSchema,
  descriptor: descriptorSchema,
});

export const commandStates = [
  /** A second person has to agree first. */
  'awaiting-approval',
  'queued',
  'sent',
  'received',
  'running',
  'succeeded',
  'failed',
  'expired',
  'unknown',
  /** Taken back before it began. */
  'cancelled',
] as const;
export const commandStateSchema = z.enum(commandStates);
export type CommandState = z.infer<typeof commandStateSchema>;

/** How far a command is on the agent. `output` is small and typed by the capability; never a raw body. */
export const resultRecordSchema = z.object({
  kind: z.literal('result'),
  ...stamp,
  command: z.string().min(1).max(64),
  state: z.enum(['received', 'running', 'succeeded', 'failed', 'expired', 'unknown', 'cancelled']),
  problem: problemSchema.optional(),
  output: document.optional(),
});

/** A device that discovery found. It is only proposed; a person adopts. */
export const proposalRecordSchema = z.object({
  kind: z.literal('proposal'),
  ...stamp,
  /** Stable for one device on one agent: a MAC, an endpoint reference, else address and port. */
  key: z.string().min(1).max(200),
  family: z.string().regex(/^[a-z0-9-]{1,40}$/),
  address: z.object({ host: z.string().min(1).max(255), port: z.int().min(1).max(65_535).optional() }),
  name: z.string().max(200).optional(),
  vendor: z.string().max(200).optional(),
  model: z.string().max(200).optional(),
  serial: z.string().max(200).optional(),
  macs: z.array(z.string().max(20)).max(32).optional(),
  needsCredentials: z.boolean(),
  /** `certain`: it answered as its family does; `likely`: it says that it is one; `possible`: something hints at it. */
  confidence: z.enum(['certain', 'likely', 'possible']).optional(),
  /** What the family must know beside the address, as it was found; a person may change it when adopting. */
  settings: document.refine((value) => JSON.stringify(value).length <= 4_096, 'settings are at most 4 KiB').optional(),
  /** What was seen, in one line each, for the person who decides. */
  evidence: z.array(z.string().max(300)).max(16),
});

/** How far a deployment is (design section 7); it travels in the lane `urgent`. */
const deploymentRecordSchema = z.object({ kind: z.literal('deployment'), ...stamp, ...feedbackFields });

/** Stands where records `from..seq` of this lane were given up because the outbox was full. */
export const shedRecordSchema = z.object({
  kind: z.literal('shed'),
  ...stamp,
  from: z.int().min(1),
  count: z.int().min(1),
});

export const recordSchema = z.discriminatedUnion('kind', [
  samplesRecordSchema,
  stateRecordSchema,
  eventRecordSchema,
  inventoryRecordSchema,
  resultRecordSchema,
  proposalRecordSchema,
  deploymentRecordSchema,
  shedRecordSchema,
]);

export type StateRecord = z.infer<typeof stateRecordSchema>;
export type EventRecord = z.infer<typeof eventRecordSchema>;
export type InventoryRecord = z.infer<typeof inventoryRecordSchema>;
export type ResultRecord = z.infer<typeof resultRecordSchema>;
export type ProposalRecord = z.infer<typeof proposalRecordSchema>;
export type DeploymentRecord = z.infer<typeof deploymentRecordSchema>;
export type ShedRecord = z.infer<typeof shedRecordSchema>;
export type FleetRecord = z.infer<typeof recordSchema>;

type WithoutSeq<T> = T extends unknown ? Omit<T, 'seq'> : never;
/** A record before the outbox gives it a sequence number. */
export type RecordBody = WithoutSeq<Exclude<FleetRecord, ShedRecord>>;
