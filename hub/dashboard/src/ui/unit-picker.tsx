import { Loader, Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Unit } from '../../../../protocols/api/units.ts';
import { api } from '../data/api.ts';
import { unitQuery } from '../data/queries.ts';
import { useText } from '../text/use-text.ts';

/** A unit as one reads it: the nearest places first, the province left out. */
export function placeOf(trail: readonly { readonly name: string; readonly kind: string }[]): string {
  return trail
    .filter(({ kind }) => kind !== 'province')
    .map(({ name }) => name)
    .reverse()
    .join(', ');
}

interface UnitPickerProps {
  readonly label: string;
  readonly value: number | undefined;
  readonly onChange: (unit: number | undefined) => void;
  readonly kind?: Unit['kind'];
  readonly placeholder?: string;
  readonly hideLabel?: boolean;
  readonly clearable?: boolean;
  readonly required?: boolean;
  readonly error?: string | undefined;
  readonly className?: string;
}

/** Finds a school or room by typing; the hub searches, with or without marks. */
export function UnitPicker(props: UnitPickerProps) {
  const { t } = useText();
  const [words, setWords] = useState('');
  const [settled] = useDebouncedValue(words, 250);
  const chosen = useQuery({ ...unitQuery(props.value ?? 0), enabled: props.value !== undefined });
  const found = useQuery({
    queryKey: ['unit-search', props.kind ?? 'any', settled],
    queryFn: ({ signal }) => api.units({ q: settled, kind: props.kind, limit: 20 }, signal),
    placeholderData: keepPreviousData,
  });
  const options = new Map((found.data?.rows ?? []).map((unit) => [String(unit.id), placeOf(unit.trail) || unit.name]));
  if (chosen.data && props.value !== undefined) {
    options.set(String(props.value), placeOf(chosen.data.trail) || chosen.data.name);
  }
  return (
    <Select
      label={props.hideLabel ? undefined : props.label}
      aria-label={props.hideLabel ? props.label : undefined}
      className={props.className ?? ''}
      placeholder={props.placeholder ?? t('list.search')}
      data={[...options].map(([value, label]) => ({ value, label }))}
      value={props.value === undefined ? null : String(props.value)}
      onChange={(value) => props.onChange(value === null ? undefined : Number(value))}
      searchable
      // The hub has searched already, marks folded; the list's own filter would drop "thiet bi" for "Thiết bị".
      filter={({ options: all }) => all}
      onSearchChange={(next) => setWords([...options.values()].includes(next) ? '' : next)}
      nothingFoundMessage={t('list.noMatch')}
      rightSection={found.isFetching ? <Loader size={16} /> : undefined}
      clearable={props.clearable ?? false}
      clearButtonProps={{ 'aria-label': t('list.clearSearch') }}
      withAsterisk={props.required ?? false}
      error={props.error}
      maxDropdownHeight={280}
      comboboxProps={{ withinPortal: true, width: 'max-content', position: 'bottom-start' }}
    />
  );
}
