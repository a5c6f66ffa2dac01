import type { IPublishPacket } from 'mqtt-packet';
import { ProtocolError } from '../../protocols/bytes/error.ts';
import { FleetError, RecoverableError, toError } from '../../protocols/errors.ts';
import type { UpChannel } from '../../protocols/fleet/channels.ts';
import { decodePayload } from '../../protocols/fleet/payload.ts';
import type { Clock, Log } from '../../protocols/ports.ts';
import { sealingWay } from '../../provisioning/sealing/credentials.ts';
import { channelOf } from './authorize.ts';
import { type BrokerCounters, count } from './counters.ts';
import { type Downlink, desiredAgainMs } from './downlink.ts';
import { Rejection } from './error.ts';
import type { Journal } from './journal.ts';
import type { BrokerHealth, BrokerIngest, BrokerMachines, BrokerPolicies, BrokerWitnesses } from './ports.ts';
import type { Session } from './sessions.ts';

export interface UplinkDeps {
  readonly ingest: BrokerIngest;
  readonly machines: BrokerMachines;
  readonly witnesses: BrokerWitnesses;
  readonly policies?: BrokerPolicies;
  readonly health: BrokerHealth;
  readonly downlink: Downlink;
  readonly journal: Journal;
  readonly counters: BrokerCounters;
  readonly clock: Clock;
  readonly log: Log;
}

export type Publication = Pick<IPublishPacket, 'topic' | 'qos' | 'retain'> & { readonly payload: string | Buffer };

/**
 * Takes one publication of an agent. Resolving means PUBACK: stored, or kept in quarantine. A payload is never bounced, for
 * the agent would send it again for ever. Rejects with Rejection: the connection then ends, without PUBACK.
 */
export type Uplink = (session: Session, publication: Publication) => Promise<void>;

export function createUplink({
  ingest,
  machines,
  witnesses,
  policies,
  health,
  downlink,
  journal,
  counters,
  clock,
  log,
}: UplinkDeps): Uplink {
  const greet = async (session: Session, payload: Buffer): Promise<void> => {
    const { agentId } = session.identity;
    const hello = decodePayload('up/hello', payload);
    const verdict = await machines.greeted(agentId, hello.machine, session.address);
    if (!verdict.ok) throw new Rejection('clone-suspected', verdict.message);
    const [ack, witness] = await Promise.all([ingest.hello(agentId, hello), witnesses.current()]);
    downlink.ack(session, { ...ack, ...(witness ? { witness } : {}) });
    void witnesses.compare(agentId, hello.witnesses);
    session.greeted = true;
    session.opensSealed = hello.seals?.includes(sealingWay) ?? false;
    session.generation = hello.generation;
    // Whether the agent holds this generation is what it just said: nothing equal needs to be sent.
    session.generationSentMs = clock.mono();
    await session.sendDesired();
    session.policy = hello.policy ?? 0;
    await policies?.held(agentId, session.policy);
    await session.sendPolicies();
    await downlink.commands(session, true);
  };

  const beat = (session: Session, payload: Buffer): void => {
    const heartbeat = decodePayload('up/heartbeat', payload);
    health.heartbeat(session.identity.agentId, heartbeat);
    const behind = session.greeted && heartbeat.generation !== session.generation;
    if (!behind || clock.mono() - session.generationSentMs < desiredAgainMs) return;
    session.sendDesired().catch((error: unknown) => {
      log.warn('desired document not sent', { error, agent: session.identity.agentId });
    });
  };

  const take = async (session: Session, channel: UpChannel, payload: Buffer): Promise<void> => {
    switch (channel) {
      case 'up/frames': {
        const ack = await ingest.submit(session.identity.agentId, payload);
        if (ack) downlink.ack(session, ack);
        return;
      }
      case 'up/hello':
        return greet(session, payload);
      case 'up/heartbeat':
        return beat(session, payload);
    }
  };

  return async (session, publication) => {
    if (session.ended) throw new Rejection('connection-lost', 'the session has ended');
    const { agentId } = session.identity;
    const { topic, qos, retain } = publication;
    const channel = channelOf(agentId, { topic, qos, retain });
    const payload = Buffer.from(publication.payload);
    count(counters.messages, channel);
    try {
      await take(session, channel, payload);
      health.heard(agentId);
      session.heardMono = clock.mono();
    } catch (thrown) {
      const rejection = rejectionOf(thrown, `${channel} of ${agentId}`);
      if (rejection) throw rejection;
      // What remains is the fault of the payload, or ours; in both cases the agent keeps its records until `down/ack`.
      if (!(thrown instanceof ProtocolError))
        log.error('a message could not be taken', { error: thrown, agent: agentId });
      const error = toError(thrown);
      const code = error instanceof FleetError ? error.code : 'internal';
      journal.unusable({ address: session.address, agentId, topic, channel, payload }, code, error.message);
    }
  };
}

/** What ends the connection: a refusal, or a store that does not answer. Anything else is about the payload alone. */
function rejectionOf(thrown: unknown, what: string): Rejection | undefined {
  if (thrown instanceof Rejection) return thrown;
  if (!(thrown instanceof RecoverableError)) return undefined;
  return new Rejection('ingest-unavailable', `${what} is not stored: ${thrown.message}`);
}
