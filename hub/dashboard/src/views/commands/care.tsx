import { Checkbox, Select, Textarea } from '@mantine/core';
import { useText } from '../../text/use-text.ts';

/** What of the ordinary care a person sets aside, and why. */
export interface Care {
  readonly reason: string;
  readonly force: boolean;
  readonly evenInLesson: boolean;
  readonly evenInExam: boolean;
  readonly waitSeconds: number;
}

export const ordinaryCare: Care = {
  reason: '',
  force: false,
  evenInLesson: false,
  evenInExam: false,
  waitSeconds: 60,
};

/** The part of a request that says it. */
export function careBody({ reason, force, evenInLesson, evenInExam, waitSeconds }: Care) {
  const why = reason.trim();
  return {
    force,
    evenInLesson,
    evenInExam,
    expiresInSeconds: waitSeconds,
    ...(why.length >= 3 ? { reason: why } : {}),
  };
}

interface CareProps {
  readonly care: Care;
  readonly onChange: (care: Care) => void;
}

const waits = [
  { value: '60', key: 'wait.1m' },
  { value: '3600', key: 'wait.1h' },
  { value: '28800', key: 'wait.8h' },
  { value: '86400', key: 'wait.24h' },
  { value: '604800', key: 'wait.7d' },
] as const;

/** How long a command waits for a device that is away. */
export function WaitField({ care, onChange }: CareProps) {
  const { t } = useText();
  return (
    <Select
      label={t('command.waits')}
      allowDeselect={false}
      value={String(care.waitSeconds)}
      onChange={(value) => onChange({ ...care, waitSeconds: Number(value ?? 60) })}
      data={waits.map(({ value, key }) => ({ value, label: t(key) }))}
    />
  );
}

export function ReasonField({ care, onChange, required }: CareProps & { readonly required: boolean }) {
  const { t } = useText();
  return (
    <Textarea
      label={t('command.reason')}
      description={t('command.reason.help')}
      value={care.reason}
      maxLength={300}
      required={required}
      onChange={(event) => onChange({ ...care, reason: event.currentTarget.value })}
    />
  );
}

interface SetAsideProps extends CareProps {
  readonly what: 'force' | 'evenInLesson' | 'evenInExam';
  readonly disabled?: boolean;
}

const labels = {
  force: 'command.force',
  evenInLesson: 'command.evenInLesson',
  evenInExam: 'command.evenInExam',
} as const;

export function SetAside({ care, onChange, what, disabled }: SetAsideProps) {
  const { t } = useText();
  return (
    <Checkbox
      label={t(labels[what])}
      checked={care[what]}
      disabled={disabled === true}
      onChange={(event) => onChange({ ...care, [what]: event.currentTarget.checked })}
    />
  );
}
