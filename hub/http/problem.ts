import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import type { ProblemDetails } from '../../protocols/api/page.ts';
import { FleetError, RecoverableError } from '../../protocols/errors.ts';
import { InvalidInputError } from '../access/index.ts';

/** An answer that is an error: its body after RFC 9457 and the headers that go with it. */
export interface ProblemAnswer {
  readonly body: ProblemDetails;
  readonly headers: Readonly<Record<string, string>>;
  /** True when the fault is ours, so that the log must have it. */
  readonly unexpected: boolean;
}

interface Kind {
  readonly status: number;
  readonly title: string;
}

const internal: Kind = { status: 500, title: 'Internal error' };
const unprocessable: Kind = { status: 422, title: 'Input refused' };

/** Errors of ours by code. A FatalError of another code is a fault of ours, a RecoverableError of another code a 503. */
const byCode: Readonly<Record<string, Kind>> = {
  unauthenticated: { status: 401, title: 'Sign in' },
  'wrong-credentials': { status: 401, title: 'Sign-in refused' },
  'sso-refused': { status: 401, title: 'Sign-in refused' },
  'wrong-passkey': { status: 401, title: 'Sign-in refused' },
  'passkey-required': { status: 401, title: 'Sign-in refused' },
  'wrong-code': { status: 401, title: 'Sign-in refused' },
  'sign-in-expired': { status: 401, title: 'Sign-in refused' },
  forbidden: { status: 403, title: 'Not allowed' },
  'foreign-origin': { status: 403, title: 'Not allowed' },
  'password-temporary': { status: 403, title: 'Change your password first' },
  'two-factor-required': { status: 403, title: 'Set up a second factor first' },
  'not-found': { status: 404, title: 'Not found' },
  conflict: { status: 409, title: 'Conflict' },
  precondition: { status: 409, title: 'Not now' },
  'in-lesson': { status: 409, title: 'Not now' },
  'exam-freeze': { status: 409, title: 'Not now' },
  'wrong-offset': { status: 409, title: 'Go on elsewhere' },
  'too-large': { status: 413, title: 'Too large' },
  'wrong-hash': unprocessable,
  'no-room': { status: 507, title: 'No room' },
  'invalid-input': unprocessable,
  'idempotency-key-reused': unprocessable,
  'malformed-json': { status: 400, title: 'Malformed request' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  'locked-out': { status: 429, title: 'Too many requests' },
  'too-many-streams': { status: 429, title: 'Too many requests' },
};

/** What fastify itself refuses, by the start of its code. */
const byFastifyCode: readonly (readonly [prefix: string, code: string, kind: Kind, detail: string])[] = [
  [
    'FST_ERR_CTP_INVALID_MEDIA_TYPE',
    'unsupported-media-type',
    { status: 415, title: 'Unsupported media type' },
    'The body must be application/json.',
  ],
  [
    'FST_ERR_CTP_BODY_TOO_LARGE',
    'too-large',
    { status: 413, title: 'Too large' },
    'The body has more bytes than this address takes.',
  ],
  [
    'FST_ERR_CTP',
    'malformed-json',
    { status: 400, title: 'Malformed request' },
    'The body is not one well-formed JSON value.',
  ],
  ['FST_ERR_BAD_URL', 'not-found', { status: 404, title: 'Not found' }, 'There is nothing here, or not for you.'],
];

/** Every code that an answer carries whatever the route; features add 503s of their own for passing states. */
export const problemCodes: readonly string[] = [
  ...new Set([...Object.keys(byCode), ...byFastifyCode.map(([, code]) => code), 'refused', 'internal']),
];

/** Turns whatever was thrown into an answer. Messages of faults of ours never leave; the log has them. */
export function toProblemAnswer(thrown: unknown): ProblemAnswer {
  if (hasZodFastifySchemaValidationErrors(thrown)) return fromValidation(thrown);
  if (thrown instanceof FleetError) return fromFleetError(thrown);
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  const known = byFastifyCode.find(([prefix]) => code.startsWith(prefix));
  if (known) return { body: bodyOf(known[2], known[1], known[3]), headers: {}, unexpected: false };
  return refusedByLibrary(thrown) ?? fault();
}

/** A library of ours refused the request, such as the one that serves files. A file that may not be seen is not there. */
function refusedByLibrary(thrown: unknown): ProblemAnswer | undefined {
  const status = thrown instanceof Error && 'statusCode' in thrown ? Number(thrown.statusCode) : 0;
  if (!(status >= 400 && status < 500)) return undefined;
  if (status === 403 || status === 404) return notFound();
  return {
    body: bodyOf({ status, title: 'Refused' }, 'refused', 'The request was refused.'),
    headers: {},
    unexpected: false,
  };
}

function notFound(): ProblemAnswer {
  const kind: Kind = { status: 404, title: 'Not found' };
  return { body: bodyOf(kind, 'not-found', 'There is nothing here, or not for you.'), headers: {}, unexpected: false };
}

function fault(): ProblemAnswer {
  return {
    body: bodyOf(internal, 'internal', 'This is a fault of the hub. Quote the request id of the X-Request-Id header.'),
    headers: {},
    unexpected: true,
  };
}

function fromFleetError(error: FleetError): ProblemAnswer {
  const kind = Object.hasOwn(byCode, error.code) ? byCode[error.code] : undefined;
  if (kind) {
    const body = bodyOf(kind, error.code, error.message);
    const errors = error instanceof InvalidInputError ? [{ field: error.field, message: error.message }] : undefined;
    return { body: errors ? { ...body, errors } : body, headers: headersOf(kind, error), unexpected: false };
  }
  if (!(error instanceof RecoverableError)) return fault();
  const unavailable: Kind = { status: 503, title: 'Not at the moment' };
  return {
    body: bodyOf(unavailable, error.code, error.message),
    headers: headersOf(unavailable, error),
    unexpected: true,
  };
}

function headersOf(kind: Kind, error: FleetError): Readonly<Record<string, string>> {
  if (kind.status === 401) return { 'www-authenticate': 'Bearer' };
  if (kind.status !== 429 && kind.status !== 503) return {};
  const { retryAfterMs } = error.details;
  return { 'retry-after': String(Math.ceil((typeof retryAfterMs === 'number' ? retryAfterMs : 5_000) / 1000)) };
}

interface Validation {
  readonly validation: readonly {
    readonly instancePath: string;
    readonly message?: string;
    readonly params: unknown;
  }[];
  readonly validationContext?: string | undefined;
}

/** A path that no row can have is a row that is not there; a body or a query that does not fit is told field by field. */
function fromValidation({ validation, validationContext }: Validation): ProblemAnswer {
  if (validationContext === 'params') {
    return notFound();
  }
  const errors = validation.slice(0, 20).flatMap(({ instancePath, message = 'invalid', params }) => {
    const path = instancePath.split('/').filter((part) => part !== '');
    const unknown = unknownKeys(params);
    if (unknown.length === 0) return [{ field: path.join('.'), message }];
    return unknown.map((key) => ({ field: [...path, key].join('.'), message: 'There is no such field.' }));
  });
  const first = errors[0];
  const detail = first ? `${first.field || 'the value'}: ${first.message}` : 'invalid';
  return { body: { ...bodyOf(unprocessable, 'invalid-input', detail), errors }, headers: {}, unexpected: false };
}

function unknownKeys(params: unknown): readonly string[] {
  if (typeof params !== 'object' || params === null || !('keys' in params) || !Array.isArray(params.keys)) return [];
  return params.keys.slice(0, 20).map((key) => String(key).slice(0, 100));
}

function bodyOf({ status, title }: Kind, code: string, detail: string): ProblemDetails {
  return { type: `urn:edufleet:problem:${code}`, title, status, code, detail };
}
