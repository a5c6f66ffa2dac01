import { type Capability, capabilities, type Label } from '../../../../../protocols/fleet/capabilities/index.ts';
import type { TextKey } from '../../text/texts.ts';

/** A command that is given to many in one press. */
export interface Choice {
  readonly value: string;
  readonly capability: string;
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly capabilityLabel: Label;
  readonly label: Label | TextKey;
}

/** Commands that need a word from the person, in the forms that make sense for a whole school. */
const forms: readonly (Pick<Choice, 'capability' | 'name' | 'args'> & { readonly label: TextKey })[] = [
  { capability: 'volume', name: 'mute', args: { muted: true }, label: 'bulk.mute' },
  { capability: 'volume', name: 'mute', args: { muted: false }, label: 'bulk.unmute' },
  { capability: 'video', name: 'blank', args: { blanked: true }, label: 'bulk.blank' },
  { capability: 'video', name: 'blank', args: { blanked: false }, label: 'bulk.unblank' },
];

const known = capabilities as Readonly<Record<string, Capability>>;

/** What can be given to many: every command that needs no words, and the forms above. A picture is asked of one device. */
export const choices: readonly Choice[] = [
  ...Object.values(known).flatMap(({ name: capability, label: capabilityLabel, commands }) =>
    Object.entries(commands).flatMap(([name, { args, label }]) =>
      capability !== 'snapshot' && args.safeParse({}).success
        ? [{ value: `${capability}.${name}`, capability, name, args: {}, capabilityLabel, label }]
        : [],
    ),
  ),
  ...forms.map((form, index) => ({
    ...form,
    value: `${form.capability}.${form.name}#${index}`,
    capabilityLabel: known[form.capability]?.label ?? { vi: form.capability, en: form.capability },
  })),
];
