import { FleetError, RecoverableError, toError } from '../../protocols/errors.ts';
import type { Problem } from '../../protocols/fleet/problem.ts';

/** Status of HTTP by our code; what is not named here is a request that cannot be taken. */
const statuses: Readonly<Record<string, number>> = {
  'voucher-wrong': 403,
  'voucher-used': 410,
  'voucher-revoked': 410,
  'voucher-expired': 410,
  'too-many-tries': 429,
  'machine-known': 409,
  'machine-elsewhere': 409,
  'machine-quarantined': 409,
  'renewal-early': 409,
  'credential-refused': 403,
  'certificate-required': 401,
  'picture-not-asked': 404,
  'picture-type': 415,
  'picture-size': 413,
  'release-not-found': 404,
  'bad-request': 400,
};

/** An answer to an agent: the status, and the problem in the words of the fleet's contract. */
export interface Refusal {
  readonly status: number;
  readonly problem: Problem;
}

/** Reads any thrown value as an answer. Only errors of ours are told; of others the agent learns nothing. */
export function refusalFor(thrown: unknown): Refusal {
  const error = toError(thrown);
  if (error instanceof RecoverableError)
    return refusal(503, error.code, 'The hub cannot answer now. Try again in a minute.', true);
  if (error instanceof FleetError && Object.hasOwn(statuses, error.code))
    return refusal(statuses[error.code] ?? 400, error.code, error.message, error.code === 'too-many-tries');
  const status = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : 500;
  if (status >= 400 && status < 500) return refusal(status, 'bad-request', 'The request cannot be taken as it is.');
  return refusal(500, 'internal', 'The hub could not answer.');
}

function refusal(status: number, code: string, message: string, retryable = false): Refusal {
  return { status, problem: { code, message, retryable } };
}

/** A request that carries no client certificate, or one that the hub does not accept. */
export class CertificateError extends FleetError {
  constructor(code: 'certificate-required' | 'credential-refused', message: string) {
    super(code, message);
  }
}

/** A body that does not follow the contract. */
export class BadRequest extends FleetError {
  constructor(message: string) {
    super('bad-request', message);
  }
}
