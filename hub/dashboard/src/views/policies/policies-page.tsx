import { Badge, Button, Group, SegmentedControl, Switch } from '@mantine/core';
import { IconCalendarTime } from '@tabler/icons-react';
import { keepPreviousData, type UseInfiniteQueryResult, useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import type { PolicyBundleRow, PolicyRun, PolicyView } from '../../../../../protocols/api/operation/policies.ts';
import { policiesApi, policyBundleList, policyList, policyRunList } from '../../data/policies.ts';
import { queryClient } from '../../data/query-client.ts';
import { useMay, useMe } from '../../state/session.ts';
import type { TextKey } from '../../text/texts.ts';
import { useText } from '../../text/use-text.ts';
import { Age, Moment } from '../../ui/age.tsx';
import { Answer } from '../../ui/answer.tsx';
import { Blank } from '../../ui/blank.tsx';
import { Page } from '../../ui/page.tsx';
import { ProblemLine } from '../../ui/problem-panel.tsx';
import { UnitPicker } from '../../ui/unit-picker.tsx';
import { AdminTabs } from '../frame/navigation.tsx';
import { draftOf } from './draft.ts';
import { PolicyDialog } from './policy-dialog.tsx';
import { usePolicyWords } from './words.ts';
import './policies.css';

const views = ['policies', 'runs', 'bundles'] as const;
const viewKeys = {
  policies: 'policies.view.policies',
  runs: 'policies.view.runs',
  bundles: 'policies.view.bundles',
} as const satisfies Record<(typeof views)[number], TextKey>;
const rowWords = {
  policies: { what: 'policies.what', none: 'policies.none', noneDo: 'policies.none.do' },
  runs: { what: 'policies.runs.what', none: 'policies.runs.none', noneDo: 'policies.runs.none.do' },
  bundles: { what: 'policies.bundles.what', none: 'policies.bundles.none', noneDo: 'policies.bundles.none.do' },
} as const satisfies Record<(typeof views)[number], Record<'what' | 'none' | 'noneDo', TextKey>>;

/** What agents do by themselves: what was wished, what ran, and which bundle each of them holds. */
export function PoliciesPage() {
  const { t } = useText();
  const search = useSearch({ from: '/frame/policies' });
  const navigate = useNavigate({ from: '/policies' });
  const may = useMay('manage-policies');
  const { grants } = useMe();
  const [edited, setEdited] = useState<PolicyView | 'new'>();
  const view = search.view ?? 'policies';
  return (
    <Page
      title={t('nav.policies')}
      actions={may ? <Button onClick={() => setEdited('new')}>{t('policies.add')}</Button> : null}
    >
      <AdminTabs />
      <p className="soft">{t('policies.lead')}</p>
      <div className="toolbar">
        <UnitPicker
          label={t('policies.unit')}
          hideLabel
          value={search.unit}
          onChange={(unit) => void navigate({ search: { ...search, unit }, replace: true })}
        />
        <SegmentedControl
          aria-label={t('policies.view')}
          data={views.map((value) => ({ value, label: t(viewKeys[value]) }))}
          value={view}
          onChange={(value) =>
            void navigate({ search: { ...search, view: views.find((one) => one === value) }, replace: true })
          }
        />
      </div>
      {view === 'policies' ? <PolicyList unit={search.unit} onEdit={may ? setEdited : undefined} /> : null}
      {view === 'runs' ? <RunList unit={search.unit} /> : null}
      {view === 'bundles' ? <BundleList unit={search.unit} /> : null}
      {edited === undefined ? null : (
        <PolicyDialog
          policy={edited === 'new' ? undefined : edited}
          unit={edited === 'new' ? (search.unit ?? grants[0]?.unit.id) : edited.unit.id}
          onClose={() => setEdited(undefined)}
        />
      )}
    </Page>
  );
}

interface RowsProps<R> {
  readonly read: UseInfiniteQueryResult<{ readonly pages: readonly { readonly rows: readonly R[] }[] }>;
  readonly words: (typeof rowWords)[(typeof views)[number]];
  readonly idOf: (row: R) => string;
  readonly children: (row: R) => ReactNode;
}

function Rows<R>({ read, words: { what, none, noneDo }, idOf, children }: RowsProps<R>) {
  const { t } = useText();
  return (
    <Answer read={read} what={t(what)} height={20}>
      {({ pages }) => {
        const rows = pages.flatMap((page) => page.rows);
        if (rows.length === 0)
          return (
            <Blank icon={IconCalendarTime} title={t(none)}>
              <p>{t(noneDo)}</p>
            </Blank>
          );
        return (
          <>
            <ul className="policy-rows">
              {rows.map((row) => (
                <li key={idOf(row)} className="card policy-row">
                  {children(row)}
                </li>
              ))}
            </ul>
            {read.hasNextPage ? (
              <Group justify="center" mt="md">
                <Button variant="default" loading={read.isFetchingNextPage} onClick={() => void read.fetchNextPage()}>
                  {t('policies.more')}
                </Button>
              </Group>
            ) : null}
          </>
        );
      }}
    </Answer>
  );
}

interface PolicyListProps {
  readonly unit: number | undefined;
  readonly onEdit: ((policy: PolicyView) => void) | undefined;
}

function PolicyList({ unit, onEdit }: PolicyListProps) {
  const read = useInfiniteQuery({ ...policyList(unit), placeholderData: keepPreviousData });
  return (
    <Rows read={read} words={rowWords.policies} idOf={({ id }: PolicyView) => String(id)}>
      {(policy) => <PolicyRow policy={policy} onEdit={onEdit} />}
    </Rows>
  );
}

interface PolicyRowProps {
  readonly policy: PolicyView;
  readonly onEdit: PolicyListProps['onEdit'];
}

function PolicyRow({ policy, onEdit }: PolicyRowProps) {
  const { t } = useText();
  const { linesOf } = usePolicyWords();
  const { id, revision, name, unit, enabled, isInherited, updatedAt, updatedBy } = policy;
  const again = () => queryClient.invalidateQueries({ queryKey: ['policies'] });
  const toggle = useMutation({
    mutationFn: () => policiesApi.update(id, { basedOn: revision, enabled: !enabled }),
    onSuccess: again,
  });
  const remove = useMutation({ mutationFn: () => policiesApi.remove(id), onSuccess: again });
  const [isAsking, setAsking] = useState(false);
  const canEdit = onEdit !== undefined && !isInherited;
  return (
    <>
      <div>
        <strong>{name}</strong>
        <span className="under">
          {unit.name} {isInherited ? <Badge variant="light">{t('policies.inherited')}</Badge> : null}
        </span>
        <ul className="small">
          {linesOf(policy).map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
        <span className="soft small">
          <Age at={updatedAt} /> {t('policies.changed', { name: updatedBy })}
        </span>
        <ProblemLine error={toggle.error ?? remove.error} />
      </div>
      <Group gap="sm">
        <Switch
          label={t('policies.enabled')}
          checked={enabled}
          disabled={!canEdit || toggle.isPending}
          onChange={() => toggle.mutate()}
        />
        {canEdit && draftOf(policy) ? (
          <Button variant="default" size="xs" onClick={() => onEdit(policy)}>
            {t('policies.edit')}
          </Button>
        ) : null}
        {canEdit ? (
          <Button
            variant={isAsking ? 'filled' : 'default'}
            {...(isAsking ? { color: 'red' } : {})}
            size="xs"
            loading={remove.isPending}
            title={t('policies.delete.ask', { name })}
            onClick={() => (isAsking ? remove.mutate() : setAsking(true))}
            onBlur={() => setAsking(false)}
          >
            {isAsking ? t('policies.delete.ask', { name }) : t('policies.delete')}
          </Button>
        ) : null}
      </Group>
    </>
  );
}

function RunList({ unit }: { readonly unit: number | undefined }) {
  const { t } = useText();
  const { nameOf, stateOf } = usePolicyWords();
  const read = useInfiniteQuery({ ...policyRunList(unit), placeholderData: keepPreviousData });
  return (
    <Rows read={read} words={rowWords.runs} idOf={({ agent, run }: PolicyRun) => `${agent} ${run}`}>
      {(run) => (
        <>
          <div>
            {run.device ? (
              <Link to="/devices/$device" params={{ device: run.device.id }} className="fleet-link">
                {run.device.name}
              </Link>
            ) : (
              <strong>{t('policies.runs.count', { count: run.devices })}</strong>
            )}
            <span className="under">
              {[
                run.unit?.name,
                run.policy?.name,
                run.capability && run.command ? nameOf({ capability: run.capability, name: run.command }) : undefined,
                run.text,
              ]
                .filter(Boolean)
                .join(' · ')}
            </span>
          </div>
          <div>
            {stateOf(run.state)} {run.isLate ? <Badge variant="light">{t('policies.late')}</Badge> : null}
            <span className="under">
              <Moment at={run.plannedAt} />
            </span>
            {run.problem ? <span className="under code">{run.problem.code}</span> : null}
          </div>
        </>
      )}
    </Rows>
  );
}

function BundleList({ unit }: { readonly unit: number | undefined }) {
  const { t } = useText();
  const read = useInfiniteQuery({ ...policyBundleList(unit), placeholderData: keepPreviousData });
  return (
    <Rows read={read} words={rowWords.bundles} idOf={({ agent }: PolicyBundleRow) => agent}>
      {({ agent, name, unit: place, number, held, expiresAt, trouble }) => (
        <>
          <div>
            <Link to="/agents/$agent" params={{ agent }} className="fleet-link">
              {name}
            </Link>
            <span className="under">{place.name}</span>
          </div>
          <div>
            {held === number
              ? t('policies.bundles.current', { number })
              : t('policies.bundles.behind', { held, number })}
            <span className="under">
              {t('policies.bundles.until')} <Moment at={expiresAt} />
            </span>
            {trouble ? <span className="under code">{trouble.code}</span> : null}
          </div>
        </>
      )}
    </Rows>
  );
}
