import { FleetError, RecoverableError, toError } from '../../protocols/errors.ts';

/** Errors of sockets and files under which the same statement may succeed a moment later. */
const connectionCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
  'EPIPE',
  'ETIMEDOUT',
]);

/** Classes of PostgreSQL's error codes (Appendix A) that speak of the server, not of the statement. */
const serverClasses = ['08', '53', '57', '58', 'XX'];
const retryCodes = new Set(['40001', '40P01', '55P03']);

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** Whether the server refused the values themselves: trying them again never helps. Classes 22, 23 and invalid JSON text. */
export function isDataError(thrown: unknown): boolean {
  const code = codeOf(toError(thrown));
  return /^(22|23)[0-9A-Z]{3}$/.test(code);
}

/** A unique key that is taken (23505). */
export function isDuplicate(thrown: unknown): boolean {
  return codeOf(toError(thrown)) === '23505';
}

/** RecoverableError `database-unavailable` or `database-conflict` for what passes by itself; anything else as it came. */
export function toStoreError(thrown: unknown): Error {
  const error = toError(thrown);
  if (error instanceof FleetError) return error;
  const code = codeOf(error);
  if (retryCodes.has(code)) {
    return new RecoverableError('database-conflict', `the database asks to try again: ${error.message}`, {
      cause: error,
    });
  }
  const server = code.length === 5 && serverClasses.includes(code.slice(0, 2));
  const link = /connection (terminated|ended|error)|not queryable|timeout exceeded|query read timeout/i;
  if (server || connectionCodes.has(code) || link.test(error.message)) {
    return new RecoverableError('database-unavailable', `the database does not answer: ${error.message}`, {
      cause: error,
    });
  }
  return error;
}
