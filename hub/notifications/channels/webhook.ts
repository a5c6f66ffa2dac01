import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { FatalError, RecoverableError } from '../../../protocols/errors.ts';
import type { Clock } from '../../../protocols/ports.ts';
import type { Content } from '../message/content.ts';
import { addressOf } from '../message/text.ts';
import { checkUrl, type EndpointRules, guardedLookup } from './address-guard.ts';
import type { Channel, EndpointRecipient } from './channel.ts';
import { post } from './post.ts';

/** Types of events, by what a message is. */
const types: Readonly<Record<Content['kind'], string>> = {
  opening: 'problem.opened',
  update: 'problem.grew',
  closing: 'problem.resolved',
  digest: 'problem.digest',
  word: 'endpoint.test',
};

export interface WebhookOptions {
  readonly rules: EndpointRules;
  readonly publicUrl: string | undefined;
  readonly clock: Clock;
  readonly ca?: string | undefined;
}

/** Signed webhooks after Standard Webhooks 1.0: `webhook-id`, `webhook-timestamp`, `webhook-signature`. */
export function createWebhookChannel({ rules, publicUrl, clock, ca }: WebhookOptions): Channel<EndpointRecipient> {
  return {
    send: async (message, { url: text, secret }, signal) => {
      const url = checkUrl(text, rules);
      const body = payloadOf(message.content, message.createdAtMs, publicUrl);
      const at = new Date(clock.now());
      const answer = await post(
        {
          url,
          body,
          headers: {
            'content-type': 'application/json',
            'user-agent': 'edufleet-hub',
            'webhook-id': message.id,
            'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
            'webhook-signature': new Webhook(secret).sign(message.id, at, body),
          },
          lookup: guardedLookup(rules),
          ca,
        },
        signal,
      );
      if (answer.status >= 200 && answer.status < 300) return;
      throw webhookError(url.host, answer.status, answer.retryAfterMs);
    },
  };
}

/** `{ type, timestamp, data }`, the shape that Standard Webhooks recommends. */
function payloadOf(
  { kind, items, counts, words }: Content,
  createdAtMs: number,
  publicUrl: string | undefined,
): string {
  const data = {
    counts,
    ...(words ? { text: words.text } : {}),
    problems: items.map(({ what, causeId, ...item }) => ({
      id: causeId,
      change: types[what],
      ...item,
      ...(publicUrl === undefined ? {} : { url: addressOf(publicUrl, { causeId }) }),
    })),
  };
  return JSON.stringify({ type: types[kind], timestamp: new Date(createdAtMs).toISOString(), data });
}

/** Everything but 2xx has failed. 410 asks to be left alone; another 4xx may be put right at the endpoint, so it is tried again. */
function webhookError(host: string, status: number, retryAfterMs: number | undefined): Error {
  const text = `${host} answered ${status}`;
  if (status === 410) return new FatalError('endpoint-gone', `${text}: it wants nothing more.`);
  return new RecoverableError('endpoint-refused', `${text}.`, {
    details: { status, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) },
  });
}

/** A secret of 32 random bytes in the spelling of Standard Webhooks. */
export function newSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}
