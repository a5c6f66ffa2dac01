import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { z } from 'zod';
import type {
  NotificationSettings,
  notificationSettingsBody,
  PreviewResult,
  SubscriptionBody,
  SubscriptionView,
} from '../../../protocols/api/operation/notifications.ts';
import { isTimeZone } from '../../../protocols/fleet/calendar/zone.ts';
import type { Clock } from '../../../protocols/ports.ts';
import {
  type Actor,
  ConflictError,
  InvalidInputError,
  NotFoundError,
  narrow,
  type Scope,
  scopeCondition,
} from '../../access/index.ts';
import type { Store } from '../../store/index.ts';
import { foresee } from '../decision/preview.ts';
import type { Rule } from '../decision/settle.ts';
import { limitsOf } from '../decision/storm.ts';
import type { Digest, QuietHours } from '../decision/time.ts';
import { defaultReader, standardLeast } from '../work/recipients.ts';
import type { NotificationOrganisation } from './ports.ts';

export interface SubscriptionsDeps {
  readonly store: Store;
  readonly organisation: NotificationOrganisation;
  /** Beside the bell. */
  readonly channels: readonly ('email' | 'zalo')[];
  readonly clock: Clock;
}

type Asker = Actor & { readonly email: string };

/** How people want to be told: each their own. */
export interface Subscriptions {
  settings(actor: Asker): Promise<NotificationSettings>;
  /** Throws InvalidInputError for a time zone that is not known. */
  changeSettings(actor: Asker, body: z.output<typeof notificationSettingsBody>): Promise<NotificationSettings>;
  /** Throws NotFoundError for a unit out of scope, InvalidInputError for a channel that is not there, ConflictError beyond 20. */
  subscribe(scope: Scope, actor: Asker, body: SubscriptionBody): Promise<SubscriptionView>;
  changeSubscription(scope: Scope, actor: Asker, id: string, body: SubscriptionBody): Promise<SubscriptionView>;
  unsubscribe(actor: Asker, id: string): Promise<void>;
  /** What the last week would have been. */
  preview(scope: Scope, actor: Asker, body: SubscriptionBody): Promise<PreviewResult>;
}

const mostSubscriptions = 20;
const dayMs = 24 * 3_600_000;
const previewDays = 7;
const mostCauses = 20_000;

export function createSubscriptions({ store, organisation, channels, clock }: SubscriptionsDeps): Subscriptions {
  const { db } = store;
  const preferenceOf = async (userId: string) => {
    const row = await db
      .selectFrom('notification_preference')
      .selectAll()
      .where('user_id', '=', userId)
      .executeTakeFirst();
    return {
      language: row?.language ?? defaultReader.language,
      timeZone: row?.time_zone ?? defaultReader.timeZone,
      zaloUserId: row?.zalo_user_id ?? undefined,
    };
  };
  const rowsOf = (userId: string) =>
    db
      .selectFrom('notification_subscription')
      .selectAll()
      .where('user_id', '=', userId)
      .orderBy('created_at')
      .orderBy('id')
      .execute();

  const view = (row: Awaited<ReturnType<typeof rowsOf>>[number]): SubscriptionView => ({
    id: row.id,
    ...(row.unit_id === null ? {} : { unit: organisation.refOf(row.unit_id) }),
    channel: row.channel,
    severity: row.severity,
    ...(row.kinds === null ? {} : { kinds: [...row.kinds] }),
    ...(row.hold_minutes === null ? {} : { holdMinutes: row.hold_minutes }),
    ...(row.quiet === null ? {} : { quiet: quietView(row.quiet as QuietHours) }),
    digest: row.digest as Digest,
  });

  const settings = async (actor: Asker): Promise<NotificationSettings> => {
    const { zaloUserId, ...preference } = await preferenceOf(actor.id);
    return {
      ...preference,
      email: actor.email,
      ...(zaloUserId === undefined ? {} : { zaloUserId }),
      channels: ['in-app', ...channels],
      subscriptions: (await rowsOf(actor.id)).map(view),
      standard: standardLeast,
    };
  };

  /** The subtrees that a subscription is about, within what this person may see. */
  const pathsOf = (scope: Scope, unit: number | undefined): readonly string[] => {
    const { paths } = unit === undefined ? scope : narrow(scope, organisation.pathOf(unit));
    if (paths.length === 0) throw new NotFoundError();
    return paths;
  };
  const check = async (scope: Scope, actor: Asker, { unit, channel }: SubscriptionBody): Promise<void> => {
    pathsOf(scope, unit);
    if (channel === 'in-app') return;
    if (!channels.includes(channel)) throw new InvalidInputError('channel', 'This hub does not have this channel.');
    if (channel === 'zalo' && (await preferenceOf(actor.id)).zaloUserId === undefined)
      throw new InvalidInputError('channel', 'Enter your id at Zalo first.');
  };
  const columns = ({ unit, channel, severity, kinds, holdMinutes, quiet, digest }: SubscriptionBody) => ({
    unit_id: unit ?? null,
    channel,
    severity,
    kinds: kinds ? JSON.stringify(kinds) : null,
    hold_minutes: holdMinutes ?? null,
    quiet: quiet ? JSON.stringify(quiet) : null,
    digest: JSON.stringify(digest),
  });

  return {
    settings,
    changeSettings: async (actor, { language, timeZone, zaloUserId }) => {
      if (timeZone !== undefined && !isTimeZone(timeZone))
        throw new InvalidInputError('timeZone', 'There is no such time zone.');
      const values = {
        ...(language === undefined ? {} : { language }),
        ...(timeZone === undefined ? {} : { time_zone: timeZone }),
        ...(zaloUserId === undefined ? {} : { zalo_user_id: zaloUserId === '' ? null : zaloUserId }),
      };
      if (Object.keys(values).length > 0)
        await db
          .insertInto('notification_preference')
          .values({ user_id: actor.id, ...values })
          .onConflict((conflict) => conflict.column('user_id').doUpdateSet(values))
          .execute();
      return settings(actor);
    },
    subscribe: async (scope, actor, body) => {
      await check(scope, actor, body);
      if ((await rowsOf(actor.id)).length >= mostSubscriptions)
        throw new ConflictError(`Nobody has more than ${mostSubscriptions} subscriptions.`);
      const row = await db
        .insertInto('notification_subscription')
        .values({ id: randomUUID(), user_id: actor.id, created_at: new Date(clock.now()), ...columns(body) })
        .returningAll()
        .executeTakeFirstOrThrow();
      return view(row);
    },
    changeSubscription: async (scope, actor, id, body) => {
      await check(scope, actor, body);
      const row = await db
        .updateTable('notification_subscription')
        .set(columns(body))
        .where('id', '=', id)
        .where('user_id', '=', actor.id)
        .returningAll()
        .executeTakeFirst();
      if (!row) throw new NotFoundError();
      return view(row);
    },
    unsubscribe: async (actor, id) => {
      const { numDeletedRows } = await db
        .deleteFrom('notification_subscription')
        .where('id', '=', id)
        .where('user_id', '=', actor.id)
        .executeTakeFirst();
      if (numDeletedRows === 0n) throw new NotFoundError();
    },
    preview: async (scope, actor, body) => {
      const paths = pathsOf(scope, body.unit);
      const { timeZone } = await preferenceOf(actor.id);
      const nowMs = clock.now();
      const rule: Rule = {
        paths,
        least: body.severity,
        kinds: body.kinds,
        holdMs: body.holdMinutes === undefined ? undefined : body.holdMinutes * 60_000,
        quiet: body.quiet && quietOf(body.quiet),
        digest: body.digest,
        timeZone,
      };
      const causes = await pastCauses(store, { paths }, new Date(nowMs - previewDays * dayMs));
      const { messagesAtMs, ...counts } = foresee(causes, [rule], limitsOf(body.channel), nowMs);
      const dayOf = (atMs: number) => new Date(atMs).toLocaleDateString('en-CA', { timeZone });
      const byDay = Map.groupBy(messagesAtMs, dayOf);
      const days = Array.from({ length: previewDays }, (_, index) => dayOf(nowMs - (previewDays - 1 - index) * dayMs));
      return {
        messages: messagesAtMs.length,
        ...counts,
        days: days.map((day) => ({ day, messages: byDay.get(day)?.length ?? 0 })),
      };
    },
  };
}

function quietOf({ breaksThrough, ...times }: NonNullable<SubscriptionBody['quiet']>): QuietHours {
  return { ...times, breaksThrough };
}

function quietView({ breaksThrough, from, to, days }: QuietHours): NonNullable<SubscriptionView['quiet']> {
  return { from, to, days: [...days], ...(breaksThrough === undefined ? {} : { breaksThrough }) };
}

async function pastCauses({ db }: Store, scope: Scope, since: Date) {
  const rows = await db
    .selectFrom('cause')
    .innerJoin('unit', 'unit.id', 'cause.unit_id')
    .innerJoin('problem', 'problem.cause_id', 'cause.id')
    .select(['cause.id', 'cause.kind', 'cause.affected_peak', 'opened_at', 'resolved_at', 'unit.path', 'severity'])
    .where('opened_at', '>=', since)
    .where(scopeCondition(scope, 'unit.path'))
    .orderBy(sql`opened_at desc`)
    .limit(mostCauses)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind,
    severity: row.severity,
    unitPath: row.path,
    affected: row.affected_peak,
    openedAtMs: row.opened_at.getTime(),
    resolvedAtMs: row.resolved_at?.getTime(),
  }));
}
