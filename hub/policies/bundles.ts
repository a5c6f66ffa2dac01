import { sql } from 'kysely';
import { FleetError, toError } from '../../protocols/errors.ts';
import {
  type PolicyBundle,
  type PolicyEnvelope,
  policyBundleSchema,
  policyLimits,
} from '../../protocols/fleet/policy/bundle.ts';
import type { Clock, Log } from '../../protocols/ports.ts';
import type { PolicySigner } from '../../provisioning/policy/signature.ts';
import { afterCommit, type Store, type Trx } from '../store/index.ts';
import { type BundleContent, digestOf, trimmed } from './compile.ts';
import type { ExpectedPower } from './expected.ts';

interface BundlesDeps {
  readonly store: Store;
  readonly signer: PolicySigner;
  readonly expected: ExpectedPower;
  readonly clock: Clock;
  readonly log: Log;
}

/** The signed bundle of each agent. */
export interface Bundles extends AsyncDisposable {
  /** Reads what stands into memory and follows what other hubs sign. */
  load(): Promise<void>;
  /** Signs a new one unless the last says the same and is young enough. */
  issue(agentId: string, content: BundleContent): Promise<void>;
  envelopeFor(agentId: string): Promise<{ readonly number: number; readonly envelope: PolicyEnvelope } | undefined>;
  /** Takes what an agent says that it holds. True when it must get a higher number than any that this database gave. */
  held(agentId: string, number: number): Promise<boolean>;
  onIssued(listener: (agentId: string) => void): Disposable;
}

const dayMs = 86_400_000;
/** A bundle lives this long and is renewed when half of it is over; the timetable's power outlives it by the grace. */
const life = { days: 60, renewBelowDays: 30, graceDays: 30 } as const;
const channel = 'policy_bundle';

export function createBundles({ store, signer, expected, clock, log }: BundlesDeps): Bundles {
  const listeners = new Set<(agentId: string) => void>();
  let listening: AsyncDisposable | undefined;

  const remember = (agentId: string, envelope: PolicyEnvelope | null) => {
    const parsed = envelope ? policyBundleSchema.safeParse(JSON.parse(envelope.policy)) : undefined;
    expected.put(agentId, parsed?.data);
  };
  const readAll = async () => {
    const rows = await store.db.selectFrom('policy_bundle').select(['agent_id', 'envelope']).execute();
    for (const { agent_id: agentId, envelope } of rows) remember(agentId, envelope);
  };
  const readOne = async (agentId: string) => {
    const row = await read(store, agentId);
    remember(agentId, row?.envelope ?? null);
    for (const listener of listeners) listener(agentId);
  };
  const quietly = (work: Promise<void>) => {
    work.catch((thrown: unknown) => log.warn('bundles of policies could not be read', { error: toError(thrown) }));
  };
  const sign = (agentId: string, number: number, content: BundleContent, nowMs: number): PolicyEnvelope => {
    const expiresAt = nowMs + life.days * dayMs;
    const bundle: PolicyBundle = {
      agent: agentId,
      number,
      issuedAt: nowMs,
      expiresAt,
      graceDays: life.graceDays,
      calendars: content.calendars.map((calendar) => trimmed(calendar, nowMs, expiresAt + life.graceDays * dayMs)),
      schedules: [...content.schedules],
      rules: [...content.rules],
    };
    const text = JSON.stringify(policyBundleSchema.parse(bundle));
    if (Buffer.byteLength(text) > policyLimits.textBytes)
      throw new RangeError(`${Buffer.byteLength(text)} bytes, at most ${policyLimits.textBytes} fit`);
    return signer.sign(text);
  };
  const write = async (trx: Trx, agentId: string, content: BundleContent): Promise<boolean> => {
    const nowMs = Math.round(clock.now());
    const digest = digestOf(content);
    const row = await trx
      .selectFrom('policy_bundle')
      .selectAll()
      .where('agent_id', '=', agentId)
      .forUpdate()
      .executeTakeFirst();
    if (!row && content.schedules.length + content.rules.length === 0) return false;
    const isYoung = row !== undefined && row.expires_at.getTime() - nowMs > life.renewBelowDays * dayMs;
    if (row && isYoung && row.digest === digest && row.held <= row.number) return false;
    const number = Math.max(row?.number ?? 0, row?.held ?? 0) + 1;
    const envelope = sign(agentId, number, content, nowMs);
    const values = {
      number,
      digest,
      envelope: JSON.stringify(envelope),
      issued_at: new Date(nowMs),
      expires_at: new Date(nowMs + life.days * dayMs),
      trouble: null,
    };
    await trx
      .insertInto('policy_bundle')
      .values({ agent_id: agentId, ...values })
      .onConflict((conflict) => conflict.column('agent_id').doUpdateSet(values))
      .execute();
    afterCommit(trx, () => remember(agentId, envelope));
    log.info('policies signed', {
      agent: agentId,
      number,
      schedules: content.schedules.length,
      rules: content.rules.length,
    });
    return true;
  };

  return {
    load: async () => {
      listening ??= await store.listen(channel, {
        heard: (agentId) => quietly(readOne(agentId)),
        missed: () => quietly(readAll()),
      });
      await readAll();
    },
    issue: async (agentId, content) => {
      try {
        const isNew = await store.transaction((trx) => write(trx, agentId, content));
        if (isNew) await store.notify(channel, agentId);
      } catch (thrown) {
        if (thrown instanceof FleetError) throw thrown;
        // It does not fit the contract: what holds goes on, and people are told.
        const message = toError(thrown).message.slice(0, 500);
        log.error('the policies of an agent do not fit into a bundle', { agent: agentId, reason: message });
        await tellTrouble(store.db, agentId, { code: 'policy-too-large', message });
      }
    },
    envelopeFor: async (agentId) => {
      const row = await read(store, agentId);
      return row?.envelope ? { number: row.number, envelope: row.envelope } : undefined;
    },
    held: async (agentId, number) => {
      const row = await read(store, agentId);
      if (!row && number === 0) return false;
      if (row?.held === number) return number > row.number;
      const at = new Date(clock.now());
      await store.db
        .insertInto('policy_bundle')
        .values({ agent_id: agentId, number: 0, digest: '', issued_at: at, expires_at: at, held: number, held_at: at })
        .onConflict((conflict) => conflict.column('agent_id').doUpdateSet({ held: number, held_at: at }))
        .execute();
      return number > (row?.number ?? 0);
    },
    onIssued: (listener) => {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    [Symbol.asyncDispose]: async () => listening?.[Symbol.asyncDispose](),
  };
}

/** Keeps what stands in the way, for people to see; null when it is over. */
export async function tellTrouble(
  db: Pick<Trx, 'updateTable'>,
  agentId: string,
  trouble: { readonly code: string; readonly message: string } | null,
): Promise<void> {
  await db
    .updateTable('policy_bundle')
    .set({ trouble: trouble && JSON.stringify(trouble) })
    .where('agent_id', '=', agentId)
    .where(sql<boolean>`trouble is distinct from ${trouble && JSON.stringify(trouble)}::jsonb`)
    .execute();
}

function read(store: Store, agentId: string) {
  return store.db
    .selectFrom('policy_bundle')
    .select(['number', 'envelope', 'held'])
    .where('agent_id', '=', agentId)
    .executeTakeFirst();
}
