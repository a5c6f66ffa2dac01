import type { Clock } from '../../../protocols/ports.ts';
import type { Store } from '../../store/index.ts';
import { withSignIn } from '../tables.ts';
import { type Cookies, unsigned, type WithCookies } from './cookies.ts';
import type { Library } from './library.ts';
import { stepExpired, translated, wrongCode } from './refusal.ts';
import { headersOf, type SessionUser, type Visitor } from './sign-in.ts';

/** What an authenticator app needs, and the codes for the day that the phone is lost; shown once. */
export interface Enrolment {
  /** `otpauth://totp/...` */
  readonly uri: string;
  /** The same secret in Base32, for typing. */
  readonly secret: string;
  readonly backupCodes: readonly string[];
}

interface SecondStep extends Visitor {
  readonly cookie: string;
  readonly code: string;
}

/** A code of an authenticator stays right for 90 s at most (30 s and one step to each side). */
const codeLifeMs = 120_000;

/** The second factor: time-based codes (RFC 6238) and backup codes. */
export function createTwoFactor(library: Library, cookies: Cookies, store: Store, clock: Clock) {
  /** RFC 6238 section 5.2: a code that was taken once is not taken again. */
  const claim = async (userId: string, code: string): Promise<boolean> => {
    const db = withSignIn(store.db);
    const usedAt = new Date(clock.now());
    await db
      .deleteFrom('auth_used_code')
      .where('used_at', '<', new Date(clock.now() - codeLifeMs))
      .execute();
    const { numInsertedOrUpdatedRows } = await db
      .insertInto('auth_used_code')
      .values({ user_id: userId, code, used_at: usedAt })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    return numInsertedOrUpdatedRows === 1n;
  };
  const endSessions = async (userId: string, except: string | undefined) => {
    await withSignIn(store.db)
      .deleteFrom('auth_session')
      .where('user_id', '=', userId)
      .where('token', '<>', except ?? '')
      .execute();
  };
  const tokenOf = (lines: readonly string[]) => {
    const value = cookies.valueOf('session', cookies.set('session', lines).at(-1));
    return value === undefined ? undefined : unsigned(value);
  };

  return {
    /** Whose second step a Cookie header carries on; undefined when that is none or over. Its signature is checked later. */
    pendingOf: async (cookie: string | undefined): Promise<SessionUser | undefined> => {
      const value = cookies.valueOf('secondStep', cookie);
      const identifier = value === undefined ? undefined : unsigned(value);
      if (!identifier?.startsWith('2fa-')) return undefined;
      return withSignIn(store.db)
        .selectFrom('auth_verification')
        .innerJoin('auth_user', 'auth_user.id', 'auth_verification.value')
        .select(['auth_user.id', 'auth_user.name', 'auth_user.email'])
        .where('auth_verification.identifier', '=', identifier)
        .where('auth_verification.expires_at', '>', new Date(clock.now()))
        .executeTakeFirst();
    },

    /** Throws FatalError `wrong-code` or `sign-in-expired`, RecoverableError `locked-out`. */
    finish: (user: SessionUser, { cookie, code, ...visitor }: SecondStep): Promise<WithCookies<SessionUser>> =>
      translated(async () => {
        // A session that the browser still holds must not stand in for the challenge.
        const challenge = cookies.only('secondStep', cookie);
        if (challenge === undefined) throw stepExpired();
        const call = { body: { code }, headers: headersOf(visitor, challenge), returnHeaders: true } as const;
        const isTotp = /^\d+$/.test(code);
        const { headers, response } = await (isTotp
          ? library.api.verifyTOTP(call)
          : library.api.verifyBackupCode(call));
        const lines = headers.getSetCookie();
        const isMine = response.user.id === user.id;
        if (isMine && (!isTotp || (await claim(user.id, code)))) return { value: user, cookies: lines };
        await withSignIn(store.db)
          .deleteFrom('auth_session')
          .where('token', '=', tokenOf(lines) ?? '')
          .execute();
        throw isMine ? wrongCode() : stepExpired();
      }),

    /** Makes a secret that counts only once a code of it was given. Throws FatalError `wrong-credentials`, ConflictError. */
    begin: (cookie: string, password: string): Promise<Enrolment> =>
      translated(async () => {
        const made = await library.api.enableTwoFactor({ body: { password, method: 'totp' }, headers: { cookie } });
        const uri = 'totpURI' in made ? made.totpURI : '';
        const backupCodes = 'backupCodes' in made ? made.backupCodes : [];
        return { uri, secret: new URL(uri).searchParams.get('secret') ?? '', backupCodes };
      }),

    /** Turns it on; this person's other sessions end. Throws FatalError `wrong-code`, ConflictError. */
    confirm: (cookie: string, userId: string, code: string): Promise<WithCookies<undefined>> =>
      translated(async () => {
        const { headers } = await library.api.verifyTOTP({ body: { code }, headers: { cookie }, returnHeaders: true });
        const lines = headers.getSetCookie();
        await claim(userId, code);
        const token = tokenOf(lines);
        if (token !== undefined) await endSessions(userId, token);
        return { value: undefined, cookies: lines };
      }),

    /** Throws FatalError `wrong-credentials`. */
    disable: (cookie: string, password: string): Promise<WithCookies<undefined>> =>
      translated(async () => {
        const { headers } = await library.api.disableTwoFactor({
          body: { password },
          headers: { cookie },
          returnHeaders: true,
        });
        return { value: undefined, cookies: headers.getSetCookie() };
      }),

    /** New backup codes; the older ones are worth nothing then. Throws FatalError `wrong-credentials`, ConflictError. */
    renewCodes: (cookie: string, password: string): Promise<readonly string[]> =>
      translated(async () => {
        const { backupCodes } = await library.api.generateBackupCodes({ body: { password }, headers: { cookie } });
        return backupCodes;
      }),
  };
}
