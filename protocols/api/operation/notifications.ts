import { z } from 'zod';
import { instantSchema, pageOf, pageQuery, unitRefSchema } from '../page.ts';

/** What somebody is told of problems, and how they want to be told. */

export const notificationSeverity = z.enum(['critical', 'major', 'minor', 'notice']);
const labelSchema = z.object({ vi: z.string(), en: z.string() });

export const notificationSchema = z
  .object({
    id: z.string(),
    kind: z.enum(['opening', 'update', 'closing', 'digest', 'word']),
    severity: notificationSeverity,
    /** At most 50 of `counts`, the worst first. */
    items: z.array(
      z.object({
        what: z.enum(['opening', 'update', 'closing']),
        cause: z.string(),
        title: labelSchema,
        next: labelSchema.optional(),
        place: z.string(),
        about: z.string().optional(),
        severity: notificationSeverity,
        affected: z.int(),
        openedAt: instantSchema,
        resolvedAt: instantSchema.optional(),
      }),
    ),
    counts: z.object({ opening: z.int(), update: z.int(), closing: z.int() }),
    /** A word of the hub itself. */
    words: z.object({ title: labelSchema, text: labelSchema }).optional(),
    at: instantSchema,
    updatedAt: instantSchema,
    read: z.boolean(),
  })
  .meta({ id: 'Notification' });
export type NotificationView = z.infer<typeof notificationSchema>;

export const notificationsQuery = z.object({
  cursor: pageQuery.cursor,
  limit: pageQuery.limit,
  state: z.enum(['all', 'unread']).default('all'),
});
export const notificationsPage = pageOf(notificationSchema).extend({ unread: z.int().min(0) });
/** Those of these ids, or all of them. */
export const readNotificationsBody = z.strictObject({ ids: z.array(z.string().max(64)).max(200).optional() });
export const unreadResult = z.object({ unread: z.int().min(0) });

const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'HH:MM');

const quietHoursSchema = z.strictObject({
  from: timeOfDay,
  /** Not after `from`: the next day. */
  to: timeOfDay,
  /** Days on which it begins, 1 Monday to 7 Sunday. */
  days: z.array(z.int().min(1).max(7)).min(1).max(7),
  /** What is at least this bad is told all the same. */
  breaksThrough: notificationSeverity.optional(),
});

export const subscriptionBody = z.strictObject({
  /** Without it: everything that you may see. */
  unit: z.int().optional(),
  channel: z.enum(['in-app', 'email', 'zalo']),
  severity: notificationSeverity.default('major'),
  /** Without it: all kinds. */
  kinds: z.array(z.string().min(1).max(40)).min(1).max(20).optional(),
  /** A problem that is over sooner is not told; by its severity without it. */
  holdMinutes: z.int().min(0).max(240).optional(),
  quiet: quietHoursSchema.optional(),
  digest: z
    .strictObject({ every: z.enum(['none', 'hourly', 'daily']), at: timeOfDay.default('07:00') })
    .prefault({ every: 'none' }),
});
export type SubscriptionBody = z.output<typeof subscriptionBody>;

export const subscriptionSchema = z
  .object({
    id: z.string(),
    unit: unitRefSchema.optional(),
    channel: z.enum(['in-app', 'email', 'zalo']),
    severity: notificationSeverity,
    kinds: z.array(z.string()).optional(),
    holdMinutes: z.int().optional(),
    quiet: quietHoursSchema.optional(),
    digest: z.object({ every: z.enum(['none', 'hourly', 'daily']), at: z.string() }),
  })
  .meta({ id: 'NotificationSubscription' });
export type SubscriptionView = z.infer<typeof subscriptionSchema>;

export const notificationSettings = z
  .object({
    language: z.enum(['vi', 'en']),
    timeZone: z.string(),
    email: z.string(),
    zaloUserId: z.string().optional(),
    /** Channels that this hub has. */
    channels: z.array(z.enum(['in-app', 'email', 'zalo'])),
    /** None: at the bell, from `standard` on, within everything that you may see. */
    subscriptions: z.array(subscriptionSchema),
    standard: notificationSeverity,
  })
  .meta({ id: 'NotificationSettings' });
export type NotificationSettings = z.infer<typeof notificationSettings>;
export const notificationSettingsBody = z.strictObject({
  language: z.enum(['vi', 'en']).optional(),
  timeZone: z.string().min(1).max(60).optional(),
  /** Digits; an empty text takes it away. */
  zaloUserId: z
    .string()
    .regex(/^\d{0,30}$/)
    .optional(),
});

/** What the last week would have been with this subscription. */
export const previewResult = z.object({
  messages: z.int().min(0),
  causes: z.int().min(0),
  /** Causes that ended within their hold time. */
  spared: z.int().min(0),
  days: z.array(z.object({ day: z.iso.date(), messages: z.int().min(0) })),
});
export type PreviewResult = z.infer<typeof previewResult>;
