import { sql } from 'kysely';
import type { Queries } from '../../store/index.ts';
import type { NotificationChannel } from '../../store/tables/notification.ts';
import type { Rule } from '../decision/settle.ts';
import type { Severity } from '../decision/severity.ts';
import type { Digest, QuietHours } from '../decision/time.ts';
import type { Language, Reader } from '../message/text.ts';

/** Somebody, or something, that is told: `in-app:<person>`, `email:<person>`, `zalo:<person>`, `webhook:<endpoint>`. */
export interface Target {
  readonly key: string;
  readonly channel: NotificationChannel;
  /** Person or endpoint. */
  readonly id: string;
  readonly reader: Reader;
  readonly rules: readonly Rule[];
}

/** Machines read everything in one way. */
const machineReader: Reader = { language: 'en', timeZone: 'UTC' };

/** Who has chosen nothing hears at the bell of what is at least this bad. */
export const standardLeast: Severity = 'major';

const noDigest: Digest = { every: 'none', at: '07:00' };

interface PersonRow {
  readonly id: string;
  readonly language: Language | null;
  readonly time_zone: string | null;
  readonly paths: readonly string[];
  readonly subscriptions: readonly {
    readonly channel: 'in-app' | 'email' | 'zalo';
    readonly path: string | null;
    readonly severity: Severity;
    readonly kinds: readonly string[] | null;
    readonly hold_minutes: number | null;
    readonly quiet: QuietHours | null;
    readonly digest: Digest;
  }[];
}

export const defaultReader: Reader = { language: 'vi', timeZone: 'Asia/Ho_Chi_Minh' };

/** Everybody who may be told something now: rights that ended and people who were shut out are not among them. */
export async function readTargets(db: Queries, now: Date): Promise<Target[]> {
  const { rows } = await sql<PersonRow>`
    select auth_user.id, preference.language, preference.time_zone,
      (select jsonb_agg(distinct unit.path) from role_grant join unit on unit.id = role_grant.unit_id
        where role_grant.user_id = auth_user.id and (role_grant.until is null or role_grant.until > ${now})) as paths,
      coalesce((select jsonb_agg(jsonb_build_object('channel', s.channel, 'path', unit.path, 'severity', s.severity,
          'kinds', s.kinds, 'hold_minutes', s.hold_minutes, 'quiet', s.quiet, 'digest', s.digest))
        from notification_subscription s left join unit on unit.id = s.unit_id where s.user_id = auth_user.id), '[]') as subscriptions
    from auth_user
      left join person on person.user_id = auth_user.id
      left join notification_preference preference on preference.user_id = auth_user.id
    where person.disabled_at is null
      and exists (select from role_grant where role_grant.user_id = auth_user.id and (until is null or until > ${now}))`.execute(
    db,
  );
  const endpoints = await db
    .selectFrom('notification_endpoint')
    .innerJoin('unit', 'unit.id', 'notification_endpoint.unit_id')
    .select(['notification_endpoint.id', 'severity', 'kinds', 'unit.path'])
    .where('disabled_at', 'is', null)
    .execute();
  return [
    ...rows.flatMap(targetsOfPerson),
    ...endpoints.map(({ id, severity, kinds, path }): Target => {
      const rule = { paths: [path], least: severity, kinds: kinds ?? undefined, holdMs: undefined, quiet: undefined };
      return {
        key: `webhook:${id}`,
        channel: 'webhook',
        id,
        reader: machineReader,
        rules: [{ ...rule, digest: noDigest, timeZone: machineReader.timeZone }],
      };
    }),
  ];
}

function targetsOfPerson({ id, language, time_zone: timeZone, paths, subscriptions }: PersonRow): Target[] {
  const reader = { language: language ?? defaultReader.language, timeZone: timeZone ?? defaultReader.timeZone };
  if (subscriptions.length === 0) {
    const rule = { paths, least: standardLeast, kinds: undefined, holdMs: undefined, quiet: undefined };
    const rules = [{ ...rule, digest: noDigest, timeZone: reader.timeZone }];
    return [{ key: `in-app:${id}`, channel: 'in-app', id, reader, rules }];
  }
  const byChannel = Map.groupBy(subscriptions, ({ channel }) => channel);
  return [...byChannel].map(([channel, own]): Target => {
    const rules = own.map(
      (row): Rule => ({
        paths: row.path === null ? paths : within(paths, row.path),
        least: row.severity,
        kinds: row.kinds ?? undefined,
        holdMs: row.hold_minutes === null ? undefined : row.hold_minutes * 60_000,
        quiet: row.quiet ?? undefined,
        digest: row.digest,
        timeZone: reader.timeZone,
      }),
    );
    return { key: `${channel}:${id}`, channel, id, reader, rules };
  });
}

/** The part of what somebody may see that lies in the subtree they chose. */
function within(paths: readonly string[], chosen: string): string[] {
  if (paths.some((path) => chosen.startsWith(path))) return [chosen];
  return paths.filter((path) => path.startsWith(chosen));
}
