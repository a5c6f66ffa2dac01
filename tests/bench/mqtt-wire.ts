import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import { generate, type Packet, parser } from 'mqtt-packet';

/** The least MQTT 3.1.1 client that can load a broker: raw TLS, no queue, no retry, so that it costs as little as it can. */
export interface Wire {
  /** Sends QoS 1 and resolves on PUBACK. */
  publish(topic: string, payload: Buffer): Promise<void>;
  subscribe(topic: string): Promise<void>;
  onMessage(listener: (topic: string, payload: Buffer) => void): void;
  readonly bytesSent: number;
  close(): void;
}

export interface WireOptions {
  readonly host: string;
  readonly port: number;
  readonly key: string;
  readonly certificate: string;
  readonly authority: string;
  readonly clientId: string;
}

export async function connectWire(options: WireOptions): Promise<Wire> {
  const socket = connect({
    host: options.host,
    port: options.port,
    key: options.key,
    cert: options.certificate,
    ca: options.authority,
    servername: 'localhost',
  });
  socket.setNoDelay(true);
  await once(socket, 'secureConnect');
  return talk(socket, options.clientId);
}

async function talk(socket: TLSSocket, clientId: string): Promise<Wire> {
  const packets = parser({ protocolVersion: 4 });
  const waiting = new Map<number, () => void>();
  let connected: (() => void) | undefined;
  let failed: Error | undefined;
  let listener: (topic: string, payload: Buffer) => void = () => {};
  let nextId = 1;
  packets.on('packet', (packet: Packet) => {
    if (packet.cmd === 'connack') {
      if (packet.returnCode !== 0) failed = new Error(`CONNACK ${packet.returnCode}`);
      connected?.();
    } else if (packet.cmd === 'puback' || packet.cmd === 'suback') {
      waiting.get(packet.messageId ?? 0)?.();
      waiting.delete(packet.messageId ?? 0);
    } else if (packet.cmd === 'publish') {
      if (packet.qos > 0) socket.write(generate({ cmd: 'puback', messageId: packet.messageId ?? 0 }));
      listener(packet.topic, packet.payload as Buffer);
    }
  });
  socket.on('data', (chunk) => packets.parse(chunk));
  socket.on('error', (error) => {
    failed = error;
  });
  socket.on('close', () => {
    failed ??= new Error('the broker closed the connection');
    connected?.();
  });
  const take = () => {
    const id = nextId;
    nextId = (nextId % 65_535) + 1;
    return id;
  };
  const acknowledged = (id: number) => new Promise<void>((resolve) => waiting.set(id, resolve));
  socket.write(
    generate({ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true, clientId, keepalive: 60 }),
  );
  await new Promise<void>((resolve) => {
    connected = resolve;
  });
  if (failed) throw failed;
  return {
    publish: (topic, payload) => {
      const id = take();
      socket.write(generate({ cmd: 'publish', topic, payload, qos: 1, messageId: id, dup: false, retain: false }));
      return acknowledged(id);
    },
    subscribe: (topic) => {
      const id = take();
      socket.write(generate({ cmd: 'subscribe', messageId: id, subscriptions: [{ topic, qos: 1 }] }));
      return acknowledged(id);
    },
    onMessage: (next) => {
      listener = next;
    },
    get bytesSent() {
      return socket.bytesWritten;
    },
    close: () => socket.destroy(),
  };
}
