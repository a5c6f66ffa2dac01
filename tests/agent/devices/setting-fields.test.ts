import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { drivers } from '../../../agent/devices/registry.ts';
import { settingFieldsOf } from '../../../agent/devices/setting-fields.ts';
import { channels } from '../../../protocols/fleet/channels.ts';
import { packJson } from '../../../protocols/fleet/payload.ts';
import { settingFieldSchema, wrongValueOf } from '../../../protocols/fleet/setting-field.ts';

describe('the settings of a family as fields of a form', () => {
  const told = drivers.map((driver) => ({ driver, fields: settingFieldsOf(driver) }));

  it.each(told)('tells those of $driver.family in words, and defaults that it takes itself', ({ driver, fields }) => {
    expect(fields.length).toBeGreaterThan(0);
    for (const field of fields) {
      settingFieldSchema.parse(field);
      expect(field.label, field.name).toBeDefined();
      if (field.fallback === undefined) continue;
      expect(wrongValueOf(field, field.fallback), field.name).toBeUndefined();
      const issues = driver.settings.safeParse({ [field.name]: field.fallback }).error?.issues ?? [];
      expect(issues.filter(({ path }) => path[0] === field.name)).toEqual([]);
    }
  });

  it('all fit the first message of a session, with room for as much again', () => {
    const families = told.map(({ driver, fields }) => ({ name: driver.family, label: driver.label, settings: fields }));
    expect(packJson(families).length).toBeLessThan(channels['up/hello'].maxBytes / 2);
  });

  it('knows what can be chosen, its range, what must be there and what is secret', () => {
    const settings = z.strictObject({
      mode: z.enum(['a', 'b']),
      count: z.int().min(1).max(9).default(3),
      apiToken: z.string().max(40).optional(),
      allowPlainPassword: z.boolean().default(false),
      parts: z.array(z.strictObject({ host: z.string(), password: z.string() })).optional(),
      either: z.union([z.literal('x'), z.literal('y')]).optional(),
      odd: z.union([z.literal(2), z.literal(3)]).optional(),
    });
    const fields = new Map(settingFieldsOf({ settings }).map((field) => [field.name, field]));
    expect(fields.get('mode')).toEqual({
      name: 'mode',
      type: 'choice',
      choices: ['a', 'b'],
      required: true,
      secret: false,
    });
    expect(fields.get('count')).toMatchObject({
      type: 'integer',
      minimum: 1,
      maximum: 9,
      fallback: 3,
      required: false,
    });
    expect(fields.get('apiToken')).toMatchObject({ type: 'text', maxLength: 40, secret: true });
    expect(fields.get('allowPlainPassword')).toMatchObject({ type: 'boolean', secret: false });
    expect(fields.get('parts')).toMatchObject({ type: 'other', secret: true });
    expect(fields.get('either')).toMatchObject({ choices: ['x', 'y'] });
    expect(fields.get('odd')).toMatchObject({ type: 'other' });
    const wrong = (name: string, value: unknown) => wrongValueOf(settingFieldSchema.parse(fields.get(name)), value);
    expect([wrong('count', 10), wrong('count', 1.5), wrong('count', '3'), wrong('count', 3)]).toEqual([
      'range',
      'type',
      'type',
      undefined,
    ]);
    expect([wrong('mode', 'c'), wrong('apiToken', 'x'.repeat(41)), wrong('allowPlainPassword', 1)]).toEqual([
      'choice',
      'range',
      'type',
    ]);
  });
});
