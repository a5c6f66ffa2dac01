import type { ProblemDetails } from '../../../../protocols/api/page.ts';

/** A problem document, any part of which a foreign server may leave out. */
type LooseProblem = { readonly [K in 'code' | 'title' | 'detail' | 'errors']?: ProblemDetails[K] | undefined };

/** Why a request gave no answer of use. `away`: the hub did not answer; `contract`: it answered something else than agreed. */
type ApiErrorKind = 'away' | 'signed-out' | 'forbidden' | 'missing' | 'limited' | 'refused' | 'broken' | 'contract';

/** A request that failed, in terms that a page can tell a person. */
export class ApiError extends Error {
  readonly kind: ApiErrorKind;
  /** Stable code of the hub, or one of ours: `hub-away`, `answer-unreadable`. */
  readonly code: string;
  readonly status: number;
  /** Field messages of a 422. */
  readonly fields: Readonly<Record<string, string>>;
  /** Seconds after which trying again makes sense, when the hub said so. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    kind: ApiErrorKind,
    code: string,
    message: string,
    more: {
      readonly status?: number;
      readonly fields?: Readonly<Record<string, string>>;
      readonly retryAfterSeconds?: number | undefined;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = 'ApiError';
    this.kind = kind;
    this.code = code;
    this.status = more.status ?? 0;
    this.fields = more.fields ?? {};
    this.retryAfterSeconds = more.retryAfterSeconds;
  }
}

/** The kind of error behind an HTTP status. */
function kindOfStatus(status: number): ApiErrorKind {
  if (status === 401) return 'signed-out';
  if (status === 403) return 'forbidden';
  if (status === 404 || status === 410) return 'missing';
  if (status === 429 || status === 423) return 'limited';
  // A proxy in front of a hub that is down says 502, 503 or 504.
  if (status === 502 || status === 503 || status === 504) return 'away';
  return status >= 500 ? 'broken' : 'refused';
}

/** What the hub said about a failed request; a body that is no problem document still gives a usable error. */
export function errorOfProblem(status: number, problem: LooseProblem, retryAfter: string | null): ApiError {
  const seconds = retryAfter === null ? Number.NaN : Number(retryAfter);
  // A 503 that carries a code is the hub itself asking for patience; without one it is a proxy before a hub that is down.
  const busy = status === 503 && problem.code !== undefined;
  return new ApiError(
    busy ? 'limited' : kindOfStatus(status),
    problem.code ?? `http-${status}`,
    problem.detail ?? problem.title ?? `HTTP ${status}`,
    {
      status,
      fields: Object.fromEntries((problem.errors ?? []).map(({ field, message }) => [field, message])),
      retryAfterSeconds: Number.isFinite(seconds) ? seconds : undefined,
    },
  );
}

/** Any thrown value as an ApiError. */
export function toApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new ApiError('broken', 'page-error', message, { cause: thrown });
}
