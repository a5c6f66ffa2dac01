import { z } from 'zod';
import { configurationSchema } from './configuration/configuration.ts';
import { machineFingerprintSchema } from './enrolment.ts';
import { epochSchema } from './frame.ts';
import { deviceIdSchema, timestampSchema } from './ids.ts';
import { signerSchema } from './policy/bundle.ts';
import { laneSchema } from './record.ts';
import { settingFieldSchema } from './setting-field.ts';
import { mostWitnesses, witnessSchema } from './witness.ts';

/** What one lane of the outbox holds: `head` the oldest number still kept (equals `next` when empty), `next` the number that comes. */
const laneRange = z.object({ head: z.int().min(1), next: z.int().min(1) });

/** A device family that the agent has a driver for, and how it is called before people. */
const familySchema = z.object({
  name: z.string().min(1).max(40),
  label: z.object({ vi: z.string().min(1).max(60), en: z.string().min(1).max(60) }),
  /** What can be set for a device of it; absent from older agents. */
  settings: z.array(settingFieldSchema).max(60).optional(),
});

/** First message of a session. The hub answers with an acknowledgement and whatever the agent lacks. */
export const helloSchema = z.object({
  version: z.string().max(40),
  bootId: z.string().min(1).max(64),
  session: z.string().min(1).max(64),
  epoch: epochSchema,
  at: timestampSchema,
  startedAt: timestampSchema,
  platform: z.string().max(80),
  /** Generation of the desired document that the agent holds; 0 when it has none. */
  generation: z.int().min(0),
  /** Number of the last deployment order that the agent took; 0 when none. */
  orderSeq: z.int().min(0),
  /** Number of the bundle of policies that the agent holds; 0 or absent when none. */
  policy: z.int().min(0).optional(),
  families: z.array(familySchema).max(64),
  lanes: z.object({ urgent: laneRange, state: laneRange, samples: laneRange }),
  /** The machine that greets, so that an identity on a copied disk is noticed. */
  machine: machineFingerprintSchema.optional(),
  /** Ways in which device credentials may be sealed to it. */
  seals: z.array(z.string().max(60)).max(8).optional(),
  /** Heads of the audit log that this agent was given. */
  witnesses: z.array(witnessSchema).max(mostWitnesses).optional(),
});
export type Hello = z.infer<typeof helloSchema>;

/** Sign of life, every 30 s; it is never stored as telemetry. */
export const heartbeatSchema = z.object({
  session: z.string().min(1).max(64),
  at: timestampSchema,
  uptimeSeconds: z.number().min(0),
  generation: z.int().min(0),
  queue: z.object({ records: z.int().min(0), bytes: z.int().min(0), shed: z.int().min(0) }),
  load: z.object({ rssBytes: z.int().min(0), cpuPercent: z.number().min(0), loopDelayP99Ms: z.number().min(0) }),
  devices: z.object({ total: z.int().min(0), up: z.int().min(0) }),
});
export type Heartbeat = z.infer<typeof heartbeatSchema>;

/** Everything up to `through` of each named lane is stored; the agent deletes on this and on nothing else. */
export const ackSchema = z.object({
  epoch: epochSchema,
  /** The hub's clock when it answered: by it the agent judges `notAfter` although its own clock is wrong. */
  at: timestampSchema.optional(),
  through: z.partialRecord(laneSchema, z.int().min(0)),
  /** With the answer to a hello: the head of the audit log, for the agent to keep. */
  witness: witnessSchema.optional(),
  /** Records that the hub put into quarantine; they count as stored and are not sent again. */
  rejected: z
    .array(z.object({ lane: laneSchema, seq: z.int().min(1), code: z.string().max(64), message: z.string().max(300) }))
    .max(100),
});
export type Ack = z.infer<typeof ackSchema>;

/** One device as the hub wants it. Credentials travel inside mTLS, sealed to the agent where it can open them, and are never logged. */
export const desiredDeviceSchema = z.object({
  id: deviceIdSchema,
  family: z.string().regex(/^[a-z0-9-]{1,40}$/),
  name: z.string().max(200),
  address: z.object({ host: z.string().min(1).max(255), port: z.int().min(1).max(65_535).optional() }).optional(),
  credentials: z
    .object({ username: z.string().max(200).optional(), password: z.string().max(200).optional() })
    .optional(),
  /** In place of `credentials`, as `sealing` of the document says; base64url. */
  sealedCredentials: z.string().max(1_200).optional(),
  /** Settings of the family; its driver checks them. */
  settings: z.record(z.string().max(80), z.unknown()),
  /** How the device shall be set; the agent keeps it so. */
  configuration: configurationSchema.optional(),
});
export type DesiredDevice = z.infer<typeof desiredDeviceSchema>;

/** The whole wish of the hub for one agent; a higher generation replaces a lower one. */
export const desiredSchema = z.object({
  generation: z.int().min(1),
  issuedAt: timestampSchema,
  devices: z.array(desiredDeviceSchema).max(1_000),
  /** How sealed credentials were sealed, and the public key that this was done with; base64url of its SPKI. */
  sealing: z.object({ way: z.string().max(60), key: z.string().max(300) }).optional(),
  /** Keys of proposals that a person refused; the agent does not propose them again. */
  refused: z.array(z.string().max(200)).max(5_000),
});
export type Desired = z.infer<typeof desiredSchema>;

/** Commands for devices of this agent, oldest first. */
export const commandsSchema = z.object({
  commands: z
    .array(
      z.object({
        id: z.string().min(1).max(64),
        device: deviceIdSchema,
        capability: z.string().max(40),
        name: z.string().max(40),
        args: z.record(z.string().max(80), z.unknown()),
        /** After this moment, by the hub's clock, the agent answers `expired` and does nothing. */
        notAfter: timestampSchema,
        issuedAt: timestampSchema,
        /** Codes of preconditions that a person has overruled. */
        forced: z.array(z.string().max(64)).max(16).optional(),
      }),
    )
    .min(1)
    .max(100),
});
export type Commands = z.infer<typeof commandsSchema>;
export type Command = Commands['commands'][number];

/** Ids of commands that the hub takes back. Each is answered: `cancelled` when it had not begun, else by how it stands. */
export const cancellationsSchema = z.object({ commands: z.array(z.string().min(1).max(64)).min(1).max(100) });

/** Who runs which artifact when, signed by the hub (ed25519 over `fleet-order-v1\0` and the order's text). */
export const orderEnvelopeSchema = z.object({
  /** Canonical JSON of an order, kept as text so that the signature covers exactly these bytes. */
  order: z
    .string()
    .min(2)
    .max(64 * 1024),
  /** Ed25519 (RFC 8032) over `signedOrderBytes`, base64url. */
  signature: z.string().max(200),
  /** Who signed, as with a bundle of policies; an agent takes no order without. */
  signer: signerSchema.optional(),
});
export type OrderEnvelope = z.infer<typeof orderEnvelopeSchema>;
