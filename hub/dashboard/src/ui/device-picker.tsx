import { Loader, Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../data/api.ts';
import { useText } from '../text/use-text.ts';

interface DevicePickerProps {
  readonly label: string;
  readonly value: string | undefined;
  readonly onChange: (device: string | undefined) => void;
  /** Of this unit and below. */
  readonly unit?: number | undefined;
}

/** Finds a device by typing; the hub searches, with or without marks. */
export function DevicePicker({ label, value, onChange, unit }: DevicePickerProps) {
  const { t } = useText();
  const [words, setWords] = useState('');
  const [settled] = useDebouncedValue(words, 250);
  const found = useQuery({
    queryKey: ['device-search', unit ?? 'any', settled],
    queryFn: ({ signal }) => api.devices({ q: settled, unit, limit: 20 }, signal),
    placeholderData: keepPreviousData,
  });
  const [chosen, setChosen] = useState<{ readonly value: string; readonly label: string }>();
  const options = (found.data?.rows ?? []).map(({ id, name, unit: place }) => ({
    value: id,
    label: t('list.deviceAt', { name, place: place.name }),
  }));
  const data = chosen && !options.some((one) => one.value === chosen.value) ? [...options, chosen] : options;
  return (
    <Select
      label={label}
      placeholder={t('list.search')}
      data={data}
      value={value ?? null}
      onChange={(next, option) => {
        setChosen(option ?? undefined);
        onChange(next ?? undefined);
      }}
      searchable
      filter={({ options: all }) => all}
      onSearchChange={(next) => setWords(data.some((one) => one.label === next) ? '' : next)}
      nothingFoundMessage={t('list.noMatch')}
      rightSection={found.isFetching ? <Loader size={16} /> : undefined}
      clearable
      clearButtonProps={{ 'aria-label': t('list.clearSearch') }}
      maxDropdownHeight={280}
    />
  );
}
