import { Button, NativeSelect, TextInput } from '@mantine/core';
import { IconDownload, IconGauge } from '@tabler/icons-react';
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import type { AvailabilityReport, AvailabilityRow } from '../../../../../protocols/api/operation/availability.ts';
import { type AvailabilityAsk, askAvailability, availabilityReportQuery } from '../../data/availability.ts';
import { csvLine, csvStart } from '../../data/csv.ts';
import { useText } from '../../text/use-text.ts';
import { Answer } from '../../ui/answer.tsx';
import { Blank } from '../../ui/blank.tsx';
import { formatNumber, type Language, nothing } from '../../ui/format.ts';
import { Page } from '../../ui/page.tsx';
import { ProblemLine } from '../../ui/problem-panel.tsx';
import { UnitPicker } from '../../ui/unit-picker.tsx';
import { saveFile } from '../devices/export-devices.ts';
import { EnergyClasses } from './energy-classes.tsx';
import './availability.css';

const groupKeys = {
  school: 'availability.by.school',
  supplier: 'availability.by.supplier',
  class: 'availability.by.class',
  device: 'availability.by.device',
} as const;
const sortKeys = {
  worst: 'availability.sort.worst',
  name: 'availability.sort.name',
  energy: 'availability.sort.energy',
} as const;
const columns = [
  'availability.devices',
  'availability.share',
  'availability.lessons',
  'availability.down',
  'availability.unknown',
  'availability.incidents',
  'availability.repair',
  'availability.on',
  'availability.energy',
] as const;

/** How far devices could be used in lessons, how long repairs took, and what they drew. */
export function AvailabilityPage() {
  const { t } = useText();
  const search = useSearch({ from: '/frame/availability' });
  const navigate = useNavigate({ from: '/availability' });
  const query: AvailabilityAsk = { ...search, by: search.by ?? 'school', sort: search.sort ?? 'worst' };
  const read = useQuery({ ...availabilityReportQuery(query), placeholderData: keepPreviousData });
  const change = (next: Partial<typeof search>) => void navigate({ search: { ...search, ...next }, replace: true });
  return (
    <Page title={t('availability.title')} actions={<ExportReport query={query} />}>
      <p className="soft">{t('availability.lead')}</p>
      <div className="toolbar">
        <UnitPicker
          label={t('filter.unit')}
          className="filter"
          placeholder={t('filter.unit')}
          clearable
          value={search.unit}
          onChange={(unit) => change({ unit })}
        />
        <TextInput
          type="date"
          label={t('availability.from')}
          value={search.from ?? read.data?.from ?? ''}
          onChange={(event) => change({ from: event.currentTarget.value || undefined })}
        />
        <TextInput
          type="date"
          label={t('availability.to')}
          value={search.to ?? read.data?.to ?? ''}
          onChange={(event) => change({ to: event.currentTarget.value || undefined })}
        />
        <NativeSelect
          label={t('availability.by')}
          value={query.by}
          onChange={(event) => change({ by: keyIn(groupKeys, event.currentTarget.value) })}
          data={Object.entries(groupKeys).map(([value, key]) => ({ value, label: t(key) }))}
        />
        <NativeSelect
          label={t('availability.sort')}
          value={query.sort}
          onChange={(event) => change({ sort: keyIn(sortKeys, event.currentTarget.value) })}
          data={Object.entries(sortKeys).map(([value, key]) => ({ value, label: t(key) }))}
        />
      </div>
      <Answer read={read} what={t('availability.what')} height={24}>
        {(report) =>
          report.rows.length === 0 ? (
            <Blank icon={IconGauge} title={t('availability.none')}>
              <p className="soft">{t('availability.none.do')}</p>
            </Blank>
          ) : (
            <>
              <ReportTable report={report} />
              <EnergyClasses rows={report.classes} />
            </>
          )
        }
      </Answer>
    </Page>
  );
}

/** One of the keys, or none for what is no key. */
function keyIn<K extends string>(keys: Readonly<Record<K, unknown>>, text: string): K | undefined {
  return Object.hasOwn(keys, text) ? (text as K) : undefined;
}

function ReportTable({ report }: { readonly report: AvailabilityReport }) {
  const { t, language } = useText();
  const { rows, whole, by, withoutCalendar } = report;
  return (
    <section className="card">
      {withoutCalendar > 0 ? (
        <p className="small soft">{t('availability.noCalendar', { count: withoutCalendar })}</p>
      ) : null}
      <div className="availability-scroll">
        <table className="availability">
          <thead>
            <tr>
              <th scope="col">{t('availability.name')}</th>
              {columns.map((column) => (
                <th key={column} scope="col">
                  {t(column)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.key}>
                <th scope="row">
                  <RowName row={row} by={by} />
                </th>
                <Cells figures={row} language={language} />
              </tr>
            ))}
          </tbody>
          <tfoot>
            <tr>
              <th scope="row">{t('availability.whole')}</th>
              <Cells figures={whole} language={language} />
            </tr>
          </tfoot>
        </table>
      </div>
      {rows.length < report.total ? <p className="small soft">{t('list.total', { count: report.total })}</p> : null}
    </section>
  );
}

function RowName({ row, by }: { readonly row: AvailabilityRow; readonly by: AvailabilityReport['by'] }) {
  const { t } = useText();
  const { key, name, place } = row;
  if (by === 'device')
    return (
      <>
        <Link to="/devices/$device" params={{ device: key }}>
          {name}
        </Link>
        <div className="soft small">{place}</div>
      </>
    );
  if (by === 'school' && key !== '')
    return (
      <Link to="/devices" search={{ unit: Number(key) }}>
        {name}
      </Link>
    );
  return <>{name === '' ? t('availability.unnamed') : name}</>;
}

function Cells({ figures, language }: { readonly figures: AvailabilityReport['whole']; readonly language: Language }) {
  return (
    <>
      {cellsOf(figures, language).map((text, index) => (
        <td key={columns[index]} className="number">
          {text}
        </td>
      ))}
    </>
  );
}

/** The figures of a row in the order of the columns. */
function cellsOf(figures: AvailabilityReport['whole'], language: Language): string[] {
  const hours = (value: number | undefined) => (value === undefined ? nothing : formatNumber(value, language, 1));
  const { availability, devices, lessonHours, downHours, unknownHours, incidents, repairHours } = figures;
  return [
    formatNumber(devices, language),
    availability === undefined ? nothing : `${formatNumber(availability * 100, language, 1)} %`,
    hours(lessonHours),
    hours(downHours),
    hours(unknownHours),
    formatNumber(incidents, language),
    hours(repairHours),
    hours(figures.onHours),
    hours(figures.energyKwh),
  ];
}

/** Saves all rows of the report as it is filtered and sorted. */
function ExportReport({ query }: { readonly query: AvailabilityAsk }) {
  const { t, language } = useText();
  const save = useMutation({
    mutationFn: async () => {
      const line = (values: readonly string[]) => csvLine(values, language === 'vi' ? ';' : ',');
      const parts = [csvStart, line([t('availability.name'), ...columns.map((column) => t(column))])];
      const { signal } = new AbortController();
      let cursor: string | undefined;
      do {
        const page = await askAvailability(query, cursor, signal);
        for (const row of page.rows) parts.push(line([row.name, ...cellsOf(row, language)]));
        cursor = page.next;
      } while (cursor !== undefined);
      saveFile(new Blob(parts, { type: 'text/csv;charset=utf-8' }), 'availability.csv');
    },
  });
  return (
    <>
      <ProblemLine error={save.error} />
      <Button
        variant="default"
        leftSection={<IconDownload size={16} aria-hidden />}
        loading={save.isPending}
        onClick={() => save.mutate()}
      >
        {t('availability.export')}
      </Button>
    </>
  );
}
