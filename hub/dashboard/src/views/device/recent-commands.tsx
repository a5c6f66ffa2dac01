import { Button } from '@mantine/core';
import { IconArrowBackUp, IconCheck, IconClockX, IconHelp, IconX } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { CommandView } from '../../../../../protocols/api/operation/commands.ts';
import { findCapability, findPrecondition } from '../../../../../protocols/fleet/capabilities/index.ts';
import { commandApi } from '../../data/commands.ts';
import { recentCommandsQuery } from '../../data/queries.ts';
import { queryClient } from '../../data/query-client.ts';
import { isSettled, stepsOf } from '../../state/commands.ts';
import { useMay } from '../../state/session.ts';
import { commandKeys } from '../../text/state-keys.ts';
import { useText } from '../../text/use-text.ts';
import { Age, Until } from '../../ui/age.tsx';
import { ProblemLine } from '../../ui/problem-panel.tsx';

const firstShown = 3;
const endings = {
  succeeded: { tone: 'ok', icon: IconCheck },
  failed: { tone: 'fault', icon: IconX },
  expired: { tone: 'quiet', icon: IconClockX },
  unknown: { tone: 'attention', icon: IconHelp },
  cancelled: { tone: 'quiet', icon: IconArrowBackUp },
} as const;

/** What people lately asked of this device and how far it is: never more than the hub truly knows. */
export function RecentCommands({ device }: { readonly device: string }) {
  const { t } = useText();
  const read = useQuery(recentCommandsQuery(device));
  const [all, setAll] = useState(false);
  const rows = read.data?.rows ?? [];
  if (rows.length === 0) return null;
  return (
    <section className="card">
      <div className="card-head">
        <h2>{t('command.sentTitle')}</h2>
      </div>
      <ul className="stack" aria-live="polite">
        {(all ? rows : rows.slice(0, firstShown)).map((command) => (
          <CommandRow key={command.id} command={command} />
        ))}
      </ul>
      {!all && rows.length > firstShown ? (
        <Button variant="subtle" size="xs" mt="sm" onClick={() => setAll(true)}>
          {t('list.more')}
        </Button>
      ) : null}
    </section>
  );
}

/** What the command was about, by name: which app, which scene. Who holds a rig is told elsewhere. */
function namesIn(args: CommandView['args']): string {
  return Object.entries(args)
    .flatMap(([name, value]) => (typeof value === 'string' && name !== 'holder' ? [value] : []))
    .join(', ');
}

function CommandRow({ command }: { readonly command: CommandView }) {
  const { t, pick } = useText();
  const known = findCapability(command.capability);
  const label = known?.commands[command.name]?.label;
  const ending = isSettled(command.state) ? endings[command.state as keyof typeof endings] : undefined;
  const Icon = ending?.icon;
  return (
    <li className="command">
      <div className="row" style={{ justifyContent: 'space-between' }}>
        <span>
          <b>{label ? pick(label) : command.name}</b>
          {known ? <span className="soft small"> {pick(known.label)}</span> : null}
          <span className="soft small"> {namesIn(command.args)}</span>
        </span>
        <span className="soft small">
          {command.createdBy} <Age at={command.createdAt} />
        </span>
      </div>
      {ending && Icon ? (
        <span className="state" data-tone={ending.tone}>
          <Icon aria-hidden />
          {t(commandKeys[command.state])}
        </span>
      ) : (
        <Progress command={command} />
      )}
      <Outcome command={command} />
      <CancelCommand command={command} />
    </li>
  );
}

function Progress({ command }: { readonly command: CommandView }) {
  const { t } = useText();
  return (
    <>
      <ol className="command-steps" aria-label={t('command.progress')}>
        {stepsOf(command.state).map(({ state, reached }) => (
          <li
            key={state}
            data-reached={reached || undefined}
            aria-current={state === command.state ? 'step' : undefined}
          >
            {t(commandKeys[state])}
          </li>
        ))}
      </ol>
      <span className="soft small">
        {command.notBefore ? (
          <>
            <Expiry at={command.notBefore} text="command.notBefore" />,{' '}
          </>
        ) : null}
        <Expiry at={command.notAfter} text="command.expires" />
      </span>
    </>
  );
}

function Expiry({ at, text }: { readonly at: string; readonly text: 'command.expires' | 'command.notBefore' }) {
  const { t } = useText();
  // The moment counts down by itself, so the sentence is cut where it stands.
  const [before = '', after = ''] = t(text, { when: '\u0000' }).split('\u0000');
  return (
    <>
      {before}
      <Until at={at} />
      {after}
    </>
  );
}

/** Takes it back; what has left is asked for, and the agent says whether that was in time. */
function CancelCommand({ command }: { readonly command: CommandView }) {
  const { t } = useText();
  const mayCommand = useMay('command');
  const cancel = useMutation({
    mutationFn: () => commandApi.cancel(command.id),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['commands', command.device] }),
  });
  if (isSettled(command.state)) return null;
  if (command.cancelAskedAt !== undefined) return <p className="small">{t('command.cancelAsked')}</p>;
  if (!mayCommand) return null;
  return (
    <>
      <ProblemLine error={cancel.error} />
      <Button variant="default" size="xs" mt={6} loading={cancel.isPending} onClick={() => cancel.mutate()}>
        {t('command.cancel')}
      </Button>
    </>
  );
}

function Outcome({ command }: { readonly command: CommandView }) {
  const { t, pick } = useText();
  if (command.state === 'unknown') return <p className="small">{t('command.unknown.help')}</p>;
  if (command.state === 'expired') return <p className="small">{t('command.expired.help')}</p>;
  if (command.state === 'cancelled') return <p className="small">{t('command.cancelled.help')}</p>;
  if (!command.problem) return null;
  const precondition = findPrecondition(command.problem.code);
  if (precondition)
    return (
      <p className="small">
        {pick(precondition.label)} {pick(precondition.remedy)}
      </p>
    );
  return (
    <p className="small">{t('command.problem', { message: command.problem.message, code: command.problem.code })}</p>
  );
}
