import type { z } from 'zod';
import type { printVouchersBody } from '../../protocols/api/enrolment/vouchers.ts';
import { FatalError } from '../../protocols/errors.ts';
import { formatVoucherCode, namesRoot, parseVoucherCode } from '../../provisioning/enrolment/voucher-code.ts';
import { formatVoucherText } from '../../provisioning/enrolment/voucher-text.ts';
import { formatVoucherToken } from '../../provisioning/enrolment/voucher-token.ts';
import { type Actor, ConflictError, InvalidInputError, inScope, NotFoundError, type Scope } from '../access/index.ts';
import { stateOf } from './judgement.ts';
import { hashOf, type VouchersDeps } from './vouchers.ts';

/** A voucher as it is handed over on paper, its code and all. */
interface VoucherToPrint {
  readonly code: string;
  /** What a scanner reads from a label. */
  readonly scan: string;
  /** What it reads from a sheet: the same, signed. */
  readonly token: string;
  readonly school: string;
  readonly label?: string;
  readonly expiresAt: Date;
  readonly hubUrl: string;
}

export interface VoucherPrints {
  /**
   * What stands on the paper of vouchers whose codes the asker has; all or none. Throws InvalidInputError for what is no code,
   * NotFoundError for one that is not known within the scope, ConflictError for one that is not open.
   */
  vouchersToPrint(
    scope: Scope,
    actor: Actor,
    body: z.output<typeof printVouchersBody>,
  ): Promise<readonly VoucherToPrint[]>;
}

/** Paper for codes: only whoever has a code gets it printed, for the database holds none. */
export function createVoucherPrints(deps: VouchersDeps): VoucherPrints {
  const { store, authority, organisation, audit, urls, clock } = deps;
  return {
    vouchersToPrint: async (scope, actor, { layout, codes }) => {
      const secrets = [...new Set(codes.map((code) => secretOf(code, authority.rootFingerprint)))];
      const hashes = secrets.map(hashOf);
      const rows = await store.db.selectFrom('voucher').selectAll().where('hash', 'in', hashes).execute();
      const byHash = new Map(rows.map((row) => [row.hash, row]));
      const now = clock.now();
      const vouchers = secrets.map((secret) => {
        const row = byHash.get(hashOf(secret));
        if (!row || !inScope(scope, organisation.pathOf(row.unit_id))) throw new NotFoundError();
        const state = stateOf(row, now);
        if (state !== 'open') throw new ConflictError(`Voucher ${row.id} is ${state} already; nothing was printed.`);
        return { row, secret, code: formatVoucherCode(secret, authority.rootFingerprint) };
      });
      const [first] = vouchers;
      await audit.append({
        actor: actor.id,
        action: 'voucher.print',
        subject: `voucher:${first?.row.id}`,
        ...(first ? { unitId: first.row.unit_id } : {}),
        detail: { layout, count: vouchers.length },
      });
      const printed = vouchers.map(async ({ row, code, secret }) => {
        const label = row.agent_name ?? row.label;
        const hubUrl = urls.gatewayUrl;
        const said = { school: organisation.refOf(row.unit_id).name, expiresAt: row.expires_at, hubUrl };
        return {
          ...said,
          code,
          scan: formatVoucherText({ code, hubUrl }),
          token: await formatVoucherToken({ ...said, secret, issuedAt: row.created_at }, authority),
          ...(label === null ? {} : { label }),
        };
      });
      return Promise.all(printed);
    },
  };
}

/** Throws InvalidInputError for what is no code, NotFoundError for one of another hub. */
function secretOf(text: string, rootFingerprint: string): string {
  try {
    const code = parseVoucherCode(text);
    if (!namesRoot(code, rootFingerprint)) throw new NotFoundError();
    return code.secret;
  } catch (thrown) {
    if (thrown instanceof FatalError && thrown.code === 'invalid-voucher')
      throw new InvalidInputError('codes', thrown.message);
    throw thrown;
  }
}
