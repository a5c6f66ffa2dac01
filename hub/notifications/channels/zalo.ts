import { z } from 'zod';
import { FatalError, RecoverableError, toError } from '../../../protocols/errors.ts';
import type { Clock } from '../../../protocols/ports.ts';
import { linesOf } from '../message/text.ts';
import type { Channel } from './channel.ts';
import { post } from './post.ts';

export interface ZaloSettings {
  readonly appId: string;
  readonly secretKey: string;
  /** `https://openapi.zalo.me` */
  readonly apiUrl: string;
  /** `https://oauth.zaloapp.com` */
  readonly oauthUrl: string;
}

export interface ZaloTokens {
  readonly accessToken: string | undefined;
  readonly refreshToken: string | undefined;
  readonly expiresAtMs: number | undefined;
}

/** Keeps the tokens of the official account for all hubs. */
export interface ZaloTokenStore {
  read(): Promise<ZaloTokens>;
  /** Takes the right to refresh for a minute; false when another hub has it. */
  claim(): Promise<boolean>;
  /** Keeps a new pair and gives the right back. */
  save(tokens: ZaloTokens): Promise<void>;
  /** A refresh failed: the right is given back; `problem` is for the administrator. */
  fail(problem: string): Promise<void>;
}

export interface ZaloDeps {
  readonly settings: ZaloSettings;
  readonly tokens: ZaloTokenStore;
  readonly publicUrl: string | undefined;
  readonly clock: Clock;
}

/** A text message takes at most this many characters. */
const mostCharacters = 2_000;
const refreshBeforeMs = 5 * 60_000;
const expiredToken = -216;
const rateLimited = -32;

const sendAnswer = z.object({ error: z.int(), message: z.string().default('') });
const tokenAnswer = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1),
  expires_in: z.coerce.number().positive(),
});

/**
 * Messages of a Zalo official account: `POST /v3.0/oa/message/cs` with the header `access_token`. An answer is good only with
 * status 200 and `error` 0. A refresh token is good for one use, so one hub refreshes at a time and the pair is kept at once.
 */
export function createZaloChannel({ settings, tokens, publicUrl, clock }: ZaloDeps): Channel<string> {
  const refresh = async (signal: AbortSignal): Promise<string> => {
    if (!(await tokens.claim()))
      throw new RecoverableError('zalo-refreshing', 'Another hub renews the access to Zalo.');
    try {
      const { refreshToken } = await tokens.read();
      if (refreshToken === undefined)
        throw new RecoverableError(
          'zalo-not-linked',
          'The official account of Zalo is not linked: enter a refresh token.',
        );
      const next = await requestTokens(settings, refreshToken, signal);
      await tokens.save({ ...next, expiresAtMs: clock.now() + next.expiresInMs });
      return next.accessToken;
    } catch (thrown) {
      await tokens.fail(toError(thrown).message);
      throw thrown;
    }
  };

  const accessToken = async (signal: AbortSignal): Promise<string> => {
    const held = await tokens.read();
    const isFresh = held.expiresAtMs !== undefined && held.expiresAtMs - clock.now() > refreshBeforeMs;
    return held.accessToken !== undefined && isFresh ? held.accessToken : refresh(signal);
  };

  return {
    send: async (message, userId, signal) => {
      const text = [message.subject, '', ...linesOf(message.content, message.reader, publicUrl)].join('\n');
      const body = JSON.stringify({
        recipient: { user_id: userId },
        message: { text: text.slice(0, mostCharacters).toWellFormed() },
      });
      const first = await sendOnce(settings, await accessToken(signal), body, signal);
      if (first === 0) return;
      if (first.code !== expiredToken) throw zaloError(first);
      const second = await sendOnce(settings, await refresh(signal), body, signal);
      if (second !== 0) throw zaloError(second);
    },
  };
}

interface Refusal {
  readonly code: number;
  readonly message: string;
}

async function sendOnce(
  { apiUrl }: ZaloSettings,
  token: string,
  body: string,
  signal: AbortSignal,
): Promise<0 | Refusal> {
  const url = new URL('/v3.0/oa/message/cs', apiUrl);
  const headers = { 'content-type': 'application/json', access_token: token };
  const { status, body: text } = await post({ url, headers, body }, signal);
  if (status === 401) return { code: expiredToken, message: 'the access token is refused' };
  const answer = sendAnswer.safeParse(parse(text));
  if (status !== 200 || !answer.success)
    throw new RecoverableError('zalo-away', `Zalo answered ${status} and nothing that can be read.`);
  return answer.data.error === 0 ? 0 : { code: answer.data.error, message: answer.data.message.slice(0, 200) };
}

async function requestTokens({ appId, secretKey, oauthUrl }: ZaloSettings, refreshToken: string, signal: AbortSignal) {
  const url = new URL('/v4/oa/access_token', oauthUrl);
  const form = new URLSearchParams({ refresh_token: refreshToken, app_id: appId, grant_type: 'refresh_token' });
  const headers = { 'content-type': 'application/x-www-form-urlencoded', secret_key: secretKey };
  const { status, body } = await post({ url, headers, body: form.toString() }, signal);
  if (status >= 500 || status === 429)
    throw new RecoverableError('zalo-away', `Zalo answered ${status} to the refresh.`);
  const answer = tokenAnswer.safeParse(parse(body));
  // What it says is not passed on: it may hold what was sent.
  if (!answer.success)
    throw new RecoverableError('zalo-not-linked', 'Zalo refused the refresh token: link the official account again.');
  const { access_token, refresh_token, expires_in } = answer.data;
  return { accessToken: access_token, refreshToken: refresh_token, expiresInMs: expires_in * 1000 };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
}

/** The documents name few codes; an unknown one is about this message or recipient, and repeating it only counts against the account. */
function zaloError({ code, message }: Refusal): Error {
  const text = `Zalo refused it (${code}): ${message}`;
  if (code === expiredToken || code === rateLimited) return new RecoverableError('zalo-busy', text);
  return new FatalError('zalo-refused', text);
}
