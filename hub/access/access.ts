import type { Role } from '../../protocols/api/access/session.ts';
import type { CreatedToken, Token } from '../../protocols/api/access/tokens.ts';
import type { Clock, Log } from '../../protocols/ports.ts';
import type { Store } from '../store/index.ts';
import { createEmergencies, type Emergencies } from './emergency.ts';
import { createGrantedActor, type Grant, type SignedInActor } from './granted-actor.ts';
import { LookUpCache } from './look-up-cache.ts';
import { carryPasskey, createPasskeys, type Passkeys } from './passkeys.ts';
import { createPeople, type People } from './people.ts';
import { createSecondFactor, type SecondFactor } from './second-factor.ts';
import { createCookies, unsigned, type WithCookies } from './sign-in/cookies.ts';
import { createLibrary } from './sign-in/library.ts';
import { Lockout, lockKeys } from './sign-in/lockout.ts';
import { createPasswords } from './sign-in/password.ts';
import { passkeyRequired, wrongCredentials } from './sign-in/refusal.ts';
import { createSignIn, type SessionUser } from './sign-in/sign-in.ts';
import { createSingleSignOn, type SingleSignOn, type SingleSignOnOptions } from './single-sign-on.ts';
import { createSuppliers, type Suppliers } from './suppliers.ts';
import { withSignIn } from './tables.ts';
import { createApiTokens, type NewToken } from './tokens.ts';
import { type FoundUser, findUser, grantsOf, keepPassword, type NewUser, originOf, writeUser } from './users.ts';

export interface AccessDeps {
  readonly store: Store;
  readonly secret: string;
  readonly publicUrl: string;
  /** Roles whose holders do nothing before they have a second factor. */
  readonly twoFactorRoles?: readonly Role[];
  /** Single sign-on by an OpenID provider; none without it. */
  readonly sso?: SingleSignOnOptions | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/** What a request brings to say who asks. A token goes before a cookie. */
interface Credentials {
  readonly authorization?: string | undefined;
  readonly cookie?: string | undefined;
}

interface SignInAttempt {
  readonly email: string;
  readonly password: string;
  readonly address: string;
  readonly userAgent: string;
}

/** People, their roles, sessions and tokens. */
export interface Access
  extends People,
    Passkeys,
    SecondFactor,
    SingleSignOn,
    Suppliers,
    Omit<Emergencies, 'breakGlass'> {
  /** Who asks; undefined when nobody that this hub knows. Remembered for some seconds. */
  actorOf(credentials: Credentials): Promise<SignedInActor | undefined>;
  /** Whether a Cookie header holds a session's cookie, right or wrong: what a foreign page could make a browser send. */
  hasSessionCookie(cookie: string | undefined): boolean;
  /**
   * Undefined when the password is right and a second step must follow (`signInSecond`). Throws FatalError
   * `wrong-credentials`, or `passkey-required` when a role asks for more than a password and the person has a passkey;
   * RecoverableError `locked-out` (details `retryAfterMs`) or `sign-in-busy`.
   */
  signIn(attempt: SignInAttempt): Promise<WithCookies<SessionUser | undefined>>;
  signOut(cookie: string): Promise<WithCookies<undefined>>;
  /** Throws as signIn does. */
  changePassword(
    cookie: string,
    change: Omit<SignInAttempt, 'userAgent'> & { readonly newPassword: string },
  ): Promise<WithCookies<undefined>>;
  /** Throws InvalidInputError for what the person may not do themselves. */
  createToken(userId: string, token: NewToken): Promise<CreatedToken>;
  listTokens(userId: string): Promise<Token[]>;
  /** Throws NotFoundError. */
  revokeToken(userId: string, id: string): Promise<void>;
  /** Makes the user when there is none of this e-mail, and grants the role. An existing password stays. */
  ensureUser(user: NewUser): Promise<{ readonly id: string; readonly created: boolean }>;
  hasUsers(): Promise<boolean>;
  /** What is believed of everybody is asked anew: the organisation has changed, and scopes with it. */
  forget(): void;
  /** Deletes sessions and half-finished sign-ins that are over; to be called now and then. Returns how many sessions. */
  expireSessions(): Promise<number>;
}

/** How long a session, a token and its roles are believed without asking the database again. */
const believedMs = 5_000;

/** Sign-in, roles and scopes (design section 9). Does no I/O until called. */
export function createAccess(deps: AccessDeps): Access {
  const { store, clock, twoFactorRoles = [] } = deps;
  const passwords = createPasswords();
  const cookies = createCookies(deps.publicUrl.startsWith('https:'));
  const library = createLibrary({ ...deps, passwords, openId: deps.sso });
  const signIn = createSignIn(library, cookies);
  const tokens = createApiTokens(store, clock);
  const lockout = new Lockout(clock);
  const cache = new LookUpCache<SignedInActor | undefined>(clock, believedMs);
  const changed = () => cache.clear();

  const byToken = async (token: string) => {
    const found = await tokens.find(token);
    const user = found && (await findUser(store, clock, found.userId));
    if (!user || user.isDisabled) return undefined;
    const grants = await grantsOf(store, user.id, clock.now());
    return createGrantedActor({ user, grants, narrowing: found.narrowing, via: 'token', expiresAt: undefined });
  };
  const byCookie = async (value: string, header: string) => {
    const session = await signIn.sessionOf(header);
    const user = session && value !== '' ? await findUser(store, clock, session.user.id) : undefined;
    if (!session || !user || user.isDisabled) return undefined;
    const grants = await grantsOf(store, user.id, clock.now());
    const { isForeign, isByPasskey } = await originOf(store, session.token);
    const owes = owesMore(user, grants, twoFactorRoles) && !isForeign && !isByPasskey;
    // Else whoever knows just the password could set up a second step of their own.
    if (owes && user.hasPasskey && !user.isTemporary) return undefined;
    return createGrantedActor({
      user,
      grants,
      via: 'session',
      expiresAt: session.expiresAt,
      hasTwoFactor: user.hasTwoFactor,
      // A provider answers for how it knows a person: with it, neither our password nor our second step had a part.
      mustChangePassword: user.isTemporary && !isForeign,
      mustSetUpTwoFactor: owes,
      emergencyUntil: user.emergencyUntil,
    });
  };
  const mustUsePasskey = async (user: FoundUser) =>
    user.hasPasskey && !user.isTemporary && owesMore(user, await grantsOf(store, user.id, clock.now()), twoFactorRoles);
  const endSession = async (lines: readonly string[]) => {
    const token = unsigned(cookies.valueOf('session', cookies.set('session', lines).at(-1)) ?? '');
    await withSignIn(store.db)
      .deleteFrom('auth_session')
      .where('token', '=', token ?? '')
      .execute();
  };

  return {
    actorOf: async ({ authorization, cookie }) => {
      const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
      if (token !== undefined) return cache.get(`token ${token}`, () => byToken(token));
      const value = cookies.valueOf('session', cookie);
      if (value === undefined || cookie === undefined) return undefined;
      const actor = await cache.get(`cookie ${value}`, () => byCookie(value, cookie));
      return actor?.expiresAt && actor.expiresAt.getTime() <= clock.now() ? undefined : actor;
    },
    hasSessionCookie: (cookie) => cookies.valueOf('session', cookie) !== undefined,
    ...createEmergencies(store, clock, passwords, changed),
    ...createPeople({ store, passwords, clock, changed }),
    ...createSuppliers(store),
    ...createSingleSignOn({ store, library, cookies, options: deps.sso, clock, log: deps.log, changed }),
    ...createPasskeys({ store, library, cookies, publicUrl: deps.publicUrl, clock, lockout, changed }),
    ...createSecondFactor({ store, library, cookies, clock, lockout, changed }),
    signIn: ({ email, password, ...visitor }) =>
      lockout.attempt(
        lockKeys(email, visitor.address),
        async () => {
          const signedIn = await signIn.signIn(email, password, visitor);
          const user = signedIn.value && (await findUser(store, clock, signedIn.value.id));
          // The same words as for a wrong password: whether an account was shut is nobody's business at the door.
          if (user?.isDisabled) throw wrongCredentials();
          if (user && (await mustUsePasskey(user))) {
            await endSession(signedIn.cookies);
            throw passkeyRequired();
          }
          return signedIn;
        },
        ({ value }) => value !== undefined,
      ),
    signOut: async (cookie) => {
      const done = await signIn.signOut(cookie);
      changed();
      return done;
    },
    changePassword: async (cookie, { email, address, password, newPassword }) => {
      const done = await lockout.attempt(
        lockKeys(email, address),
        () => carryPasskey({ store, cookies }, cookie, () => signIn.changePassword(cookie, password, newPassword)),
        () => true,
      );
      await store.transaction((trx) => keepPassword(trx, email));
      changed();
      return done;
    },
    createToken: async (userId, token) => tokens.create(userId, await grantsOf(store, userId, clock.now()), token),
    listTokens: (userId) => tokens.list(userId),
    revokeToken: async (userId, id) => {
      await tokens.revoke(userId, id);
      changed();
    },
    ensureUser: async (user) => {
      const done = await writeUser(store, clock, user, () => passwords.hash(user.password));
      changed();
      return done;
    },
    hasUsers: async () => {
      const user = await withSignIn(store.db).selectFrom('auth_user').select('id').limit(1).executeTakeFirst();
      return user !== undefined;
    },
    forget: changed,
    expireSessions: async () => {
      const now = new Date(clock.now());
      const db = withSignIn(store.db);
      await db.deleteFrom('auth_verification').where('expires_at', '<=', now).execute();
      const { numDeletedRows } = await db.deleteFrom('auth_session').where('expires_at', '<=', now).executeTakeFirst();
      return Number(numDeletedRows);
    },
  };
}

/** A role asks for more than a password, and no authenticator gives it. Whoever comes in by an emergency may have no phone at hand. */
function owesMore(user: FoundUser, grants: readonly Grant[], roles: readonly Role[]): boolean {
  return !user.hasTwoFactor && user.emergencyUntil === undefined && grants.some(({ role }) => roles.includes(role));
}
