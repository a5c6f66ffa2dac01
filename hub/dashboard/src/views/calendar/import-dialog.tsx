import { Button, FileButton, Group, Modal, Textarea } from '@mantine/core';
import { IconDownload, IconUpload } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { CalendarView, ImportCalendarResult } from '../../../../../protocols/api/operation/calendar.ts';
import { calendarApi } from '../../data/calendar.ts';
import { queryClient } from '../../data/query-client.ts';
import { useText } from '../../text/use-text.ts';
import { ProblemLine } from '../../ui/problem-panel.tsx';
import { ImportRows } from '../imports/import-rows.tsx';
import { Outcome } from './layer-dialog.tsx';
import '../imports/imports.css';

interface ImportDialogProps {
  readonly view: CalendarView;
  readonly onClose: () => void;
}

/** A file to what it would come to, and then what is written. */
export function ImportDialog({ view, onClose }: ImportDialogProps) {
  const { t } = useText();
  const [file, setFile] = useState<File>();
  const [reason, setReason] = useState('');
  const unit = view.unit.id;
  const read = useMutation({
    mutationFn: (chosen: File) => calendarApi.importFile({ unit, file: chosen, dryRun: 'yes' }),
  });
  const write = useMutation({
    mutationFn: (chosen: File) => calendarApi.importFile({ unit, file: chosen, dryRun: 'no', reason: reason.trim() }),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ['calendar'] });
      onClose();
    },
  });
  const choose = (chosen: File | null) => {
    if (!chosen) return;
    setFile(chosen);
    write.reset();
    read.mutate(chosen);
  };
  const result = read.data;
  const canWrite = result && file && result.effect && result.counts.refused === 0 && result.faults.length === 0;
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={t('calendar.import')}
      closeButtonProps={{ 'aria-label': t('word.close') }}
    >
      <div className="stack">
        <p>{t('calendar.import.text')}</p>
        <Group>
          <FileButton onChange={choose} accept=".xlsx,.csv,.txt,.ics" key={file?.lastModified ?? ''}>
            {(props) => (
              <Button {...props} loading={read.isPending} leftSection={<IconUpload size={18} aria-hidden />}>
                {t('import.file.choose')}
              </Button>
            )}
          </FileButton>
          <Button
            component="a"
            variant="default"
            href={calendarApi.exportAddress(unit, 'xlsx', 'here')}
            leftSection={<IconDownload size={18} aria-hidden />}
          >
            {t('calendar.import.template')}
          </Button>
        </Group>
        <div role="status">{read.isPending ? t('import.reading') : null}</div>
        {result ? <Read result={result} /> : null}
        <ProblemLine error={read.error ?? write.error} />
        {canWrite ? (
          <>
            <Textarea
              label={t('calendar.reason')}
              value={reason}
              maxLength={500}
              withAsterisk
              onChange={(event) => setReason(event.currentTarget.value)}
            />
            <Group justify="flex-end">
              <Button disabled={reason.trim().length < 3} loading={write.isPending} onClick={() => write.mutate(file)}>
                {t('calendar.save')}
              </Button>
            </Group>
          </>
        ) : null}
      </div>
    </Modal>
  );
}

function Read({ result }: { readonly result: ImportCalendarResult }) {
  const { t, language } = useText();
  if (result.problem)
    return (
      <div className="notice" role="alert" data-tone="fault">
        {result.problem[language]}
      </div>
    );
  return (
    <>
      <p role="status">{t('import.counts', result.counts)}</p>
      {result.counts.refused > 0 ? <p>{t('import.fix')}</p> : null}
      {result.counts.refused === 0 || result.faults.length > 0 ? <Outcome result={result} /> : null}
      <ImportRows result={result} />
    </>
  );
}
