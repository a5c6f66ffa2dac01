import { z } from 'zod';
import { calendarSchema, dateSchema, wallTimeSchema, weekdaySchema } from '../calendar/calendar.ts';
import { agentIdSchema, deviceIdSchema, timestampSchema } from '../ids.ts';

/** Bounds of what one agent is given; a bundle beyond them is refused whole. */
export const policyLimits = {
  calendars: 64,
  schedules: 400,
  rules: 100,
  devices: 1_000,
  textBytes: 512 * 1024,
  /** The most that the devices of one occurrence are spread over. */
  spreadSeconds: 3_600,
} as const;

/** Id of a policy's part as the hub numbers it: `p12r3s0` is step 0 of revision 3 of policy 12. */
const partIdSchema = z.string().regex(/^[a-z0-9-]{1,40}$/);
const name = z.string().min(1).max(120);

/** Sorts of days on which a clock or cron trigger counts. */
const dayKindSchema = z.enum(['lessons', 'exam', 'no-lessons', 'off']);

const policyCommandSchema = z.object({
  capability: z.string().regex(/^[a-z]{1,30}$/),
  name: z.string().min(1).max(40),
  args: z.record(z.string().max(80), z.unknown()),
});

/** When a schedule falls due, by the wall of the calendar's time zone. */
export const triggerSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('timetable'),
    /** Of the day's first or last lesson, or of every one. */
    edge: z.enum(['first-start', 'last-end', 'each-start', 'each-end']),
    /** Before (negative) or after that moment. */
    offsetMinutes: z.int().min(-180).max(180),
  }),
  z.object({
    kind: z.literal('clock'),
    time: wallTimeSchema,
    on: z.array(dayKindSchema).min(1).max(4),
    weekdays: z.array(weekdaySchema).min(1).max(7).optional(),
  }),
  /** Five fields as of crontab(5); only on these sorts of days. */
  z.object({
    kind: z.literal('cron'),
    pattern: z.string().min(9).max(100),
    on: z.array(dayKindSchema).min(1).max(4),
  }),
]);
export type Trigger = z.infer<typeof triggerSchema>;

/**
 * What becomes of an occurrence whose moment passed unused. `run-once`: of all that were missed the last one runs, up to
 * seven days late. `run-if-within`: the last one runs if it is no later than this.
 */
export const missedRuleSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('skip') }),
  z.object({ kind: z.literal('run-once') }),
  z.object({ kind: z.literal('run-if-within'), minutes: z.int().min(1).max(10_080) }),
]);

const scheduleSchema = z.object({
  /** It may stand more than once, for devices of different calendars. */
  id: partIdSchema,
  name,
  /** Place in `calendars`. */
  calendar: z.int().min(0),
  trigger: triggerSchema,
  command: policyCommandSchema,
  /** In the order in which they are reached. */
  devices: z.array(deviceIdSchema).min(1).max(policyLimits.devices),
  /** Between one device and the next. */
  staggerSeconds: z.int().min(0).max(600),
  missed: missedRuleSchema,
  /** Nothing that was due before this is ever made up for: when this revision was saved. */
  since: timestampSchema,
  /** First and last day on which it counts. */
  from: dateSchema.optional(),
  until: dateSchema.optional(),
});
export type Schedule = z.infer<typeof scheduleSchema>;

const scalar = z.union([z.string().max(80), z.number(), z.boolean()]);
/** What a field of an event or state must be; the path goes by dots into the document. */
export const predicateSchema = z.object({
  field: z.string().regex(/^[a-zA-Z0-9]{1,40}(\.[a-zA-Z0-9]{1,40}){0,3}$/),
  is: z.enum(['equal', 'different', 'above', 'below']),
  value: scalar,
});
export type Predicate = z.infer<typeof predicateSchema>;

const watchSchema = z.object({
  /** `state` fires when the predicates become true, not while they stay so. */
  kind: z.enum(['event', 'state']),
  capability: z.string().regex(/^[a-z]{1,30}$/),
  /** Of the event; absent for a state. */
  name: z.string().max(40).optional(),
  where: z.array(predicateSchema).max(8),
  devices: z.array(deviceIdSchema).min(1).max(policyLimits.devices),
});

const ruleSchema = z.object({
  id: partIdSchema,
  name,
  calendar: z.int().min(0),
  watch: watchSchema,
  commands: z.array(policyCommandSchema.extend({ devices: z.array(deviceIdSchema).min(1).max(50) })).max(8),
  /** What the agent tells the hub when it fires, beside what it did. */
  event: z.object({ severity: z.enum(['info', 'warning', 'critical']), text: z.string().min(1).max(200) }).optional(),
  cooldownSeconds: z.int().min(1).max(86_400),
  mostPerHour: z.int().min(1).max(120),
});
export type Rule = z.infer<typeof ruleSchema>;

/**
 * Everything that one agent does by itself, resolved by the hub: devices are named, calendars are in it. It holds until a
 * bundle with a higher number comes. After `expiresAt` only the timetable's power goes on, for `graceDays`; then nothing.
 */
export const policyBundleSchema = z
  .object({
    agent: agentIdSchema,
    number: z.int().min(1),
    issuedAt: timestampSchema,
    expiresAt: timestampSchema,
    graceDays: z.int().min(0).max(90),
    calendars: z.array(calendarSchema).max(policyLimits.calendars),
    schedules: z.array(scheduleSchema).max(policyLimits.schedules),
    rules: z.array(ruleSchema).max(policyLimits.rules),
  })
  .refine(
    ({ calendars, schedules, rules }) => [...schedules, ...rules].every(({ calendar }) => calendar < calendars.length),
    'a schedule or rule names a calendar that is not here',
  )
  .refine(({ schedules, rules }) => {
    const parts = schedules.flatMap(({ id, devices }) => devices.map((device) => `${id} ${device}`));
    const ids = [...parts, ...rules.map(({ id }) => id)];
    return new Set(ids).size === ids.length;
  }, 'one id stands twice for a device');
export type PolicyBundle = z.infer<typeof policyBundleSchema>;

/** The key that signs what agents do without being asked, and who vouches for it (ADR 16). */
export const signerSchema = z.object({
  /** Ed25519 public key, SPKI, base64url. */
  key: z.string().max(200),
  /** The device CA that vouches for the key, PEM; the agent checks it against the root that it was enrolled with. */
  authority: z.string().max(8 * 1024),
  /** ECDSA P-256 with SHA-256 over `policyKeyStatement`, r and s, base64url. */
  statement: z.string().max(200),
});
export type Signer = z.infer<typeof signerSchema>;

/** A bundle with who signed it. */
export const policyEnvelopeSchema = z.object({
  /** JSON of a bundle, kept as text so that the signature covers exactly these bytes. */
  policy: z.string().min(2).max(policyLimits.textBytes),
  /** Ed25519 (RFC 8032) over `signedPolicyBytes`, base64url. */
  signature: z.string().max(200),
  signer: signerSchema,
});
export type PolicyEnvelope = z.infer<typeof policyEnvelopeSchema>;
