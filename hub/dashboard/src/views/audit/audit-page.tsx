import { Button, Modal, Select } from '@mantine/core';
import { IconListCheck, IconShieldCheck } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import type { z } from 'zod';
import type { AuditView } from '../../../../../protocols/api/audit.ts';
import { Facts } from '../../capabilities/parts/facts.tsx';
import '../../capabilities/capabilities.css';
import { api } from '../../data/api.ts';
import { auditList } from '../../data/queries.ts';
import { useText } from '../../text/use-text.ts';
import { Moment } from '../../ui/age.tsx';
import { Blank } from '../../ui/blank.tsx';
import { FleetList } from '../../ui/fleet-list.tsx';
import type { FleetColumn } from '../../ui/fleet-table.tsx';
import { formatNumber, nothing } from '../../ui/format.ts';
import { Page } from '../../ui/page.tsx';
import { ProblemLine } from '../../ui/problem-panel.tsx';
import { AdminTabs } from '../frame/navigation.tsx';
import type { auditSearch } from '../search.ts';
import { actionKeys, nameOfAction } from './actions.ts';
import { ExportAudit } from './export-audit.tsx';
import '../admin/admin.css';

const rowId = (row: AuditView) => String(row.seq);
const actions = Object.keys(actionKeys);

function useAuditColumns(open: (row: AuditView) => void): readonly FleetColumn<AuditView>[] {
  const { t } = useText();
  return useMemo(
    () => [
      {
        id: 'did',
        header: t('audit.did'),
        track: 'minmax(12rem, 1.4fr)',
        phone: 'minmax(0, 1fr)',
        cell: (row) => (
          <>
            <button type="button" className="row-button fleet-link" onClick={() => open(row)}>
              {nameOfAction(row.action, t)}
            </button>
            <span className="under code">{row.subject}</span>
          </>
        ),
      },
      { id: 'who', header: t('audit.who'), track: 'minmax(8rem, 1fr)', cell: (row) => row.actorName ?? row.actor },
      {
        id: 'when',
        header: t('audit.when'),
        track: '10rem',
        phone: '9.25rem',
        cell: (row) => <Moment at={row.at} />,
      },
      {
        id: 'unit',
        header: t('audit.unit'),
        track: 'minmax(9rem, 1fr)',
        cell: (row) => row.unit?.name ?? <span className="soft">{nothing}</span>,
      },
      {
        id: 'reason',
        header: t('audit.reason'),
        track: 'minmax(9rem, 1.2fr)',
        cell: (row) => row.reason ?? <span className="soft">{nothing}</span>,
      },
    ],
    [t, open],
  );
}

/** Who did what to what, and why; and whether nobody has touched that since. */
export function AuditPage() {
  const { t } = useText();
  const search = useSearch({ from: '/frame/audit' });
  const navigate = useNavigate({ from: '/audit' });
  const read = useInfiniteQuery({ ...auditList(search), placeholderData: keepPreviousData });
  const [opened, setOpened] = useState<AuditView>();
  const columns = useAuditColumns(setOpened);
  const change = (part: Partial<z.output<typeof auditSearch>>) =>
    void navigate({ search: { ...search, ...part }, replace: true });
  const isFiltered = search.action !== undefined || search.actor !== undefined || search.subject !== undefined;
  return (
    <Page title={t('nav.audit')} fill actions={<ExportAudit query={search} />}>
      <AdminTabs />
      <div className="toolbar">
        <Select
          className="filter"
          aria-label={t('audit.action')}
          placeholder={t('audit.action')}
          data={actions.map((value) => ({ value, label: nameOfAction(value, t) }))}
          value={search.action ?? null}
          onChange={(action) => change({ action: action ?? undefined })}
          searchable
          clearable
          clearButtonProps={{ 'aria-label': t('list.clearSearch') }}
        />
        <Verification />
      </div>
      <FleetList
        read={read}
        what={t('audit.what')}
        columns={columns}
        rowId={rowId}
        topic="audit"
        clearFilters={isFiltered ? () => void navigate({ search: {} }) : undefined}
        empty={
          <Blank icon={IconListCheck} title={t('audit.none')}>
            <p>{t('audit.none.do')}</p>
          </Blank>
        }
      />
      <Modal
        opened={opened !== undefined}
        onClose={() => setOpened(undefined)}
        size="lg"
        title={t('audit.entry')}
        closeButtonProps={{ 'aria-label': t('word.close') }}
      >
        {opened ? <Entry entry={opened} /> : null}
      </Modal>
    </Page>
  );
}

function Verification() {
  const { t } = useText();
  const verify = useMutation({ mutationFn: () => api.verifyAudit() });
  const verdict = verify.data;
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconShieldCheck size={18} aria-hidden />}
        loading={verify.isPending}
        onClick={() => verify.mutate()}
      >
        {t('audit.verify')}
      </Button>
      <ProblemLine error={verify.error} />
      {verdict ? (
        <span role="status" className="notice" data-tone={verdict.ok ? 'ok' : 'fault'}>
          {verdict.ok
            ? t('audit.verify.ok', { entries: verdict.entries })
            : t('audit.verify.broken', { seq: verdict.seq ?? 0 })}
        </span>
      ) : null}
    </>
  );
}

function Entry({ entry }: { readonly entry: AuditView }) {
  const { t, language } = useText();
  const { seq, at, actor, actorName, action, subject, unit, reason, origin, detail, hash } = entry;
  return (
    <div className="stack">
      <p style={{ fontWeight: 500 }}>{nameOfAction(action, t)}</p>
      <Facts
        rows={[
          [t('audit.number'), formatNumber(seq, language)],
          [t('audit.when'), <Moment key="at" at={at} />],
          [t('audit.who'), actorName === undefined ? actor : `${actorName} (${actor})`],
          [t('audit.subject'), subject],
          [t('audit.unit'), unit?.name],
          [t('audit.reason'), reason],
          [t('audit.origin'), origin],
          [
            t('audit.hash'),
            <span key="hash" className="code" style={{ overflowWrap: 'anywhere' }}>
              {hash}
            </span>,
          ],
        ]}
      />
      <h3>{t('audit.detail')}</h3>
      <pre className="excerpt code">{JSON.stringify(detail, undefined, 2)}</pre>
    </div>
  );
}
