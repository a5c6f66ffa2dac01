import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { FatalError, toError } from '../../protocols/errors.ts';
import type { Clock, Log } from '../../protocols/ports.ts';
import type { Bus } from '../events/bus.ts';
import type { Sealer, Store } from '../store/index.ts';
import type { EndpointRules } from './channels/address-guard.ts';
import { createMailChannel, type MailSettings } from './channels/mail.ts';
import { createWebhookChannel } from './channels/webhook.ts';
import { createZaloChannel } from './channels/zalo.ts';
import { type ChannelDesk, createChannelDesk } from './desk/channel-desk.ts';
import { createDeadLetters, type DeadLetters } from './desk/dead-letters.ts';
import { createEndpoints, type Endpoints } from './desk/endpoints.ts';
import { createInbox, type Inbox } from './desk/inbox.ts';
import type { NotificationOrganisation } from './desk/ports.ts';
import { createSubscriptions, type Subscriptions } from './desk/subscriptions.ts';
import type { NotificationConfig } from './settings.ts';
import type { Wording } from './work/causes.ts';
import { createDispatch } from './work/dispatch.ts';
import { createRound } from './work/round.ts';
import { createSender } from './work/sender.ts';
import { trimNotifications } from './work/trim.ts';
import { createZaloTokens } from './work/zalo-tokens.ts';

export interface NotificationsDeps {
  readonly store: Store;
  readonly organisation: NotificationOrganisation;
  /** Title and next step of a code of health. */
  readonly textOf: Wording['textOf'];
  readonly sealer: Sealer;
  readonly bus: Pick<Bus, 'publish'>;
  readonly config: NotificationConfig;
  /** Address that people use, for links; none without it. */
  readonly publicUrl: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
  /** In [0, 1), for the jitter of retries. */
  readonly random?: () => number;
}

/** Who is told what of problems, by which channel and when. */
export interface Notifications extends Inbox, Subscriptions, Endpoints, DeadLetters, ChannelDesk, AsyncDisposable {
  /** Reads what happened, decides, hands over. A job of the hub. */
  tick(): Promise<void>;
  /** Sends what waits. A job of its own, so that a slow server holds nothing up. */
  deliver(signal: AbortSignal): Promise<void>;
  /** Removes what is long over. */
  trim(): Promise<void>;
}

/** Rounds of one run; what waits beyond is taken up by the next run. */
const mostRounds = 50;

export async function createNotifications(deps: NotificationsDeps): Promise<Notifications> {
  const { store, organisation, sealer, bus, config, publicUrl, clock, log, random = Math.random } = deps;
  const url = publicUrl?.replace(/\/+$/, '');
  const mail = await mailSettings(config);
  const rules: EndpointRules = config.webhooks;
  const tokens = createZaloTokens({ store, sealer, clock });
  const zalo = await zaloSettings(config);
  const channels = {
    mail: mail && createMailChannel(mail, url),
    zalo: zalo && createZaloChannel({ settings: zalo, tokens, publicUrl: url, clock }),
    webhook: createWebhookChannel({
      rules,
      publicUrl: url,
      clock,
      ca: await textFile('webhooks.caFile', config.webhooks.caFile),
    }),
  };
  const bell = await openBell(store, bus, log);
  const wording: Wording = { placeOf: (unitId) => placeOf(organisation, unitId), textOf: deps.textOf };
  const round = createRound({ store, wording, clock, told: bell.told });
  const dispatch = createDispatch({ store, channels, sealer, clock, log, newId: randomUUID, told: bell.told });
  const send = createSender({ store, dispatch, clock, log, random });
  const outside = [...(mail ? ['email' as const] : []), ...(zalo ? ['zalo' as const] : [])];

  return {
    ...createInbox(store, clock, bell.told),
    ...createSubscriptions({ store, organisation, channels: outside, clock }),
    ...createEndpoints({ store, organisation, webhook: channels.webhook, rules, sealer, clock }),
    ...createDeadLetters(store, clock),
    ...createChannelDesk({ store, channels, mail, rules, tokens, clock }),
    tick: async () => {
      for (let count = 0; count < mostRounds && (await round()); count++);
    },
    deliver: async (signal) => {
      for (let count = 0; count < mostRounds && !signal.aborted && (await send(signal)); count++);
    },
    trim: () => trimNotifications(store, clock.now()),
    [Symbol.asyncDispose]: () => bell[Symbol.asyncDispose](),
  };
}

const channelName = 'notifications';
/** A notification of the database takes 7,000 bytes; an id at most 36. */
const peopleAtOnce = 100;

/** Rings at every hub where somebody may be signed in. */
async function openBell(store: Store, bus: Pick<Bus, 'publish'>, log: Log) {
  const listening = await store.listen(channelName, {
    heard: (payload) => {
      for (const person of payload.split(',')) bus.publish({ type: 'notifications-changed', person }, undefined);
    },
  });
  return {
    told: (userIds: readonly string[]): void => {
      for (let from = 0; from < userIds.length; from += peopleAtOnce)
        store.notify(channelName, userIds.slice(from, from + peopleAtOnce).join(',')).catch((thrown: unknown) => {
          // The page reads its state anew whenever it comes back; the entry itself is kept.
          log.warn('a bell could not be rung', { error: toError(thrown) });
        });
    },
    [Symbol.asyncDispose]: () => listening[Symbol.asyncDispose](),
  };
}

/** Room, building and school, or the unit alone where there is no school. */
function placeOf(organisation: NotificationOrganisation, unitId: number): string {
  const trail = organisation.trailOf(unitId);
  const from = trail.findIndex(({ kind }) => kind === 'school');
  const names = (from < 0 ? trail.slice(-1) : trail.slice(from)).map(({ name }) => name);
  return names.reverse().join(', ');
}

async function mailSettings({ mail }: NotificationConfig): Promise<MailSettings | undefined> {
  if (mail.host === undefined) return undefined;
  const { host, port, security, user, from } = mail;
  const password = (await textFile('mail.passwordFile', mail.passwordFile))?.trim();
  return { host, port, security, user, password, from, ca: await textFile('mail.caFile', mail.caFile) };
}

async function zaloSettings({ zalo }: NotificationConfig) {
  if (zalo.appId === undefined) return undefined;
  const secretKey = (await textFile('zalo.secretKeyFile', zalo.secretKeyFile))?.trim();
  if (secretKey === undefined)
    throw new FatalError(
      'invalid-setting',
      'notifications.zalo.appId is set: notifications.zalo.secretKeyFile is needed too.',
    );
  return { appId: zalo.appId, secretKey, apiUrl: zalo.apiUrl, oauthUrl: zalo.oauthUrl };
}

async function textFile(setting: string, path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new FatalError('invalid-setting', `notifications.${setting}: ${path} cannot be read.`, { cause });
  }
}
