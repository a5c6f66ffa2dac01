import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { Family } from '../../../../protocols/api/families.ts';
import { familiesQuery } from '../data/queries.ts';
import { useText } from '../text/use-text.ts';
import type { Language } from '../ui/format.ts';

/** Device families in the reader's words; the page knows none by itself. */
export interface Families {
  /** The label of a family, or its raw name while nobody has told one. */
  nameOf(family: string): string;
  /** What can be set for a device of it; empty while no agent has told. */
  settingsOf(family: string): NonNullable<Family['settings']>;
  /** All that are known, as the options of a choice, in the order of the language. `chosen` is among them in any case. */
  options(chosen: string | undefined): { readonly value: string; readonly label: string }[];
}

/** Families of the hub, for one language. Two of the same label are told apart by their raw names. */
export function familiesIn(language: Language, rows: readonly Family[]): Families {
  const labels = new Map(rows.map(({ name, label }) => [name, label[language]]));
  const settings = new Map(rows.map((row) => [row.name, row.settings]));
  const nameOf = (family: string) => labels.get(family) ?? family;
  return {
    nameOf,
    settingsOf: (family) => settings.get(family) ?? [],
    options: (chosen) => {
      const names = [...new Set([...labels.keys(), ...(chosen === undefined ? [] : [chosen])])];
      const shared = (label: string) => names.filter((name) => nameOf(name) === label).length > 1;
      return names
        .map((value) => {
          const label = nameOf(value);
          return { value, label: shared(label) && label !== value ? `${label} (${value})` : label };
        })
        .sort((a, b) => a.label.localeCompare(b.label, language));
    },
  };
}

/** The same for the reader, as soon as the hub has told them. */
export function useFamilies(): Families {
  const { language } = useText();
  const { data } = useQuery(familiesQuery);
  return useMemo(() => familiesIn(language, data?.rows ?? []), [language, data]);
}
