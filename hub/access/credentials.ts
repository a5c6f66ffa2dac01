import { randomBytes, randomUUID } from 'node:crypto';
import type { Trx } from '../store/index.ts';
import { withSignIn } from './tables.ts';

/** 90 random bits in letters and digits: `k7qm2a-...`, to be read to somebody or typed from paper. */
export function newPassword(): string {
  const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789';
  const letters = [...randomBytes(18)].map((byte) => alphabet[byte & 31] ?? '').join('');
  return (letters.match(/.{6}/g) ?? []).join('-');
}

interface NewPerson {
  readonly id: string;
  readonly name: string;
  /** In small letters. */
  readonly email: string;
  /** Of a password that is handed out. */
  readonly hash: string;
  readonly at: Date;
}

/** Somebody with a password to be changed at the first sign-in. A taken e-mail address is a duplicate. */
export async function insertPerson(trx: Trx, { id, name, email, hash, at }: NewPerson): Promise<void> {
  const tables = withSignIn(trx);
  const stamps = { created_at: at, updated_at: at };
  await tables
    .insertInto('auth_user')
    .values({ id, name, email, email_verified: true, ...stamps })
    .execute();
  await tables
    .insertInto('auth_account')
    .values({ id: randomUUID(), account_id: id, provider_id: 'credential', user_id: id, password: hash, ...stamps })
    .execute();
  await trx.insertInto('person').values({ user_id: id, temporary_password: true }).execute();
}

/** Codes and passkeys. Whoever had them may have lost them to somebody: sessions end too. */
export async function dropTwoFactor(trx: Trx, userId: string): Promise<void> {
  const tables = withSignIn(trx);
  await tables.deleteFrom('auth_passkey').where('user_id', '=', userId).execute();
  await tables.deleteFrom('auth_two_factor').where('user_id', '=', userId).execute();
  await tables.updateTable('auth_user').set({ two_factor_enabled: false }).where('id', '=', userId).execute();
  await tables.deleteFrom('auth_session').where('user_id', '=', userId).execute();
}
