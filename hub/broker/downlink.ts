import type { ChannelPayload, DownChannel } from '../../protocols/fleet/channels.ts';
import type { Ack, Desired } from '../../protocols/fleet/messages.ts';
import { encodePayload } from '../../protocols/fleet/payload.ts';
import { topicOf } from '../../protocols/fleet/topics.ts';
import type { Clock, Log } from '../../protocols/ports.ts';
import { canSealTo, sealDesired } from '../../provisioning/sealing/credentials.ts';
import { type BrokerCounters, count } from './counters.ts';
import { Rejection } from './error.ts';
import type { BrokerCommands, BrokerPolicies, BrokerRegistry } from './ports.ts';
import type { Session } from './sessions.ts';
import type { BrokerLimits } from './settings.ts';

export interface DownlinkDeps {
  readonly registry: BrokerRegistry;
  readonly commands: BrokerCommands;
  /** A hub without sends none. */
  readonly policies?: BrokerPolicies;
  readonly limits: BrokerLimits;
  readonly counters: BrokerCounters;
  readonly clock: Clock;
  readonly log: Log;
  /** Ends a session for a reason. */
  readonly cut: (session: Session, rejection: Rejection) => void;
}

/** What the hub tells an agent. Messages go to its connection directly; nothing is kept for who is away. */
export interface Downlink {
  ack(session: Session, ack: Ack): void;
  /** Sends the desired document unless the agent holds this generation. Rejects when the database does not answer. */
  desired(session: Session): Promise<void>;
  /** Sends the bundle of policies when the agent's number is lower. Rejects when the database does not answer. */
  policies(session: Session): Promise<void>;
  /** Sends queued commands; `again` adds what was sent before and never confirmed. */
  commands(session: Session, again: boolean): Promise<void>;
}

/** How often the same generation is sent again to an agent that keeps saying that it holds another. */
export const desiredAgainMs = 60_000;

export function createDownlink(deps: DownlinkDeps): Downlink {
  const { registry, commands, policies, limits, counters, clock, log, cut } = deps;

  /** False when it could not be handed to the connection. */
  const send = <C extends DownChannel>(session: Session, channel: C, value: ChannelPayload<C>): boolean => {
    const { agentId } = session.identity;
    const topic = topicOf(agentId, channel);
    if (session.ended || session.client.closed) return false;
    if (!session.granted.has(topic)) {
      log.debug('nothing is sent where the agent did not subscribe', { agent: agentId, topic });
      return false;
    }
    if (session.socket.writableLength > limits.waitingBytes) {
      cut(session, new Rejection('slow-reader', `${session.socket.writableLength} bytes wait for the agent`));
      return false;
    }
    const payload = encodePayload(channel, value);
    session.client.publish({ cmd: 'publish', topic, payload, qos: 1, retain: false, dup: false }, () => {});
    count(counters.sent, channel);
    return true;
  };

  return {
    ack: (session, ack) => {
      // Read as late as can be: what passes between here and the agent is all that its view of our clock is behind.
      send(session, 'down/ack', { ...ack, at: Math.round(clock.now()) });
    },

    desired: async (session) => {
      const { agentId } = session.identity;
      const desired = await registry.desiredFor(agentId);
      const sentLately = clock.mono() - session.generationSentMs < desiredAgainMs;
      if (desired.generation === session.generation && sentLately) return;
      session.generation = desired.generation;
      session.generationSentMs = clock.mono();
      if (send(session, 'down/desired', sealedFor(session, desired)))
        log.info('desired document sent', { agent: agentId, generation: desired.generation });
    },

    policies: async (session) => {
      const { agentId } = session.identity;
      const bundle = await policies?.envelopeFor(agentId);
      if (!bundle || bundle.number <= session.policy) return;
      if (!send(session, 'down/policies', bundle.envelope)) return;
      session.policy = bundle.number;
      log.info('policies sent', { agent: agentId, number: bundle.number });
    },

    commands: async (session, again) => {
      const { agentId } = session.identity;
      const pending = await commands.pendingFor(agentId, { again });
      if (session.ended || session.client.closed) return;
      // One may have been taken back since it was read: only what is marked goes.
      const going = pending.length > 0 ? await commands.markSent(pending.map(({ id }) => id)) : new Set();
      const toSend = pending.filter(({ id }) => going.has(id));
      for (const batch of batches(toSend)) send(session, 'down/commands', { commands: batch });
      const takenBack = await commands.cancellationsFor(agentId);
      if (takenBack.length > 0) send(session, 'down/cancellations', { commands: takenBack });
    },
  };
}

/** Credentials sealed to the key that this very connection has proven; an agent of an older version gets them as before. */
function sealedFor({ opensSealed, socket, identity }: Session, desired: Desired): Desired {
  const key = opensSealed ? socket.getPeerX509Certificate()?.publicKey : undefined;
  return key && canSealTo(key) ? sealDesired(desired, identity.agentId, key) : desired;
}

/** Commands in messages that fit: arguments are small, so a count suffices. */
function batches<T>(list: readonly T[]): T[][] {
  const size = 20;
  return Array.from({ length: Math.ceil(list.length / size) }, (_, index) =>
    list.slice(index * size, index * size + size),
  );
}
