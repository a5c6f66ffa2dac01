import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Emergency } from '../../protocols/api/access/emergencies.ts';
import { FatalError } from '../../protocols/errors.ts';
import type { Clock } from '../../protocols/ports.ts';
import type { Store, Trx } from '../store/index.ts';
import { dropTwoFactor, insertPerson, newPassword } from './credentials.ts';
import { createPasswords, type Passwords } from './sign-in/password.ts';
import { withSignIn } from './tables.ts';

export interface BreakGlass {
  readonly email: string;
  /** Root of the organisation. */
  readonly unitId: number;
  readonly hours: number;
}

/** What was opened; the password stands nowhere else. */
export interface OpenedEmergency {
  readonly userId: string;
  readonly password: string;
  readonly until: Date;
  readonly isNew: boolean;
}

/** The way in when no administrator can sign in any more. */
export interface Emergencies {
  /**
   * Makes somebody province administrator for some hours, with a one-time password and without a second factor; sessions
   * they had end. Rights that they have for longer stay. Throws FatalError `person-disabled`.
   */
  breakGlass(what: BreakGlass): Promise<OpenedEmergency>;
  /** Those that last, newest first. */
  listEmergencies(): Promise<Emergency[]>;
  /** Counts a sign-in; the end of the emergency when the person has come in by one. */
  noteSignIn(userId: string): Promise<Date | undefined>;
}

/** As `edufleet-hub break-glass` does it, beside or without a running hub. */
export function breakGlass(
  deps: { readonly store: Store; readonly clock: Clock },
  what: BreakGlass,
): Promise<OpenedEmergency> {
  return createEmergencies(deps.store, deps.clock, createPasswords(), () => {}).breakGlass(what);
}

const hourMs = 3_600_000;

export function createEmergencies(store: Store, clock: Clock, passwords: Passwords, changed: () => void): Emergencies {
  return {
    breakGlass: async ({ email: typed, unitId, hours }) => {
      const email = typed.trim().toLowerCase();
      const password = newPassword();
      const hash = await passwords.hash(password);
      const at = new Date(clock.now());
      const until = new Date(clock.now() + hours * hourMs);
      const opened = await store.transaction(async (trx) => {
        const known = await findByEmail(trx, email);
        if (known?.disabled_at)
          throw new FatalError('person-disabled', `${email} was shut out; take another e-mail address.`);
        const id = known?.id ?? randomUUID();
        if (known) await giveOneTimePassword(trx, id, hash, at);
        else await insertPerson(trx, { id, name: 'Quyền khẩn cấp', email, hash, at });
        await dropTwoFactor(trx, id);
        await grantUntil(trx, id, unitId, until);
        await withSignIn(trx)
          .insertInto('emergency_access')
          .values({ id: randomUUID(), user_id: id, opened_at: at, until })
          .execute();
        return { userId: id, isNew: known === undefined };
      });
      changed();
      return { ...opened, password, until };
    },

    listEmergencies: async () => {
      const rows = await withSignIn(store.db)
        .selectFrom('emergency_access')
        .innerJoin('auth_user', 'auth_user.id', 'emergency_access.user_id')
        .leftJoin('person', 'person.user_id', 'auth_user.id')
        .selectAll('emergency_access')
        .select(['auth_user.name', 'auth_user.email'])
        .where('until', '>', new Date(clock.now()))
        .where('person.disabled_at', 'is', null)
        .orderBy('opened_at', 'desc')
        .orderBy('emergency_access.id')
        .limit(50)
        .execute();
      return rows.map((row) => ({
        person: { id: row.user_id, name: row.name, email: row.email },
        openedAt: row.opened_at.toISOString(),
        until: row.until.toISOString(),
        signIns: row.sign_ins,
        ...(row.last_sign_in_at ? { lastSignInAt: row.last_sign_in_at.toISOString() } : {}),
      }));
    },

    noteSignIn: async (userId) => {
      const at = new Date(clock.now());
      const rows = await withSignIn(store.db)
        .updateTable('emergency_access')
        .set({ sign_ins: sql<number>`sign_ins + 1`, last_sign_in_at: at })
        .where('user_id', '=', userId)
        .where('until', '>', at)
        .returning('until')
        .execute();
      return rows.map(({ until }) => until).sort((a, b) => b.getTime() - a.getTime())[0];
    },
  };
}

async function findByEmail(trx: Trx, email: string) {
  return withSignIn(trx)
    .selectFrom('auth_user')
    .leftJoin('person', 'person.user_id', 'auth_user.id')
    .select(['auth_user.id', 'person.disabled_at'])
    .where('auth_user.email', '=', email)
    .executeTakeFirst();
}

/** In place of the password that there is; whoever came by another way only has none yet. */
async function giveOneTimePassword(trx: Trx, userId: string, hash: string, at: Date): Promise<void> {
  const tables = withSignIn(trx);
  const { numUpdatedRows } = await tables
    .updateTable('auth_account')
    .set({ password: hash, updated_at: at })
    .where('user_id', '=', userId)
    .where('provider_id', '=', 'credential')
    .executeTakeFirst();
  if (numUpdatedRows === 0n) {
    const row = { id: randomUUID(), account_id: userId, provider_id: 'credential', user_id: userId };
    await tables
      .insertInto('auth_account')
      .values({ ...row, password: hash, created_at: at, updated_at: at })
      .execute();
  }
  await trx
    .insertInto('person')
    .values({ user_id: userId, temporary_password: true })
    .onConflict((conflict) => conflict.column('user_id').doUpdateSet({ temporary_password: true }))
    .execute();
}

/** A right without an end, or with a later one, stays as it is. */
async function grantUntil(trx: Trx, userId: string, unitId: number, until: Date): Promise<void> {
  await trx
    .insertInto('role_grant')
    .values({ user_id: userId, role: 'province-admin', unit_id: unitId, until, granted_by: 'break-glass' })
    .onConflict((conflict) =>
      conflict
        .columns(['user_id', 'role', 'unit_id'])
        .doUpdateSet({ until, granted_by: 'break-glass' })
        .where('role_grant.until', '<', until),
    )
    .execute();
}
