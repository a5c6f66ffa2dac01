import { FatalError, FleetError, RecoverableError, toError } from '../../../protocols/errors.ts';
import { type Cookies, unsigned, type WithCookies } from './cookies.ts';
import type { Library } from './library.ts';
import { heard, ssoProvider } from './openid.ts';
import { translated } from './refusal.ts';
import { headersOf, type Visitor } from './sign-in.ts';

/** The library tells why by a code in an address; these are a person's, the others are the provider's or ours. */
const personal = new Set(['signup_disabled', 'account_not_linked', 'email_not_found', 'access_denied']);

export function createSingleSignOn(library: Library, cookies: Cookies) {
  return {
    /** Address at the provider to go to. Throws RecoverableError `sign-in-unavailable` when the provider does not answer. */
    begin: (): Promise<WithCookies<string>> =>
      translated(async () => {
        const { headers, response } = await library.api.signInSocial({
          body: { provider: ssoProvider, callbackURL: '/', errorCallbackURL: '/', disableRedirect: true },
          returnHeaders: true,
        });
        if (response.url === undefined) throw new FatalError('no-provider-address', 'The library gave no address.');
        return { value: response.url, cookies: cookies.set('state', headers.getSetCookie()).map(comesBack) };
      }).catch((thrown: unknown) => {
        if (thrown instanceof FleetError && thrown.code === 'sign-in-unavailable') throw thrown;
        const cause = toError(thrown);
        throw new RecoverableError('sign-in-unavailable', 'The sign-in provider does not answer; try again.', {
          cause,
        });
      }),

    /**
     * What the provider sent the browser back with. Throws FatalError `sso-refused` with the library's or the provider's
     * word for it in details `why`.
     */
    finish: async (query: Readonly<Record<string, string>>, cookie: string, visitor: Visitor) => {
      const box: { claims: unknown } = { claims: undefined };
      const state = cookies.only('state', cookie);
      const response = await heard.run(box, () =>
        library.api.callbackOAuth({
          params: { id: ssoProvider },
          query: { ...query },
          // A session that the browser still holds has no part in it.
          headers: headersOf(visitor, state),
          asResponse: true,
        }),
      );
      const lines = response.headers.getSetCookie();
      const session = cookies.valueOf('session', cookies.set('session', lines).at(-1));
      const token = session === undefined ? undefined : unsigned(session);
      const why = new URL(response.headers.get('location') ?? '/', 'http://x').searchParams.get('error');
      if (!token || why !== null || box.claims === undefined) throw refused(why ?? 'no-session');
      return { token, claims: box.claims, cookies: cookies.set('session', lines) };
    },
  };
}

export function refused(why: string): FatalError {
  const word = personal.has(why) ? why : 'provider';
  return new FatalError('sso-refused', `Single sign-on was refused (${why.slice(0, 60)}).`, { details: { why: word } });
}

/** The provider sends the browser back from another site, and a strict cookie would stay behind. */
function comesBack(line: string): string {
  return line.replace(/SameSite=Strict/i, 'SameSite=Lax');
}
