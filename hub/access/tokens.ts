import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { CreatedToken, Token } from '../../protocols/api/access/tokens.ts';
import type { Clock } from '../../protocols/ports.ts';
import type { Store } from '../store/index.ts';
import { NotFoundError } from './error.ts';

const prefix = 'ef_';
const usedEveryMs = 60_000;
const dayMs = 86_400_000;

export interface NewToken {
  readonly name: string;
  readonly expiresInDays?: number | undefined;
}

/** Keys of programs: `ef_` and 256 random bits; only their SHA-256 is stored. */
export interface ApiTokens {
  create(userId: string, token: NewToken): Promise<CreatedToken>;
  /** Those of one person that are not revoked, newest first. */
  list(userId: string): Promise<Token[]>;
  /** Throws NotFoundError for a token that is not this person's. */
  revoke(userId: string, id: string): Promise<void>;
  /** The user behind a token, and its name; undefined when it is unknown, revoked or past its time. */
  userOf(token: string): Promise<{ readonly userId: string; readonly tokenName: string } | undefined>;
}

export function createApiTokens(store: Store, clock: Clock): ApiTokens {
  return {
    create: async (userId, { name, expiresInDays }) => {
      const token = prefix + randomBytes(32).toString('base64url');
      const createdAt = new Date(clock.now());
      const expiresAt = expiresInDays === undefined ? null : new Date(clock.now() + expiresInDays * dayMs);
      const row = { id: randomUUID(), user_id: userId, name, hash: hashOf(token), created_at: createdAt };
      await store.db
        .insertInto('api_token')
        .values({ ...row, expires_at: expiresAt })
        .execute();
      return { ...viewOf({ ...row, expires_at: expiresAt, last_used_at: null }), token };
    },
    list: async (userId) => {
      const rows = await store.db
        .selectFrom('api_token')
        .selectAll()
        .where('user_id', '=', userId)
        .where('revoked_at', 'is', null)
        .orderBy('created_at', 'desc')
        .orderBy('id')
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
    userOf: async (token) => {
      if (!/^ef_[\w-]{43}$/.test(token)) return undefined;
      const now = clock.now();
      const row = await store.db
        .selectFrom('api_token')
        .selectAll()
        .where('hash', '=', hashOf(token))
        .executeTakeFirst();
      if (!row || row.revoked_at || (row.expires_at && row.expires_at.getTime() <= now)) return undefined;
      if (now - (row.last_used_at?.getTime() ?? 0) > usedEveryMs) {
        const lastUsedAt = new Date(now);
        await store.db.updateTable('api_token').set({ last_used_at: lastUsedAt }).where('id', '=', row.id).execute();
      }
      return { userId: row.user_id, tokenName: row.name };
    },
  };
}

/** A token has 256 bits of its own, so a plain hash suffices and can be looked up. */
function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

interface TokenRow {
  readonly id: string;
  readonly name: string;
  readonly created_at: Date;
  readonly expires_at: Date | null;
  readonly last_used_at: Date | null;
}

function viewOf(row: TokenRow): Token {
  return {
    id: row.id,
    name: row.name,
    createdAt: row.created_at.toISOString(),
    ...(row.expires_at ? { expiresAt: row.expires_at.toISOString() } : {}),
    ...(row.last_used_at ? { lastUsedAt: row.last_used_at.toISOString() } : {}),
  };
}
