import { FatalError } from '../protocols/errors.ts';
import type { Clock } from '../protocols/ports.ts';
import { requestHub } from '../provisioning/enrolment/hub-request.ts';
import type { DriverContext } from './devices/driver.ts';
import { type StoredIdentity, storeRenewal, validityOf } from './identity.ts';
import { Renewal } from './uplink/renewal.ts';
import { Uplink, type UplinkOptions } from './uplink/uplink.ts';

/** What an agent has once it has an identity: its session with the hub, and a certificate that is renewed. */
export interface HubLink extends AsyncDisposable {
  readonly agentId: string;
  /** Whether the hub has answered. */
  readonly isOnline: boolean;
  /** The hub's clock, as far as it is known; milliseconds since the Unix epoch. */
  hubNow(): number;
  readonly upload: DriverContext['upload'];
}

export interface HubLinkOptions extends Omit<UplinkOptions, 'agentId' | 'url' | 'identity'> {
  readonly identity: StoredIdentity;
  readonly dataDir: string;
}

/** A picture of 4 MiB over a slow school line. */
const uploadTimeoutMs = 60_000;

/** Begins to speak to the hub as this agent; returns at once. */
export function startHubLink({ identity: first, dataDir, ...options }: HubLinkOptions): HubLink {
  const { clock, log, random } = options;
  let identity = first;
  const uplink = new Uplink({
    ...options,
    agentId: first.agentId,
    url: first.hub.mqttUrl,
    identity: () => ({ key: identity.keyPem, certificate: identity.certificatePem, authorities: identity.chainPems }),
  });
  const renew = async (signal: AbortSignal) => {
    identity = await renewed(identity, dataDir, clock, signal);
    uplink.reconnect('the certificate was renewed');
  };
  const renewal = new Renewal({ validity: () => validityOf(identity), renew, clock, log, random });
  uplink.start();
  renewal.start();
  return {
    agentId: first.agentId,
    get isOnline() {
      return uplink.isOnline;
    },
    hubNow: () => uplink.hubNow(),
    upload: uploadTo(() => identity, clock),
    [Symbol.asyncDispose]: async () => {
      await renewal[Symbol.asyncDispose]();
      await uplink[Symbol.asyncDispose]();
    },
  };
}

/** What stands for an upload before there is a hub. */
export const noUpload: DriverContext['upload'] = async () => {
  throw new FatalError('not-enrolled', 'this machine has no identity yet, so no hub takes its pictures');
};

function uploadTo(identity: () => StoredIdentity, clock: Clock): DriverContext['upload'] {
  return async (commandId, contentType, bytes, signal) => {
    const { hub, keyPem, certificatePem, chainPems } = identity();
    await requestHub({
      method: 'PUT',
      url: new URL(`/v1/pictures/${encodeURIComponent(commandId)}`, hub.gatewayUrl).href,
      contentType,
      body: bytes,
      authorities: chainPems,
      credentials: { key: keyPem, certificate: certificatePem },
      timeoutMs: uploadTimeoutMs,
      signal,
      clock,
    });
  };
}

async function renewed(
  identity: StoredIdentity,
  dataDir: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<StoredIdentity> {
  // Loaded when it is needed, every few weeks: the X.509 library is large.
  const { renew } = await import('../provisioning/enrolment/enrol.ts');
  const { certificate, chain } = await renew({
    gatewayUrl: identity.hub.gatewayUrl,
    agentId: identity.agentId,
    credentials: { key: identity.keyPem, certificate: identity.certificatePem },
    authorities: identity.chainPems,
    clock,
    signal,
  });
  await storeRenewal(dataDir, { certificate, chain });
  return { ...identity, certificatePem: certificate, chainPems: chain };
}
