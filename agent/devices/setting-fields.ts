import { z } from 'zod';
import { type SettingField, settingFieldSchema } from '../../protocols/fleet/setting-field.ts';
import type { Driver } from './driver.ts';
import { settingLabels } from './setting-labels.ts';

const mostFields = 60;
/** Names, also deep inside a structure, whose values nobody is shown. */
const secretName = /password|passphrase|secret|secureOn|token$|community|privateKey/i;

/** What `z.toJSONSchema` makes of one setting. */
const partSchema = z.looseObject({
  type: z.string().optional(),
  enum: z.array(z.unknown()).optional(),
  anyOf: z.array(z.looseObject({ const: z.unknown() })).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  maxLength: z.int().optional(),
  default: z.unknown().optional(),
});

/** The settings of a family as fields of a form, out of the schema that checks them. */
export function settingFieldsOf({ settings }: Pick<Driver, 'settings'>): readonly SettingField[] {
  const schema = z.toJSONSchema(settings, { io: 'input', unrepresentable: 'any' });
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {})
    .slice(0, mostFields)
    .map(([name, property]) => fieldOf(name, property, required.has(name)));
}

function fieldOf(name: string, property: unknown, required: boolean): SettingField {
  const part = partSchema.parse(property);
  const label = Object.hasOwn(settingLabels, name) ? settingLabels[name] : undefined;
  const choices = choicesOf(part);
  const type = choices ? 'choice' : typeOf(part.type);
  const fallback = ['string', 'number', 'boolean'].includes(typeof part.default) ? { fallback: part.default } : {};
  return settingFieldSchema.parse({
    name,
    ...(label ? { label } : {}),
    type,
    ...(choices ? { choices } : {}),
    ...(type === 'integer' || type === 'number' ? { minimum: part.minimum, maximum: part.maximum } : {}),
    ...(type === 'text' ? { maxLength: part.maxLength } : {}),
    ...fallback,
    required,
    secret: hasSecret(name, property),
  });
}

function typeOf(type: string | undefined): SettingField['type'] {
  if (type === 'string') return 'text';
  return type === 'integer' || type === 'number' || type === 'boolean' ? type : 'other';
}

/** The values of an enumeration, or of alternatives that are all constants. */
function choicesOf({ enum: values, anyOf }: z.infer<typeof partSchema>): readonly string[] | undefined {
  const constants = anyOf?.every((one) => one.const !== undefined) ? anyOf.map((one) => one.const) : undefined;
  const all = values ?? constants;
  return all?.every((one) => typeof one === 'string') ? all.map(String) : undefined;
}

function hasSecret(name: string, property: unknown): boolean {
  if (secretName.test(name) && !name.startsWith('allow')) return true;
  const inner = JSON.stringify(property) ?? '';
  return [...inner.matchAll(/"(\w+)":\{/g)].some(([, key = '']) => secretName.test(key) && !key.startsWith('allow'));
}
