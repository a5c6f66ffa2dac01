import { Button, Group, Textarea } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { CommandBatch } from '../../../../../protocols/api/operation/commands.ts';
import type { CommandState } from '../../../../../protocols/fleet/record.ts';
import { commandApi } from '../../data/commands.ts';
import { queryClient } from '../../data/query-client.ts';
import { isSettled } from '../../state/commands.ts';
import { announce } from '../../state/live.ts';
import { useMay } from '../../state/session.ts';
import { commandKeys } from '../../text/state-keys.ts';
import { useText } from '../../text/use-text.ts';
import { Age, Until } from '../../ui/age.tsx';
import { ProblemLine } from '../../ui/problem-panel.tsx';
import { useCommandName } from './command-name.ts';
import { Exclusions } from './exclusions.tsx';
import './commands.css';

function refresh(batch: string): void {
  announce('commands');
  void queryClient.invalidateQueries({ queryKey: ['command-batch', batch] });
  void queryClient.invalidateQueries({ queryKey: ['approvals'] });
}

/** States in the order of their lives, with how many there are of each. */
function countsOf({ byState }: CommandBatch): readonly (readonly [CommandState, number])[] {
  return (Object.keys(commandKeys) as CommandState[]).flatMap((state) => {
    const count = byState[state] ?? 0;
    return count > 0 ? [[state, count] as const] : [];
  });
}

interface BatchCardProps {
  readonly batch: CommandBatch;
  /** With a link to the rows, where they are not shown already. */
  readonly isListed?: boolean;
}

/** One wish for many devices: who wished it, how far it is, and what can be done about it. */
export function BatchCard({ batch, isListed = false }: BatchCardProps) {
  const { t } = useText();
  const nameOf = useCommandName();
  const counts = countsOf(batch);
  const done = counts.reduce((sum, [state, count]) => sum + (isSettled(state) ? count : 0), 0);
  return (
    <section className="card stack">
      <div className="card-head">
        <h2>{t('batch.title', { command: nameOf(batch), count: batch.total })}</h2>
      </div>
      <p className="soft small">
        {t('batch.by', { name: batch.createdBy })} <Age at={batch.createdAt} />
        {batch.unit ? ` · ${batch.unit.name}` : ''}
      </p>
      <Arguments args={batch.args} />
      {batch.reason ? <p>{batch.reason}</p> : null}
      {batch.approval === 'awaiting' ? null : (
        <>
          <p className="number">{t('batch.progress', { done, total: batch.total })}</p>
          <div className="batch-bar" aria-hidden>
            <span style={{ width: `${batch.total === 0 ? 0 : (100 * done) / batch.total}%` }} />
          </div>
        </>
      )}
      <ul className="exclusions">
        {counts.map(([state, count]) => (
          <li key={state}>
            <span className="number">{count}</span> {t(commandKeys[state])}
          </li>
        ))}
      </ul>
      <Exclusions exclusions={batch.exclusions} />
      <Decision batch={batch} />
      <Group>
        <CancelBatch batch={batch} isOpen={done < batch.total} />
        {isListed ? (
          <Button
            variant="default"
            renderRoot={(props) => <Link to="/commands" search={{ batch: batch.id }} {...props} />}
          >
            {t('batch.show')}
          </Button>
        ) : null}
      </Group>
    </section>
  );
}

/** What exactly is wished: whoever agrees must have read it. */
function Arguments({ args }: Pick<CommandBatch, 'args'>) {
  const entries = Object.entries(args);
  if (entries.length === 0) return null;
  return (
    <dl className="facts">
      {entries.map(([name, value]) => (
        <div key={name} style={{ display: 'contents' }}>
          <dt>{name}</dt>
          <dd>{typeof value === 'string' ? value : JSON.stringify(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

function CancelBatch({ batch, isOpen }: { readonly batch: CommandBatch; readonly isOpen: boolean }) {
  const { t } = useText();
  const mayCommand = useMay('command');
  const cancel = useMutation({
    mutationFn: () => commandApi.cancelBatch(batch.id),
    onSuccess: () => refresh(batch.id),
  });
  if (!mayCommand || !isOpen || batch.cancelledAt !== undefined) return null;
  return (
    <>
      <Button variant="default" loading={cancel.isPending} onClick={() => cancel.mutate()}>
        {t('batch.cancel')}
      </Button>
      <ProblemLine error={cancel.error} />
    </>
  );
}

const decided = {
  approved: 'batch.decided.approved',
  rejected: 'batch.decided.rejected',
  expired: 'batch.decided.expired',
} as const;

function Decision({ batch }: { readonly batch: CommandBatch }) {
  const { t } = useText();
  const mayApprove = useMay('approve');
  if (batch.approval === 'none') return null;
  if (batch.approval !== 'awaiting') {
    const { approval, decidedBy = '', decisionReason } = batch;
    return (
      <p>
        {t(decided[approval], { name: decidedBy })}
        {decisionReason ? `: ${decisionReason}` : ''}
      </p>
    );
  }
  const [before = '', after = ''] = t('command.expires', { when: '\u0000' }).split('\u0000');
  return (
    <>
      <p>
        {t('command.approval')}{' '}
        {batch.approveBefore ? (
          <span className="soft">
            {before}
            <Until at={batch.approveBefore} />
            {after}
          </span>
        ) : null}
      </p>
      {batch.mayDecide ? <DecideForm batch={batch} /> : null}
      {mayApprove && !batch.mayDecide ? <p className="soft small">{t('batch.own')}</p> : null}
    </>
  );
}

function DecideForm({ batch }: { readonly batch: CommandBatch }) {
  const { t } = useText();
  const [reason, setReason] = useState('');
  const why = reason.trim();
  const decide = useMutation({
    mutationFn: (decision: 'approve' | 'reject') =>
      commandApi.decide(batch.id, { decision, ...(why.length >= 3 ? { reason: why } : {}) }),
    onSuccess: () => refresh(batch.id),
  });
  return (
    <div className="stack">
      <Textarea
        label={t('command.reason')}
        value={reason}
        maxLength={300}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <ProblemLine error={decide.error} />
      <Group>
        <Button loading={decide.isPending} onClick={() => decide.mutate('approve')}>
          {t('batch.approve')}
        </Button>
        <Button variant="default" loading={decide.isPending} onClick={() => decide.mutate('reject')}>
          {t('batch.reject')}
        </Button>
      </Group>
    </div>
  );
}
