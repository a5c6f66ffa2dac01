import { isIP } from 'node:net';
import { APIError } from 'better-auth';
import type { PasskeyObstacle, RegisteredPasskey, SignedPasskey } from '../../../protocols/api/access/passkeys.ts';
import type { Cookies, WithCookies } from './cookies.ts';
import type { Library } from './library.ts';
import { stepExpired, translated, wrongPasskey } from './refusal.ts';
import { headersOf, type Visitor } from './sign-in.ts';

/** Why a hub of this address can have no passkeys (Web Authentication Level 3, 5.1: a secure context and a domain); pure. */
export function obstacleOf(publicUrl: string): PasskeyObstacle | undefined {
  const { protocol, hostname } = new URL(publicUrl);
  if (isIP(hostname.replace(/^\[|\]$/g, '')) !== 0) return 'ip-address';
  const isLocal = hostname === 'localhost' || hostname.endsWith('.localhost');
  return protocol === 'https:' || isLocal ? undefined : 'plain-http';
}

/**
 * The counter of an answer (Web Authentication Level 3, 6.1: bytes 33 to 36 of the authenticator's data); undefined when there
 * is none. Unchecked: it may only explain a refusal.
 */
export function counterOf({ response }: SignedPasskey): number | undefined {
  const bytes = Buffer.from(response.authenticatorData, 'base64url');
  return bytes.length >= 37 ? bytes.readUInt32BE(33) : undefined;
}

/** Registration and sign-in. Each challenge is good for one answer within five minutes. */
export function createPasskeyFlow(library: Library, cookies: Cookies) {
  const challenged = (cookie: string): string => {
    const challenge = cookies.only('passkey', cookie);
    if (challenge === undefined) throw stepExpired();
    return challenge;
  };
  return {
    /** Options that name no key, so that they tell nothing about who is here; the browser finds its own. */
    begin: (): Promise<WithCookies<Record<string, unknown>>> =>
      translated(async () => {
        const { headers, response } = await library.api.generatePasskeyAuthenticationOptions({
          headers: {},
          returnHeaders: true,
        });
        const value = { ...response, userVerification: 'required' };
        return { value, cookies: cookies.set('passkey', headers.getSetCookie()) };
      }),

    /** Throws FatalError `wrong-passkey` or `sign-in-expired`. */
    finish: (answer: SignedPasskey, cookie: string, visitor: Visitor): Promise<WithCookies<string>> =>
      translated(async () => {
        const { headers, response } = await library.api.verifyPasskeyAuthentication({
          body: { response: answer },
          // A session that the browser still holds has no part in it.
          headers: headersOf(visitor, challenged(cookie)),
          returnHeaders: true,
        });
        return { value: response.session.token, cookies: headers.getSetCookie() };
      }),

    /** Throws FatalError `wrong-credentials`. */
    beginRegistration: (cookie: string, password: string): Promise<WithCookies<Record<string, unknown>>> =>
      translated(async () => {
        await library.api.verifyPassword({ body: { password }, headers: { cookie } });
        const { headers, response } = await library.api.generatePasskeyRegistrationOptions({
          query: {},
          headers: { cookie },
          returnHeaders: true,
        });
        return { value: { ...response }, cookies: cookies.set('passkey', headers.getSetCookie()) };
      }),

    /** Id of the new passkey. Throws FatalError `wrong-passkey` or `sign-in-expired`. */
    register: (cookie: string, name: string, answer: RegisteredPasskey): Promise<string> =>
      translated(async () => {
        challenged(cookie);
        try {
          const { id } = await library.api.verifyPasskeyRegistration({
            body: { response: answer, name },
            headers: { cookie },
          });
          return id;
        } catch (thrown) {
          // The library tells an answer that does not fit as a fault of its own.
          const isRefused = thrown instanceof APIError && thrown.body?.code === 'FAILED_TO_VERIFY_REGISTRATION';
          throw isRefused ? wrongPasskey(thrown) : thrown;
        }
      }),

    /** Throws FatalError `wrong-credentials`. */
    provePassword: (cookie: string, password: string): Promise<void> =>
      translated(async () => {
        await library.api.verifyPassword({ body: { password }, headers: { cookie } });
      }),
  };
}
