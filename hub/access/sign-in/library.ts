import { randomBytes } from 'node:crypto';
import { betterAuth } from 'better-auth';
import { twoFactor } from 'better-auth/plugins';
import type { Log } from '../../../protocols/ports.ts';
import type { Store } from '../../store/index.ts';
import { addressHeader, cookiePrefix } from './cookies.ts';
import { type OpenIdOptions, openIdPlugin } from './openid.ts';
import { passkeyPlugin } from './passkey-plugin.ts';
import type { Passwords } from './password.ts';

export interface LibraryOptions {
  readonly store: Store;
  /** Signs cookies and seals second factors: 32 bytes or more, the same on every hub of one database, kept outside of it. */
  readonly secret: string;
  /** Address that people use; cookies are `Secure` when it is https. */
  readonly publicUrl: string;
  readonly passwords: Passwords;
  /** Single sign-on; none without it. */
  readonly openId?: OpenIdOptions | undefined;
  readonly log: Log;
}

/** Whole life of a session, in seconds; use does not lengthen it. */
const sessionSeconds = 12 * 3600;
/** How long a right password waits for its second step. */
const secondStepSeconds = 300;

const createdUpdated = { createdAt: 'created_at', updatedAt: 'updated_at' } as const;

/** better-auth over our tables. Its HTTP routes are not exposed: ours call `auth.api`, after origin and lock-out were checked. */
export function createLibrary(options: LibraryOptions) {
  const secure = options.publicUrl.startsWith('https:');
  return betterAuth({
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
    // Tokens of a provider are used within its callback only: none is kept.
    databaseHooks: { account: { create: { before: withoutTokens }, update: { before: withoutTokens } } },
    plugins: [
      ...(options.openId ? [openIdPlugin(options.openId)] : []),
      passkeyPlugin(options.publicUrl),
      twoFactor({
        issuer: 'Edufleet',
        twoFactorCookieMaxAge: secondStepSeconds,
        backupCodeOptions: { customBackupCodesGenerate: newBackupCodes },
        schema: {
          user: { fields: { twoFactorEnabled: 'two_factor_enabled' } },
          twoFactor: {
            modelName: 'auth_two_factor',
            fields: {
              backupCodes: 'backup_codes',
              userId: 'user_id',
              failedVerificationCount: 'failed_verification_count',
              lockedUntil: 'locked_until',
            },
          },
        },
      }),
    ],
    // Both are done before better-auth is reached: hub/http/origin.ts and lockout.ts.
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
}

export type Library = ReturnType<typeof createLibrary>;

async function withoutTokens<T extends object>(account: T) {
  return { data: { ...account, accessToken: null, refreshToken: null, idToken: null } };
}

/** Ten codes of 50 random bits each, in letters and digits that are not taken for one another on paper. */
function newBackupCodes(): string[] {
  const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789';
  const code = () => [...randomBytes(10)].map((byte) => alphabet[byte & 31] ?? '').join('');
  return Array.from({ length: 10 }, code).map((text) => `${text.slice(0, 5)}-${text.slice(5)}`);
}
