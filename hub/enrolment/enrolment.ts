import { randomInt } from 'node:crypto';
import { FatalError } from '../../protocols/errors.ts';
import type { EnrolRequest, EnrolResponse, RenewRequest, RenewResponse } from '../../protocols/fleet/enrolment.ts';
import type { Clock, Log } from '../../protocols/ports.ts';
import type { Authority, PeerIdentity } from '../../provisioning/authority/index.ts';
import { type Actor, InvalidInputError, inScope, NotFoundError, type Scope } from '../access/index.ts';
import type { Store, Trx } from '../store/index.ts';
import { createAttempts } from './attempts.ts';
import { addCredential, type Credentials, createCredentials, findCredential, supersede } from './credentials.ts';
import { EnrolmentError } from './error.ts';
import { checkRenewal } from './judgement.ts';
import type { AgentStatus, AuditEntry, EnrolmentAudit, EnrolmentOrganisation, EnrolmentRegistry } from './ports.ts';
import { createVouchers, requireVoucher, type Vouchers } from './vouchers.ts';

interface EnrolmentDeps {
  readonly store: Store;
  readonly authority: Authority;
  readonly organisation: EnrolmentOrganisation;
  readonly registry: EnrolmentRegistry;
  readonly audit: EnrolmentAudit;
  /** By which addresses agents reach this hub: `mqtts://host:port` and `https://host:port`. */
  readonly urls: { readonly mqttUrl: string; readonly gatewayUrl: string };
  readonly clock: Clock;
  readonly log: Log;
}

export interface Enrolment extends Vouchers {
  /** A voucher and a request for a certificate make an agent, in one transaction. Throws EnrolmentError. */
  enrol(request: EnrolRequest, address: string): Promise<EnrolResponse>;
  /** A new certificate for the holder of one in force, or of one that ran out a while ago. Throws EnrolmentError. */
  renew(identity: PeerIdentity, request: RenewRequest, address: string): Promise<RenewResponse>;
  /** Withdraws, suspends or restores the access of an agent. A revoked agent cannot be restored. Throws NotFoundError. */
  setAccess(scope: Scope, actor: Actor, agentId: string, status: AgentStatus, reason: string): Promise<void>;
  readonly credentials: Credentials;
  /** Calls back with the agent whose access ended, on any hub of this database. */
  onWithdrawn(listener: (agentId: string) => void): Promise<AsyncDisposable>;
}

const channel = 'agent_withdrawn';
const accessActions = { active: 'agent.release', quarantined: 'agent.quarantine', revoked: 'agent.revoke' } as const;

/** Vouchers, enrolment, renewal and withdrawal: how a machine gets a name and loses it. */
export function createEnrolment(deps: EnrolmentDeps): Enrolment {
  const { store, authority, registry, audit, clock, log } = deps;
  const attempts = createAttempts(clock);

  /** What an agent did is done: an audit that fails must not lock the machine out with a used voucher. */
  const record = async (entry: AuditEntry): Promise<void> => {
    try {
      await audit.append(entry);
    } catch (error) {
      log.error('audit entry lost', { error, action: entry.action, subject: entry.subject });
    }
  };

  return {
    ...createVouchers(deps),

    enrol: async (request, address) => {
      if (!attempts.begin(address))
        throw new EnrolmentError('too-many-tries', 'Too many tries from this address. Wait a minute and try again.');
      try {
        const { response, unitId, voucherId } = await store.transaction((trx) => takeVoucher(trx, request, deps));
        attempts.forgive(address);
        await record({
          actor: `agent:${response.agentId}`,
          action: 'agent.enrol',
          subject: `agent:${response.agentId}`,
          unitId,
          origin: address,
          detail: { voucher: voucherId, hostname: request.hostname, version: request.agentVersion },
        });
        return response;
      } catch (thrown) {
        const error = asEnrolmentError(thrown);
        if (error) {
          const { code, message } = error;
          await record({
            actor: 'machine',
            action: 'agent.enrol-refused',
            subject: 'voucher',
            origin: address,
            detail: { code, message, hostname: request.hostname },
          });
        }
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
      await registry.refresh(agentId);
      if (status !== 'active') await store.notify(channel, agentId);
      await audit.append({
        actor: actor.id,
        action: accessActions[status],
        subject: `agent:${agentId}`,
        unitId: agent.unitId,
        reason,
        detail: {},
      });
    },

    credentials: createCredentials(store, clock),
    onWithdrawn: (listener) => store.listen(channel, { heard: listener }),
  };
}

/** Consumes the voucher and makes agent and credential; whatever throws leaves the voucher as it was. */
async function takeVoucher(trx: Trx, request: EnrolRequest, { authority, registry, clock, urls }: EnrolmentDeps) {
  const voucher = await requireVoucher(trx, request.voucher, clock.now());
  const agentId = newAgentId();
  const name = nameOf(voucher.agent_name ?? request.hostname, agentId);
  const issued = await authority.issueAgentCertificate(agentId, request.csr);
  await registry.addAgent(trx, {
    id: agentId,
    unitId: voucher.unit_id,
    name,
    fingerprint: request.fingerprint,
    host: { family: request.hostFamily, name },
    adoptedBy: voucher.created_by,
  });
  const now = new Date(clock.now());
  await addCredential(trx, agentId, issued, now);
  await trx.updateTable('voucher').set({ used_at: now, agent_id: agentId }).where('id', '=', voucher.id).execute();
  const response: EnrolResponse = {
    agentId,
    certificate: issued.certificatePem,
    chain: chainOf(authority),
    hub: urls,
    name,
  };
  return { response, unitId: voucher.unit_id, voucherId: voucher.id };
}

/** What stands above an agent's certificate: the device CA first, the root last. */
function chainOf(authority: Authority): string[] {
  return [authority.deviceCaPem, authority.rootPem];
}

/** What the authority refuses is the asker's mistake, and told as such. */
function asEnrolmentError(thrown: unknown): EnrolmentError | undefined {
  if (thrown instanceof EnrolmentError) return thrown;
  if (thrown instanceof FatalError && thrown.code === 'bad-request')
    return new EnrolmentError('bad-request', thrown.message);
  return undefined;
}

/** 50 random bits in letters that nobody confuses. */
function newAgentId(): string {
  const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
  return `ag-${Array.from({ length: 10 }, () => alphabet[randomInt(alphabet.length)]).join('')}`;
}

function nameOf(wanted: string, fallback: string): string {
  return wanted.replace(/\p{C}/gu, '').trim().slice(0, 200) || fallback;
}
