import { createRequire } from 'node:module';

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

interface Llrpjs {
  readonly LLRPCore: Readonly<
    Record<string, new (options?: { readonly id?: number; readonly data?: unknown }) => ForeignMessage>
  >;
  readonly LLRPMessage: new (bytes: Buffer) => ForeignMessage;
  readonly LLRPClient: new (options: { readonly host: string; readonly port: number }) => ForeignClient;
}

/** `llrpjs` 1.0.1, an implementation of LLRP 1.0.1 that shares no line with ours. Its types are sources, so we give our own. */
export const llrpjs = createRequire(import.meta.url)('llrpjs') as Llrpjs;

/** Makes a message of the independent implementation. */
export function foreignMessage(name: string, id: number, data: unknown = {}): ForeignMessage {
  const Message = llrpjs.LLRPCore[name];
  if (!Message) throw new Error(`llrpjs has no message ${name}`);
  return new Message({ id, data });
}
