import { Chip, Group, Input } from '@mantine/core';
import { useText } from '../../text/use-text.ts';
import { weekdays } from './keys.ts';

interface WeekdaysFieldProps {
  readonly label: string;
  /** ISO 8601: 1 is Monday. */
  readonly value: readonly number[];
  readonly onChange: (days: number[]) => void;
}

/** Days of the week to tap; large enough for a thumb. */
export function WeekdaysField({ label, value, onChange }: WeekdaysFieldProps) {
  const { t } = useText();
  return (
    <Input.Wrapper label={label} labelElement="div">
      <Chip.Group
        multiple
        value={value.map(String)}
        onChange={(days) => onChange(days.map(Number).sort((a, b) => a - b))}
      >
        <Group gap="xs" role="group" aria-label={label}>
          {weekdays.map(({ day, name }) => (
            <Chip key={day} value={String(day)} size="sm">
              {t(name)}
            </Chip>
          ))}
        </Group>
      </Chip.Group>
    </Input.Wrapper>
  );
}
