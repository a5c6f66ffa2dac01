import { Checkbox, NativeSelect, NumberInput, PasswordInput, TextInput } from '@mantine/core';
import type { SettingField } from '../../../../../protocols/fleet/setting-field.ts';
import { useText } from '../../text/use-text.ts';
import { isWrong } from './adopt-wishes.ts';

interface SettingInputProps {
  readonly field: SettingField;
  /** Undefined where the family's own value holds. */
  readonly value: unknown;
  readonly onChange: (value: unknown) => void;
}

/** One setting of a device family, by what the agent tells of it. A secret is typed, never shown. */
export function SettingInput(props: SettingInputProps) {
  const { pick } = useText();
  const { field } = props;
  const label = field.label ? pick(field.label) : field.name;
  if (field.secret) return <SecretInput {...props} label={label} />;
  switch (field.type) {
    case 'boolean':
      return <BooleanInput {...props} label={label} />;
    case 'choice':
      return <ChoiceInput {...props} label={label} />;
    case 'integer':
    case 'number':
      return <QuantityInput {...props} label={label} />;
    default:
      return <LineInput {...props} label={label} />;
  }
}

type LabelledProps = SettingInputProps & { readonly label: string };

function fallbackText({ fallback }: SettingField): string {
  return fallback === undefined ? '' : String(fallback);
}

function useError(field: SettingField, value: unknown): string | undefined {
  const { t } = useText();
  return isWrong(field, value) ? t('setting.wrong') : undefined;
}

function SecretInput({ label, value, onChange }: LabelledProps) {
  const { t } = useText();
  return (
    <PasswordInput
      label={label}
      description={t('setting.secret')}
      autoComplete="new-password"
      visibilityToggleButtonProps={{ 'aria-label': t('signIn.reveal') }}
      value={typeof value === 'string' ? value : ''}
      onChange={({ currentTarget }) => onChange(currentTarget.value === '' ? undefined : currentTarget.value)}
    />
  );
}

function BooleanInput({ field, label, value, onChange }: LabelledProps) {
  return (
    <Checkbox
      label={label}
      checked={value === undefined ? field.fallback === true : value === true}
      onChange={(event) => onChange(event.currentTarget.checked)}
    />
  );
}

function ChoiceInput({ field, label, value, onChange }: LabelledProps) {
  const fallback = fallbackText(field);
  return (
    <NativeSelect
      label={label}
      withAsterisk={field.required}
      error={useError(field, value)}
      value={value === undefined ? fallback : String(value)}
      data={[...(fallback === '' ? [''] : []), ...(field.choices ?? [])]}
      onChange={({ currentTarget }) => onChange(currentTarget.value)}
    />
  );
}

function QuantityInput({ field, label, value, onChange }: LabelledProps) {
  return (
    <NumberInput
      label={label}
      withAsterisk={field.required}
      error={useError(field, value)}
      placeholder={fallbackText(field)}
      allowDecimal={field.type === 'number'}
      value={typeof value === 'number' ? value : ''}
      onChange={(next) => onChange(next === '' ? undefined : Number(next))}
    />
  );
}

function LineInput({ field, label, value, onChange }: LabelledProps) {
  return (
    <TextInput
      label={label}
      withAsterisk={field.required}
      error={useError(field, value)}
      placeholder={fallbackText(field)}
      maxLength={field.maxLength ?? 200}
      value={typeof value === 'string' ? value : ''}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
