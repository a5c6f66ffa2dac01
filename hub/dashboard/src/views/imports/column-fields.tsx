import { Select } from '@mantine/core';
import { type ImportResult, unitFields } from '../../../../../protocols/api/organisation/imports.ts';
import type { TextKey } from '../../text/texts.ts';
import { useText } from '../../text/use-text.ts';

const fieldKeys = {
  name: 'import.field.name',
  code: 'import.field.code',
  kind: 'import.field.kind',
  parent: 'import.field.parent',
  type: 'import.field.type',
  floor: 'import.field.floor',
  aliases: 'import.field.aliases',
  validFrom: 'import.field.validFrom',
} as const satisfies Record<(typeof unitFields)[number], TextKey>;

interface ColumnFieldsProps {
  readonly result: ImportResult;
  readonly onChange: (mapping: string) => void;
}

/** Which column holds which field: as it was guessed, and to be changed. */
export function ColumnFields({ result, onChange }: ColumnFieldsProps) {
  const { t } = useText();
  const none = '-';
  const columns = result.columns.map(({ header, examples }, index) => {
    const example = examples.find((text) => text !== '');
    const title = header === '' ? t('import.column.nth', { number: index + 1 }) : header;
    return { value: String(index), label: example === undefined ? title : `${title} (${example})` };
  });
  const set = (field: string, column: string | null) => {
    const entries = Object.entries(result.mapping).filter(([key, at]) => key !== field && String(at) !== column);
    const next = column === null || column === none ? entries : [...entries, [field, column] as const];
    onChange(next.map(([key, at]) => `${key}:${at}`).join(','));
  };
  return (
    <fieldset className="import-columns">
      <legend>{t('import.columns')}</legend>
      {unitFields.map((field) => (
        <Select
          key={field}
          label={t(fieldKeys[field])}
          data={[{ value: none, label: t('import.column.none') }, ...columns]}
          value={result.mapping[field] === undefined ? none : String(result.mapping[field])}
          allowDeselect={false}
          withAsterisk={field === 'name'}
          onChange={(value) => set(field, value)}
        />
      ))}
    </fieldset>
  );
}
