import type { Clock } from '../../protocols/ports.ts';
import type { IssuedCertificate, PeerIdentity } from '../../provisioning/authority/index.ts';
import type { Queries, Store, Trx } from '../store/index.ts';
import { type CredentialFacts, refusalOf } from './judgement.ts';

/** The database's word on certificates. */
export interface Credentials {
  /**
   * Whether the holder may come in; asked on every CONNECT and upload. The first use of a renewed credential ends the one
   * before it. Throws RecoverableError when the database does not answer.
   */
  check(identity: PeerIdentity): Promise<{ readonly ok: true } | { readonly ok: false; readonly message: string }>;
  /** Fingerprints that were withdrawn and have not run out. */
  withdrawn(): Promise<ReadonlySet<string>>;
}

interface FoundCredential extends CredentialFacts {
  readonly agentId: string;
  /** Credentials of the agent that wait for the first use of a newer one. */
  readonly waiting: number;
}

export function createCredentials(store: Store, clock: Clock): Credentials {
  return {
    check: async (identity) => {
      const found = await findCredential(store.db, identity.fingerprint);
      const refusal = refusalOf(found, clock.now());
      if (refusal) return { ok: false, message: refusal };
      if (found?.agentId !== identity.agentId)
        return { ok: false, message: 'This certificate belongs to another agent.' };
      if (found.status === 'active' && found.waiting > 0) await endOlder(store, identity);
      return { ok: true };
    },
    withdrawn: async () => {
      const rows = await store.db
        .selectFrom('credential')
        .innerJoin('agent', 'agent.id', 'credential.agent_id')
        .select('credential.fingerprint')
        .where('credential.not_after', '>', new Date(clock.now()))
        .where((eb) => eb.or([eb('credential.status', '=', 'revoked'), eb('agent.status', '!=', 'active')]))
        .execute();
      return new Set(rows.map((row) => row.fingerprint));
    },
  };
}

/** A credential with its agent's status. Within a transaction the agent's row is locked, so that renewals take turns. */
export async function findCredential(
  db: Queries,
  fingerprint: string,
  options: { readonly lock?: boolean } = {},
): Promise<FoundCredential | undefined> {
  const row = await db
    .selectFrom('credential')
    .innerJoin('agent', 'agent.id', 'credential.agent_id')
    .select((eb) => [
      'credential.agent_id as agentId',
      'credential.status',
      'credential.not_before as notBefore',
      'credential.not_after as notAfter',
      'agent.status as agentStatus',
      eb
        .selectFrom('credential as newest')
        .select(({ fn }) => fn.max('newest.issued_at').as('at'))
        .whereRef('newest.agent_id', '=', 'credential.agent_id')
        .where('newest.status', '=', 'active')
        .as('newestIssuedAt'),
      eb
        .selectFrom('credential as older')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .whereRef('older.agent_id', '=', 'credential.agent_id')
        .where('older.status', '=', 'superseded')
        .as('waiting'),
    ])
    .where('credential.fingerprint', '=', fingerprint)
    .$if(options.lock === true, (query) => query.forUpdate('agent'))
    .executeTakeFirst();
  return row ? { ...row, waiting: Number(row.waiting ?? 0) } : undefined;
}

/** Keeps a new credential as the active one of its agent. */
export async function addCredential(trx: Trx, agentId: string, issued: IssuedCertificate, now: Date): Promise<void> {
  await trx
    .insertInto('credential')
    .values({
      fingerprint: issued.fingerprint,
      agent_id: agentId,
      serial: issued.serial,
      key_fingerprint: issued.keyFingerprint,
      not_before: issued.notBefore,
      not_after: issued.notAfter,
      issued_at: now,
    })
    .execute();
}

/**
 * Makes room for a successor: the credential that asked for it becomes the superseded one. Any other of the agent ends: it
 * was superseded before, or is the unused successor of an answer that never arrived.
 */
export async function supersede(trx: Trx, agentId: string, fingerprint: string): Promise<void> {
  const ofAgent = trx.updateTable('credential').where('agent_id', '=', agentId).where('status', '!=', 'revoked');
  await ofAgent.where('fingerprint', '!=', fingerprint).set({ status: 'revoked' }).execute();
  await ofAgent.where('fingerprint', '=', fingerprint).set({ status: 'superseded' }).execute();
}

async function endOlder(store: Store, identity: PeerIdentity): Promise<void> {
  await store.transaction((trx) =>
    trx
      .updateTable('credential')
      .set({ status: 'revoked' })
      .where('agent_id', '=', identity.agentId)
      .where('status', '=', 'superseded')
      .execute(),
  );
}
