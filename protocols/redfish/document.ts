import { z } from 'zod';
import { ProtocolError } from '../bytes/error.ts';

/** Longest body that is read as one resource. Real ones are a few KiB; a collection with everything in it some hundred. */
export const maxDocumentBytes = 1024 * 1024;
/** Longest list that is looked at; what is beyond is left unread. */
const mostItems = 1_024;

/** One resource as it came: a JSON object of unknown content (DSP0266 section 6.2). */
export type RedfishDocument = Readonly<Record<string, unknown>>;

/** Reads a body. Throws ProtocolError when it is no JSON object. */
export function parseDocument(bytes: Uint8Array): RedfishDocument {
  if (bytes.length > maxDocumentBytes) throw new ProtocolError('oversize', `a resource of ${bytes.length} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (thrown) {
    throw new ProtocolError('malformed', 'the body is no JSON', { cause: thrown });
  }
  if (!isDocument(value)) throw new ProtocolError('malformed', 'the body is no JSON object');
  return value;
}

function isDocument(value: unknown): value is RedfishDocument {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Services leave properties out, send null for what they cannot tell (DSP0266 section 9.4), or send another type than
 * the schema's. All three read as undefined here, so that one wrong property never costs the rest of a resource.
 */
export function tolerant<T extends z.ZodType>(schema: T) {
  return schema.optional().catch(undefined);
}

/** Text without control characters, at most 200 long; undefined where it is empty. Numbers are not taken for text. */
export const text = tolerant(
  z.string().transform((value) => {
    const plain = value.replaceAll(/[\p{Cc}\p{Cf}]+/gu, ' ').trim();
    return plain === '' ? undefined : plain.slice(0, 200).toWellFormed();
  }),
);

export const number = tolerant(z.number());

/**
 * A list whose members are read one by one; those that do not fit are left out. One object without its list is a list of
 * one: some services send `@Message.ExtendedInfo` so.
 */
export function list<T extends z.ZodType>(schema: T) {
  return z.preprocess(
    (value) => (Array.isArray(value) ? value : isDocument(value) ? [value] : []),
    z.array(z.unknown()).transform((items) =>
      items.slice(0, mostItems).flatMap((item) => {
        const read = schema.safeParse(item);
        return read.success ? [read.data] : [];
      }),
    ),
  );
}

/** Anything that is no object reads as an empty one, so that its properties read as undefined. */
export function object<T extends z.ZodRawShape>(shape: T) {
  return z.preprocess((value) => (isDocument(value) ? value : {}), z.object(shape));
}

/** Status of a resource (DSP0268, Resource.Status). */
export interface Status {
  /** `Enabled`, `Disabled`, `Absent`, `StandbyOffline`, `Starting`, …; undefined where the service does not tell. */
  readonly state: string | undefined;
  readonly health: Health | undefined;
}
export type Health = 'OK' | 'Warning' | 'Critical';

const healths: Readonly<Record<string, Health>> = { ok: 'OK', warning: 'Warning', critical: 'Critical' };
const health = text.transform((value) => (value === undefined ? undefined : healths[value.toLowerCase()]));

/** The worse of a resource's own health and of what belongs to it. */
export const status = object({ State: text, Health: health, HealthRollup: health }).transform(
  ({ State, Health, HealthRollup }): Status => ({ state: State, health: worse(Health, HealthRollup) }),
);

const order: readonly (Health | undefined)[] = [undefined, 'OK', 'Warning', 'Critical'];

function worse(first: Health | undefined, second: Health | undefined): Health | undefined {
  return order.indexOf(first) >= order.indexOf(second) ? first : second;
}

/** What an error response says (DSP0266 section 8.6): its first message, else that of the whole; undefined without one. */
export function parseErrorMessage(
  document: RedfishDocument,
): { readonly id: string; readonly message: string } | undefined {
  const { error } = errorSchema.parse(document);
  const first = error['@Message.ExtendedInfo'][0];
  const message = first?.Message ?? error.message;
  if (message === undefined) return undefined;
  return { id: first?.MessageId ?? error.code ?? '', message };
}

const errorSchema = object({
  error: object({
    code: text,
    message: text,
    '@Message.ExtendedInfo': list(z.object({ MessageId: text, Message: text })),
  }),
});
