import type { Clock } from '../../protocols/ports.ts';
import type { Store } from '../store/index.ts';
import { carryPasskey } from './passkeys.ts';
import type { Cookies, WithCookies } from './sign-in/cookies.ts';
import type { Library } from './sign-in/library.ts';
import { type Lockout, lockKeys } from './sign-in/lockout.ts';
import { stepExpired, wrongCredentials } from './sign-in/refusal.ts';
import type { SessionUser, Visitor } from './sign-in/sign-in.ts';
import { createTwoFactor, type Enrolment } from './sign-in/two-factor.ts';
import { findUser } from './users.ts';

export interface SecondFactorDeps {
  readonly store: Store;
  readonly library: Library;
  readonly cookies: Cookies;
  readonly clock: Clock;
  readonly lockout: Lockout;
  readonly changed: () => void;
}

/** Somebody signed in, who proves anew that it is them. */
interface Oneself {
  readonly cookie: string;
  readonly userId: string;
  readonly email: string;
  readonly address: string;
}

/** The second step of sign-in. Wrong codes count towards the lock like wrong passwords do. */
export interface SecondFactor {
  /** Whose second step this Cookie header carries on; undefined when it is none, or over. */
  secondStepOf(cookie: string | undefined): Promise<SessionUser | undefined>;
  /**
   * Takes a code of the authenticator, or a backup code, each once. Throws FatalError `wrong-code`, `sign-in-expired` or
   * `wrong-credentials`, RecoverableError `locked-out` (details `retryAfterMs`).
   */
  signInSecond(step: Visitor & { readonly cookie: string; readonly code: string }): Promise<WithCookies<SessionUser>>;
  /** A secret for an authenticator; nothing changes before `confirmTwoFactor`. Throws as changePassword does, ConflictError. */
  beginTwoFactor(oneself: Oneself & { readonly password: string }): Promise<Enrolment>;
  /** Turns the second step on; other sessions end. Throws FatalError `wrong-code`, ConflictError. */
  confirmTwoFactor(oneself: Oneself & { readonly code: string }): Promise<WithCookies<undefined>>;
  /** Throws as changePassword does. */
  disableTwoFactor(oneself: Oneself & { readonly password: string }): Promise<WithCookies<undefined>>;
  /** New backup codes in place of the older ones. Throws as changePassword does, ConflictError. */
  renewBackupCodes(oneself: Oneself & { readonly password: string }): Promise<readonly string[]>;
}

export function createSecondFactor(deps: SecondFactorDeps): SecondFactor {
  const { store, lockout, changed } = deps;
  const twoFactor = createTwoFactor(deps.library, deps.cookies, store, deps.clock);
  const proving = <T>({ email, address }: Oneself, work: () => Promise<T>) =>
    lockout.attempt(lockKeys(email, address), work, () => true);

  return {
    secondStepOf: (cookie) => twoFactor.pendingOf(cookie),
    signInSecond: async (step) => {
      const user = await twoFactor.pendingOf(step.cookie);
      if (!user) throw stepExpired();
      return lockout.attempt(
        lockKeys(user.email, step.address),
        async () => {
          if ((await findUser(store, deps.clock, user.id))?.isDisabled) throw wrongCredentials();
          return twoFactor.finish(user, step);
        },
        () => true,
      );
    },
    beginTwoFactor: (oneself) => proving(oneself, () => twoFactor.begin(oneself.cookie, oneself.password)),
    confirmTwoFactor: async (oneself) => {
      const { cookie, userId, code } = oneself;
      const done = await proving(oneself, () =>
        carryPasskey(deps, cookie, () => twoFactor.confirm(cookie, userId, code)),
      );
      changed();
      return done;
    },
    disableTwoFactor: async (oneself) => {
      const done = await proving(oneself, () =>
        carryPasskey(deps, oneself.cookie, () => twoFactor.disable(oneself.cookie, oneself.password)),
      );
      changed();
      return done;
    },
    renewBackupCodes: (oneself) => proving(oneself, () => twoFactor.renewCodes(oneself.cookie, oneself.password)),
  };
}
