import { randomInt } from 'node:crypto';
import type { EnrolRequest, EnrolResponse } from '../../protocols/fleet/enrolment.ts';
import type { Clock } from '../../protocols/ports.ts';
import type { Authority, IssuedCertificate } from '../../provisioning/authority/index.ts';
import type { Trx } from '../store/index.ts';
import { type Admission, type AgainPolicy, decideAdmission } from './admission.ts';
import { addCredential } from './credentials.ts';
import { EnrolmentError } from './error.ts';
import { checkVoucher } from './judgement.ts';
import { compareMachines } from './machine.ts';
import { enrolledMachine, knownAgents, rememberMachine } from './machines.ts';
import type { EnrolmentRegistry } from './ports.ts';
import { findVoucher } from './vouchers.ts';

export interface AdmitDeps {
  readonly authority: Authority;
  readonly registry: EnrolmentRegistry;
  readonly again: AgainPolicy;
  readonly urls: { readonly mqttUrl: string; readonly gatewayUrl: string };
  readonly clock: Clock;
}

export interface Admitted {
  readonly response: EnrolResponse;
  readonly admission: Admission;
  readonly unitId: number;
  readonly voucherId: string;
}

/**
 * Consumes the voucher and makes or takes over an agent; whatever throws leaves everything as it was. Whoever asks once more for
 * the same voucher with the same key gets the same agent: the first answer may never have arrived. Throws EnrolmentError.
 */
export async function admitMachine(trx: Trx, request: EnrolRequest, deps: AdmitDeps): Promise<Admitted> {
  const { authority, registry, again, clock } = deps;
  const found = await findVoucher(trx, request.voucher);
  if (found?.used_at && found.agent_id !== null) {
    const again = await answerAgain(
      trx,
      request,
      { id: found.id, unitId: found.unit_id, agentId: found.agent_id },
      deps,
    );
    if (again) return again;
  }
  const voucher = checkVoucher(found, clock.now());
  const known = await knownAgents(trx, request.fingerprint);
  const admission = decideAdmission({
    voucher: { unitId: voucher.unit_id, replaces: voucher.replaces ?? undefined },
    known,
    again,
  });
  const agentId = admission.agentId ?? newAgentId();
  const issued = await authority.issueAgentCertificate(agentId, request.csr);
  for (const id of admission.ends) {
    await trx.updateTable('agent').set({ status: 'revoked' }).where('id', '=', id).execute();
    await endCredentials(trx, id);
  }
  const name =
    admission.kind === 'new'
      ? await addNew(trx, agentId, request, { ...voucher, registry })
      : await takeOver(trx, agentId, admission.kind);
  await rememberMachine(trx, agentId, request.fingerprint);
  const now = new Date(clock.now());
  await addCredential(trx, agentId, issued, now);
  await trx.updateTable('voucher').set({ used_at: now, agent_id: agentId }).where('id', '=', voucher.id).execute();
  const response = await answer(trx, { agentId, name, issued, hostFamily: request.hostFamily }, deps);
  return { response, admission, unitId: voucher.unit_id, voucherId: voucher.id };
}

interface UsedVoucher {
  readonly id: string;
  readonly unitId: number;
  readonly agentId: string;
}

/**
 * The answer to whoever used this voucher, once more; undefined for anybody else. Only the holder of the key that was certified
 * then can make the request. What the agent is known by stays. Throws EnrolmentError `voucher-used` for another machine.
 */
async function answerAgain(
  trx: Trx,
  request: EnrolRequest,
  { id, unitId, agentId }: UsedVoucher,
  deps: AdmitDeps,
): Promise<Admitted | undefined> {
  const { authority, registry, clock } = deps;
  const enrolled = await enrolledMachine(trx, agentId);
  if (enrolled && compareMachines(enrolled, request.fingerprint) === 'other')
    throw new EnrolmentError(
      'voucher-used',
      'This voucher has enrolled another machine. A voucher enrols one machine once; ask for a new one.',
      { agentId, conflict: 'voucher-reused' },
    );
  const issued = await authority.issueAgentCertificate(agentId, request.csr);
  const agent = registry.agentOf(agentId);
  const held = await trx
    .selectFrom('credential')
    .select('fingerprint')
    .where('agent_id', '=', agentId)
    .where('key_fingerprint', '=', issued.keyFingerprint)
    .where('status', '!=', 'revoked')
    .executeTakeFirst();
  if (!held || agent?.status !== 'active') return undefined;
  // The one before stays in force: of two answers on their way the agent may hold either, and both are for one key.
  await addCredential(trx, agentId, issued, new Date(clock.now()));
  const response = await answer(trx, { agentId, name: agent.name, issued, hostFamily: request.hostFamily }, deps);
  return { response, admission: { kind: 'repeated', agentId, ends: [] }, unitId, voucherId: id };
}

interface Granted {
  readonly agentId: string;
  readonly name: string;
  readonly issued: IssuedCertificate;
  readonly hostFamily: string;
}

async function answer(trx: Trx, granted: Granted, { authority, urls }: AdmitDeps): Promise<EnrolResponse> {
  const { agentId, name, issued, hostFamily } = granted;
  const host = await trx
    .selectFrom('device')
    .select('id')
    .where('agent_id', '=', agentId)
    .where('family', '=', hostFamily)
    .orderBy('sid')
    .limit(1)
    .executeTakeFirst();
  return {
    agentId,
    certificate: issued.certificatePem,
    chain: chainOf(authority),
    hub: { mqttUrl: urls.mqttUrl, gatewayUrl: urls.gatewayUrl },
    name,
    ...(host ? { hostDevice: host.id } : {}),
  };
}

/** What stands above an agent's certificate: the device CA first, the root last. */
export function chainOf(authority: Authority): string[] {
  return [authority.deviceCaPem, authority.rootPem];
}

interface NewPlace {
  readonly unit_id: number;
  readonly agent_name: string | null;
  readonly created_by: string;
  readonly registry: EnrolmentRegistry;
}

async function addNew(trx: Trx, agentId: string, request: EnrolRequest, place: NewPlace): Promise<string> {
  const name = nameOf(place.agent_name ?? request.hostname, agentId);
  await place.registry.addAgent(trx, {
    id: agentId,
    unitId: place.unit_id,
    name,
    fingerprint: request.fingerprint,
    host: { family: request.hostFamily, name },
    adoptedBy: place.created_by,
  });
  return name;
}

/** The agent stays what it is and has been; only its older certificates end. New hardware brings back even a revoked one. */
async function takeOver(trx: Trx, agentId: string, kind: Admission['kind']): Promise<string> {
  await endCredentials(trx, agentId);
  const { name } = await trx
    .updateTable('agent')
    .set(kind === 'replace' ? { status: 'active' } : { held_generation: 0 })
    .where('id', '=', agentId)
    .returning('name')
    .executeTakeFirstOrThrow();
  return name;
}

async function endCredentials(trx: Trx, agentId: string): Promise<void> {
  await trx.updateTable('credential').set({ status: 'revoked' }).where('agent_id', '=', agentId).execute();
}

/** 50 random bits in letters that nobody confuses. */
function newAgentId(): string {
  const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
  return `ag-${Array.from({ length: 10 }, () => alphabet[randomInt(alphabet.length)]).join('')}`;
}

function nameOf(wanted: string, fallback: string): string {
  return wanted.replace(/\p{C}/gu, '').trim().slice(0, 200) || fallback;
}
