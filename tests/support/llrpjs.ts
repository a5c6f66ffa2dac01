import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createServer, type Socket } from 'node:net';

/** A message of the independent implementation; its fields are named as in the standard. */
interface ForeignMessage {
  encode(): { getBuffer(): Buffer };
  decode(): ForeignMessage;
  getName(): string;
  getMessageId(): number;
  toLLRPData(): { readonly id: number; readonly type: string; readonly data: Readonly<Record<string, unknown>> };
}

/** The independent client; it hears only the first message of each TCP segment, and acknowledges no keepalive. */
interface ForeignClient {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  recv(timeoutMs: number): Promise<ForeignMessage>;
  send(message: ForeignMessage): Promise<void>;
  transact(message: ForeignMessage, timeoutMs?: number): Promise<ForeignMessage>;
}

const require = createRequire(import.meta.url);

interface Llrpjs {
  readonly LLRPCore: Readonly<
    Record<string, new (options?: { readonly id?: number; readonly data?: unknown }) => ForeignMessage>
  >;
  readonly LLRPMessage: new (bytes: Buffer) => ForeignMessage;
  readonly LLRPClient: new (options: { readonly host: string; readonly port: number }) => ForeignClient;
}

/** `llrpjs` 1.0.1, an implementation of LLRP 1.0.1 that shares no line with ours. Its types are sources, so we give our own. */
export const llrpjs = require('llrpjs') as Llrpjs;

/** Makes a message of the independent implementation. */
export function foreignMessage(name: string, id: number, data: unknown = {}): ForeignMessage {
  const Message = llrpjs.LLRPCore[name];
  if (!Message) throw new Error(`llrpjs has no message ${name}`);
  return new Message({ id, data });
}

/** A reader whose every byte is read and written by the independent implementation. */
interface ForeignReader extends AsyncDisposable {
  readonly address: { readonly host: string; readonly port: number };
  readonly received: { readonly id: number; readonly type: string; readonly data: Readonly<Record<string, unknown>> }[];
  /** Says something unasked. */
  say(name: string, id: number, data?: unknown): Promise<void>;
}

const success = { LLRPStatus: { StatusCode: 'M_Success', ErrorDescription: '' } };
const capabilities = {
  MaxNumberOfAntennaSupported: 2,
  CanSetAntennaProperties: false,
  HasUTCClockCapability: true,
  DeviceManufacturerName: 161,
  ModelName: 7,
  ReaderFirmwareVersion: '1.2.3',
  ReceiveSensitivityTableEntry: [{ Index: 1, ReceiveSensitivityValue: 0 }],
  GPIOCapabilities: { NumGPIs: 2, NumGPOs: 2 },
  PerAntennaAirProtocol: [{ AntennaID: 1, ProtocolID: ['EPCGlobalClass1Gen2'] }],
};

/**
 * Starts a reader on loopback: sockets are ours, codec is theirs. Each message is handed to their decoder by itself, because
 * their own server loses all but the first of a segment.
 */
export async function startForeignReader(): Promise<ForeignReader> {
  const received: ForeignReader['received'] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    let buffer = Buffer.alloc(0);
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    const greeting = {
      ReaderEventNotificationData: {
        UTCTimestamp: { Microseconds: 0 },
        ConnectionAttemptEvent: { Status: 'Success' },
      },
    };
    socket.write(foreignMessage('READER_EVENT_NOTIFICATION', 1, greeting).encode().getBuffer());
    socket.on('data', (chunk) => {
      buffer = Buffer.concat([buffer, chunk]);
      while (buffer.length >= 10 && buffer.length >= buffer.readUInt32BE(2)) {
        const length = buffer.readUInt32BE(2);
        const message = new llrpjs.LLRPMessage(buffer.subarray(0, length)).decode().toLLRPData();
        buffer = buffer.subarray(length);
        received.push(message);
        const answer = `${message.type}_RESPONSE`;
        if (!Object.hasOwn(llrpjs.LLRPCore, answer)) continue;
        const isCapabilities = message.type === 'GET_READER_CAPABILITIES';
        const data = { ...success, ...(isCapabilities ? { GeneralDeviceCapabilities: capabilities } : {}) };
        socket.write(foreignMessage(answer, message.id, data).encode().getBuffer());
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    address: { host: '127.0.0.1', port },
    received,
    say: async (name, id, data = {}) => {
      const bytes = foreignMessage(name, id, data).encode().getBuffer();
      for (const socket of sockets) await new Promise<void>((resolve) => socket.write(bytes, () => resolve()));
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
