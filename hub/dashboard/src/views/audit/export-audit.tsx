import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconDownload, IconX } from '@tabler/icons-react';
import { useRef, useState } from 'react';
import { api, type ListQuery } from '../../data/api.ts';
import { toApiError } from '../../data/api-error.ts';
import { csvLine, csvStart } from '../../data/csv.ts';
import { useText } from '../../text/use-text.ts';
import { formatInstant } from '../../ui/format.ts';
import { saveFile } from '../devices/export-devices.ts';
import { nameOfAction } from './actions.ts';

/** Saves the filtered log, all pages of it, with progress and a way to stop. */
export function ExportAudit({ query }: { readonly query: ListQuery }) {
  const { t, language } = useText();
  const [progress, setProgress] = useState<{ readonly rows: number; readonly total: number }>();
  const stop = useRef<AbortController | undefined>(undefined);
  const read = async (signal: AbortSignal) => {
    const line = (values: readonly string[]) => csvLine(values, language === 'vi' ? ';' : ',');
    const head = ['number', 'when', 'who', 'did', 'subject', 'unit', 'reason', 'origin', 'detail', 'hash'] as const;
    const chunks = [csvStart, line(head.map((part) => t(headerKeys[part])))];
    let cursor: string | undefined;
    let rows = 0;
    do {
      const page = await api.audit({ ...query, cursor, limit: 200 }, signal);
      for (const entry of page.rows)
        chunks.push(
          line([
            String(entry.seq),
            formatInstant(Date.parse(entry.at), language),
            entry.actorName ?? entry.actor,
            nameOfAction(entry.action, t),
            entry.subject,
            entry.unit?.name ?? '',
            entry.reason ?? '',
            entry.origin ?? '',
            JSON.stringify(entry.detail),
            entry.hash,
          ]),
        );
      rows += page.rows.length;
      setProgress({ rows, total: page.total });
      cursor = page.next;
    } while (cursor !== undefined);
    saveFile(new Blob(chunks, { type: 'text/csv;charset=utf-8' }), 'audit.csv');
  };
  const start = async () => {
    const controller = new AbortController();
    stop.current = controller;
    setProgress({ rows: 0, total: 0 });
    try {
      await read(controller.signal);
    } catch (thrown) {
      const { code } = toApiError(thrown);
      if (!controller.signal.aborted)
        notifications.show({ color: 'red', title: t('devices.export.failed'), message: t('error.code', { code }) });
    } finally {
      setProgress(undefined);
    }
  };
  if (progress)
    return (
      <Button variant="default" rightSection={<IconX size={16} aria-hidden />} onClick={() => stop.current?.abort()}>
        {t('audit.export.progress', progress)}
      </Button>
    );
  return (
    <Button variant="default" leftSection={<IconDownload size={18} aria-hidden />} onClick={() => void start()}>
      {t('audit.export')}
    </Button>
  );
}

const headerKeys = {
  number: 'audit.number',
  when: 'audit.when',
  who: 'audit.who',
  did: 'audit.did',
  subject: 'audit.subject',
  unit: 'audit.unit',
  reason: 'audit.reason',
  origin: 'audit.origin',
  detail: 'audit.detail',
  hash: 'audit.hash',
} as const;
