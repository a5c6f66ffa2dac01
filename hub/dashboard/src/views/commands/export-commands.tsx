import { Button } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { commandApi } from '../../data/commands.ts';
import { csvLine, csvStart } from '../../data/csv.ts';
import { commandKeys } from '../../text/state-keys.ts';
import { useText } from '../../text/use-text.ts';
import { formatInstant } from '../../ui/format.ts';
import { ProblemLine } from '../../ui/problem-panel.tsx';
import { saveFile } from '../devices/export-devices.ts';
import { useCommandName } from './command-name.ts';

/** Saves every command that the list would show, with its result, as CSV. */
export function ExportCommands({ query }: { readonly query: Readonly<Record<string, string | number | undefined>> }) {
  const { t, language } = useText();
  const nameOf = useCommandName();
  const separator = language === 'vi' ? ';' : ',';
  const save = useMutation({
    mutationFn: async () => {
      const head = ['devices.name', 'devices.room', 'unit.school', 'commands.command', 'commands.state'] as const;
      const more = ['devices.code', 'command.reason', 'commands.who', 'commands.when'] as const;
      const chunks = [
        csvStart,
        csvLine(
          [...head, ...more].map((key) => t(key)),
          separator,
        ),
      ];
      let cursor: string | undefined;
      do {
        const page = await commandApi.list({ ...query, cursor, limit: 200 });
        for (const row of page.rows) {
          const cells = [row.deviceName, row.unit.name, row.school?.name ?? '', nameOf(row), t(commandKeys[row.state])];
          const rest = [row.problem?.code ?? '', row.reason ?? '', row.createdBy];
          const at = formatInstant(Date.parse(row.createdAt), language);
          chunks.push(csvLine([...cells, ...rest, at], separator));
        }
        cursor = page.next;
      } while (cursor !== undefined);
      saveFile(new Blob(chunks, { type: 'text/csv;charset=utf-8' }), 'lenh.csv');
    },
  });
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconDownload size={18} aria-hidden />}
        loading={save.isPending}
        onClick={() => save.mutate()}
      >
        {t('batch.export')}
      </Button>
      <ProblemLine error={save.error} />
    </>
  );
}
