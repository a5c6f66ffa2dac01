import { z } from 'zod';
import type { CapabilityName, CapabilityState, ReportedStates } from '../capabilities/index.ts';
import { keepings, type SettingCommand } from './setting.ts';
import { findSetting } from './settings.ts';

/** Any value of any setting: a word, a number, a switch, or a short list of words. */
export const settingValueSchema = z.union([
  z.boolean(),
  z.number(),
  z.string().max(300),
  z.array(z.string().max(300)).max(32),
]);

/** The most settings that one device can be wished. */
const mostSettings = 64;

/** What is wished of one device, by key. Keys of a newer hub are carried along and left alone. */
export const configurationSchema = z
  .record(
    z.string().regex(/^[a-z]{1,30}\.[a-zA-Z0-9]{1,40}$/),
    z.object({ value: settingValueSchema, keeping: z.enum(keepings) }),
  )
  .refine((record) => Object.keys(record).length <= mostSettings, `at most ${mostSettings} settings a device`);
export type Configuration = z.infer<typeof configurationSchema>;
export type Wish = Configuration[string];

/**
 * How one setting of one device stands. `silent`: the device has the capability and does not tell this value, or has told
 * nothing yet; `impossible`: it tells a value and cannot take the wished one.
 */
export type Standing =
  | { readonly standing: 'same'; readonly reported: unknown }
  | { readonly standing: 'differs'; readonly reported: unknown; readonly command: SettingCommand }
  | { readonly standing: 'impossible'; readonly reported: unknown }
  | { readonly standing: 'silent' }
  | { readonly standing: 'unknown-setting' };

/** Compares one wish with what the device reports. */
export function standingOf(key: string, value: unknown, states: ReportedStates): Standing {
  const setting = findSetting(key);
  if (!setting) return { standing: 'unknown-setting' };
  const wished = setting.value.safeParse(value);
  // A report has passed the schema of its capability, and a setting reads only that of its own.
  const state = states[setting.capability] as CapabilityState<CapabilityName> | undefined;
  const reported = state && setting.reported(state);
  if (state === undefined || reported === undefined) return { standing: 'silent' };
  if (!wished.success) return { standing: 'impossible', reported };
  const isSame = setting.isSame?.(reported, wished.data) ?? JSON.stringify(reported) === JSON.stringify(wished.data);
  if (isSame) return { standing: 'same', reported };
  const command = setting.command(wished.data, state);
  return command ? { standing: 'differs', reported, command } : { standing: 'impossible', reported };
}
