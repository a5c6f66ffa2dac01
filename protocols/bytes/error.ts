import { FatalError, type FleetErrorOptions } from '../errors.ts';

export type ProtocolErrorCode = 'truncated' | 'malformed' | 'checksum' | 'unsupported' | 'oversize';

/** Bytes or text from a wire that do not follow their protocol. Codecs throw nothing else. */
export class ProtocolError extends FatalError {
  declare readonly code: ProtocolErrorCode;

  constructor(code: ProtocolErrorCode, message: string, options: FleetErrorOptions = {}) {
    super(code, message, options);
  }
}
