import { z } from 'zod';

/**
 * One setting of a device family, as a form needs it: the hub knows no family by itself. `other` is a structure that has no
 * field of its own, and `secret` one whose value is never shown.
 */
export const settingFieldSchema = z.object({
  name: z.string().min(1).max(60),
  label: z.object({ vi: z.string().min(1).max(80), en: z.string().min(1).max(80) }).optional(),
  type: z.enum(['text', 'integer', 'number', 'boolean', 'choice', 'other']),
  choices: z.array(z.string().max(60)).max(40).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  maxLength: z.int().optional(),
  /** What it is unless set. */
  fallback: z.union([z.string().max(200), z.number(), z.boolean()]).optional(),
  required: z.boolean(),
  secret: z.boolean(),
});
export type SettingField = z.infer<typeof settingFieldSchema>;

/** Why a value cannot stand in this field, or undefined; what a `text` must look like the agent alone knows. Pure. */
export function wrongValueOf(field: SettingField, value: unknown): 'type' | 'range' | 'choice' | undefined {
  switch (field.type) {
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'type';
    case 'text':
      if (typeof value !== 'string') return 'type';
      return field.maxLength !== undefined && value.length > field.maxLength ? 'range' : undefined;
    case 'choice':
      return field.choices?.includes(String(value)) ? undefined : 'choice';
    case 'integer':
    case 'number':
      return wrongNumber(field, value);
    case 'other':
      return undefined;
  }
}

function wrongNumber({ type, minimum, maximum }: SettingField, value: unknown): 'type' | 'range' | undefined {
  if (typeof value !== 'number' || !Number.isFinite(value)) return 'type';
  if (type === 'integer' && !Number.isInteger(value)) return 'type';
  return value < (minimum ?? value) || value > (maximum ?? value) ? 'range' : undefined;
}
