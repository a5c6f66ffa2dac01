import { z } from 'zod';
import { findSetting } from '../../../../../protocols/fleet/configuration/settings.ts';
import type { TextKey } from '../../text/texts.ts';

/** How a value of a setting is entered and shown. */
export type ValueKind = 'boolean' | 'number' | 'choice' | 'list' | 'text';

interface ValueShape {
  readonly kind: ValueKind;
  readonly choices: readonly string[];
  readonly min?: number;
  readonly max?: number;
}

/** What the schema of a setting says about its values. */
export function shapeOf(key: string): ValueShape {
  const setting = findSetting(key);
  if (!setting) return { kind: 'text', choices: [] };
  const shape = z.toJSONSchema(setting.value, { unrepresentable: 'any' });
  const choices = (shape.enum ?? []).map(String);
  if (shape.type === 'boolean') return { kind: 'boolean', choices };
  if (shape.type === 'array') return { kind: 'list', choices };
  if (choices.length > 0) return { kind: 'choice', choices };
  if (shape.type !== 'number' && shape.type !== 'integer') return { kind: 'text', choices };
  const { minimum, maximum } = shape;
  return {
    kind: 'number',
    choices,
    ...(minimum === undefined ? {} : { min: minimum }),
    ...(maximum === undefined ? {} : { max: maximum }),
  };
}

/** What was typed, as the value of a setting; undefined while it is none. */
export function valueOfText(key: string, text: string): unknown {
  const { kind } = shapeOf(key);
  const typed = text.trim();
  if (typed === '') return undefined;
  const value = {
    boolean: () => typed === 'yes',
    number: () => Number(typed.replace(',', '.')),
    choice: () => typed,
    list: () => typed.split(/[\s,;]+/).filter((part) => part !== ''),
    text: () => typed,
  }[kind]();
  return findSetting(key)?.value.safeParse(value).data;
}

/** The words for a value, or the value itself. */
export function wordOf(value: unknown, t: (key: TextKey) => string): string {
  if (value === undefined) return t('configuration.unknown');
  if (typeof value === 'boolean') return t(value ? 'configuration.yes' : 'configuration.no');
  return Array.isArray(value) ? value.join(', ') : String(value);
}

/** What stands in the field for a value. */
export function textOfValue(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return Array.isArray(value) ? value.join(', ') : String(value);
}
