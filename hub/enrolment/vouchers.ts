import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { type Selectable, type SqlBool, sql } from 'kysely';
import type { z } from 'zod';
import type {
  createVoucherBatchBody,
  createVoucherBody,
  VoucherRow,
  voucherBatchSchema,
  voucherSchema,
  vouchersQuery,
} from '../../protocols/api/enrolment/vouchers.ts';
import type { EnrolRequest } from '../../protocols/fleet/enrolment.ts';
import type { Clock } from '../../protocols/ports.ts';
import type { Authority } from '../../provisioning/authority/index.ts';
import { formatVoucherCode } from '../../provisioning/enrolment/voucher-code.ts';
import { formatVoucherToken } from '../../provisioning/enrolment/voucher-token.ts';
import { type Actor, InvalidInputError, inScope, NotFoundError, type Scope, scopeCondition } from '../access/index.ts';
import type { Store, Trx } from '../store/index.ts';
import { decodeCursor, type Page, pageOfRows } from '../store/page.ts';
import { searchCondition, searchWords } from '../store/search.ts';
import type { Tables } from '../store/tables.ts';
import { stateOf } from './judgement.ts';
import type { EnrolmentAudit, EnrolmentOrganisation, EnrolmentRegistry } from './ports.ts';

type VoucherView = z.output<typeof voucherSchema>;
type VoucherBatch = z.output<typeof voucherBatchSchema>;

export interface VouchersDeps {
  readonly store: Store;
  readonly authority: Pick<Authority, 'rootFingerprint' | 'rootPem' | 'deviceCaPem' | 'signVoucher'>;
  readonly organisation: EnrolmentOrganisation;
  readonly registry: Pick<EnrolmentRegistry, 'agentOf'>;
  readonly audit: EnrolmentAudit;
  /** By which address agents reach this hub: `https://host:port`. */
  readonly urls: { readonly gatewayUrl: string };
  readonly clock: Clock;
}

export interface Vouchers {
  /** Makes a voucher; its code is told here and nowhere else. Throws InvalidInputError for a unit out of scope. */
  createVoucher(scope: Scope, actor: Actor, body: z.output<typeof createVoucherBody>): Promise<VoucherView>;
  /** Makes many for one delivery, all or none. Throws InvalidInputError for a unit out of scope. */
  createVoucherBatch(scope: Scope, actor: Actor, body: z.output<typeof createVoucherBatchBody>): Promise<VoucherBatch>;
  /** Newest first; never a code. */
  listVouchers(scope: Scope, query: z.output<typeof vouchersQuery>): Promise<Page<VoucherRow>>;
}

/** Milliseconds. */
export const hourMs = 3600 * 1000;
/** The end of what a Date can tell (ECMA-262, 21.4.1.1). */
const greatestTimeMs = 8.64e15;

interface FreshVoucher {
  readonly id: string;
  readonly secret: string;
}

/** One-time codes that make a machine an agent of one school. Only their hashes are kept. */
export function createVouchers(deps: VouchersDeps): Vouchers {
  const { store, authority, organisation, registry, audit, urls, clock } = deps;

  const write = async (
    actor: Actor,
    unitId: number,
    part: { readonly hours: number; readonly count: number } & Partial<
      Record<'agentName' | 'label' | 'replaces', string>
    >,
  ) => {
    const fresh = Array.from({ length: part.count }, () => ({
      id: randomUUID(),
      secret: randomBytes(16).toString('hex'),
    }));
    const now = clock.now();
    const expiresAt = new Date(now + part.hours * hourMs);
    const rows = fresh.map(({ id, secret }) => ({
      id,
      hash: hashOf(secret),
      unit_id: unitId,
      agent_name: part.agentName ?? null,
      label: part.label ?? null,
      replaces: part.replaces ?? null,
      created_by: actor.name,
      created_at: new Date(now),
      expires_at: expiresAt,
    }));
    await store.transaction((trx) => trx.insertInto('voucher').values(rows).execute());
    return { fresh, expiresAt };
  };
  const view = async (unitId: number, { id, secret }: FreshVoucher, expiresAt: Date): Promise<VoucherView> => {
    const unit = organisation.refOf(unitId);
    const hubUrl = urls.gatewayUrl;
    const code = formatVoucherCode(secret, authority.rootFingerprint);
    const claims = { secret, school: unit.name, issuedAt: new Date(clock.now()), expiresAt, hubUrl };
    return {
      id,
      code,
      unit,
      expiresAt: expiresAt.toISOString(),
      gatewayUrl: hubUrl,
      command: `sudo edufleet-agent enrol --hub ${hubUrl} --voucher ${code}`,
      token: await formatVoucherToken(claims, authority),
    };
  };

  return {
    createVoucher: async (scope, actor, { unit, hours, agentName, replaces }) => {
      const unitId = unitInScope(organisation, scope, unit);
      if (replaces !== undefined && registry.agentOf(replaces)?.unitId !== unitId)
        throw new InvalidInputError('replaces', 'There is no such agent at this unit.');
      const named = { ...(agentName ? { agentName } : {}), ...(replaces ? { replaces } : {}) };
      const { fresh, expiresAt } = await write(actor, unitId, { hours, count: 1, ...named });
      const [voucher] = await Promise.all(fresh.map((one) => view(unitId, one, expiresAt)));
      if (!voucher) throw new NotFoundError();
      await audit.append({
        actor: actor.id,
        action: 'voucher.create',
        subject: `voucher:${voucher.id}`,
        unitId,
        detail: { expiresAt: voucher.expiresAt, ...named },
      });
      return voucher;
    },

    createVoucherBatch: async (scope, actor, { unit, hours, count, label }) => {
      const unitId = unitInScope(organisation, scope, unit);
      const { fresh, expiresAt } = await write(actor, unitId, { hours, count, label });
      await audit.append({
        actor: actor.id,
        action: 'voucher.create-batch',
        subject: `voucher-batch:${fresh[0]?.id}`,
        unitId,
        detail: { label, count, expiresAt: expiresAt.toISOString() },
      });
      return { label, vouchers: await Promise.all(fresh.map((one) => view(unitId, one, expiresAt))) };
    },

    listVouchers: (scope, query) => listVouchers(deps, scope, query),
  };
}

/** Locks the voucher behind a secret; undefined when there is none. */
export async function findVoucher(trx: Trx, secret: string) {
  return trx.selectFrom('voucher').selectAll().where('hash', '=', hashOf(secret)).forUpdate().executeTakeFirst();
}

/** Writes down that a machine came with a voucher after its end, for a person to decide. */
export async function cameLate(trx: Trx, request: EnrolRequest, address: string, nowMs: number): Promise<void> {
  await trx
    .updateTable('voucher')
    .set({
      late_at: new Date(nowMs),
      late_times: sql<number>`late_times + 1`,
      late_machine: JSON.stringify({ hostname: request.hostname, address }),
    })
    .where('hash', '=', hashOf(request.voucher))
    .execute();
}

async function listVouchers(
  { store, organisation, registry, clock }: VouchersDeps,
  scope: Scope,
  query: z.output<typeof vouchersQuery>,
) {
  const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor);
  if (query.cursor !== undefined && !(Math.abs(Number(after?.key)) <= greatestTimeMs))
    throw new InvalidInputError('cursor', 'This is not a cursor of this list.');
  const now = new Date(clock.now());
  const rows = store.db
    .selectFrom('voucher')
    .innerJoin('unit', 'unit.id', 'voucher.unit_id')
    .where(scopeCondition(scope, 'unit.path'))
    .where(searchCondition(['unit.name_folded', 'unit.place_folded'], searchWords(query.q)))
    .$if(query.state !== undefined, (found) => found.where(inState(query.state ?? 'open', now)));
  const beyond = after
    ? sql<SqlBool>`(voucher.created_at, voucher.id) < (${new Date(Number(after.key))}, ${String(after.id)})`
    : undefined;
  const [fetched, { total }] = await Promise.all([
    rows
      .leftJoin('agent', 'agent.id', 'voucher.agent_id')
      .selectAll('voucher')
      .select('agent.name as agentDisplayName')
      .$if(beyond !== undefined, (found) => found.where(beyond ?? sql<SqlBool>`true`))
      .orderBy('voucher.created_at', 'desc')
      .orderBy('voucher.id', 'desc')
      .limit(query.limit + 1)
      .execute(),
    rows.select((e) => e.fn.countAll<number>().as('total')).executeTakeFirstOrThrow(),
  ]);
  const viewOf = (row: (typeof fetched)[number]): VoucherRow => ({
    id: row.id,
    unit: organisation.refOf(row.unit_id),
    state: stateOf(row, now.getTime()),
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
    ...(row.agent_name === null ? {} : { agentName: row.agent_name }),
    ...(row.label === null ? {} : { label: row.label }),
    ...(row.replaces === null
      ? {}
      : { replaces: { id: row.replaces, name: registry.agentOf(row.replaces)?.name ?? row.replaces } }),
    ...(row.used_at === null ? {} : { usedAt: row.used_at.toISOString() }),
    ...(row.agent_id === null ? {} : { agent: { id: row.agent_id, name: row.agentDisplayName ?? row.agent_id } }),
    ...(row.revoked_at === null ? {} : { revokedAt: row.revoked_at.toISOString() }),
    ...lateOf(row),
  });
  return pageOfRows(
    fetched,
    query.limit,
    Number(total),
    (row) => ({ key: row.created_at.getTime(), id: row.id }),
    viewOf,
  );
}

/** The machine that came after the end of a voucher, if one did. */
function lateOf(row: Pick<Selectable<Tables['voucher']>, 'late_at' | 'late_machine' | 'late_times'>) {
  if (row.late_at === null || row.late_machine === null) return {};
  return { late: { ...row.late_machine, at: row.late_at.toISOString(), times: row.late_times } };
}

/** The same order of words as `stateOf` in judgement.ts. */
function inState(state: VoucherRow['state'], now: Date) {
  switch (state) {
    case 'used':
      return sql<SqlBool>`voucher.used_at is not null`;
    case 'revoked':
      return sql<SqlBool>`voucher.used_at is null and voucher.revoked_at is not null`;
    case 'expired':
      return sql<SqlBool>`voucher.used_at is null and voucher.revoked_at is null and voucher.expires_at <= ${now} and voucher.late_at is null`;
    case 'late':
      return sql<SqlBool>`voucher.used_at is null and voucher.revoked_at is null and voucher.expires_at <= ${now} and voucher.late_at is not null`;
    case 'open':
      return sql<SqlBool>`voucher.used_at is null and voucher.revoked_at is null and voucher.expires_at > ${now}`;
  }
}

function unitInScope(organisation: EnrolmentOrganisation, scope: Scope, unitId: number): number {
  try {
    if (inScope(scope, organisation.pathOf(unitId)) && !organisation.isClosed(unitId)) return unitId;
  } catch (thrown) {
    if (!(thrown instanceof NotFoundError)) throw thrown;
  }
  throw new InvalidInputError('unit', 'There is no such unit, or not for you.');
}

/** What the database keeps of a voucher's secret. */
export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
