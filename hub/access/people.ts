import { randomUUID } from 'node:crypto';
import { type SqlBool, sql } from 'kysely';
import type { z } from 'zod';
import type {
  createPersonBody,
  grantBody,
  Person,
  peopleQuery,
  personWithPasswordSchema,
  updatePersonBody,
} from '../../protocols/api/access/people.ts';
import { fold } from '../../protocols/api/fold.ts';
import type { Clock } from '../../protocols/ports.ts';
import { isDuplicate, type Store, type Trx } from '../store/index.ts';
import { decodeCursor, type Page, pageInMemory } from '../store/page.ts';
import { matchesWords, searchWords } from '../store/search.ts';
import { sortKey } from '../store/sort-key.ts';
import type { UnitKind } from '../store/tables.ts';
import type { Actor } from './actor.ts';
import { dropTwoFactor, insertPerson, newPassword } from './credentials.ts';
import { ConflictError, ForbiddenError, InvalidInputError, NotFoundError } from './error.ts';
import { inScope, type Scope } from './scope.ts';
import type { Passwords } from './sign-in/password.ts';
import { withSignIn } from './tables.ts';

type GrantBody = z.output<typeof grantBody>;
type WithPassword = z.output<typeof personWithPasswordSchema>;

export interface PeopleDeps {
  readonly store: Store;
  readonly passwords: Passwords;
  readonly clock: Clock;
  /** What was believed of a person is asked anew. */
  readonly changed: () => void;
}

/**
 * People and their roles. Whoever may manage people in a subtree sees and changes those whose roles all lie in it, and gives
 * roles there; nobody changes their own.
 */
export interface People {
  listPeople(scope: Scope, query: z.output<typeof peopleQuery>): Promise<Page<Person>>;
  /** Throws InvalidInputError for a unit out of scope, ConflictError for an e-mail that is taken. */
  createPerson(scope: Scope, actor: Actor, body: z.output<typeof createPersonBody>): Promise<WithPassword>;
  /** Throws NotFoundError, ForbiddenError for oneself, InvalidInputError. A disabled person's sessions and tokens end at once. */
  updatePerson(scope: Scope, actor: Actor, id: string, body: z.output<typeof updatePersonBody>): Promise<Person>;
  /** Gives a new password to hand out; all sessions end. Throws NotFoundError, ForbiddenError for oneself. */
  resetPassword(scope: Scope, actor: Actor, id: string): Promise<WithPassword>;
  /** Takes the second factor away, for who lost it; all sessions end. Throws NotFoundError, ForbiddenError for oneself. */
  resetTwoFactor(scope: Scope, actor: Actor, id: string): Promise<Person>;
}

interface PersonRow extends Person {
  readonly paths: readonly string[];
}

export function createPeople({ store, passwords, clock, changed }: PeopleDeps): People {
  /** One who may be changed by this actor; the same words for who is elsewhere and who is nowhere. */
  const requireOther = async (scope: Scope, actor: Actor, id: string): Promise<PersonRow> => {
    const [row] = await readPeople(store, id);
    if (!row || !isWithin(scope, row)) throw new NotFoundError();
    if (row.id === actor.id) throw new ForbiddenError('Nobody changes their own rights; ask another administrator.');
    return row;
  };
  const view = async (id: string): Promise<Person> => {
    const [row] = await readPeople(store, id);
    if (!row) throw new NotFoundError();
    return personOf(row);
  };

  return {
    listPeople: async (scope, query) => {
      const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor);
      if (query.cursor !== undefined && !after)
        throw new InvalidInputError('cursor', 'This is not a cursor of this list.');
      const words = searchWords(query.q);
      const rows = (await readPeople(store)).filter(
        (row) =>
          isWithin(scope, row) &&
          matchesWords(fold(`${row.name} ${row.email}`), words) &&
          (query.role === undefined || row.grants.some(({ role }) => role === query.role)) &&
          (query.state === undefined || row.disabled === (query.state === 'disabled')),
      );
      const page = pageInMemory(rows, (row) => ({ key: sortKey(row.name), id: row.id }), { limit: query.limit, after });
      return { ...page, rows: page.rows.map(personOf) };
    },

    createPerson: async (scope, actor, { name, email: typed, grants }) => {
      await checkGrants(store, scope, grants, clock.now());
      const email = typed.trim().toLowerCase();
      const password = newPassword();
      const hash = await passwords.hash(password);
      const id = randomUUID();
      const at = new Date(clock.now());
      try {
        await store.transaction(async (trx) => {
          await insertPerson(trx, { id, name, email, hash, at });
          await writeGrants(trx, id, grants, actor);
        });
      } catch (thrown) {
        if (isDuplicate(thrown)) throw new ConflictError('Somebody with this e-mail address is there already.');
        throw thrown;
      }
      return { person: await view(id), password };
    },

    updatePerson: async (scope, actor, id, { name, disabled, grants }) => {
      const before = await requireOther(scope, actor, id);
      if (grants) await checkGrants(store, scope, grants, clock.now());
      const at = new Date(clock.now());
      await store.transaction(async (trx) => {
        const tables = withSignIn(trx);
        if (name !== undefined)
          await tables.updateTable('auth_user').set({ name, updated_at: at }).where('id', '=', id).execute();
        if (grants) {
          // What a provider gave is its own to take: it comes anew with each sign-in.
          await trx.deleteFrom('role_grant').where('user_id', '=', id).where('source', 'is', null).execute();
          await writeGrants(trx, id, grants, actor);
        }
        if (disabled !== undefined && disabled !== before.disabled) await shut(trx, id, disabled ? at : null);
      });
      changed();
      return view(id);
    },

    resetPassword: async (scope, actor, id) => {
      await requireOther(scope, actor, id);
      const password = newPassword();
      const hash = await passwords.hash(password);
      const at = new Date(clock.now());
      await store.transaction(async (trx) => {
        const tables = withSignIn(trx);
        await tables
          .updateTable('auth_account')
          .set({ password: hash, updated_at: at })
          .where('user_id', '=', id)
          .where('provider_id', '=', 'credential')
          .execute();
        await tables.deleteFrom('auth_session').where('user_id', '=', id).execute();
        await trx
          .insertInto('person')
          .values({ user_id: id, temporary_password: true })
          .onConflict((conflict) => conflict.column('user_id').doUpdateSet({ temporary_password: true }))
          .execute();
      });
      changed();
      return { person: await view(id), password };
    },

    resetTwoFactor: async (scope, actor, id) => {
      await requireOther(scope, actor, id);
      await store.transaction((trx) => dropTwoFactor(trx, id));
      changed();
      return view(id);
    },
  };
}

/** Shuts somebody out, with their sessions, or lets them in again. */
async function shut(trx: Trx, userId: string, disabledAt: Date | null): Promise<void> {
  await trx
    .insertInto('person')
    .values({ user_id: userId, disabled_at: disabledAt })
    .onConflict((conflict) => conflict.column('user_id').doUpdateSet({ disabled_at: disabledAt }))
    .execute();
  if (disabledAt) await withSignIn(trx).deleteFrom('auth_session').where('user_id', '=', userId).execute();
}

/** All roles of a person lie in the scope; one without any belongs to whoever manages the whole province. */
function isWithin(scope: Scope, { paths }: PersonRow): boolean {
  if (paths.length === 0) return scope.paths.some((path) => /^\/\d+\/$/.test(path));
  return paths.every((path) => inScope(scope, path));
}

function personOf({ paths: _paths, ...person }: PersonRow): Person {
  return person;
}

/** How long a supplier's people may be let in at once, in days: two years. */
const supplierDays = 731;
const dayMs = 86_400_000;

async function checkGrants({ db }: Store, scope: Scope, grants: readonly GrantBody[], nowMs: number): Promise<void> {
  const suppliers = new Set((await db.selectFrom('supplier').select('id').execute()).map(({ id }) => id));
  for (const [index, grant] of grants.entries()) checkSupplier(grant, `grants.${index}`, suppliers, nowMs);
  const units = await db
    .selectFrom('unit')
    .select(['id', 'path'])
    .where(
      'id',
      'in',
      grants.map(({ unit }) => unit),
    )
    .execute();
  const paths = new Map(units.map(({ id, path }) => [id, path]));
  for (const [index, { unit }] of grants.entries()) {
    const path = paths.get(unit);
    if (path === undefined || !inScope(scope, path))
      throw new InvalidInputError(`grants.${index}.unit`, 'There is no such unit, or not for you.');
  }
}

/** A supplier's people see its devices only, and for a time. Throws InvalidInputError. */
function checkSupplier(
  { role, supplier, until }: GrantBody,
  field: string,
  suppliers: ReadonlySet<number>,
  nowMs: number,
): void {
  if (role !== 'supplier') {
    if (supplier !== undefined)
      throw new InvalidInputError(`${field}.supplier`, 'Only the role supplier names a supplier.');
    return;
  }
  if (supplier === undefined || !suppliers.has(supplier))
    throw new InvalidInputError(`${field}.supplier`, 'Name the supplier whose devices are to be seen.');
  const end = until === undefined ? Number.NaN : Date.parse(until);
  if (!(end > nowMs && end <= nowMs + supplierDays * dayMs))
    throw new InvalidInputError(`${field}.until`, 'Give this role an end, within two years from now.');
}

async function writeGrants(trx: Trx, userId: string, grants: readonly GrantBody[], actor: Actor): Promise<void> {
  const rows = new Map(
    grants.map(({ role, unit, until, supplier }) => [
      `${role} ${unit}`,
      {
        user_id: userId,
        role,
        unit_id: unit,
        until: until === undefined ? null : new Date(until),
        supplier_id: supplier ?? null,
        granted_by: actor.name,
      },
    ]),
  );
  await trx
    .insertInto('role_grant')
    .values([...rows.values()])
    .onConflict((conflict) =>
      conflict.columns(['user_id', 'role', 'unit_id']).doUpdateSet((eb) => ({
        until: eb.ref('excluded.until'),
        supplier_id: eb.ref('excluded.supplier_id'),
        granted_by: eb.ref('excluded.granted_by'),
        source: null,
      })),
    )
    .execute();
}

interface ReadRow {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly created_at: Date;
  readonly disabled_at: Date | null;
  readonly temporary_password: boolean | null;
  readonly two_factor_enabled: boolean;
  readonly passkeys: number;
  readonly grants: readonly {
    readonly role: Person['grants'][number]['role'];
    readonly until: string | null;
    readonly source: string | null;
    readonly supplierId: number | null;
    readonly supplier: string | null;
    readonly id: number;
    readonly name: string;
    readonly kind: UnitKind;
    readonly path: string;
  }[];
}

/** Some hundred people of a province, or one of them. */
async function readPeople({ db }: Store, id?: string): Promise<PersonRow[]> {
  const one = id === undefined ? sql<SqlBool>`true` : sql<SqlBool>`auth_user.id = ${id}`;
  const { rows } = await sql<ReadRow>`
    select auth_user.id, auth_user.name, auth_user.email, auth_user.created_at, auth_user.two_factor_enabled,
           person.disabled_at, person.temporary_password,
           (select count(*) from auth_passkey where auth_passkey.user_id = auth_user.id) as passkeys,
           coalesce((
             select jsonb_agg(jsonb_build_object('role', role_grant.role, 'until', role_grant.until, 'source', role_grant.source,
                                'supplierId', supplier.id, 'supplier', supplier.name, 'id', unit.id,
                                'name', unit.name, 'kind', unit.kind, 'path', unit.path) order by unit.path, role_grant.role)
             from role_grant join unit on unit.id = role_grant.unit_id left join supplier on supplier.id = role_grant.supplier_id
             where role_grant.user_id = auth_user.id
           ), '[]') as grants
    from auth_user left join person on person.user_id = auth_user.id
    where ${one}`.execute(db);
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    email: row.email,
    createdAt: row.created_at.toISOString(),
    disabled: row.disabled_at !== null,
    temporaryPassword: row.temporary_password === true,
    twoFactor: row.two_factor_enabled,
    passkeys: Number(row.passkeys),
    grants: row.grants.map(({ role, until, source, supplierId, supplier, path: _path, ...unit }) => ({
      role,
      unit,
      ...(until === null ? {} : { until: new Date(until).toISOString() }),
      ...(supplierId === null || supplier === null ? {} : { supplier: { id: supplierId, name: supplier } }),
      ...(source === null ? {} : { source }),
    })),
    paths: row.grants.map(({ path }) => path),
  }));
}
