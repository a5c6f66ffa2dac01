import type {
  ChannelTestResult,
  NotificationChannels,
} from '../../../protocols/api/operation/notification-channels.ts';
import type { Clock } from '../../../protocols/ports.ts';
import { type Actor, ConflictError, ForbiddenError, type Scope } from '../../access/index.ts';
import type { Store } from '../../store/index.ts';
import type { EndpointRules } from '../channels/address-guard.ts';
import type { MailSettings } from '../channels/mail.ts';
import type { Channels } from '../work/dispatch.ts';
import { defaultReader } from '../work/recipients.ts';
import type { ZaloTokenKeeper } from '../work/zalo-tokens.ts';
import { testMessage, tryOut } from './test-message.ts';

export interface ChannelDeskDeps {
  readonly store: Store;
  readonly channels: Channels;
  readonly mail: MailSettings | undefined;
  readonly rules: EndpointRules;
  readonly tokens: ZaloTokenKeeper;
  readonly clock: Clock;
}

/** The channels that belong to the whole hub. */
export interface ChannelDesk {
  channelsStanding(): Promise<NotificationChannels>;
  /** Sends a test to whoever asks. Throws ConflictError when no mail server is set up. */
  testMail(actor: Actor & { readonly email: string }): Promise<ChannelTestResult>;
  /** Throws ForbiddenError for who does not see the whole province, ConflictError when Zalo is not set up. */
  linkZalo(scope: Scope, refreshToken: string): Promise<void>;
  /** Sends a test to the asker's own id at Zalo. */
  testZalo(actor: Actor): Promise<ChannelTestResult>;
}

const dayMs = 24 * 3_600_000;

export function createChannelDesk({ store, channels, mail, rules, tokens, clock }: ChannelDeskDeps): ChannelDesk {
  const readerOf = async (userId: string) => {
    const row = await store.db
      .selectFrom('notification_preference')
      .selectAll()
      .where('user_id', '=', userId)
      .executeTakeFirst();
    const reader = row ? { language: row.language, timeZone: row.time_zone } : defaultReader;
    return { reader, zaloUserId: row?.zalo_user_id ?? undefined };
  };
  return {
    channelsStanding: async () => {
      const since = new Date(clock.now() - dayMs);
      const counts = await store.db
        .selectFrom('notification_delivery')
        .select((eb) => [
          eb.fn.countAll<number>().filterWhere('state', '=', 'pending').as('waiting'),
          eb.fn.countAll<number>().filterWhere('state', '=', 'dead').as('dead'),
          eb.fn.countAll<number>().filterWhere('state', '=', 'sent').filterWhere('ended_at', '>=', since).as('sent'),
        ])
        .executeTakeFirstOrThrow();
      const { isLinked, expiresAt, problem } = await tokens.standing();
      return {
        mail: mail
          ? { isSetUp: true, server: `${mail.host}:${mail.port}`, from: mail.from, security: mail.security }
          : { isSetUp: false },
        zalo: {
          isSetUp: channels.zalo !== undefined,
          isLinked,
          ...(expiresAt ? { expiresAt: expiresAt.toISOString() } : {}),
          ...(problem === undefined ? {} : { problem }),
        },
        webhooks: rules,
        waiting: Number(counts.waiting),
        dead: Number(counts.dead),
        sentLastDay: Number(counts.sent),
      };
    },
    testMail: async ({ id, name, email }) => {
      const channel = channels.mail;
      if (!channel) throw new ConflictError('This hub has no mail server: set notifications.mail.host.');
      const { reader } = await readerOf(id);
      return tryOut(clock, (signal) => channel.send(testMessage(clock.now(), reader), { name, email }, signal));
    },
    linkZalo: async (scope, refreshToken) => {
      if (!scope.paths.some((path) => /^\/\d+\/$/.test(path)))
        throw new ForbiddenError('The official account belongs to the whole province.');
      if (!channels.zalo) throw new ConflictError('Zalo is not set up: set notifications.zalo.appId.');
      await tokens.link(refreshToken);
    },
    testZalo: async ({ id }) => {
      const channel = channels.zalo;
      if (!channel) throw new ConflictError('Zalo is not set up: set notifications.zalo.appId.');
      const { reader, zaloUserId } = await readerOf(id);
      if (zaloUserId === undefined) throw new ConflictError('Enter your id at Zalo in your own settings first.');
      return tryOut(clock, (signal) => channel.send(testMessage(clock.now(), reader), zaloUserId, signal));
    },
  };
}
