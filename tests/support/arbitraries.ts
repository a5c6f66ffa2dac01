import fc from 'fast-check';
import { z } from 'zod';

/** The parts of JSON Schema that our contracts use. */
interface Schema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly propertyNames?: Schema;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** Values that a schema takes, as they stand in JSON. Lists stay short, so that a message fits its channel. */
export function arbitraryOf<S extends z.ZodType>(schema: S): fc.Arbitrary<z.input<S>> {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema;
  return fromSchema(json) as fc.Arbitrary<z.input<S>>;
}

function fromSchema(schema: Schema): fc.Arbitrary<unknown> {
  if ('const' in schema) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const variants = schema.anyOf ?? schema.oneOf;
  if (variants) return fc.oneof(...variants.map(fromSchema));
  switch (schema.type) {
    case 'string':
      return text(schema);
    case 'integer':
      return fc
        .maxSafeInteger()
        .map((n) => clamp(n, schema))
        .map(Math.trunc);
    case 'number':
      return fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => clamp(Object.is(n, -0) ? 0 : n, schema));
    case 'boolean':
      return fc.boolean();
    case 'array':
      return fc.array(fromSchema(schema.items ?? {}), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.min(schema.maxItems ?? 4, Math.max(4, schema.minItems ?? 0)),
      });
    case 'object':
      return object(schema);
    default:
      return fc.jsonValue({ maxDepth: 2 }).map(withoutProto);
  }
}

function text({ pattern, minLength = 0, maxLength = 40 }: Schema): fc.Arbitrary<string> {
  if (pattern) return fc.stringMatching(new RegExp(pattern));
  return fc
    .string({ unit: 'grapheme-composite', minLength, maxLength: Math.min(maxLength, Math.max(minLength, 40)) })
    .map((value) =>
      // A grapheme may take several UTF-16 units, and these are what a schema counts.
      value.slice(0, maxLength).padEnd(minLength, 'x').toWellFormed(),
    );
}

function object({ properties, required = [], additionalProperties, propertyNames }: Schema): fc.Arbitrary<unknown> {
  if (properties) {
    const arbitraries = Object.fromEntries(Object.entries(properties).map(([key, inner]) => [key, fromSchema(inner)]));
    return fc.record(arbitraries, { requiredKeys: [...required] });
  }
  const value =
    typeof additionalProperties === 'object' ? fromSchema(additionalProperties) : fc.jsonValue({ maxDepth: 1 });
  const key = (propertyNames ? fromSchema({ type: 'string', ...propertyNames }) : fc.string()) as fc.Arbitrary<string>;
  return fc.dictionary(
    key.filter((name) => name !== '__proto__'),
    value.map(withoutProto),
    { maxKeys: 4 },
  );
}

function clamp(value: number, { minimum = -Number.MAX_VALUE, maximum = Number.MAX_VALUE }: Schema): number {
  return Math.min(Math.max(value, minimum), maximum);
}

/** zod drops the key `__proto__`, so a value with it does not come back equal. */
function withoutProto(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null), (key, inner: unknown) => (key === '__proto__' ? undefined : inner));
}
