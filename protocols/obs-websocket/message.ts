import { z } from 'zod';
import { ProtocolError } from '../bytes/error.ts';

// Names and numbers are those of obs-websocket 5.1.0, protocol.md.

/** Port of OBS unless someone moves it. */
export const obsPort = 4455;
/** The subprotocol in which messages are JSON. */
export const jsonProtocol = 'obswebsocket.json';
/** The only version of the remote procedure calls so far. */
const rpcVersion = 1;
/** Closed because the password is wrong or missing. */
export const closedByAuthentication = 4009;

/** Events that we ask for: general, configuration, scenes, inputs and outputs. */
const eventSubscriptions = 1 | 2 | 4 | 8 | 64;

/** What a request may be refused with; the rest are mistakes of the caller. */
export const requestStatus = {
  success: 100,
  /** In newer versions: OBS still starts, or a transition runs. */
  notReady: 207,
  outputRunning: 500,
  outputNotRunning: 501,
  outputNotPaused: 503,
  resourceNotFound: 600,
  /** The output exists not, or not in this state. */
  invalidResourceState: 604,
} as const;

const helloSchema = z.object({
  obsWebSocketVersion: z.string().max(40),
  rpcVersion: z.int(),
  authentication: z.object({ challenge: z.string().max(200), salt: z.string().max(200) }).optional(),
});
const identifiedSchema = z.object({ negotiatedRpcVersion: z.int() });
const document = z.record(z.string(), z.unknown());
const eventSchema = z.object({ eventType: z.string().max(100), eventData: document.nullish() });
const responseSchema = z.object({
  requestId: z.string().max(100),
  requestType: z.string().max(100),
  requestStatus: z.object({ result: z.boolean(), code: z.int(), comment: z.string().max(2_000).optional() }),
  responseData: document.nullish(),
});
const messageSchema = z.discriminatedUnion('op', [
  z.object({ op: z.literal(0), d: helloSchema }),
  z.object({ op: z.literal(2), d: identifiedSchema }),
  z.object({ op: z.literal(5), d: eventSchema }),
  z.object({ op: z.literal(7), d: responseSchema }),
]);

type Document = Readonly<Record<string, unknown>>;

export type ObsMessage =
  | { readonly kind: 'hello'; readonly version: string; readonly authentication: Challenge | undefined }
  | { readonly kind: 'identified' }
  | { readonly kind: 'event'; readonly type: string; readonly data: Document }
  | ObsResponse;

export interface Challenge {
  readonly challenge: string;
  readonly salt: string;
}

export interface ObsResponse {
  readonly kind: 'response';
  readonly id: string;
  readonly type: string;
  /** 100 is success, and only that it was accepted. */
  readonly code: number;
  readonly comment: string | undefined;
  readonly data: Document;
}

/** Reads one message of OBS. Throws ProtocolError `malformed` for what is none, or none that we asked for. */
export function decodeMessage(text: string): ObsMessage {
  const parsed = messageSchema.safeParse(parseJson(text));
  if (!parsed.success) {
    throw new ProtocolError('malformed', `OBS says something unknown: ${z.prettifyError(parsed.error).slice(0, 300)}`);
  }
  const { op, d } = parsed.data;
  switch (op) {
    case 0:
      return { kind: 'hello', version: d.obsWebSocketVersion, authentication: d.authentication };
    case 2:
      return { kind: 'identified' };
    case 5:
      return { kind: 'event', type: d.eventType, data: d.eventData ?? {} };
    case 7: {
      const { code, comment } = d.requestStatus;
      return { kind: 'response', id: d.requestId, type: d.requestType, code, comment, data: d.responseData ?? {} };
    }
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    throw new ProtocolError('malformed', `this is no JSON: ${JSON.stringify(text.slice(0, 60))}`, { cause: thrown });
  }
}

/** Answers a hello. `authentication` is left out where OBS asks for none. */
export function encodeIdentify(authentication: string | undefined): string {
  return JSON.stringify({
    op: 1,
    d: { rpcVersion, ...(authentication === undefined ? {} : { authentication }), eventSubscriptions },
  });
}

/** Asks for something; the answer carries the same `id`, and may overtake others. */
export function encodeRequest(id: string, type: string, data?: Document): string {
  return JSON.stringify({ op: 6, d: { requestType: type, requestId: id, ...(data ? { requestData: data } : {}) } });
}
