import type { DeviceRow } from '../../../../../protocols/api/devices.ts';
import { api, type ListQuery } from '../../data/api.ts';
import { csvLine, csvStart } from '../../data/csv.ts';
import type { Families } from '../../state/families.ts';
import { healthKeys, lifecycleKeys } from '../../text/state-keys.ts';
import type { TextKey } from '../../text/texts.ts';
import { formatInstant, type Language } from '../../ui/format.ts';
import { batteryCells } from './battery-cells.ts';

interface ExportOptions {
  readonly query: ListQuery;
  readonly language: Language;
  readonly t: (key: TextKey) => string;
  readonly families: Pick<Families, 'nameOf'>;
  readonly signal: AbortSignal;
  readonly onProgress: (rows: number, total: number) => void;
}

type Column = readonly [header: TextKey, value: (row: DeviceRow, options: ExportOptions) => string];

const instant = (at: string | undefined, language: Language) =>
  at === undefined ? '' : formatInstant(Date.parse(at), language);

const standing: readonly Column[] = [
  ['devices.name', (row) => row.name],
  ['devices.health', (row, { t }) => t(healthKeys[row.health.state])],
  ['devices.since', (row, { language }) => instant(row.health.since, language)],
  ['devices.code', (row) => row.health.code ?? ''],
  ['devices.room', (row) => row.unit.name],
  ['unit.school', (row) => row.school?.name ?? ''],
  ['devices.lifecycle', (row, { t }) => t(lifecycleKeys[row.lifecycle])],
  ['devices.family', (row, { families }) => families.nameOf(row.family)],
  ['devices.vendor', (row) => row.vendor ?? ''],
  ['devices.model', (row) => row.model ?? ''],
  ['devices.serial', (row) => row.serial ?? ''],
  ['devices.firmware', (row) => row.firmware ?? ''],
  ['devices.agent', (row) => row.agent.name],
  ['devices.lastReport', (row, { language }) => instant(row.lastReportAt, language)],
];

const battery: readonly Column[] = [
  ['battery.level', (row, { t, language }) => batteryCells(row, t, language).level],
  ['battery.state', (row, { t, language }) => batteryCells(row, t, language).state],
  ['battery.temperature', (row, { t, language }) => batteryCells(row, t, language).temperature],
];

/** All rows of the filter, page after page, as CSV. Throws ApiError; stops at the signal. */
export async function exportDevices(options: ExportOptions): Promise<Blob> {
  const columns = options.query['capability'] === 'battery' ? [...standing, ...battery] : standing;
  const separator = options.language === 'vi' ? ';' : ',';
  const chunks = [
    csvStart,
    csvLine(
      columns.map(([header]) => options.t(header)),
      separator,
    ),
  ];
  let cursor: string | undefined;
  let done = 0;
  do {
    const page = await api.devices({ ...options.query, cursor, limit: 200 }, options.signal);
    for (const row of page.rows) {
      chunks.push(
        csvLine(
          columns.map(([, value]) => value(row, options)),
          separator,
        ),
      );
    }
    done += page.rows.length;
    options.onProgress(done, page.total);
    cursor = page.next;
  } while (cursor !== undefined);
  return new Blob(chunks, { type: 'text/csv;charset=utf-8' });
}

/** Hands a file to the reader's device under this name. */
export function saveFile(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
