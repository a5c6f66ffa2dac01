import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconDownload, IconX } from '@tabler/icons-react';
import { useRef, useState } from 'react';
import { fold } from '../../../../../protocols/api/fold.ts';
import { toApiError } from '../../data/api-error.ts';
import { now } from '../../state/clock.ts';
import { useFamilies } from '../../state/families.ts';
import { useText } from '../../text/use-text.ts';
import type { DevicesSearch } from '../search.ts';
import { exportDevices, saveFile } from './export-devices.ts';

/** Name that tells the filter and the moment: `thiet-bi_fault_2026-11-24_1537.csv`. */
function fileName(title: string, search: DevicesSearch): string {
  const { q, family, capability, health, unit, agent } = search;
  const filter = [q, family, capability, health, unit, agent].filter((part) => part !== undefined).join('_');
  const stamp = new Date(now() + 7 * 3_600_000).toISOString().slice(0, 16).replace('T', '_').replace(':', '');
  const words = [title, filter, stamp].filter((part) => part !== '').join('_');
  return `${fold(words).replace(/[^a-z0-9_-]+/g, '-')}.csv`;
}

/** Saves exactly the filtered list, all pages of it, with progress and a way to stop. */
export function ExportButton({ search }: { readonly search: DevicesSearch }) {
  const { t, language } = useText();
  const families = useFamilies();
  const [progress, setProgress] = useState<{ readonly rows: number; readonly total: number }>();
  const stop = useRef<AbortController | undefined>(undefined);
  const start = async () => {
    const controller = new AbortController();
    stop.current = controller;
    setProgress({ rows: 0, total: 0 });
    try {
      const blob = await exportDevices({
        query: search,
        language,
        t,
        families,
        signal: controller.signal,
        onProgress: (rows, total) => setProgress({ rows, total }),
      });
      saveFile(blob, fileName(t('nav.devices'), search));
    } catch (thrown) {
      if (!controller.signal.aborted) {
        const problem = toApiError(thrown);
        notifications.show({
          color: 'red',
          title: t('devices.export.failed'),
          message: t('error.code', { code: problem.code }),
        });
      }
    } finally {
      setProgress(undefined);
    }
  };
  if (progress) {
    return (
      <Button variant="default" rightSection={<IconX size={16} aria-hidden />} onClick={() => stop.current?.abort()}>
        {t('devices.export.progress', progress)}
      </Button>
    );
  }
  return (
    <Button variant="default" leftSection={<IconDownload size={18} aria-hidden />} onClick={() => void start()}>
      {t('devices.export')}
    </Button>
  );
}
