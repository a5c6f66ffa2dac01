import { Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { suppliersQuery } from '../../data/queries.ts';
import { useText } from '../../text/use-text.ts';

interface SupplierPickerProps {
  readonly value: number | undefined;
  readonly onChange: (supplier: number | undefined) => void;
  readonly error?: ReactNode;
  readonly required?: boolean;
}

/** One supplier of the register, or none. */
export function SupplierPicker({ value, onChange, error, required = false }: SupplierPickerProps) {
  const { t } = useText();
  const { data } = useQuery(suppliersQuery);
  return (
    <Select
      label={t('supplier.one')}
      placeholder={t('supplier.unset')}
      data={(data?.rows ?? []).map(({ id, name }) => ({ value: String(id), label: name }))}
      value={value === undefined ? null : String(value)}
      onChange={(next) => onChange(next === null ? undefined : Number(next))}
      nothingFoundMessage={t('supplier.none')}
      searchable
      clearable={!required}
      clearButtonProps={{ 'aria-label': t('list.clearSearch') }}
      required={required}
      error={error}
    />
  );
}
