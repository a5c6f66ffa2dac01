import { FleetError, toError } from '../../protocols/errors.ts';

export type RejectionCode =
  | 'tls-rejected'
  | 'too-many-connections'
  | 'no-identity'
  | 'client-id-mismatch'
  | 'persistent-session'
  | 'will-refused'
  | 'protocol-version'
  | 'credential-refused'
  | 'banned'
  | 'clone-suspected'
  | 'keepalive-refused'
  | 'oversize-packet'
  | 'malformed-packet'
  | 'connect-timeout'
  | 'keepalive-timeout'
  | 'slow-reader'
  | 'foreign-topic'
  | 'reserved-topic'
  | 'foreign-filter'
  | 'quality-of-service'
  | 'retained'
  | 'ingest-unavailable'
  | 'hub-unavailable'
  | 'connection-lost';

/** Why a connection was refused or cut. `code` is what counters, log and quarantine show. */
export class Rejection extends FleetError {
  declare readonly code: RejectionCode;
  /** Return code of CONNACK (MQTT 3.1.1, 3.2.2.3) when this refuses a CONNECT. */
  readonly returnCode: 2 | 3 | 5;

  constructor(code: RejectionCode, message: string, returnCode: 2 | 3 | 5 = 5) {
    super(code, message);
    this.returnCode = returnCode;
  }
}

/** The broker library tells its reasons by message only. */
const messages: readonly (readonly [RegExp, RejectionCode])[] = [
  [/keep alive limit/, 'keepalive-refused'],
  [/keep alive timeout/, 'keepalive-timeout'],
  [/did not arrive in time/, 'connect-timeout'],
  [/drain timeout/, 'slow-reader'],
  [/unacceptable protocol version/, 'protocol-version'],
  [/ECONNRESET|EPIPE|ETIMEDOUT|premature close|connection closed|aborted/i, 'connection-lost'],
];

/** Reads any error of a connection as a rejection; what is not known otherwise was a packet that follows no rule of MQTT. */
export function toRejection(thrown: unknown): Rejection {
  if (thrown instanceof Rejection) return thrown;
  const { message } = toError(thrown);
  const code = messages.find(([pattern]) => pattern.test(message))?.[1] ?? 'malformed-packet';
  return new Rejection(code, message);
}
