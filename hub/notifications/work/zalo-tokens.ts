import type { Clock } from '../../../protocols/ports.ts';
import type { Sealer, Store } from '../../store/index.ts';
import type { ZaloTokenStore } from '../channels/zalo.ts';

export interface ZaloTokensDeps {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly clock: Clock;
}

/** How the link to the official account stands, for the page. */
export interface ZaloLink {
  readonly isLinked: boolean;
  readonly expiresAt: Date | undefined;
  readonly problem: string | undefined;
}

export interface ZaloTokenKeeper extends ZaloTokenStore {
  /** A person entered the refresh token of a fresh consent. */
  link(refreshToken: string): Promise<void>;
  standing(): Promise<ZaloLink>;
}

const claimMs = 60_000;
export const zaloPlace = (field: 'access' | 'refresh') => ({ table: 'notification_zalo', row: field, version: 1 });

/** The one row of tokens, sealed. */
export function createZaloTokens({ store, sealer, clock }: ZaloTokensDeps): ZaloTokenKeeper {
  const sealed = (field: 'access' | 'refresh', text: string | undefined) =>
    text === undefined ? null : sealer.seal(zaloPlace(field), Buffer.from(text, 'utf8'));
  const opened = (field: 'access' | 'refresh', bytes: Buffer | null | undefined) =>
    bytes ? sealer.open(zaloPlace(field), bytes).toString('utf8') : undefined;
  const row = () => store.db.selectFrom('notification_zalo').selectAll().where('id', '=', 1).executeTakeFirst();
  const write = async (values: {
    access_token: Buffer | null;
    refresh_token: Buffer | null;
    expires_at: Date | null;
  }): Promise<void> => {
    const all = { ...values, updated_at: new Date(clock.now()), refreshing_until: null, problem: null };
    await store.db
      .insertInto('notification_zalo')
      .values({ id: 1, ...all })
      .onConflict((conflict) => conflict.column('id').doUpdateSet(all))
      .execute();
  };

  return {
    read: async () => {
      const held = await row();
      return {
        accessToken: opened('access', held?.access_token),
        refreshToken: opened('refresh', held?.refresh_token),
        expiresAtMs: held?.expires_at?.getTime(),
      };
    },
    claim: async () => {
      const now = new Date(clock.now());
      const { numUpdatedRows } = await store.db
        .updateTable('notification_zalo')
        .set({ refreshing_until: new Date(now.getTime() + claimMs) })
        .where('id', '=', 1)
        .where((eb) => eb.or([eb('refreshing_until', 'is', null), eb('refreshing_until', '<=', now)]))
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },
    save: ({ accessToken, refreshToken, expiresAtMs }) =>
      write({
        access_token: sealed('access', accessToken),
        refresh_token: sealed('refresh', refreshToken),
        expires_at: expiresAtMs === undefined ? null : new Date(expiresAtMs),
      }),
    fail: async (problem) => {
      await store.db
        .updateTable('notification_zalo')
        .set({ refreshing_until: null, problem: problem.slice(0, 300) })
        .where('id', '=', 1)
        .execute();
    },
    link: (refreshToken) =>
      write({ access_token: null, refresh_token: sealed('refresh', refreshToken), expires_at: null }),
    standing: async () => {
      const held = await row();
      return {
        isLinked: held?.refresh_token !== null && held?.refresh_token !== undefined,
        expiresAt: held?.expires_at ?? undefined,
        problem: held?.problem ?? undefined,
      };
    },
  };
}
