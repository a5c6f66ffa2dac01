import type { ProposalView } from '../../../../../protocols/api/enrolment/proposals.ts';
import { type SettingField, wrongValueOf } from '../../../../../protocols/fleet/setting-field.ts';

/** What a person wants of one proposal; a setting that is absent is left as it is. */
export interface DeviceWish {
  readonly name: string;
  readonly unit: number | undefined;
  readonly settings: Readonly<Record<string, unknown>>;
}

export interface Wishes {
  /** Where devices without a place of their own stand. */
  readonly unit: number | undefined;
  readonly username: string;
  readonly password: string;
  readonly devices: ReadonlyMap<string, DeviceWish>;
}

/** Body of the adoption. Settings are sent only where something was changed, and then whole: they take the place of the others. */
export function itemsOf(proposals: readonly ProposalView[], wishes: Wishes) {
  const { unit: shared, username, password, devices } = wishes;
  const credentials = username === '' && password === '' ? undefined : { username, password };
  return proposals.map((proposal) => {
    const wish = devices.get(proposal.id);
    const name = wish?.name.trim() ?? '';
    const unit = wish?.unit ?? shared;
    const isChanged = Object.keys(wish?.settings ?? {}).length > 0;
    return {
      proposal: proposal.id,
      ...(name === '' ? {} : { name }),
      ...(unit === undefined ? {} : { unit }),
      ...(credentials && proposal.needsCredentials ? { credentials } : {}),
      ...(isChanged ? { settings: settingsOf(proposal, wish) } : {}),
    };
  });
}

/** Proposed settings with those that were changed; an empty one is taken away. */
function settingsOf(proposal: ProposalView, wish: DeviceWish | undefined): Record<string, unknown> {
  const all = { ...proposal.settings, ...wish?.settings };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined && value !== ''));
}

/** What stands in the field: what was typed, what was proposed, or nothing. */
export function settingOf(field: SettingField, proposal: ProposalView, wish: DeviceWish): unknown {
  return Object.hasOwn(wish.settings, field.name) ? wish.settings[field.name] : proposal.settings?.[field.name];
}

/** Fields in the order in which they matter: what was proposed or must be there first. Structures are set later, by the API. */
export function orderedFields(fields: readonly SettingField[], proposal: ProposalView): readonly SettingField[] {
  const matters = ({ name, required }: SettingField) => required || proposal.settings?.[name] !== undefined;
  const plain = fields.filter(({ type }) => type !== 'other');
  return [...plain.filter(matters), ...plain.filter((field) => !matters(field))];
}

/** Whether something in the form cannot be as it is; an empty field that need not be filled is well. */
export function isWrong(field: SettingField, value: unknown): boolean {
  if (value === undefined || value === '') return field.required && !field.secret;
  return wrongValueOf(field, value) !== undefined;
}
