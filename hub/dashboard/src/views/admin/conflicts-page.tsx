import { Button, Group, Modal, Radio, SegmentedControl, Textarea } from '@mantine/core';
import { IconShieldCheck } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { type FormEvent, useMemo, useState } from 'react';
import type { IdentityConflict } from '../../../../../protocols/api/enrolment/conflicts.ts';
import { Facts } from '../../capabilities/parts/facts.tsx';
import '../../capabilities/capabilities.css';
import { api } from '../../data/api.ts';
import { conflictList } from '../../data/queries.ts';
import { announce } from '../../state/live.ts';
import { useMay } from '../../state/session.ts';
import { conflictKeys, decisionKeys } from '../../text/state-keys.ts';
import type { TextKey } from '../../text/texts.ts';
import { useText } from '../../text/use-text.ts';
import { Age, Moment } from '../../ui/age.tsx';
import { Blank } from '../../ui/blank.tsx';
import { FleetList } from '../../ui/fleet-list.tsx';
import type { FleetColumn } from '../../ui/fleet-table.tsx';
import { formatNumber, nothing } from '../../ui/format.ts';
import { Page } from '../../ui/page.tsx';
import { ProblemLine } from '../../ui/problem-panel.tsx';
import { AdminTabs } from '../frame/navigation.tsx';
import { conflictsSearch } from '../search.ts';
import './admin.css';

type Machine = IdentityConflict['enrolled'];
type Decision = NonNullable<IdentityConflict['decision']>;

const rowId = (row: IdentityConflict) => row.id;
const states = ['open', 'resolved'] as const;
const stateKeys = { open: 'conflicts.open', resolved: 'conflicts.resolved' } as const satisfies Record<string, TextKey>;

function useConflictColumns(open: (row: IdentityConflict) => void): readonly FleetColumn<IdentityConflict>[] {
  const { t, language } = useText();
  return useMemo(
    () => [
      {
        id: 'agent',
        header: t('devices.agent'),
        track: 'minmax(12rem, 1.5fr)',
        phone: 'minmax(0, 1fr)',
        cell: (row) => (
          <>
            <button type="button" className="row-button fleet-link" onClick={() => open(row)}>
              {row.agent.name}
            </button>
            <span className="under">{row.unit.name}</span>
          </>
        ),
      },
      {
        id: 'kind',
        header: t('conflicts.kind'),
        track: 'minmax(12rem, 2fr)',
        cell: (row) => t(conflictKeys[row.kind]),
      },
      { id: 'last', header: t('conflicts.last'), track: '9rem', phone: '7rem', cell: (row) => <Age at={row.lastAt} /> },
      {
        id: 'times',
        header: t('conflicts.times'),
        track: '5rem',
        cell: (row) => <span className="number">{formatNumber(row.times, language)}</span>,
      },
      {
        id: 'decision',
        header: t('conflicts.decision'),
        track: 'minmax(9rem, 1fr)',
        cell: (row) => (row.decision ? t(decisionKeys[row.decision]) : <span className="soft">{nothing}</span>),
      },
    ],
    [t, language, open],
  );
}

/** Two machines claim to be one agent: what each is, and a person's decision. */
export function ConflictsPage() {
  const { t } = useText();
  const search = useSearch({ from: '/frame/conflicts' });
  const navigate = useNavigate({ from: '/conflicts' });
  const state = search.state ?? 'open';
  const read = useInfiniteQuery({ ...conflictList({ ...search, state }), placeholderData: keepPreviousData });
  const [opened, setOpened] = useState<IdentityConflict>();
  const columns = useConflictColumns(setOpened);
  return (
    <Page title={t('nav.conflicts')} fill>
      <AdminTabs />
      <div className="toolbar">
        <SegmentedControl
          aria-label={t('conflicts.state')}
          value={state}
          onChange={(value) =>
            void navigate({ search: { ...search, state: conflictsSearch.shape.state.parse(value) }, replace: true })
          }
          data={states.map((value) => ({ value, label: t(stateKeys[value]) }))}
        />
      </div>
      <FleetList
        read={read}
        what={t('conflicts.what')}
        columns={columns}
        rowId={rowId}
        topic="agents"
        empty={
          <Blank icon={IconShieldCheck} title={t('conflicts.none')} tone="ok">
            <p>{t('conflicts.none.do')}</p>
          </Blank>
        }
      />
      <Modal
        opened={opened !== undefined}
        onClose={() => setOpened(undefined)}
        size="lg"
        title={t('conflicts.title')}
        closeButtonProps={{ 'aria-label': t('word.close') }}
      >
        {opened ? <Detail conflict={opened} onDone={() => setOpened(undefined)} /> : null}
      </Modal>
    </Page>
  );
}

function Detail({ conflict, onDone }: { readonly conflict: IdentityConflict; readonly onDone: () => void }) {
  const { t } = useText();
  const mayDecide = useMay('manage-agents');
  const { agent, kind, addresses, openedAt, resolvedAt, resolvedBy, decision, reason } = conflict;
  return (
    <div className="stack">
      <p style={{ fontWeight: 500 }}>{t(conflictKeys[kind])}</p>
      <Facts
        rows={[
          [
            t('devices.agent'),
            <Link key="agent" to="/agents/$agent" params={{ agent: agent.id }}>
              {agent.name}
            </Link>,
          ],
          [t('conflicts.since'), <Moment key="since" at={openedAt} />],
          [t('conflicts.addresses'), addresses.join(', ')],
          [t('conflicts.decision'), decision && t(decisionKeys[decision])],
          [t('conflicts.by'), resolvedBy],
          [t('access.reason'), reason],
          [t('conflicts.resolvedAt'), resolvedAt === undefined ? undefined : <Moment key="at" at={resolvedAt} />],
        ]}
      />
      <MachineFacts title={t('conflicts.enrolled')} machine={conflict.enrolled} />
      {conflict.seen ? <MachineFacts title={t('conflicts.seen')} machine={conflict.seen} /> : null}
      {resolvedAt === undefined && mayDecide ? <DecisionForm conflict={conflict} onDone={onDone} /> : null}
    </div>
  );
}

function MachineFacts({ title, machine }: { readonly title: string; readonly machine: Machine }) {
  const { t } = useText();
  const list = (values: readonly string[]) => (values.length > 0 ? values.join(', ') : undefined);
  return (
    <>
      <h3>{title}</h3>
      <Facts
        rows={[
          [t('conflicts.board'), machine.boardSerial],
          [t('conflicts.tpm'), machine.tpmKey?.slice(0, 16)],
          [t('conflicts.macs'), list(machine.macs)],
          [t('conflicts.disks'), list(machine.diskSerials)],
        ]}
      />
    </>
  );
}

/** The other machine is none of this agent: it must get a voucher of its own. */
const otherEnrols: ReadonlySet<IdentityConflict['kind']> = new Set(['enrolled-elsewhere', 'voucher-reused']);

const decisionTexts: Readonly<Record<Decision, TextKey>> = {
  accept: 'conflicts.accept.text',
  dismiss: 'conflicts.dismiss.text',
  revoke: 'access.revoke.text',
};

function DecisionForm({ conflict, onDone }: { readonly conflict: IdentityConflict; readonly onDone: () => void }) {
  const { t } = useText();
  const [decision, setDecision] = useState<Decision>();
  const [reason, setReason] = useState('');
  const hasOther = conflict.seen !== undefined && !otherEnrols.has(conflict.kind);
  const choices: readonly Decision[] = hasOther ? ['accept', 'dismiss', 'revoke'] : ['dismiss', 'revoke'];
  const resolve = useMutation({
    mutationFn: (chosen: Decision) => api.resolveConflict(conflict.id, { decision: chosen, reason: reason.trim() }),
    onSuccess: () => {
      announce('agents');
      onDone();
    },
  });
  const isReady = decision !== undefined && reason.trim().length >= 3;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (decision && isReady) resolve.mutate(decision);
  };
  return (
    <form className="stack" onSubmit={submit}>
      <Radio.Group
        label={t('access.what')}
        value={decision ?? null}
        onChange={(value) => setDecision(choices.find((choice) => choice === value))}
      >
        <div className="stack" style={{ marginTop: '0.5rem' }}>
          {choices.map((choice) => (
            <Radio key={choice} value={choice} label={t(decisionKeys[choice])} description={t(decisionTexts[choice])} />
          ))}
        </div>
      </Radio.Group>
      <Textarea
        label={t('access.reason')}
        value={reason}
        maxLength={300}
        required
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <ProblemLine error={resolve.error} />
      <Group justify="flex-end">
        <Button variant="default" onClick={onDone}>
          {t('word.cancel')}
        </Button>
        <Button
          type="submit"
          {...(decision === 'revoke' ? { color: 'red' } : {})}
          disabled={!isReady}
          loading={resolve.isPending}
        >
          {t('access.do')}
        </Button>
      </Group>
    </form>
  );
}
