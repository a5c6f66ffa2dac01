import { randomUUID } from 'node:crypto';
import type { Role } from '../../protocols/api/access/session.ts';
import type { CreatedToken, Token } from '../../protocols/api/access/tokens.ts';
import { FatalError, RecoverableError } from '../../protocols/errors.ts';
import type { Clock, Log } from '../../protocols/ports.ts';
import type { Store, Trx } from '../store/index.ts';
import { createGrantedActor, type Grant, type SignedInActor } from './granted-actor.ts';
import { Lockout, lockKeys } from './lockout.ts';
import { LookUpCache } from './look-up-cache.ts';
import { createPasswords } from './password.ts';
import { createPeople, type People } from './people.ts';
import { createSignIn, type SessionUser, type WithCookies } from './sign-in.ts';
import { withSignIn } from './tables.ts';
import { createApiTokens, type NewToken } from './tokens.ts';

export interface AccessDeps {
  readonly store: Store;
  readonly secret: string;
  readonly publicUrl: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** What a request brings to say who asks. A token goes before a cookie. */
interface Credentials {
  readonly authorization?: string | undefined;
  readonly cookie?: string | undefined;
}

interface NewUser {
  readonly email: string;
  readonly name: string;
  readonly password: string;
  readonly role: Role;
  readonly unitId: number;
}

interface SignInAttempt {
  readonly email: string;
  readonly password: string;
  readonly address: string;
  readonly userAgent: string;
}

/** People, their roles, sessions and tokens. */
export interface Access extends People {
  /** Who asks; undefined when nobody that this hub knows. Remembered for some seconds. */
  actorOf(credentials: Credentials): Promise<SignedInActor | undefined>;
  /** Whether a Cookie header holds a session's cookie, right or wrong: what a foreign page could make a browser send. */
  hasSessionCookie(cookie: string | undefined): boolean;
  /** Throws FatalError `wrong-credentials`, RecoverableError `locked-out` (details `retryAfterMs`) or `sign-in-busy`. */
  signIn(attempt: SignInAttempt): Promise<WithCookies<SessionUser>>;
  signOut(cookie: string): Promise<WithCookies<undefined>>;
  /** Throws as signIn does. */
  changePassword(
    cookie: string,
    change: Omit<SignInAttempt, 'userAgent'> & { readonly newPassword: string },
  ): Promise<WithCookies<undefined>>;
  createToken(userId: string, token: NewToken): Promise<CreatedToken>;
  listTokens(userId: string): Promise<Token[]>;
  /** Throws NotFoundError. */
  revokeToken(userId: string, id: string): Promise<void>;
  /** Makes the user when there is none of this e-mail, and grants the role. An existing password stays. */
  ensureUser(user: NewUser): Promise<{ readonly id: string; readonly created: boolean }>;
  hasUsers(): Promise<boolean>;
  /** Deletes sessions that are over; to be called now and then. Returns how many. */
  expireSessions(): Promise<number>;
}

/** How long a session, a token and its roles are believed without asking the database again. */
const believedMs = 5_000;

/** Sign-in, roles and scopes (design section 9). Does no I/O until called. */
export function createAccess(deps: AccessDeps): Access {
  const { store, clock } = deps;
  const passwords = createPasswords();
  const signIn = createSignIn({ ...deps, passwords });
  const tokens = createApiTokens(store, clock);
  const lockout = new Lockout(clock);
  const cache = new LookUpCache<SignedInActor | undefined>(clock, believedMs);

  const byToken = async (token: string) => {
    const found = await tokens.userOf(token);
    const user = found && (await findUser(store, found.userId));
    if (!user || user.isDisabled) return undefined;
    const grants = await grantsOf(store, user.id, clock.now());
    return createGrantedActor({ user, grants, via: 'token', expiresAt: undefined, mustChangePassword: false });
  };
  const byCookie = async (value: string, header: string) => {
    const session = await signIn.sessionOf(header);
    const user = session && value !== '' ? await findUser(store, session.user.id) : undefined;
    if (!session || !user || user.isDisabled) return undefined;
    const grants = await grantsOf(store, user.id, clock.now());
    const { isTemporary: mustChangePassword } = user;
    return createGrantedActor({ user, grants, via: 'session', expiresAt: session.expiresAt, mustChangePassword });
  };

  /** Counts an attempt under its keys: closed keys refuse it, a wrong password closes them by and by. */
  const guarded = async <T>(email: string, address: string, attempt: () => Promise<T>): Promise<T> => {
    const keys = lockKeys(email, address);
    const lockedMs = lockout.lockedForMs(keys);
    if (lockedMs > 0) throw lockedOut(lockedMs);
    try {
      const result = await attempt();
      lockout.succeed(keys);
      return result;
    } catch (thrown) {
      if (thrown instanceof FatalError && thrown.code === 'wrong-credentials') lockout.fail(keys);
      throw thrown;
    }
  };

  return {
    actorOf: async ({ authorization, cookie }) => {
      const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
      if (token !== undefined) return cache.get(`token ${token}`, () => byToken(token));
      const value = signIn.cookieOf(cookie);
      if (value === undefined || cookie === undefined) return undefined;
      const actor = await cache.get(`cookie ${value}`, () => byCookie(value, cookie));
      return actor?.expiresAt && actor.expiresAt.getTime() <= clock.now() ? undefined : actor;
    },
    hasSessionCookie: (cookie) => signIn.cookieOf(cookie) !== undefined,
    ...createPeople({ store, passwords, clock, changed: () => cache.clear() }),
    signIn: ({ email, password, address, userAgent }) =>
      guarded(email, address, async () => {
        const signedIn = await signIn.signIn(email, password, address, userAgent);
        // The same words as for a wrong password: whether an account was shut is nobody's business at the door.
        if ((await findUser(store, signedIn.value.id))?.isDisabled) throw wrongCredentials();
        return signedIn;
      }),
    signOut: async (cookie) => {
      const done = await signIn.signOut(cookie);
      cache.clear();
      return done;
    },
    changePassword: async (cookie, { email, address, password, newPassword }) => {
      const done = await guarded(email, address, () => signIn.changePassword(cookie, password, newPassword));
      await store.transaction((trx) => keepPassword(trx, email));
      cache.clear();
      return done;
    },
    createToken: (userId, token) => tokens.create(userId, token),
    listTokens: (userId) => tokens.list(userId),
    revokeToken: async (userId, id) => {
      await tokens.revoke(userId, id);
      cache.clear();
    },
    ensureUser: async (user) => {
      const done = await writeUser(store, clock, user, () => passwords.hash(user.password));
      cache.clear();
      return done;
    },
    hasUsers: async () => {
      const user = await withSignIn(store.db).selectFrom('auth_user').select('id').limit(1).executeTakeFirst();
      return user !== undefined;
    },
    expireSessions: async () => {
      const { numDeletedRows } = await withSignIn(store.db)
        .deleteFrom('auth_session')
        .where('expires_at', '<=', new Date(clock.now()))
        .executeTakeFirst();
      return Number(numDeletedRows);
    },
  };
}

function lockedOut(retryAfterMs: number): RecoverableError {
  const minutes = Math.ceil(retryAfterMs / 60_000);
  return new RecoverableError('locked-out', `Too many wrong passwords; sign-in opens again in ${minutes} min.`, {
    details: { retryAfterMs },
  });
}

function wrongCredentials(): FatalError {
  return new FatalError('wrong-credentials', 'The e-mail address or the password is not right.');
}

interface FoundUser extends SessionUser {
  readonly isDisabled: boolean;
  /** The password is one that was handed out. */
  readonly isTemporary: boolean;
}

async function findUser(store: Store, id: string): Promise<FoundUser | undefined> {
  const row = await withSignIn(store.db)
    .selectFrom('auth_user')
    .leftJoin('person', 'person.user_id', 'auth_user.id')
    .select(['auth_user.id', 'auth_user.name', 'auth_user.email', 'person.disabled_at', 'person.temporary_password'])
    .where('auth_user.id', '=', id)
    .executeTakeFirst();
  if (!row) return undefined;
  const { disabled_at: disabledAt, temporary_password: isTemporary, ...user } = row;
  return { ...user, isDisabled: disabledAt !== null, isTemporary: isTemporary === true };
}

/** The person has a password of their own now. */
async function keepPassword(trx: Trx, email: string): Promise<void> {
  await withSignIn(trx)
    .updateTable('person')
    .set({ temporary_password: false })
    .where('user_id', 'in', (query) => query.selectFrom('auth_user').select('id').where('email', '=', email))
    .execute();
}

async function grantsOf(store: Store, userId: string, nowMs: number): Promise<Grant[]> {
  const rows = await store.db
    .selectFrom('role_grant')
    .innerJoin('unit', 'unit.id', 'role_grant.unit_id')
    .select(['role_grant.role', 'unit.id', 'unit.name', 'unit.kind', 'unit.path'])
    .where('role_grant.user_id', '=', userId)
    .where((eb) => eb.or([eb('role_grant.until', 'is', null), eb('role_grant.until', '>', new Date(nowMs))]))
    .orderBy('unit.path')
    .orderBy('role_grant.role')
    .execute();
  return rows.map(({ role, path, ...unit }) => ({ role, path, unit }));
}

async function writeUser(store: Store, clock: Clock, user: NewUser, hash: () => Promise<string>) {
  const email = user.email.trim().toLowerCase();
  const known = await withSignIn(store.db)
    .selectFrom('auth_user')
    .select('id')
    .where('email', '=', email)
    .executeTakeFirst();
  const password = known ? undefined : await hash();
  const at = new Date(clock.now());
  const stamps = { created_at: at, updated_at: at };
  return store.transaction(async (trx) => {
    const tables = withSignIn(trx);
    const id = known?.id ?? randomUUID();
    if (password !== undefined) {
      await tables
        .insertInto('auth_user')
        .values({ id, name: user.name, email, email_verified: true, ...stamps })
        .execute();
      await tables
        .insertInto('auth_account')
        .values({ id: randomUUID(), account_id: id, provider_id: 'credential', user_id: id, password, ...stamps })
        .execute();
    }
    await trx
      .insertInto('role_grant')
      .values({ user_id: id, role: user.role, unit_id: user.unitId })
      .onConflict((conflict) => conflict.columns(['user_id', 'role', 'unit_id']).doNothing())
      .execute();
    return { id, created: known === undefined };
  });
}
