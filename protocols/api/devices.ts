import { z } from 'zod';
import { supplierRefSchema } from './access/suppliers.ts';
import { healthSchema, healthStateSchema, lifecycleSchema } from './health.ts';
import { instantSchema, pageOf, pageQuery, unitRefSchema } from './page.ts';

/** The state of one capability with both its ages: when the device said it, and when it was stored. */
const capabilityStateSchema = z.object({
  state: z.record(z.string(), z.unknown()),
  at: instantSchema,
  receivedAt: instantSchema,
});

const reportedSchema = z.record(z.string(), capabilityStateSchema);
const latestSchema = z.record(z.string(), z.object({ value: z.number(), at: instantSchema }));

/** One row of a device list. */
const deviceRowSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    family: z.string(),
    unit: unitRefSchema,
    school: unitRefSchema.optional(),
    agent: z.object({ id: z.string(), name: z.string() }),
    lifecycle: lifecycleSchema,
    /** Who delivered it and looks after it. */
    supplier: supplierRefSchema.optional(),
    health: healthSchema.pick({ state: true, since: true, code: true }),
    vendor: z.string().optional(),
    model: z.string().optional(),
    serial: z.string().optional(),
    firmware: z.string().optional(),
    lastReportAt: instantSchema.optional(),
    /** State and latest values of the capability that the query names, and of no other; absent when it names none. */
    reported: reportedSchema.optional(),
    latest: latestSchema.optional(),
  })
  .meta({ id: 'DeviceRow' });
export type DeviceRow = z.infer<typeof deviceRowSchema>;

export const devicesQuery = z.object({
  ...pageQuery,
  unit: z.coerce.number().int().optional(),
  agent: z.string().max(40).optional(),
  family: z.string().max(40).optional(),
  capability: z.string().max(40).optional(),
  health: z
    .string()
    .max(200)
    .transform((text) => text.split(','))
    .pipe(z.array(healthStateSchema).max(7))
    .optional(),
  lifecycle: lifecycleSchema.optional(),
  supplier: z.coerce.number().int().optional(),
  sort: z.enum(['name', '-name', 'health', '-health', 'since', '-since']).default('name'),
});
export type DevicesQuery = z.output<typeof devicesQuery>;
export const devicesPage = pageOf(deviceRowSchema);

export const deviceSchema = deviceRowSchema.extend({
  health: healthSchema,
  address: z.object({ host: z.string(), port: z.int().optional() }).optional(),
  /** The device through which it reaches the network, and the name of the port that it hangs on. */
  via: z.object({ device: z.object({ id: z.string(), name: z.string() }), port: z.string() }).optional(),
  adoptedAt: instantSchema,
  adoptedBy: z.string(),
  /** Whether a user name or a password is kept for it. */
  hasCredentials: z.boolean(),
  reported: reportedSchema,
  latest: latestSchema,
  /** Commands that this device itself declared, by capability. */
  commands: z.record(z.string(), z.array(z.string())),
  parts: z.array(
    z.object({ kind: z.string(), name: z.string(), serial: z.string().optional(), detail: z.string().optional() }),
  ),
});
export type Device = z.infer<typeof deviceSchema>;

const addressSchema = z.strictObject({
  host: z.string().trim().min(1).max(255),
  port: z.int().min(1).max(65_535).optional(),
});
const credentialsSchema = z.strictObject({
  username: z.string().max(200).optional(),
  password: z.string().max(200).optional(),
});

export const updateDeviceBody = z.strictObject({
  name: z.string().trim().min(1).max(200).optional(),
  unit: z.int().optional(),
  lifecycle: lifecycleSchema.optional(),
  /** One of the register; null for none. */
  supplier: z.int().nullable().optional(),
  /** The agent connects anew by it. */
  address: addressSchema.optional(),
  /** Takes the place of what was there; null takes it away. Never shown again. */
  credentials: credentialsSchema.nullable().optional(),
});

/** A device that no discovery finds, as a person describes it. Its driver checks the settings. */
export const addDeviceBody = z.strictObject({
  agent: z.string().max(40),
  family: z.string().regex(/^[a-z0-9-]{1,40}$/),
  name: z.string().trim().min(1).max(200),
  /** School or room; the agent's own unit when absent. */
  unit: z.int().optional(),
  supplier: z.int().optional(),
  address: addressSchema.optional(),
  credentials: credentialsSchema.optional(),
  settings: z.record(z.string().max(80), z.unknown()).default({}),
});

/** One metric over time, in steps: `points` are `[time, mean, min, max, count]`, oldest first; a step without data is left out. */
export const telemetryQuery = z.object({
  metric: z.string().max(120),
  from: instantSchema,
  to: instantSchema,
  step: z.enum(['raw', '5m', '1h', 'auto']).default('auto'),
});
export const telemetrySchema = z.object({
  metric: z.string(),
  unit: z.string(),
  step: z.enum(['raw', '5m', '1h']),
  points: z.array(z.tuple([z.number(), z.number(), z.number(), z.number(), z.number()])),
});
export type Telemetry = z.infer<typeof telemetrySchema>;

const deviceEventSchema = z
  .object({
    id: z.string(),
    at: instantSchema,
    kind: z.enum(['event', 'inventory', 'command', 'cause']),
    capability: z.string().optional(),
    name: z.string(),
    severity: z.enum(['info', 'warning', 'critical']),
    data: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'DeviceEvent' });
export const deviceEventsQuery = z.object({ cursor: pageQuery.cursor, limit: pageQuery.limit });
export const deviceEventsPage = z.object({ rows: z.array(deviceEventSchema), next: z.string().optional() });
export type DeviceEvent = z.infer<typeof deviceEventSchema>;
