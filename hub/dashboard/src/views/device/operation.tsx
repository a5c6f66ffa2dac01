import { Button, Group, Modal } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useMemo, useState } from 'react';
import type { Device } from '../../../../../protocols/api/devices.ts';
import { findCapability } from '../../../../../protocols/fleet/capabilities/index.ts';
import { api } from '../../data/api.ts';
import { queryClient } from '../../data/query-client.ts';
import { OperationContext, type Wish } from '../../state/operate.ts';
import { useMay } from '../../state/session.ts';
import { useText } from '../../text/use-text.ts';
import { ProblemLine } from '../../ui/problem-panel.tsx';

interface Pending {
  readonly wish: Wish;
  readonly onMade: ((command: string) => void) | undefined;
}

/** Lets the widgets below give commands to this device; asks first where a command has an effect that people must know. */
export function Operation({ device, children }: { readonly device: Device; readonly children: ReactNode }) {
  const mayCommand = useMay('command');
  const [question, setQuestion] = useState<Pending>();
  const { mutate, isPending, error } = useMutation({
    mutationFn: ({ wish: { saying: _, ...body } }: Pending) => api.createCommand(device.id, body),
    onSuccess: (made, { onMade }) => {
      queryClient.setQueryData(['command', made.id], made);
      void queryClient.invalidateQueries({ queryKey: ['commands', device.id] });
      onMade?.(made.id);
    },
  });
  const operation = useMemo(
    () => ({
      can: (capability: string, name: string) => mayCommand && (device.commands[capability]?.includes(name) ?? false),
      send: (wish: Wish, onMade?: (command: string) => void) => {
        const danger = findCapability(wish.capability)?.commands[wish.name]?.danger;
        if (danger !== 'low') setQuestion({ wish, onMade });
        else mutate({ wish, onMade });
      },
      sending: isPending,
    }),
    [mayCommand, device.commands, mutate, isPending],
  );
  return (
    <OperationContext value={operation}>
      <ProblemLine error={error} />
      {children}
      <Question
        pending={question}
        device={device.name}
        onClose={() => setQuestion(undefined)}
        onYes={(pending) => {
          setQuestion(undefined);
          mutate(pending);
        }}
      />
    </OperationContext>
  );
}

interface QuestionProps {
  readonly pending: Pending | undefined;
  readonly device: string;
  readonly onClose: () => void;
  readonly onYes: (pending: Pending) => void;
}

function Question({ pending, device, onClose, onYes }: QuestionProps) {
  const { t, pick } = useText();
  const command = pending && findCapability(pending.wish.capability)?.commands[pending.wish.name];
  return (
    <Modal
      opened={pending !== undefined}
      onClose={onClose}
      title={command ? t('command.confirm', { command: pending.wish.saying ?? pick(command.label), device }) : ''}
      closeButtonProps={{ 'aria-label': t('word.close') }}
    >
      <div className="stack">
        <p>{command ? pick(command.effect) : null}</p>
        <Group justify="flex-end">
          <Button variant="default" data-autofocus onClick={onClose}>
            {t('word.cancel')}
          </Button>
          <Button color="red.8" onClick={() => pending && onYes(pending)}>
            {t('command.confirm.do')}
          </Button>
        </Group>
      </div>
    </Modal>
  );
}
