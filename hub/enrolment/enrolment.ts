import { FatalError } from '../../protocols/errors.ts';
import type {
  EnrolRequest,
  EnrolResponse,
  MachineFingerprint,
  RenewRequest,
  RenewResponse,
} from '../../protocols/fleet/enrolment.ts';
import type { Clock, Log } from '../../protocols/ports.ts';
import type { Authority, PeerIdentity } from '../../provisioning/authority/index.ts';
import { type Actor, InvalidInputError, inScope, NotFoundError, type Scope } from '../access/index.ts';
import type { Store } from '../store/index.ts';
import type { AgainPolicy } from './admission.ts';
import { admitMachine, chainOf } from './admit.ts';
import { createAttempts } from './attempts.ts';
import { type Claim, type Conflicts, createConflicts, openConflict } from './conflicts.ts';
import { addCredential, type Credentials, createCredentials, findCredential, supersede } from './credentials.ts';
import { EnrolmentError } from './error.ts';
import { checkRenewal } from './judgement.ts';
import { compareMachines, machineKeys } from './machine.ts';
import { enrolledMachine, rememberMachine } from './machines.ts';
import type { AgentStatus, AuditEntry, EnrolmentAudit, EnrolmentOrganisation, EnrolmentRegistry } from './ports.ts';
import { createTurnstile } from './turnstile.ts';
import { createVoucherChanges, type VoucherChanges } from './voucher-changes.ts';
import { createVoucherPrints, type VoucherPrints } from './voucher-prints.ts';
import { cameLate, createVouchers, type Vouchers } from './vouchers.ts';

interface EnrolmentDeps {
  readonly store: Store;
  readonly authority: Authority;
  readonly organisation: EnrolmentOrganisation;
  readonly registry: EnrolmentRegistry;
  readonly audit: EnrolmentAudit;
  /** By which addresses agents reach this hub: `mqtts://host:port` and `https://host:port`. */
  readonly urls: { readonly mqttUrl: string; readonly gatewayUrl: string };
  /** When a machine that is an agent already enrols again at its school; `keep` unless given. */
  readonly again?: AgainPolicy;
  readonly clock: Clock;
  readonly log: Log;
}

type Verdict = { readonly ok: true } | { readonly ok: false; readonly message: string };

export interface Enrolment extends Vouchers, VoucherChanges, VoucherPrints, Conflicts {
  /** A voucher and a request for a certificate make an agent, in one transaction. Throws EnrolmentError. */
  enrol(request: EnrolRequest, address: string): Promise<EnrolResponse>;
  /** A new certificate for the holder of one in force, or of one that ran out a while ago. Throws EnrolmentError. */
  renew(identity: PeerIdentity, request: RenewRequest, address: string): Promise<RenewResponse>;
  /** Withdraws, suspends or restores the access of an agent. A revoked agent cannot be restored. Throws NotFoundError. */
  setAccess(scope: Scope, actor: Actor, agentId: string, status: AgentStatus, reason: string): Promise<void>;
  readonly credentials: Credentials;
  /**
   * Looks at the machine from which an agent greets. Another one than the enrolled one puts the agent into quarantine until a
   * person decides, and is refused. Throws RecoverableError when the database does not answer.
   */
  greeted(agentId: string, machine: MachineFingerprint | undefined, address: string): Promise<Verdict>;
  /** Two machines throw each other out: the agent goes into quarantine until a person decides. */
  suspected(agentId: string, addresses: readonly string[]): Promise<void>;
  /** Calls back with the agent whose access ended, on any hub of this database. */
  onWithdrawn(listener: (agentId: string) => void): Promise<AsyncDisposable>;
}

const channel = 'agent_withdrawn';
const enrolActions = {
  new: 'agent.enrol',
  again: 'agent.re-enrol',
  replace: 'agent.replace',
  repeated: 'agent.re-enrol',
} as const;
const accessActions = { active: 'agent.release', quarantined: 'agent.quarantine', revoked: 'agent.revoke' } as const;

/** Vouchers, enrolment, renewal and withdrawal: how a machine gets a name and loses it. */
export function createEnrolment(deps: EnrolmentDeps): Enrolment {
  const { store, authority, registry, audit, clock, log } = deps;
  const again = deps.again ?? 'keep';
  const attempts = createAttempts(clock);
  const turnstile = createTurnstile();

  /** What an agent did is done: an audit that fails must not lock the machine out with a used voucher. */
  const record = async (entry: AuditEntry): Promise<void> => {
    try {
      await audit.append(entry);
    } catch (error) {
      log.error('audit entry lost', { error, action: entry.action, subject: entry.subject });
    }
  };

  /** Other hubs and the live session learn of an agent's new standing. */
  const changed = async (agentId: string, status: AgentStatus): Promise<void> => {
    await registry.refresh(agentId);
    if (status !== 'active') await store.notify(channel, agentId);
  };

  const quarantine = async (claim: Claim): Promise<void> => {
    await store.transaction(async (trx) => {
      await openConflict(trx, clock, claim);
      await trx
        .updateTable('agent')
        .set({ status: 'quarantined' })
        .where('id', '=', claim.agentId)
        .where('status', '=', 'active')
        .execute();
    });
    await changed(claim.agentId, 'quarantined');
    const unitId = registry.agentOf(claim.agentId)?.unitId;
    await record({
      actor: 'hub',
      action: 'conflict.open',
      subject: `agent:${claim.agentId}`,
      ...(unitId === undefined ? {} : { unitId }),
      detail: { kind: claim.kind, addresses: claim.addresses },
    });
  };

  const refused = async ({ code, message, details }: EnrolmentError, request: EnrolRequest, address: string) => {
    attempts.failed(address);
    const { hostname, fingerprint: seen } = request;
    const detail = { code, message, hostname };
    await record({ actor: 'machine', action: 'agent.enrol-refused', subject: 'voucher', origin: address, detail });
    if (details['late'] === true) await store.transaction((trx) => cameLate(trx, request, address, clock.now()));
    const agentId = details['agentId'];
    if (typeof agentId !== 'string') return;
    const kind = details['conflict'] === 'voucher-reused' ? 'voucher-reused' : 'enrolled-elsewhere';
    const claim: Claim = { agentId, kind, seen, addresses: [address] };
    await store.transaction((trx) => openConflict(trx, clock, claim));
  };

  return {
    ...createVouchers(deps),
    ...createVoucherChanges(deps),
    ...createVoucherPrints(deps),
    ...createConflicts(deps, changed),

    enrol: async (request, address) => {
      if (!attempts.mayTry(address))
        throw new EnrolmentError('too-many-tries', 'Too many tries from this address. Wait a minute and try again.');
      try {
        const { response, admission, unitId, voucherId } = await turnstile.pass(() =>
          store.transaction((trx) => admitMachine(trx, request, { ...deps, again })),
        );
        const { agentId } = response;
        const takesOver = admission.kind === 'again' || admission.kind === 'replace';
        const ended = takesOver ? [agentId] : admission.ends;
        // Whoever still holds an older certificate of these is out from here on.
        for (const id of ended) await changed(id, 'revoked');
        await record({
          actor: `agent:${agentId}`,
          action: enrolActions[admission.kind],
          subject: `agent:${agentId}`,
          unitId,
          origin: address,
          detail: {
            voucher: voucherId,
            hostname: request.hostname,
            version: request.agentVersion,
            ...(admission.ends.length > 0 ? { ends: admission.ends } : {}),
          },
        });
        return response;
      } catch (thrown) {
        const error = asEnrolmentError(thrown);
        if (error) await refused(error, request, address);
        throw error ?? thrown;
      }
    },

    renew: async (identity, request, address) => {
      const { fingerprint } = identity;
      const agentId = identity.agentId;
      const issued = await store
        .transaction(async (trx) => {
          const found = await findCredential(trx, fingerprint, { lock: true });
          checkRenewal(found?.agentId === agentId ? found : undefined, clock.now());
          const certificate = await authority.issueAgentCertificate(agentId, request.csr);
          await supersede(trx, agentId, fingerprint);
          await addCredential(trx, agentId, certificate, new Date(clock.now()));
          return certificate;
        })
        .catch((thrown: unknown) => {
          throw asEnrolmentError(thrown) ?? thrown;
        });
      await record({
        actor: `agent:${agentId}`,
        action: 'agent.renew',
        subject: `agent:${agentId}`,
        origin: address,
        detail: { fingerprint: issued.fingerprint, notAfter: issued.notAfter.toISOString() },
      });
      return { certificate: issued.certificatePem, chain: chainOf(authority) };
    },

    setAccess: async (scope, actor, agentId, status, reason) => {
      const agent = registry.agentOf(agentId);
      if (!agent || !inScope(scope, agent.unitPath)) throw new NotFoundError();
      if (agent.status === 'revoked' && status !== 'revoked')
        throw new InvalidInputError('status', 'A revoked agent cannot come back; enrol the machine again.');
      await store.transaction(async (trx) => {
        await trx.updateTable('agent').set({ status }).where('id', '=', agentId).execute();
        if (status === 'revoked')
          await trx.updateTable('credential').set({ status: 'revoked' }).where('agent_id', '=', agentId).execute();
      });
      await changed(agentId, status);
      await audit.append({
        actor: actor.id,
        action: accessActions[status],
        subject: `agent:${agentId}`,
        unitId: agent.unitId,
        reason,
        detail: {},
      });
    },

    greeted: async (agentId, machine, address) => {
      const enrolled = machine && (await enrolledMachine(store.db, agentId));
      if (!machine || !enrolled) return { ok: true };
      const verdict = compareMachines(enrolled, machine);
      if (verdict === 'other') {
        await quarantine({ agentId, kind: 'other-machine', seen: machine, addresses: [address] });
        return { ok: false, message: 'This identity belongs to another machine; a person must decide.' };
      }
      // A new network card of a known board is learnt; what says nothing replaces nothing.
      const isNews = machineKeys(machine).some((key) => !machineKeys(enrolled).includes(key));
      if (isNews) await store.transaction((trx) => rememberMachine(trx, agentId, merged(enrolled, machine)));
      return { ok: true };
    },
    suspected: (agentId, addresses) => quarantine({ agentId, kind: 'two-sessions', addresses }),

    credentials: createCredentials(store, clock),
    onWithdrawn: (listener) => store.listen(channel, { heard: listener }),
  };
}

/** What an agent's machine is known by, after it has shown something new. Bounded as the contract is. */
function merged(known: MachineFingerprint, seen: MachineFingerprint): MachineFingerprint {
  const together = (first: readonly string[], second: readonly string[]) =>
    [...new Set([...first, ...second])].slice(0, 32);
  const boardSerial = seen.boardSerial ?? known.boardSerial;
  const tpmKey = seen.tpmKey ?? known.tpmKey;
  return {
    ...(tpmKey === undefined ? {} : { tpmKey }),
    ...(boardSerial === undefined ? {} : { boardSerial }),
    macs: together(seen.macs, known.macs),
    diskSerials: together(seen.diskSerials, known.diskSerials),
  };
}

/** What the authority refuses is the asker's mistake, and told as such. */
function asEnrolmentError(thrown: unknown): EnrolmentError | undefined {
  if (thrown instanceof EnrolmentError) return thrown;
  if (thrown instanceof FatalError && thrown.code === 'bad-request')
    return new EnrolmentError('bad-request', thrown.message);
  return undefined;
}
