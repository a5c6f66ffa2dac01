import { Button, Group, Modal, Textarea } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { ProposalView } from '../../../../../protocols/api/enrolment/proposals.ts';
import { api } from '../../data/api.ts';
import { announce } from '../../state/live.ts';
import { useText } from '../../text/use-text.ts';
import { ProblemLine } from '../../ui/problem-panel.tsx';

interface RefuseDialogProps {
  readonly opened: boolean;
  readonly proposals: readonly ProposalView[];
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** Turns proposals down for good, with a reason for whoever asks later. */
export function RefuseDialog({ opened, proposals, onClose, onDone }: RefuseDialogProps) {
  const { t } = useText();
  const [reason, setReason] = useState('');
  const refuse = useMutation({
    mutationFn: () =>
      api.refuse({
        proposals: proposals.map(({ id }) => id),
        ...(reason.trim() === '' ? {} : { reason: reason.trim() }),
      }),
    onSuccess: () => {
      announce('proposals');
      onDone();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    refuse.mutate();
  };
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t('refuse.title', { count: proposals.length })}
      closeButtonProps={{ 'aria-label': t('word.close') }}
    >
      <form className="stack" onSubmit={submit}>
        <p>{t('refuse.text')}</p>
        <Textarea
          data-autofocus
          label={t('refuse.reason')}
          value={reason}
          maxLength={300}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <ProblemLine error={refuse.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t('word.cancel')}
          </Button>
          <Button type="submit" loading={refuse.isPending}>
            {t('proposals.refuse')}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
