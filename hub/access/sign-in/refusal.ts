import { APIError } from 'better-auth';
import { FatalError, FleetError, RecoverableError, toError } from '../../../protocols/errors.ts';
import { ConflictError } from '../error.ts';

/** As long as the library keeps an account shut after ten wrong codes in a row. */
const codesLockedMs = 15 * 60_000;

export function wrongCredentials(cause?: unknown): FatalError {
  return new FatalError('wrong-credentials', 'The e-mail address or the password is not right.', { cause });
}

export function wrongCode(cause?: unknown): FatalError {
  return new FatalError('wrong-code', 'The code is not right, or was used before; wait for the next one.', { cause });
}

export function wrongPasskey(cause?: unknown): FatalError {
  return new FatalError('wrong-passkey', 'This passkey is not known here, or its answer is not right.', { cause });
}

/** The password was right, but of this person's role alone it is not enough, and they have a passkey. */
export function passkeyRequired(): FatalError {
  return new FatalError('passkey-required', 'Your role asks for more than a password; sign in with your passkey.');
}

export function lockedOut(retryAfterMs: number): RecoverableError {
  const minutes = Math.ceil(retryAfterMs / 60_000);
  return new RecoverableError('locked-out', `Too many wrong attempts; sign-in opens again in ${minutes} min.`, {
    details: { retryAfterMs },
  });
}

/** The right password was given too long ago, or its second step has failed too often. */
export function stepExpired(cause?: unknown): FatalError {
  return new FatalError(
    'sign-in-expired',
    'This took too long or was wrong too often; begin with the password again.',
    {
      cause,
    },
  );
}

/** Refusals of the library that are not simply wrong credentials, by its code. */
const refusals: Readonly<Record<string, (cause: APIError) => FleetError>> = {
  INVALID_CODE: wrongCode,
  INVALID_BACKUP_CODE: wrongCode,
  INVALID_TWO_FACTOR_COOKIE: stepExpired,
  CHALLENGE_NOT_FOUND: stepExpired,
  AUTHENTICATION_FAILED: wrongPasskey,
  PASSKEY_NOT_FOUND: wrongPasskey,
  TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE: stepExpired,
  ACCOUNT_TEMPORARILY_LOCKED: () => lockedOut(codesLockedMs),
  TOTP_ALREADY_ENABLED: () => new ConflictError('Two-step sign-in is on already; turn it off first.'),
  TOTP_NOT_ENABLED: () => new ConflictError('Two-step sign-in is not being set up.'),
  TWO_FACTOR_NOT_ENABLED: () => new ConflictError('Two-step sign-in is not on.'),
};

/** better-auth tells a refusal by APIError; any other failure is the database's. */
export async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof FleetError) throw thrown;
    if (thrown instanceof APIError && thrown.statusCode < 500)
      throw (refusals[String(thrown.body?.code)] ?? wrongCredentials)(thrown);
    throw new RecoverableError('sign-in-unavailable', 'Sign-in is not possible at the moment; try again shortly.', {
      cause: toError(thrown),
    });
  }
}
