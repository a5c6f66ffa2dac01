import { Button, FileButton, Group, SegmentedControl, Select, Textarea } from '@mantine/core';
import { IconDownload, IconUpload } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import type { ImportResult } from '../../../../../protocols/api/organisation/imports.ts';
import { createUnitBody } from '../../../../../protocols/api/units.ts';
import { type ImportQuery, type ImportTarget, organisationApi } from '../../data/organisation.ts';
import { queryClient } from '../../data/query-client.ts';
import { unitKeys } from '../../text/state-keys.ts';
import { useText } from '../../text/use-text.ts';
import { Page } from '../../ui/page.tsx';
import { ProblemLine } from '../../ui/problem-panel.tsx';
import { UnitPicker } from '../../ui/unit-picker.tsx';
import { ColumnFields } from './column-fields.tsx';
import { ImportRows } from './import-rows.tsx';
import { RecentImports } from './recent-imports.tsx';
import './imports.css';

const kinds = createUnitBody.shape.kind;

/** A table from its file to what is written: where it goes, which column is what, what each row comes to, and why. */
export function ImportPage() {
  const { t } = useText();
  const { unit, of = 'units' } = useSearch({ from: '/frame/import' });
  const navigate = useNavigate({ from: '/import' });
  const [kind, setKind] = useState<string>('school');
  const [file, setFile] = useState<File>();
  const read = useMutation({
    mutationFn: ({ table, ...query }: Partial<ImportQuery> & { readonly table: File }) =>
      organisationApi.importTable(
        of,
        { dryRun: 'yes', ...query, unit: unit ?? 0, file: table.name, ...(of === 'units' ? { kind } : {}) },
        table,
      ),
    onSuccess: async (result) => {
      if (!result.dryRun) await queryClient.invalidateQueries();
    },
  });
  const restart = () => {
    setFile(undefined);
    read.reset();
  };
  const choose = (table: File | null) => {
    if (!table) return;
    setFile(table);
    read.mutate({ table });
  };
  const go = (next: { unit?: number | undefined; of?: ImportTarget }) => {
    restart();
    void navigate({ search: { unit, of, ...next }, replace: true });
  };
  return (
    <Page title={t('import.title')}>
      <div className="stack import-page">
        <SegmentedControl
          aria-label={t('import.of')}
          value={of}
          data={[
            { value: 'units', label: t('import.of.units') },
            { value: 'site', label: t('import.of.site') },
          ]}
          onChange={(value) => go({ of: value === 'site' ? 'site' : 'units' })}
        />
        <UnitPicker
          label={of === 'units' ? t('import.unit') : t('import.school')}
          value={unit}
          {...(of === 'site' ? { kind: 'school' as const } : {})}
          onChange={(next) => go({ unit: next })}
          required
        />
        {of === 'units' ? (
          <Select
            label={t('import.kind')}
            data={kinds.options.map((value) => ({ value, label: t(unitKeys[value]) }))}
            value={kind}
            allowDeselect={false}
            onChange={(value) => {
              setKind(value ?? 'school');
              restart();
            }}
          />
        ) : null}
        <Group>
          <FileButton onChange={choose} accept=".xlsx,.csv,.txt" key={file ? `${file.name} ${file.lastModified}` : ''}>
            {(props) => (
              <Button
                {...props}
                disabled={unit === undefined}
                loading={read.isPending}
                leftSection={<IconUpload size={18} aria-hidden />}
              >
                {t('import.file.choose')}
              </Button>
            )}
          </FileButton>
          <Button
            component="a"
            variant="default"
            href={organisationApi.templateAddress(of)}
            leftSection={<IconDownload size={18} aria-hidden />}
          >
            {t('import.template')}
          </Button>
          <span className="soft small">{file?.name ?? t('import.file')}</span>
        </Group>
        <div role="status">{read.isPending ? t('import.reading') : null}</div>
        <ProblemLine error={read.error} />
        {read.data && file ? (
          <Preview
            result={read.data}
            isUnits={of === 'units'}
            isBusy={read.isPending}
            again={(query) => read.mutate({ table: file, ...query })}
          />
        ) : null}
        {of === 'units' ? <RecentImports /> : null}
      </div>
    </Page>
  );
}

interface PreviewProps {
  readonly result: ImportResult;
  readonly isUnits: boolean;
  readonly isBusy: boolean;
  readonly again: (query: Partial<ImportQuery>) => void;
}

function Preview({ result, isUnits, isBusy, again }: PreviewProps) {
  const { t, language } = useText();
  const [reason, setReason] = useState('');
  const [sheet, setSheet] = useState(0);
  const { counts } = result;
  const settings = isUnits
    ? {
        sheet,
        header: result.headerRow,
        mapping: Object.entries(result.mapping)
          .map(([field, column]) => `${field}:${column}`)
          .join(','),
      }
    : {};
  const change = (next: Partial<ImportQuery>) => again({ ...settings, ...next });
  const chooseSheet = (index: number) => {
    setSheet(index);
    again({ sheet: index });
  };
  const canWrite = result.problem === undefined && counts.refused === 0 && counts.new + counts.changed > 0;
  return (
    <div className="stack">
      {isUnits && result.sheets.length > 1 ? (
        <Select
          label={t('import.sheet')}
          data={result.sheets.map((name, index) => ({ value: String(index), label: name }))}
          value={String(sheet)}
          allowDeselect={false}
          onChange={(value) => chooseSheet(Number(value))}
        />
      ) : null}
      {isUnits && result.columns.length > 0 ? (
        <ColumnFields result={result} onChange={(mapping) => change({ mapping })} />
      ) : null}
      {result.problem ? (
        <div className="notice" role="alert" data-tone="fault">
          {result.problem[language]}
        </div>
      ) : (
        <p className="import-counts" role="status">
          {result.dryRun ? null : <strong>{t('import.done')} </strong>}
          {t('import.counts', counts)}
        </p>
      )}
      {counts.refused > 0 ? <p>{t('import.fix')}</p> : null}
      {result.dryRun && result.problem === undefined && counts.refused === 0 && !canWrite ? (
        <p>{t('import.nothing')}</p>
      ) : null}
      <ImportRows result={result} />
      {result.dryRun && canWrite ? (
        <>
          <Textarea
            label={t('change.reason')}
            value={reason}
            maxLength={500}
            withAsterisk
            onChange={(event) => setReason(event.currentTarget.value)}
          />
          <Group justify="flex-end">
            <Button
              disabled={reason.trim().length < 3}
              loading={isBusy}
              onClick={() => change({ dryRun: 'no', reason: reason.trim() })}
            >
              {t('import.write')}
            </Button>
          </Group>
        </>
      ) : null}
    </div>
  );
}
