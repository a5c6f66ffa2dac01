import type { z } from 'zod';
import type { extendVouchersBody, revokeVouchersBody } from '../../protocols/api/enrolment/vouchers.ts';
import { type Actor, ConflictError, inScope, NotFoundError, type Scope } from '../access/index.ts';
import type { Trx } from '../store/index.ts';
import { stateOf } from './judgement.ts';
import { hourMs, type VouchersDeps } from './vouchers.ts';

export interface VoucherChanges {
  /** All or none. Throws NotFoundError, and ConflictError for one that is not open, late or expired. */
  revokeVouchers(
    scope: Scope,
    actor: Actor,
    body: z.output<typeof revokeVouchersBody>,
  ): Promise<{ readonly revoked: string[] }>;
  /**
   * From now on they are good for so many hours, also those that have run out: by this a person lets in a machine that came
   * late. All or none; throws as `revokeVouchers` does.
   */
  extendVouchers(
    scope: Scope,
    actor: Actor,
    body: z.output<typeof extendVouchersBody>,
  ): Promise<{ readonly extended: string[]; readonly expiresAt: string }>;
}

type State = ReturnType<typeof stateOf>;
const open: ReadonlySet<State> = new Set<State>(['open', 'late']);
const unused: ReadonlySet<State> = new Set<State>(['open', 'late', 'expired']);

/** What becomes of vouchers that were issued. */
export function createVoucherChanges(deps: VouchersDeps): VoucherChanges {
  const { store, audit, clock } = deps;

  const told = async (
    actor: Actor,
    action: string,
    units: ReadonlyMap<string, number>,
    more: { readonly reason?: string; readonly detail: Readonly<Record<string, unknown>> },
  ) => {
    for (const [id, unitId] of units)
      await audit.append({ actor: actor.id, action, subject: `voucher:${id}`, unitId, ...more });
  };

  return {
    revokeVouchers: async (scope, actor, { vouchers, reason }) => {
      const ids = [...new Set(vouchers)];
      const now = new Date(clock.now());
      const units = await store.transaction(async (trx) => {
        const found = await requireState(trx, deps, { scope, ids, states: open });
        await trx.updateTable('voucher').set({ revoked_at: now }).where('id', 'in', ids).execute();
        return found;
      });
      await told(actor, 'voucher.revoke', units, { ...(reason ? { reason } : {}), detail: {} });
      return { revoked: ids };
    },

    extendVouchers: async (scope, actor, { vouchers, hours, reason }) => {
      const ids = [...new Set(vouchers)];
      const expiresAt = new Date(clock.now() + hours * hourMs);
      const units = await store.transaction(async (trx) => {
        const found = await requireState(trx, deps, { scope, ids, states: unused });
        const fresh = { expires_at: expiresAt, late_at: null, late_times: 0, late_machine: null };
        await trx.updateTable('voucher').set(fresh).where('id', 'in', ids).execute();
        return found;
      });
      const until = expiresAt.toISOString();
      await told(actor, 'voucher.extend', units, { reason, detail: { expiresAt: until } });
      return { extended: ids, expiresAt: until };
    },
  };
}

interface Wanted {
  readonly scope: Scope;
  readonly ids: readonly string[];
  readonly states: ReadonlySet<State>;
}

/** Locks the vouchers. Returns the unit of each; throws NotFoundError or ConflictError when one of them does not fit. */
async function requireState(
  trx: Trx,
  { organisation, clock }: VouchersDeps,
  { scope, ids, states }: Wanted,
): Promise<ReadonlyMap<string, number>> {
  const rows = await trx.selectFrom('voucher').selectAll().where('id', 'in', ids).orderBy('id').forUpdate().execute();
  const seen = rows.filter((row) => inScope(scope, organisation.pathOf(row.unit_id)));
  if (seen.length < ids.length) throw new NotFoundError();
  const now = clock.now();
  const other = seen.find((row) => !states.has(stateOf(row, now)));
  if (other) throw new ConflictError(`Voucher ${other.id} is ${stateOf(other, now)} already; nothing was changed.`);
  return new Map(seen.map((row) => [row.id, row.unit_id]));
}
