import { Button, Group, Modal, Textarea } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { UnitImport } from '../../../../../protocols/api/organisation/imports.ts';
import { organisationApi, unitImportsQuery } from '../../data/organisation.ts';
import { queryClient } from '../../data/query-client.ts';
import { useText } from '../../text/use-text.ts';
import { formatInstant } from '../../ui/format.ts';
import { ProblemLine } from '../../ui/problem-panel.tsx';

/** Imports of units that were made, each to be taken back while nothing was built on it. */
export function RecentImports() {
  const { t, language } = useText();
  const read = useQuery(unitImportsQuery);
  const [chosen, setChosen] = useState<UnitImport>();
  const rows = read.data?.rows ?? [];
  if (rows.length === 0) return <ProblemLine error={read.error} />;
  return (
    <section className="stack" aria-label={t('import.recent')}>
      <h2>{t('import.recent')}</h2>
      <ul className="import-rows import-past">
        {rows.map((row) => (
          <li key={row.id} data-undone={row.undoneAt !== undefined || undefined}>
            <span className="soft small">{formatInstant(Date.parse(row.at), language)}</span>
            <span>
              {row.file} → {row.unit.name}
            </span>
            <span className="small">
              {t('import.counts', { new: row.created, changed: row.changed, unchanged: 0, refused: 0 })}, {row.actor}
            </span>
            {row.undoneAt === undefined ? (
              <Button size="compact-sm" variant="default" onClick={() => setChosen(row)}>
                {t('import.undo')}
              </Button>
            ) : (
              <span className="small soft">{t('import.undone')}</span>
            )}
          </li>
        ))}
      </ul>
      {chosen ? <UndoDialog row={chosen} onClose={() => setChosen(undefined)} /> : null}
    </section>
  );
}

function UndoDialog({ row, onClose }: { readonly row: UnitImport; readonly onClose: () => void }) {
  const { t } = useText();
  const [reason, setReason] = useState('');
  const undo = useMutation({
    mutationFn: () => organisationApi.undoImport(row.id, reason.trim()),
    onSuccess: async () => {
      await queryClient.invalidateQueries();
      onClose();
    },
  });
  return (
    <Modal
      opened
      onClose={onClose}
      title={`${t('import.undo')}: ${row.file}`}
      closeButtonProps={{ 'aria-label': t('word.close') }}
    >
      <div className="stack">
        <Textarea
          data-autofocus
          label={t('change.reason')}
          value={reason}
          maxLength={500}
          withAsterisk
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <ProblemLine error={undo.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t('word.cancel')}
          </Button>
          <Button disabled={reason.trim().length < 3} loading={undo.isPending} onClick={() => undo.mutate()}>
            {t('import.undo')}
          </Button>
        </Group>
      </div>
    </Modal>
  );
}
