import { randomUUID } from 'node:crypto';
import type { Role } from '../../protocols/api/access/session.ts';
import type { Clock } from '../../protocols/ports.ts';
import type { Store, Trx } from '../store/index.ts';
import type { Grant } from './granted-actor.ts';
import type { SessionUser } from './sign-in/sign-in.ts';
import { withSignIn } from './tables.ts';

export interface NewUser {
  readonly email: string;
  readonly name: string;
  readonly password: string;
  readonly role: Role;
  readonly unitId: number;
}

export interface FoundUser extends SessionUser {
  readonly isDisabled: boolean;
  /** The password is one that was handed out. */
  readonly isTemporary: boolean;
  /** Signs in by a second step too. */
  readonly hasTwoFactor: boolean;
  readonly hasPasskey: boolean;
  /** End of rights that were given past all roles. */
  readonly emergencyUntil: Date | undefined;
}

export async function findUser(store: Store, clock: Clock, id: string): Promise<FoundUser | undefined> {
  const row = await withSignIn(store.db)
    .selectFrom('auth_user')
    .leftJoin('person', 'person.user_id', 'auth_user.id')
    .select(['auth_user.id', 'auth_user.name', 'auth_user.email', 'auth_user.two_factor_enabled as hasTwoFactor'])
    .select(['person.disabled_at', 'person.temporary_password'])
    .select((eb) =>
      eb
        .selectFrom('emergency_access')
        .select((inner) => inner.fn.max('until').as('until'))
        .whereRef('emergency_access.user_id', '=', 'auth_user.id')
        .where('until', '>', new Date(clock.now()))
        .as('emergencyUntil'),
    )
    .select((eb) =>
      eb
        .selectFrom('auth_passkey')
        .select((inner) => inner.fn.countAll<number>().as('count'))
        .whereRef('auth_passkey.user_id', '=', 'auth_user.id')
        .as('passkeys'),
    )
    .where('auth_user.id', '=', id)
    .executeTakeFirst();
  if (!row) return undefined;
  const { disabled_at: disabledAt, temporary_password: isTemporary, emergencyUntil, passkeys, ...user } = row;
  return {
    ...user,
    hasPasskey: Number(passkeys) > 0,
    isDisabled: disabledAt !== null,
    isTemporary: isTemporary === true,
    emergencyUntil: emergencyUntil ?? undefined,
  };
}

/** By what a session came: a sign-in provider, a passkey, or neither. */
export async function originOf(store: Store, token: string) {
  const row = await withSignIn(store.db)
    .selectFrom('auth_session')
    .select(['provider', 'passkey_id'])
    .where('token', '=', token)
    .executeTakeFirst();
  return { isForeign: typeof row?.provider === 'string', isByPasskey: typeof row?.passkey_id === 'string' };
}

/** The person has a password of their own now. */
export async function keepPassword(trx: Trx, email: string): Promise<void> {
  await withSignIn(trx)
    .updateTable('person')
    .set({ temporary_password: false })
    .where('user_id', 'in', (query) => query.selectFrom('auth_user').select('id').where('email', '=', email))
    .execute();
}

export async function grantsOf(store: Store, userId: string, nowMs: number): Promise<Grant[]> {
  const rows = await store.db
    .selectFrom('role_grant')
    .innerJoin('unit', 'unit.id', 'role_grant.unit_id')
    .leftJoin('supplier', 'supplier.id', 'role_grant.supplier_id')
    .select(['role_grant.role', 'unit.id', 'unit.name', 'unit.kind', 'unit.path'])
    .select(['supplier.id as supplierId', 'supplier.name as supplierName'])
    .where('role_grant.user_id', '=', userId)
    .where((eb) => eb.or([eb('role_grant.until', 'is', null), eb('role_grant.until', '>', new Date(nowMs))]))
    .orderBy('unit.path')
    .orderBy('role_grant.role')
    .execute();
  return rows.map(({ role, path, supplierId, supplierName, ...unit }) => ({
    role,
    path,
    unit,
    ...(supplierId === null || supplierName === null ? {} : { supplier: { id: supplierId, name: supplierName } }),
  }));
}

export async function writeUser(store: Store, clock: Clock, user: NewUser, hash: () => Promise<string>) {
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
