import type {
  Passkey,
  PasskeyObstacle,
  RegisteredPasskey,
  SignedPasskey,
} from '../../protocols/api/access/passkeys.ts';
import { FatalError } from '../../protocols/errors.ts';
import type { Clock } from '../../protocols/ports.ts';
import type { Store } from '../store/index.ts';
import { ConflictError, NotFoundError } from './error.ts';
import { type Cookies, unsigned, type WithCookies } from './sign-in/cookies.ts';
import type { Library } from './sign-in/library.ts';
import { type Lockout, lockKeys } from './sign-in/lockout.ts';
import { counterOf, createPasskeyFlow, obstacleOf } from './sign-in/passkey.ts';
import { wrongPasskey } from './sign-in/refusal.ts';
import type { SessionUser, Visitor } from './sign-in/sign-in.ts';
import { withSignIn } from './tables.ts';
import { findUser } from './users.ts';

export interface PasskeysDeps {
  readonly store: Store;
  readonly library: Library;
  readonly cookies: Cookies;
  readonly publicUrl: string;
  readonly clock: Clock;
  readonly lockout: Lockout;
  readonly changed: () => void;
}

/** Somebody signed in, who changes what they sign in with. */
interface Oneself {
  readonly cookie: string;
  readonly userId: string;
  readonly email: string;
  readonly address: string;
}

type Options = Readonly<Record<string, unknown>>;

/** Most passkeys of one person. */
const mostPasskeys = 20;

/**
 * Sign-in by a passkey, which stands for password and second step together: it is a thing one has, and its owner has unlocked
 * it. Answers that are not right count towards the lock like wrong passwords do.
 */
export interface Passkeys {
  /** Address of the page that passkeys belong to, and why there can be none. */
  passkeyAddress(): { readonly origin: string; readonly obstacle?: PasskeyObstacle };
  /** Options for the browser. Throws ConflictError where there can be no passkeys. */
  beginPasskeySignIn(): Promise<WithCookies<Options>>;
  /** Whose passkey this is, for the audit log; before anything of it was checked. */
  passkeyOwner(credentialId: string): Promise<SessionUser | undefined>;
  /**
   * Throws FatalError `wrong-passkey` (details `why: 'counter'` for what looks like a copied key), `sign-in-expired`,
   * RecoverableError `locked-out`. Whoever is shut out, or has a password that was handed out, is refused in the same words.
   */
  signInPasskey(
    attempt: Visitor & { readonly cookie: string; readonly response: SignedPasskey },
  ): Promise<WithCookies<{ readonly user: SessionUser; readonly passkey: string }>>;
  listPasskeys(userId: string): Promise<Passkey[]>;
  /** Options for a new one. Throws as changePassword does, ConflictError. */
  beginPasskey(oneself: Oneself & { readonly password: string }): Promise<WithCookies<Options>>;
  /** The first one ends the other sessions. Throws FatalError `wrong-passkey`, `sign-in-expired`. */
  addPasskey(oneself: Oneself & { readonly name: string; readonly response: RegisteredPasskey }): Promise<Passkey>;
  /** Sessions that it opened end, but for this one. Throws as changePassword does, NotFoundError. */
  removePasskey(oneself: Oneself & { readonly id: string; readonly password: string }): Promise<Passkey>;
}

export function createPasskeys(deps: PasskeysDeps): Passkeys {
  const { store, cookies, clock, lockout, changed } = deps;
  const flow = createPasskeyFlow(deps.library, cookies);
  const obstacle = obstacleOf(deps.publicUrl);
  const proving = <T>({ email, address }: Oneself, work: () => Promise<T>) =>
    lockout.attempt(lockKeys(email, address), work, () => true);
  const requirePossible = () => {
    if (obstacle) throw new ConflictError(obstacles[obstacle]);
  };

  return {
    passkeyAddress: () => ({ origin: new URL(deps.publicUrl).origin, ...(obstacle ? { obstacle } : {}) }),
    beginPasskeySignIn: async () => {
      requirePossible();
      return flow.begin();
    },
    passkeyOwner: async (credentialId) => (await findKey(store, credentialId))?.user,
    signInPasskey: async ({ cookie, response, ...visitor }) => {
      requirePossible();
      const key = await findKey(store, response.id);
      const keys = lockKeys(key?.user.email ?? 'passkey', visitor.address);
      const work = async () => {
        const user = key && (await findUser(store, clock, key.user.id));
        if (!key || !user || user.isDisabled || user.isTemporary) throw wrongPasskey();
        const { value: token, cookies: lines } = await flow
          .finish(response, cookie, visitor)
          .catch((thrown: unknown) => {
            throw explained(thrown, key.counter, response);
          });
        const at = new Date(clock.now());
        const db = withSignIn(store.db);
        await db.updateTable('auth_session').set({ passkey_id: key.id }).where('token', '=', token).execute();
        await db.updateTable('auth_passkey').set({ last_used_at: at }).where('id', '=', key.id).execute();
        return { value: { user: key.user, passkey: key.name }, cookies: lines };
      };
      return lockout.attempt(keys, work, () => true);
    },
    listPasskeys: (userId) => listKeys(store, userId),
    beginPasskey: async (oneself) => {
      requirePossible();
      if ((await listKeys(store, oneself.userId)).length >= mostPasskeys)
        throw new ConflictError(`You have ${mostPasskeys} passkeys; remove one first.`);
      return proving(oneself, () => flow.beginRegistration(oneself.cookie, oneself.password));
    },
    addPasskey: async ({ cookie, userId, name, response }) => {
      requirePossible();
      const id = await flow.register(cookie, name, response);
      const token = tokenOf(cookies, cookie);
      await store.transaction(async (trx) => {
        const tables = withSignIn(trx);
        // Its owner has just unlocked it, so this session is as good as one that began with it.
        await tables.updateTable('auth_session').set({ passkey_id: id }).where('token', '=', token).execute();
        const keys = await tables.selectFrom('auth_passkey').select('id').where('user_id', '=', userId).execute();
        if (keys.length > 1) return;
        await tables.deleteFrom('auth_session').where('user_id', '=', userId).where('token', '<>', token).execute();
      });
      changed();
      const made = (await listKeys(store, userId)).find((key) => key.id === id);
      if (!made) throw new NotFoundError();
      return made;
    },
    removePasskey: async (oneself) => {
      const { cookie, userId, id } = oneself;
      await proving(oneself, () => flow.provePassword(cookie, oneself.password));
      const known = (await listKeys(store, userId)).find((key) => key.id === id);
      if (!known) throw new NotFoundError();
      const token = tokenOf(cookies, cookie);
      await store.transaction(async (trx) => {
        const tables = withSignIn(trx);
        await tables.deleteFrom('auth_session').where('passkey_id', '=', id).where('token', '<>', token).execute();
        await tables.deleteFrom('auth_passkey').where('id', '=', id).where('user_id', '=', userId).execute();
      });
      changed();
      return known;
    },
  };
}

const obstacles: Readonly<Record<PasskeyObstacle, string>> = {
  'plain-http': 'Browsers give passkeys to https addresses only; this hub is reached by plain http.',
  'ip-address': 'Browsers give passkeys to names only; this hub is reached by an IP address.',
};

/** The library says no more than that an answer is not right; a counter that stands still or goes back is told apart. */
function explained(thrown: unknown, stored: number, response: SignedPasskey): unknown {
  const counter = counterOf(response);
  if (!(thrown instanceof FatalError) || thrown.code !== 'wrong-passkey' || counter === undefined) return thrown;
  if (counter > stored || (counter === 0 && stored === 0)) return thrown;
  return new FatalError(thrown.code, thrown.message, { cause: thrown, details: { why: 'counter' } });
}

function tokenOf(cookies: Cookies, cookie: string): string {
  return unsigned(cookies.valueOf('session', cookie) ?? '') ?? '';
}

/** What proved a session goes over to the one that takes its place when a password or a second step changes. */
export async function carryPasskey<T>(
  { store, cookies }: Pick<PasskeysDeps, 'store' | 'cookies'>,
  cookie: string,
  work: () => Promise<WithCookies<T>>,
): Promise<WithCookies<T>> {
  const db = withSignIn(store.db);
  const before = await db
    .selectFrom('auth_session')
    .select('passkey_id')
    .where('token', '=', tokenOf(cookies, cookie))
    .executeTakeFirst();
  const done = await work();
  const after = tokenOf(cookies, cookies.set('session', done.cookies).at(-1) ?? '');
  if (before?.passkey_id && after !== '')
    await db.updateTable('auth_session').set({ passkey_id: before.passkey_id }).where('token', '=', after).execute();
  return done;
}

async function findKey({ db }: Store, credentialId: string) {
  const row = await withSignIn(db)
    .selectFrom('auth_passkey')
    .innerJoin('auth_user', 'auth_user.id', 'auth_passkey.user_id')
    .select(['auth_passkey.id', 'auth_passkey.name', 'auth_passkey.counter'])
    .select(['auth_user.id as userId', 'auth_user.name as userName', 'auth_user.email'])
    .where('credential_id', '=', credentialId)
    .executeTakeFirst();
  if (!row) return undefined;
  const user = { id: row.userId, name: row.userName, email: row.email };
  return { id: row.id, name: row.name ?? '', counter: row.counter, user };
}

async function listKeys({ db }: Store, userId: string): Promise<Passkey[]> {
  const rows = await withSignIn(db)
    .selectFrom('auth_passkey')
    .select(['id', 'name', 'created_at', 'last_used_at', 'backed_up'])
    .where('user_id', '=', userId)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    name: row.name ?? '',
    createdAt: (row.created_at ?? new Date(0)).toISOString(),
    ...(row.last_used_at ? { lastUsedAt: row.last_used_at.toISOString() } : {}),
    backedUp: row.backed_up,
  }));
}
