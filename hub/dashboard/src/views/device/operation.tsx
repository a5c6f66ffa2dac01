import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useMemo, useState } from 'react';
import type { Device } from '../../../../../protocols/api/devices.ts';
import type { CommandCheck } from '../../../../../protocols/api/operation/commands.ts';
import { findCapability } from '../../../../../protocols/fleet/capabilities/index.ts';
import { api } from '../../data/api.ts';
import { commandApi } from '../../data/commands.ts';
import { queryClient } from '../../data/query-client.ts';
import { OperationContext, type Wish } from '../../state/operate.ts';
import { useMay } from '../../state/session.ts';
import { ProblemLine } from '../../ui/problem-panel.tsx';
import { type Care, careBody, ordinaryCare } from '../commands/care.tsx';
import { type PendingWish, Question } from './question.tsx';

/** Nothing can stand in its way, and nobody is disturbed: it goes without a word, as a camera turns while a key is held. */
function goesAtOnce({ capability, name }: Wish): boolean {
  const command = findCapability(capability)?.commands[name];
  return command?.disturbs === 'none' && command.danger === 'low' && command.requires.length === 0;
}

/** A person is asked when there is something to know first. */
function isWorthAsking(check: CommandCheck): boolean {
  const { danger, obstacles, lesson, exam, away, needsApproval } = check;
  return danger !== 'low' || obstacles.length > 0 || lesson || exam || away || needsApproval;
}

/** Lets the widgets below give commands to this device; says first what a command does and what stands in its way. */
export function Operation({ device, children }: { readonly device: Device; readonly children: ReactNode }) {
  const mayCommand = useMay('command');
  const [question, setQuestion] = useState<PendingWish & { readonly check: CommandCheck }>();
  const { mutate, isPending, error } = useMutation({
    mutationFn: ({ wish: { saying: _, ...body }, care }: PendingWish & { readonly care: Care }) =>
      api.createCommand(device.id, { ...body, ...careBody(care) }),
    onSuccess: (made, { onMade }) => {
      setQuestion(undefined);
      queryClient.setQueryData(['command', made.id], made);
      void queryClient.invalidateQueries({ queryKey: ['commands', device.id] });
      onMade?.(made.id);
    },
  });
  const asked = useMutation({
    mutationFn: ({ wish: { capability, name, args = {}, purpose } }: PendingWish) =>
      commandApi.check(device.id, { capability, name, args, ...(purpose === undefined ? {} : { purpose }) }),
    onSuccess: (check, pending) => {
      if (isWorthAsking(check)) setQuestion({ ...pending, check });
      else mutate({ ...pending, care: ordinaryCare });
    },
  });
  const ask = asked.mutate;
  const sending = isPending || asked.isPending;
  const operation = useMemo(
    () => ({
      can: (capability: string, name: string) => mayCommand && (device.commands[capability]?.includes(name) ?? false),
      send: (wish: Wish, onMade?: (command: string) => void) => {
        if (goesAtOnce(wish)) mutate({ wish, onMade, care: ordinaryCare });
        else ask({ wish, onMade });
      },
      sending,
    }),
    [mayCommand, device.commands, mutate, ask, sending],
  );
  return (
    <OperationContext value={operation}>
      <ProblemLine error={question ? undefined : (error ?? asked.error)} />
      {children}
      {question ? (
        <Question
          pending={question}
          check={question.check}
          device={device.name}
          error={error}
          sending={isPending}
          onClose={() => setQuestion(undefined)}
          onYes={(care) => mutate({ wish: question.wish, onMade: question.onMade, care })}
        />
      ) : null}
    </OperationContext>
  );
}
