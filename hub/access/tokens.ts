import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type { CreatedToken, createTokenBody, Token } from '../../protocols/api/access/tokens.ts';
import type { Clock } from '../../protocols/ports.ts';
import type { Store } from '../store/index.ts';
import type { UnitKind } from '../store/tables.ts';
import { actions } from './actor.ts';
import { InvalidInputError, NotFoundError } from './error.ts';
import { createGrantedActor, type Grant, type Narrowing } from './granted-actor.ts';
import { isNothing, seesPlace } from './scope.ts';

const prefix = 'ef_';
const usedEveryMs = 60_000;
const dayMs = 86_400_000;

export type NewToken = z.output<typeof createTokenBody>;

/** Who is behind a token, and what it was narrowed to. */
interface FoundToken {
  readonly userId: string;
  readonly narrowing: Narrowing;
}

/** Keys of programs: `ef_` and 256 random bits; only their SHA-256 is stored. */
export interface ApiTokens {
  /** Throws InvalidInputError for an action or a unit that these grants do not give. */
  create(userId: string, grants: readonly Grant[], token: NewToken): Promise<CreatedToken>;
  /** Those of one person that are not revoked, newest first. */
  list(userId: string): Promise<Token[]>;
  /** Throws NotFoundError for a token that is not this person's. */
  revoke(userId: string, id: string): Promise<void>;
  /** Undefined when it is unknown, revoked or past its time. */
  find(token: string): Promise<FoundToken | undefined>;
}

export function createApiTokens(store: Store, clock: Clock): ApiTokens {
  return {
    create: async (userId, grants, { name, expiresInDays, actions, unit: unitId }) => {
      const unit = await checkNarrowing(store, grants, { actions, unitId });
      const token = prefix + randomBytes(32).toString('base64url');
      const createdAt = new Date(clock.now());
      const expiresAt = expiresInDays === undefined ? null : new Date(clock.now() + expiresInDays * dayMs);
      const row = { id: randomUUID(), user_id: userId, name, hash: hashOf(token), created_at: createdAt };
      const kept = actions === undefined ? null : [...new Set(actions)];
      await store.db
        .insertInto('api_token')
        .values({ ...row, expires_at: expiresAt, actions: kept && JSON.stringify(kept), unit_id: unitId ?? null })
        .execute();
      const seen = { ...row, expires_at: expiresAt, last_used_at: null, actions: kept };
      return {
        ...viewOf({ ...seen, unitId: unit?.id ?? null, unit: unit?.name ?? null, kind: unit?.kind ?? null }),
        token,
      };
    },
    list: async (userId) => {
      const rows = await store.db
        .selectFrom('api_token')
        .leftJoin('unit', 'unit.id', 'api_token.unit_id')
        .selectAll('api_token')
        .select(['unit.id as unitId', 'unit.name as unit', 'unit.kind'])
        .where('user_id', '=', userId)
        .where('revoked_at', 'is', null)
        .orderBy('api_token.created_at', 'desc')
        .orderBy('api_token.id')
        .limit(200)
        .execute();
      return rows.map(viewOf);
    },
    revoke: async (userId, id) => {
      const { numUpdatedRows } = await store.db
        .updateTable('api_token')
        .set({ revoked_at: new Date(clock.now()) })
        .where('id', '=', id)
        .where('user_id', '=', userId)
        .where('revoked_at', 'is', null)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) throw new NotFoundError();
    },
    find: async (token) => {
      if (!/^ef_[\w-]{43}$/.test(token)) return undefined;
      const now = clock.now();
      const row = await store.db
        .selectFrom('api_token')
        .leftJoin('unit', 'unit.id', 'api_token.unit_id')
        .selectAll('api_token')
        .select('unit.path')
        .where('hash', '=', hashOf(token))
        .executeTakeFirst();
      if (!row || row.revoked_at || (row.expires_at && row.expires_at.getTime() <= now)) return undefined;
      if (row.unit_id !== null && row.path === null) return undefined;
      if (now - (row.last_used_at?.getTime() ?? 0) > usedEveryMs) {
        const lastUsedAt = new Date(now);
        await store.db.updateTable('api_token').set({ last_used_at: lastUsedAt }).where('id', '=', row.id).execute();
      }
      return { userId: row.user_id, narrowing: { actions: row.actions ?? undefined, path: row.path ?? undefined } };
    },
  };
}

/** A token has 256 bits of its own, so a plain hash suffices and can be looked up. */
function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** What a token is narrowed to must be the person's own now. The same words for a unit elsewhere and one nowhere. */
async function checkNarrowing(
  { db }: Store,
  grants: readonly Grant[],
  { actions, unitId }: { readonly actions: NewToken['actions']; readonly unitId: number | undefined },
) {
  const user = { id: '', name: '', email: '' };
  const { scopeFor } = createGrantedActor({ user, grants, via: 'token', expiresAt: undefined });
  const beyond = actions?.findIndex((action) => isNothing(scopeFor(action))) ?? -1;
  if (beyond >= 0) throw new InvalidInputError(`actions.${beyond}`, 'None of your roles allows this.');
  if (unitId === undefined) return undefined;
  const unit = await db
    .selectFrom('unit')
    .select(['id', 'name', 'kind', 'path'])
    .where('id', '=', unitId)
    .executeTakeFirst();
  if (!unit || !seesPlace(scopeFor('read'), unit.path))
    throw new InvalidInputError('unit', 'There is no such unit, or not for you.');
  return unit;
}

interface TokenRow {
  readonly id: string;
  readonly name: string;
  readonly created_at: Date;
  readonly expires_at: Date | null;
  readonly last_used_at: Date | null;
  readonly actions: readonly string[] | null;
  readonly unitId: number | null;
  readonly unit: string | null;
  readonly kind: UnitKind | null;
}

function viewOf(row: TokenRow): Token {
  const { unitId: id, unit: name, kind } = row;
  return {
    id: row.id,
    name: row.name,
    createdAt: row.created_at.toISOString(),
    ...(row.expires_at ? { expiresAt: row.expires_at.toISOString() } : {}),
    ...(row.last_used_at ? { lastUsedAt: row.last_used_at.toISOString() } : {}),
    ...(row.actions ? { actions: actions.filter((action) => row.actions?.includes(action)) } : {}),
    ...(id !== null && name !== null && kind !== null ? { unit: { id, name, kind } } : {}),
  };
}
