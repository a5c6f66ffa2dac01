import { FatalError, toError } from '../../protocols/errors.ts';
import type { Clock } from '../../protocols/ports.ts';
import type { AgentConfig } from '../config.ts';
import type { Driver } from '../devices/driver.ts';
import { isEnrolled, loadIdentity, type StoredIdentity, validityOf } from '../identity.ts';
import { createAddressFilter, type NetworkPolicy } from '../platform/network-policy.ts';
import { loadPreparation, loadRefusal } from '../preparation.ts';
import { lookAtDevices, lookAtNeeds, needsOf } from './device-look.ts';
import type { DoctorFacts, HubFacts, IdentityFact } from './facts.ts';
import { type KnownHub, lookAtHub } from './hub-look.ts';
import { lookAtFolder, lookAtMemory, lookAtPort, lookForAgent } from './machine-look.ts';
import { lookAtOutbox } from './outbox-look.ts';

export interface ExaminationOptions {
  readonly config: AgentConfig;
  readonly drivers: readonly Driver[];
  /** The hub's gateway of a machine that is not enrolled yet. */
  readonly gatewayUrl?: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Looks at everything, beside a running agent or without one, and changes nothing. */
export async function examine(options: ExaminationOptions): Promise<DoctorFacts> {
  const { config, drivers, clock, signal } = options;
  const { dataDir, localBroker } = config;
  const policy: NetworkPolicy = config.network;
  await policy.hub?.settle(signal);
  const { fact: identity, stored } = await lookAtIdentity(dataDir);
  const folder = await lookAtFolder(dataDir);
  const running = await lookForAgent(dataDir);
  const { outbox, devices } = lookAtOutbox(dataDir, folder);
  const wanted = needsOf(devices ?? [], drivers);
  const look = { drivers, filter: createAddressFilter(policy), clock, signal };
  const address = { host: localBroker.host, port: localBroker.port };
  const users = wanted.filter(({ needs }) => needs.some(({ kind }) => kind === 'broker'));
  return {
    now: clock.now(),
    dataDir,
    identity,
    running,
    hub: await lookAtKnownHub(
      stored,
      identity.state === 'prepared' ? { ...options, gatewayUrl: identity.hubUrl } : options,
    ),
    folder,
    outbox,
    outboxMaxBytes: config.outbox.maxMebibytes * 1_024 * 1_024,
    memory: lookAtMemory(),
    policy,
    devices: devices && (await lookAtDevices(wanted, look)),
    needs: await lookAtNeeds(wanted, look),
    localBroker: {
      isEnabled: localBroker.enabled,
      place: `${address.host}:${address.port}`,
      // A port that nobody needs is left alone.
      port: users.length > 0 && localBroker.enabled ? await lookAtPort(address) : 'free',
      devices: users.map(({ device }) => device.name),
    },
  };
}

async function lookAtIdentity(dataDir: string): Promise<{ fact: IdentityFact; stored?: StoredIdentity }> {
  try {
    // Asked first: it also tells whether this user may look at all.
    const prepared = (await isEnrolled(dataDir)) ? undefined : await loadPreparation(dataDir);
    if (prepared) {
      const refused = await loadRefusal(dataDir, prepared);
      return { fact: { state: 'prepared', hubUrl: prepared.hubUrl, ...(refused ? { refused } : {}) } };
    }
    const stored = await loadIdentity(dataDir);
    const { agentId, name } = stored;
    return { fact: { state: 'enrolled', agentId, name, ...validityOf(stored) }, stored };
  } catch (thrown) {
    const error = toError(thrown);
    if (error instanceof FatalError && error.code === 'not-enrolled') return { fact: { state: 'none' } };
    const { cause } = error;
    const isForbidden = cause instanceof Error && 'code' in cause && cause.code === 'EACCES';
    return { fact: isForbidden ? { state: 'forbidden' } : { state: 'broken', detail: error.message } };
  }
}

async function lookAtKnownHub(
  stored: StoredIdentity | undefined,
  { gatewayUrl, clock, signal }: ExaminationOptions,
): Promise<HubFacts> {
  const closed = { state: 'not-tried' } as const;
  const hub = stored ? hubOf(stored) : gatewayUrl === undefined ? undefined : { gatewayUrl };
  if (!hub) return { name: closed, gateway: closed, broker: closed, clockAheadMs: undefined };
  return await lookAtHub({ hub, clock, signal });
}

function hubOf({ hub, keyPem, certificatePem, chainPems }: StoredIdentity): KnownHub {
  const credentials = { key: keyPem, certificate: certificatePem };
  return { gatewayUrl: hub.gatewayUrl, mqttUrl: hub.mqttUrl, authorities: chainPems, credentials };
}
