import { once } from 'node:events';
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { Aedes, type Client } from 'aedes';
import type { DownChannel } from '../../protocols/fleet/channels.ts';
import { enrolRequestSchema } from '../../protocols/fleet/enrolment.ts';
import { encodePayload } from '../../protocols/fleet/payload.ts';
import { mayPublish, maySubscribe, parseTopic, topicOf } from '../../protocols/fleet/topics.ts';
import { formatVoucherCode } from '../../provisioning/enrolment/voucher-code.ts';
import { HubLedger } from './fake-hub.ts';
import { createTestAuthority, type TestAuthority } from './test-authority.ts';

export interface StandInHub extends AsyncDisposable {
  readonly authority: TestAuthority;
  readonly gatewayUrl: string;
  readonly mqttUrl: string;
  /** A fresh code, good for one enrolment. */
  voucher(): string;
  /** What the hub holds of one agent. */
  ledger(agentId: string): HubLedger;
  readonly pictures: {
    readonly agentId: string;
    readonly commandId: string;
    readonly type: string;
    readonly bytes: Buffer;
  }[];
  /** Requests for renewal that were granted. */
  renewals: number;
  /** Life of the certificates that it gives, in milliseconds, and how much of it is already over. */
  life: { validMs: number; agedMs: number };
  send<C extends DownChannel>(
    agentId: string,
    channel: C,
    value: Parameters<typeof encodePayload<C>>[1],
  ): Promise<void>;
  connected(agentId: string): boolean;
  /** Cuts the connection of an agent. */
  cut(agentId: string): void;
  stopBroker(): Promise<void>;
  startBroker(): Promise<void>;
}

/** The hub's doors on loopback with the hub's rules and no database: enough for an agent to be tested against. */
export async function startStandInHub(): Promise<StandInHub> {
  const authority = await createTestAuthority();
  const { certificate, key, chain } = await authority.serverIdentity();
  const tls = {
    cert: [certificate, ...chain, authority.root].join('\n'),
    key,
    ca: [authority.root, authority.intermediate],
  };
  const vouchers = new Set<string>();
  const ledgers = new Map<string, HubLedger>();
  const ledger = (agentId: string) => {
    const held = ledgers.get(agentId) ?? new HubLedger();
    ledgers.set(agentId, held);
    return held;
  };
  const hub = {
    renewals: 0,
    life: { validMs: 30 * 86_400_000, agedMs: 3_600_000 },
    pictures: [] as StandInHub['pictures'],
  };
  let agents = 0;
  const certify = async (csr: string, agentId: string) => ({
    certificate: await authority.signAgent(csr, agentId, {
      validMs: hub.life.validMs,
      at: Date.now() - hub.life.agedMs,
    }),
    chain: [authority.intermediate, authority.root],
  });

  const gateway = createHttpsServer({ ...tls, requestCert: true, rejectUnauthorized: false }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      void answer(
        request.method ?? '',
        request.url ?? '',
        request.socket as TLSSocket,
        Buffer.concat(chunks),
        request.headers['content-type'] ?? '',
      )
        .catch((error: unknown) => ({
          status: 500,
          body: { code: 'internal', message: String(error), retryable: false },
        }))
        .then(({ status, body }) => response.writeHead(status).end(body === undefined ? '' : JSON.stringify(body)));
    });
  });

  const answer = async (
    method: string,
    url: string,
    socket: TLSSocket,
    body: Buffer,
    type: string,
  ): Promise<{ status: number; body?: unknown }> => {
    const peer = socket.authorized ? String(socket.getPeerCertificate().subject.CN) : undefined;
    if (method === 'POST' && url === '/enrol') {
      const request = enrolRequestSchema.parse(JSON.parse(body.toString()));
      if (!vouchers.delete(request.voucher)) {
        return { status: 410, body: { code: 'voucher-used', message: 'This voucher was used.', retryable: false } };
      }
      const agentId = `agent-${++agents}`;
      const urls = { mqttUrl: mqttUrl(), gatewayUrl: gatewayUrl() };
      return {
        status: 200,
        body: { agentId, ...(await certify(request.csr, agentId)), hub: urls, name: request.hostname },
      };
    }
    if (peer === undefined)
      return { status: 401, body: { code: 'certificate-required', message: 'No certificate.', retryable: false } };
    if (method === 'POST' && url === '/renew') {
      hub.renewals++;
      return { status: 200, body: await certify(JSON.parse(body.toString()).csr, peer) };
    }
    const picture = /^\/v1\/pictures\/([^/]+)$/.exec(url)?.[1];
    if (method === 'PUT' && picture) {
      hub.pictures.push({ agentId: peer, commandId: picture, type, bytes: body });
      return { status: 204 };
    }
    return { status: 404, body: { code: 'not-found', message: 'There is nothing here.', retryable: false } };
  };

  let broker = await createBroker(ledger);
  const mqtt = createTlsServer(
    { ...tls, requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.2' },
    (socket) => {
      socket.on('error', () => {});
      broker.handle(socket);
    },
  );
  const gatewayPort = await listen(gateway);
  const mqttPort = await listen(mqtt as unknown as HttpsServer);
  const gatewayUrl = () => `https://127.0.0.1:${gatewayPort}`;
  const mqttUrl = () => `mqtts://127.0.0.1:${mqttPort}`;
  const clientOf = (agentId: string) => (broker as unknown as { clients: Record<string, Client> }).clients[agentId];
  const root = await fingerprintOf(authority.root);

  return Object.assign(hub, {
    authority,
    get gatewayUrl() {
      return gatewayUrl();
    },
    get mqttUrl() {
      return mqttUrl();
    },
    voucher: () => {
      const secret = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('hex');
      vouchers.add(secret);
      return formatVoucherCode(secret, root);
    },
    ledger,
    connected: (agentId: string) => clientOf(agentId) !== undefined,
    cut: (agentId: string) => clientOf(agentId)?.close(),
    send: async <C extends DownChannel>(agentId: string, channel: C, value: Parameters<typeof encodePayload<C>>[1]) => {
      await publish(broker, topicOf(agentId, channel), encodePayload(channel, value));
    },
    stopBroker: async () => {
      await new Promise<void>((resolve) => broker.close(() => resolve()));
      await new Promise<void>((resolve) => mqtt.close(() => resolve()));
    },
    startBroker: async () => {
      broker = await createBroker(ledger);
      mqtt.listen(mqttPort, '127.0.0.1');
      await once(mqtt, 'listening');
    },
    [Symbol.asyncDispose]: async () => {
      await new Promise<void>((resolve) => broker.close(() => resolve()));
      await new Promise<void>((resolve) => mqtt.close(() => resolve()));
      gateway.closeAllConnections();
      await new Promise<void>((resolve) => gateway.close(() => resolve()));
    },
  });
}

async function createBroker(ledger: (agentId: string) => HubLedger): Promise<Aedes> {
  const broker = await Aedes.createBroker({ concurrency: 1_000, drainTimeout: 10_000 });
  broker.authenticate = (client, _user, _password, done) => {
    const socket = client.conn as TLSSocket;
    done(null, socket.authorized && client.id === String(socket.getPeerCertificate().subject.CN));
  };
  broker.authorizeSubscribe = (client, subscription, done) =>
    done(null, client && maySubscribe(client.id, subscription.topic) ? subscription : null);
  broker.authorizePublish = (client, packet, done) => {
    if (!client || !mayPublish(client.id, packet.topic)) return done(new Error('not allowed'));
    const channel = parseTopic(packet.topic)?.channel;
    const payload = Buffer.from(packet.payload);
    const held = ledger(client.id);
    if (channel === 'up/heartbeat') held.heartbeat(payload);
    else {
      const ack = channel === 'up/hello' ? held.hello(payload) : held.frame(payload);
      void publish(broker, topicOf(client.id, 'down/ack'), encodePayload('down/ack', ack));
    }
    done(null);
  };
  return broker;
}

function publish(broker: Aedes, topic: string, payload: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    broker.publish({ cmd: 'publish', topic, payload, qos: 1, retain: false, dup: false }, (error) =>
      error ? reject(error) : resolve(),
    );
  });
}

async function listen(server: HttpsServer): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function fingerprintOf(pem: string): Promise<string> {
  const { createHash, X509Certificate } = await import('node:crypto');
  return createHash('sha256').update(new X509Certificate(pem).raw).digest('hex');
}
