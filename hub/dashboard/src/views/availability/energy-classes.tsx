import { Button, Modal, NumberInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { EnergyClassRow } from '../../../../../protocols/api/operation/availability.ts';
import { setEnergyClass } from '../../data/availability.ts';
import { queryClient } from '../../data/query-client.ts';
import { useMay } from '../../state/session.ts';
import { useText } from '../../text/use-text.ts';
import { ProblemLine } from '../../ui/problem-panel.tsx';
import { ReasonField, TrialActions } from '../../ui/trial-form.tsx';

/** The watts behind the estimate, and who has confirmed them. */
export function EnergyClasses({ rows }: { readonly rows: readonly EnergyClassRow[] }) {
  const { t, pick } = useText();
  const may = useMay('manage-rules');
  const [edited, setEdited] = useState<EnergyClassRow>();
  return (
    <section className="card">
      <div className="card-head">
        <h2>{t('availability.classes')}</h2>
      </div>
      <ul className="stack">
        {rows.map((row) => (
          <li key={row.name}>
            <strong>{pick(row.label)}</strong>: {t('availability.class.on', { watts: row.onWatts })},{' '}
            {t('availability.class.standby', { watts: row.standbyWatts })}{' '}
            <span className="soft small">
              (
              {row.setBy === undefined
                ? t('availability.class.estimate')
                : t('availability.class.set', { name: row.setBy })}
              )
            </span>{' '}
            {may ? (
              <Button
                size="compact-xs"
                variant="subtle"
                aria-label={t('availability.class.edit', { name: pick(row.label) })}
                onClick={() => setEdited(row)}
              >
                {t('configuration.edit')}
              </Button>
            ) : null}
          </li>
        ))}
      </ul>
      {edited ? <ClassDialog row={edited} onClose={() => setEdited(undefined)} /> : null}
    </section>
  );
}

function ClassDialog({ row, onClose }: { readonly row: EnergyClassRow; readonly onClose: () => void }) {
  const { t, pick } = useText();
  const [onWatts, setOnWatts] = useState<number | string>(row.onWatts);
  const [standbyWatts, setStandbyWatts] = useState<number | string>(row.standbyWatts);
  const [reason, setReason] = useState('');
  const save = useMutation({
    mutationFn: () =>
      setEnergyClass({
        name: row.name,
        onWatts: Number(onWatts),
        standbyWatts: Number(standbyWatts),
        reason: reason.trim(),
      }),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ['availability'] });
      onClose();
    },
  });
  const isReady = onWatts !== '' && standbyWatts !== '' && reason.trim().length >= 3;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isReady) save.mutate();
  };
  return (
    <Modal
      opened
      onClose={onClose}
      closeOnClickOutside={false}
      title={t('availability.class.edit', { name: pick(row.label) })}
      closeButtonProps={{ 'aria-label': t('word.close') }}
    >
      <form className="stack" onSubmit={submit} noValidate>
        <NumberInput label={t('availability.class.onWatts')} min={0} value={onWatts} onChange={setOnWatts} />
        <NumberInput
          label={t('availability.class.standbyWatts')}
          min={0}
          value={standbyWatts}
          onChange={setStandbyWatts}
        />
        <ReasonField value={reason} onChange={setReason} />
        <ProblemLine error={save.error} />
        <TrialActions isReady={isReady} isPending={save.isPending} submit={t('configuration.do')} onClose={onClose} />
      </form>
    </Modal>
  );
}
