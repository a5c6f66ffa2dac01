import { Button, Group, Textarea } from '@mantine/core';
import { useText } from '../text/use-text.ts';

/** Why something is changed; it stands in the history. */
export function ReasonField({
  value,
  onChange,
}: {
  readonly value: string;
  readonly onChange: (reason: string) => void;
}) {
  const { t } = useText();
  return (
    <Textarea
      label={t('change.reason')}
      value={value}
      maxLength={500}
      withAsterisk
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

interface TrialActionsProps {
  readonly isReady: boolean;
  readonly isPending: boolean;
  /** What the submit does now: try, or do what was tried. */
  readonly submit: string;
  readonly onClose: () => void;
}

/** The end of a form that is tried before it is done. */
export function TrialActions({ isReady, isPending, submit, onClose }: TrialActionsProps) {
  const { t } = useText();
  return (
    <Group justify="flex-end">
      <Button variant="default" onClick={onClose}>
        {t('word.cancel')}
      </Button>
      <Button type="submit" disabled={!isReady} loading={isPending}>
        {submit}
      </Button>
    </Group>
  );
}
