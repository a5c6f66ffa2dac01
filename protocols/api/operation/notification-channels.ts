import { z } from 'zod';
import { instantSchema, pageOf, pageQuery, unitRefSchema } from '../page.ts';
import { notificationSeverity } from './notifications.ts';

/** How this hub reaches people and programs outside, and what it could not deliver. */

export const notificationChannels = z
  .object({
    mail: z.object({
      isSetUp: z.boolean(),
      server: z.string().optional(),
      from: z.string().optional(),
      security: z.enum(['tls', 'starttls', 'none']).optional(),
    }),
    zalo: z.object({
      isSetUp: z.boolean(),
      isLinked: z.boolean(),
      expiresAt: instantSchema.optional(),
      problem: z.string().optional(),
    }),
    webhooks: z.object({ allowHttp: z.boolean(), allowPrivate: z.boolean() }),
    waiting: z.int().min(0),
    dead: z.int().min(0),
    sentLastDay: z.int().min(0),
  })
  .meta({ id: 'NotificationChannels' });
export type NotificationChannels = z.infer<typeof notificationChannels>;

/** Of a test message: taken by the other side, or why not. */
export const channelTestResult = z.object({
  ok: z.boolean(),
  code: z.string().optional(),
  detail: z.string().optional(),
});
export type ChannelTestResult = z.infer<typeof channelTestResult>;

export const zaloLinkBody = z.strictObject({ refreshToken: z.string().min(10).max(4_000) });

export const endpointBody = z.strictObject({
  name: z.string().trim().min(1).max(80),
  url: z.string().min(8).max(500),
  unit: z.int(),
  severity: notificationSeverity.default('minor'),
  kinds: z.array(z.string().min(1).max(40)).min(1).max(20).optional(),
});
export const updateEndpointBody = z.strictObject({
  name: z.string().trim().min(1).max(80).optional(),
  url: z.string().min(8).max(500).optional(),
  severity: notificationSeverity.optional(),
  enabled: z.boolean().optional(),
});
export const endpointSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    url: z.string(),
    unit: unitRefSchema,
    severity: notificationSeverity,
    kinds: z.array(z.string()).optional(),
    createdAt: instantSchema,
    enabled: z.boolean(),
    disabledWhy: z.string().optional(),
    failingSince: instantSchema.optional(),
    lastSuccessAt: instantSchema.optional(),
  })
  .meta({ id: 'NotificationEndpoint' });
export type EndpointView = z.infer<typeof endpointSchema>;
export const endpointsList = z.object({ rows: z.array(endpointSchema) });
/** The secret is shown only here. */
export const endpointWithSecret = z.object({ endpoint: endpointSchema, secret: z.string() });

export const deadLettersQuery = z.object({ cursor: pageQuery.cursor, limit: pageQuery.limit });
export const deadLetterSchema = z
  .object({
    id: z.string(),
    channel: z.enum(['email', 'zalo', 'webhook']),
    /** Person or endpoint, by name. */
    recipient: z.string(),
    kind: z.enum(['opening', 'update', 'closing', 'digest', 'word']),
    subject: z.string(),
    createdAt: instantSchema,
    endedAt: instantSchema,
    code: z.string(),
    problem: z.string(),
    attempts: z.array(
      z.object({
        at: instantSchema,
        endedAt: instantSchema.optional(),
        code: z.string().optional(),
        problem: z.string().optional(),
      }),
    ),
  })
  .meta({ id: 'DeadLetter' });
export type DeadLetter = z.infer<typeof deadLetterSchema>;
export const deadLettersPage = pageOf(deadLetterSchema);
export const deadLetterIds = z.strictObject({ ids: z.array(z.string().min(1).max(64)).min(1).max(200) });
export const discardDeadLettersBody = deadLetterIds.extend({ reason: z.string().trim().min(3).max(300) });
export const deadLettersResult = z.object({ changed: z.int().min(0) });
