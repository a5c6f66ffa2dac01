import { APIError, betterAuth } from 'better-auth';
import { FatalError, RecoverableError, toError } from '../../protocols/errors.ts';
import type { Log } from '../../protocols/ports.ts';
import type { Store } from '../store/index.ts';
import type { Passwords } from './password.ts';

export interface SignInOptions {
  readonly store: Store;
  /** Signs cookies: 32 bytes or more, the same on every hub of one database, kept outside the database. */
  readonly secret: string;
  /** Address that people use; cookies are `Secure` when it is https. */
  readonly publicUrl: string;
  readonly passwords: Passwords;
  readonly log: Log;
}

export interface SessionUser {
  readonly id: string;
  readonly name: string;
  readonly email: string;
}

/** Answer of what sets or clears cookies; `cookies` are values of `Set-Cookie`. */
export interface WithCookies<T> {
  readonly value: T;
  readonly cookies: readonly string[];
}

/** Whole life of a session, in seconds; use does not lengthen it. */
const sessionSeconds = 12 * 3600;
const addressHeader = 'x-edufleet-address';
const cookiePrefix = 'edufleet';

const createdUpdated = { createdAt: 'created_at', updatedAt: 'updated_at' } as const;

/** Sign-in by e-mail and password with sessions in the database, on better-auth; its HTTP routes are not exposed, ours call it. */
export function createSignIn(options: SignInOptions) {
  const secure = options.publicUrl.startsWith('https:');
  const auth = betterAuth({
    appName: 'Edufleet',
    baseURL: options.publicUrl,
    secret: options.secret,
    database: { db: options.store.db, type: 'postgres', transaction: true },
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: 12,
      maxPasswordLength: 200,
      password: {
        hash: options.passwords.hash,
        verify: ({ hash, password }) => options.passwords.verify(hash, password),
      },
    },
    user: { modelName: 'auth_user', fields: { emailVerified: 'email_verified', ...createdUpdated } },
    session: {
      modelName: 'auth_session',
      fields: {
        userId: 'user_id',
        expiresAt: 'expires_at',
        ipAddress: 'ip_address',
        userAgent: 'user_agent',
        ...createdUpdated,
      },
      expiresIn: sessionSeconds,
      disableSessionRefresh: true,
    },
    account: {
      modelName: 'auth_account',
      fields: {
        accountId: 'account_id',
        providerId: 'provider_id',
        userId: 'user_id',
        accessToken: 'access_token',
        refreshToken: 'refresh_token',
        idToken: 'id_token',
        accessTokenExpiresAt: 'access_token_expires_at',
        refreshTokenExpiresAt: 'refresh_token_expires_at',
        ...createdUpdated,
      },
    },
    verification: { modelName: 'auth_verification', fields: { expiresAt: 'expires_at', ...createdUpdated } },
    // Both are done before better-auth is reached: hub/http/origin.ts and hub/access/lockout.ts.
    rateLimit: { enabled: false },
    advanced: {
      disableCSRFCheck: true,
      disableOriginCheck: true,
      useSecureCookies: secure,
      cookiePrefix,
      defaultCookieAttributes: { httpOnly: true, sameSite: 'strict', secure, path: '/' },
      ipAddress: { ipAddressHeaders: [addressHeader] },
    },
    telemetry: { enabled: false },
    logger: { level: 'error', log: (_level, message) => options.log.warn('sign-in library', { detail: message }) },
  });

  return {
    /** The value of the session's cookie in a Cookie header; undefined without one. */
    cookieOf: (header: string | undefined) => sessionCookie(header, secure),

    /** Throws FatalError `wrong-credentials` for an unknown e-mail and a wrong password alike. */
    signIn: (email: string, password: string, address: string, userAgent: string): Promise<WithCookies<SessionUser>> =>
      translated(async () => {
        const { headers, response } = await auth.api.signInEmail({
          body: { email, password },
          headers: { [addressHeader]: address, 'user-agent': userAgent.slice(0, 300) },
          returnHeaders: true,
        });
        const { id, name } = response.user;
        return { value: { id, name, email: response.user.email }, cookies: headers.getSetCookie() };
      }),

    signOut: (cookie: string): Promise<WithCookies<undefined>> =>
      translated(async () => {
        const { headers } = await auth.api.signOut({ headers: { cookie }, returnHeaders: true });
        return { value: undefined, cookies: headers.getSetCookie() };
      }),

    /** Ends this person's other sessions. Throws FatalError `wrong-credentials`. */
    changePassword: (cookie: string, currentPassword: string, newPassword: string): Promise<WithCookies<undefined>> =>
      translated(async () => {
        const { headers } = await auth.api.changePassword({
          body: { currentPassword, newPassword, revokeOtherSessions: true },
          headers: { cookie },
          returnHeaders: true,
        });
        return { value: undefined, cookies: headers.getSetCookie() };
      }),

    /** Who is behind a Cookie header, and until when; undefined when nobody is. */
    sessionOf: (cookie: string): Promise<{ readonly user: SessionUser; readonly expiresAt: Date } | undefined> =>
      translated(async () => {
        const found = await auth.api.getSession({ headers: { cookie } });
        if (!found) return undefined;
        const { id, name, email } = found.user;
        return { user: { id, name, email }, expiresAt: found.session.expiresAt };
      }),
  };
}

function sessionCookie(header: string | undefined, secure: boolean): string | undefined {
  const name = `${secure ? '__Secure-' : ''}${cookiePrefix}.session_token=`;
  return header
    ?.split(';')
    .map((part) => part.trim())
    .find((part) => part.startsWith(name))
    ?.slice(name.length);
}

/** better-auth tells a refusal by APIError; any other failure is the database's. */
async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof FatalError || thrown instanceof RecoverableError) throw thrown;
    if (thrown instanceof APIError && thrown.statusCode < 500) {
      throw new FatalError('wrong-credentials', 'The e-mail address or the password is not right.', { cause: thrown });
    }
    throw new RecoverableError('sign-in-unavailable', 'Sign-in is not possible at the moment; try again shortly.', {
      cause: toError(thrown),
    });
  }
}
