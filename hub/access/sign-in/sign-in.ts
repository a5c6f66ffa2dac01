import { addressHeader, type Cookies, type WithCookies } from './cookies.ts';
import type { Library } from './library.ts';
import { translated } from './refusal.ts';

export interface SessionUser {
  readonly id: string;
  readonly name: string;
  readonly email: string;
}

export interface Session {
  readonly user: SessionUser;
  readonly expiresAt: Date;
  readonly token: string;
}

/** From where somebody comes; `userAgent` is cut to what a list of sessions needs. */
export interface Visitor {
  readonly address: string;
  readonly userAgent: string;
}

/** Headers by which the library learns of a visitor, and what it needs of their cookies. */
export function headersOf({ address, userAgent }: Visitor, cookie?: string): Record<string, string> {
  return {
    [addressHeader]: address,
    'user-agent': userAgent.slice(0, 300),
    ...(cookie === undefined ? {} : { cookie }),
  };
}

/** Sign-in by e-mail and password with sessions in the database. */
export function createSignIn(library: Library, cookies: Cookies) {
  return {
    /**
     * Undefined when the password is right but a second step must follow; the cookie for that step is set then, and no other.
     * Throws FatalError `wrong-credentials` for an unknown e-mail and a wrong password alike.
     */
    signIn: (email: string, password: string, visitor: Visitor): Promise<WithCookies<SessionUser | undefined>> =>
      translated(async () => {
        const { headers, response } = await library.api.signInEmail({
          body: { email, password },
          headers: headersOf(visitor),
          returnHeaders: true,
        });
        const lines = headers.getSetCookie();
        if ('twoFactorRedirect' in response) return { value: undefined, cookies: cookies.set('secondStep', lines) };
        const { id, name } = response.user;
        return { value: { id, name, email: response.user.email }, cookies: lines };
      }),

    signOut: (cookie: string): Promise<WithCookies<undefined>> =>
      translated(async () => {
        const { headers } = await library.api.signOut({ headers: { cookie }, returnHeaders: true });
        return { value: undefined, cookies: headers.getSetCookie() };
      }),

    /** Ends this person's other sessions. Throws FatalError `wrong-credentials`. */
    changePassword: (cookie: string, currentPassword: string, newPassword: string): Promise<WithCookies<undefined>> =>
      translated(async () => {
        const { headers } = await library.api.changePassword({
          body: { currentPassword, newPassword, revokeOtherSessions: true },
          headers: { cookie },
          returnHeaders: true,
        });
        return { value: undefined, cookies: headers.getSetCookie() };
      }),

    /** Who is behind a Cookie header, and until when; undefined when nobody is. */
    sessionOf: (cookie: string): Promise<Session | undefined> =>
      translated(async () => {
        const found = await library.api.getSession({ headers: { cookie } });
        if (!found) return undefined;
        const { id, name, email } = found.user;
        const { expiresAt, token } = found.session;
        return { user: { id, name, email }, expiresAt, token };
      }),
  };
}
