import { findSetting, settingKeys } from '../../protocols/fleet/configuration/settings.ts';
import { InvalidInputError } from '../access/index.ts';
import type { WishedValue } from '../store/tables/configuration.ts';
import type { Place } from './layers.ts';

/** One wish of a request: a value to set, or none to take the wish of this place back. */
export interface Asked {
  readonly key: string;
  readonly value?: unknown;
  readonly keeping?: WishedValue['keeping'] | undefined;
}

/** One checked change of a place's wishes. */
export interface CheckedChange {
  readonly key: string;
  readonly after: WishedValue | undefined;
}

/**
 * Checks a request as a whole; nothing is taken when one part cannot hold.
 * Throws InvalidInputError with the field, the reason and what to do.
 */
export function checkChanges(place: Place, asked: readonly Asked[]): readonly CheckedChange[] {
  const keys = asked.map(({ key }) => key);
  return asked.map((one, index) => {
    const field = `changes.${index}`;
    if (keys.indexOf(one.key) !== index)
      throw new InvalidInputError(`${field}.key`, `${one.key} is in this change twice; leave one of the two.`);
    return checkOne(place, one, field);
  });
}

function checkOne(place: Place, { key, value, keeping }: Asked, field: string): CheckedChange {
  const setting = findSetting(key);
  if (!setting)
    throw new InvalidInputError(`${field}.key`, `There is no setting ${key}. Use one of: ${settingKeys.join(', ')}.`);
  if (value === undefined) return { key, after: undefined };
  if (!setting.shared && 'unit' in place)
    throw new InvalidInputError(
      `${field}.key`,
      `${key} must differ from device to device; set it at each device, not at a unit.`,
    );
  const parsed = setting.value.safeParse(value);
  if (parsed.success) return { key, after: { value: parsed.data, keeping: keeping ?? setting.keeping } };
  const issue = parsed.error.issues[0];
  throw new InvalidInputError(
    [`${field}.value`, ...(issue?.path ?? [])].join('.'),
    `${key} cannot be ${JSON.stringify(value).slice(0, 80)}: ${issue?.message}.`,
  );
}
