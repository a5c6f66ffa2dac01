import { Button, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useState } from 'react';
import type { UnitChange, UnitChangeResult } from '../../../../../protocols/api/organisation/changes.ts';
import type { Unit } from '../../../../../protocols/api/units.ts';
import { organisationApi } from '../../data/organisation.ts';
import { queryClient } from '../../data/query-client.ts';
import { useText } from '../../text/use-text.ts';
import { ProblemLine } from '../../ui/problem-panel.tsx';
import { ReasonField, TrialActions } from '../../ui/trial-form.tsx';
import { placeOf } from '../../ui/unit-picker.tsx';
import { reverseOf } from './reverse-change.ts';

/** Long enough to read what was done and to see that it was wrong. */
const undoMs = 60_000;

interface ChangeFormProps {
  readonly unit: Unit;
  /** Undefined while something is missing. */
  readonly change: UnitChange | undefined;
  readonly note?: string | undefined;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/**
 * Changes a unit in two steps: what it would come to, and then the deed. What was filled in since the trial is tried again. A
 * change whose opposite is one too can be taken back for a minute.
 */
export function ChangeForm({ unit, change, note, onClose, children }: ChangeFormProps) {
  const { t } = useText();
  const [day, setDay] = useState('');
  const [reason, setReason] = useState('');
  const send = (dryRun: boolean) => {
    if (!change) return Promise.reject(new TypeError('nothing was filled in'));
    const effective = day === '' ? {} : { effective: day };
    return organisationApi.change(unit.id, { change, reason: reason.trim(), dryRun, ...effective });
  };
  const attempt = useMutation({ mutationFn: (_of: string) => send(true) });
  const asked = JSON.stringify([change, day]);
  const tried = attempt.variables === asked ? attempt.data : undefined;
  const act = useMutation({
    mutationFn: () => send(false),
    onSuccess: async () => {
      await queryClient.invalidateQueries();
      onClose();
      const back = change && reverseOf(unit, change);
      if (back) offerUndo({ unit, back, day, reason: t('change.undo.reason', { reason: reason.trim() }) });
    },
  });
  const isReady = change !== undefined && reason.trim().length >= 3;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!isReady) return;
    if (tried) act.mutate();
    else attempt.mutate(asked);
  };
  return (
    <form className="stack" onSubmit={submit} noValidate>
      {note ? <p>{note}</p> : null}
      {children}
      <TextInput
        type="date"
        label={t('change.day')}
        description={t('change.day.help')}
        value={day}
        onChange={(event) => setDay(event.currentTarget.value)}
      />
      <ReasonField value={reason} onChange={setReason} />
      {tried ? <Outcome result={tried} /> : null}
      <ProblemLine error={attempt.variables === asked ? (attempt.error ?? act.error) : act.error} />
      <TrialActions
        isReady={isReady}
        isPending={attempt.isPending || act.isPending}
        submit={t(tried ? 'change.do' : 'change.try')}
        onClose={onClose}
      />
    </form>
  );
}

/** What the change would come to. */
function Outcome({ result: { unit, effects, parts } }: { readonly result: UnitChangeResult }) {
  const { t } = useText();
  return (
    <div className="notice" role="status">
      <div>
        <div>{t('change.after', { place: placeOf(unit.trail) || unit.name })}</div>
        {parts?.map((part) => (
          <div key={part.unit.id}>
            {t('split.part', { name: part.unit.name, units: part.units, devices: part.devices })}{' '}
            {part.agents.length > 0 ? t('split.part.agents', { names: part.agents.join(', ') }) : null}
          </div>
        ))}
        <div className="small">{t('change.effects', effects)}</div>
      </div>
    </div>
  );
}

interface Undo {
  readonly unit: Unit;
  readonly back: UnitChange;
  /** On which the change began; empty for today. */
  readonly day: string;
  readonly reason: string;
}

function offerUndo(undo: Undo): void {
  const id = `unit-undo-${undo.unit.id}`;
  notifications.show({ id, autoClose: undoMs, message: <UndoOffer {...undo} onDone={() => notifications.hide(id)} /> });
}

function UndoOffer({ unit, back, day, reason, onDone }: Undo & { readonly onDone: () => void }) {
  const { t } = useText();
  const undo = useMutation({
    mutationFn: () =>
      organisationApi.change(unit.id, { change: back, reason, ...(day === '' ? {} : { effective: day }) }),
    onSuccess: async () => {
      await queryClient.invalidateQueries();
      onDone();
    },
  });
  return (
    <div className="stack">
      <span>{t('change.done', { name: unit.name })}</span>
      <ProblemLine error={undo.error} />
      <Button size="compact-sm" variant="default" loading={undo.isPending} onClick={() => undo.mutate()}>
        {t('change.undo')}
      </Button>
    </div>
  );
}
