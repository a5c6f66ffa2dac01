import { Button, Group, Modal, Textarea } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useState } from 'react';
import type { CalendarChangeResult, CalendarEffect } from '../../../../../protocols/api/operation/calendar.ts';
import { queryClient } from '../../data/query-client.ts';
import { useText } from '../../text/use-text.ts';
import { ProblemLine } from '../../ui/problem-panel.tsx';
import { dayText } from '../units/history-dialog.tsx';
import { useDayWords } from './months.tsx';

interface LayerDialogProps {
  readonly title: string;
  /** Tries or writes. */
  readonly send: (reason: string, dryRun: boolean) => Promise<CalendarChangeResult>;
  readonly onClose: () => void;
  /** What is edited; a new one makes the last try worthless. */
  readonly draft?: unknown;
  readonly size?: 'md' | 'xl';
  /** What still has to be filled in before it can be tried. */
  readonly missing?: string | undefined;
  readonly children?: ReactNode;
}

/** Every change of a calendar in two steps: what it would come to, and then the deed. */
export function LayerDialog({ title, send, onClose, draft, size = 'md', missing, children }: LayerDialogProps) {
  const { t } = useText();
  const [reason, setReason] = useState('');
  const [tried, setTried] = useState<{ readonly draft: unknown; readonly result: CalendarChangeResult }>();
  const attempt = useMutation({
    mutationFn: () => send(reason.trim(), true),
    onSuccess: (result) => setTried({ draft, result }),
  });
  const save = useMutation({
    mutationFn: () => send(reason.trim(), false),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ['calendar'] });
      onClose();
    },
  });
  const result = tried && tried.draft === draft ? tried.result : undefined;
  const isReady = reason.trim().length >= 3 && missing === undefined;
  const canSave = result !== undefined && result.faults.length === 0;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!isReady) return;
    if (canSave) save.mutate();
    else attempt.mutate();
  };
  return (
    <Modal opened onClose={onClose} size={size} title={title} closeButtonProps={{ 'aria-label': t('word.close') }}>
      <form className="stack" onSubmit={submit} noValidate>
        {children}
        <Textarea
          label={t('calendar.reason')}
          value={reason}
          maxLength={500}
          withAsterisk
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        {missing ? (
          <p className="soft small" role="status">
            {missing}
          </p>
        ) : null}
        <Outcome result={result} />
        <ProblemLine error={attempt.error ?? save.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t('word.cancel')}
          </Button>
          <Button type="submit" disabled={!isReady} loading={attempt.isPending || save.isPending}>
            {canSave ? t('calendar.save') : t('calendar.try')}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}

/** What a try came to: why it cannot be saved, or which days would be others. */
export function Outcome({ result }: { readonly result: Pick<CalendarChangeResult, 'faults' | 'effect'> | undefined }) {
  const { t, language } = useText();
  if (!result) return null;
  if (result.faults.length > 0)
    return (
      <div className="notice" role="alert" data-tone="fault">
        <div>
          <div>{t('calendar.fault')}</div>
          <ul className="small calendar-faults">
            {result.faults.map((fault) => (
              <li key={`${fault.field} ${fault.why.en}`}>
                {fault.why[language]} <strong>{fault.remedy[language]}</strong>
              </li>
            ))}
          </ul>
        </div>
      </div>
    );
  return result.effect ? <Effect effect={result.effect} /> : null;
}

const shownSpans = 12;

function Effect({ effect }: { readonly effect: CalendarEffect }) {
  const { t } = useText();
  const words = useDayWords();
  const { days, changed, lessonHours, units } = effect;
  const told = (day: CalendarEffect['days'][number]['before']) =>
    day.minutes > 0 ? t('calendar.effect.minutes', { kind: words(day), minutes: day.minutes }) : words(day);
  return (
    <div className="notice" role="status" data-tone="accent">
      <div>
        <div>
          {changed === 0
            ? t('calendar.effect.none')
            : t('calendar.effect', { changed, before: lessonHours.before, after: lessonHours.after })}
        </div>
        <div className="small">{t('calendar.effect.units', units)}</div>
        <ul className="small">
          {days.slice(0, shownSpans).map((span) => (
            <li key={span.from}>
              {t('calendar.effect.day', {
                days:
                  span.from === span.to
                    ? dayText(span.from)
                    : t('calendar.span', { from: dayText(span.from), to: dayText(span.to) }),
                before: told(span.before),
                after: told(span.after),
              })}
            </li>
          ))}
          {days.length > shownSpans ? <li>{t('calendar.effect.more')}</li> : null}
        </ul>
      </div>
    </div>
  );
}
