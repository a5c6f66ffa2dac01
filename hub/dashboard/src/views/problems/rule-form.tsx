import { Button, Select, Switch, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { severities } from '../../../../../protocols/api/operation/problems.ts';
import type { Rule } from '../../../../../protocols/api/operation/rules.ts';
import { capabilities } from '../../../../../protocols/fleet/capabilities/index.ts';
import { problemsApi, rulesQuery } from '../../data/problems.ts';
import { familiesQuery } from '../../data/queries.ts';
import { useText } from '../../text/use-text.ts';
import { ProblemLine } from '../../ui/problem-panel.tsx';
import { UnitPicker } from '../../ui/unit-picker.tsx';
import { bodyOf, conditionOf, draftOf, filterOf, type RuleDraft } from './rule-draft.ts';
import { PreviewShown } from './rule-preview.tsx';
import { severityKeys } from './severity-mark.tsx';

type Set = (more: Partial<RuleDraft>) => void;

const operatorKeys = {
  above: 'rule.operator.above',
  below: 'rule.operator.below',
  equals: 'rule.operator.equals',
  differs: 'rule.operator.differs',
} as const;
const whenKeys = {
  always: 'rule.when.always',
  lessons: 'rule.when.lessons',
  'outside-lessons': 'rule.when.outside-lessons',
} as const;
const textKeys = {
  titleVi: 'rule.titleVi',
  titleEn: 'rule.titleEn',
  nextVi: 'rule.nextVi',
  nextEn: 'rule.nextEn',
} as const;

/** A rule to fill in; it is tried on the last days before it is kept. */
export function RuleForm({ rule, onDone }: { readonly rule: Rule | undefined; readonly onDone: () => void }) {
  const { t } = useText();
  const queries = useQueryClient();
  const [draft, setDraft] = useState(() => draftOf(rule));
  const set: Set = (more) => setDraft({ ...draft, ...more });
  const keep = useMutation({
    mutationFn: (unit: number) => problemsApi.keepRule(rule?.id, bodyOf(draft, unit)),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: rulesQuery.queryKey });
      onDone();
    },
  });
  const preview = useMutation({
    mutationFn: (unit: number) =>
      problemsApi.preview({ unit, filter: filterOf(draft), condition: conditionOf(draft), days: 7 }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (draft.unit !== undefined) keep.mutate(draft.unit);
  };
  return (
    <form className="stack" onSubmit={submit}>
      <div className="form-grid">
        <TextInput
          label={t('rule.name')}
          required
          maxLength={120}
          value={draft.name}
          onChange={(event) => set({ name: event.currentTarget.value })}
        />
        <UnitPicker label={t('rule.unit')} required value={draft.unit} onChange={(unit) => set({ unit })} />
      </div>
      <Watches draft={draft} set={set} />
      <Words draft={draft} set={set} />
      <Switch
        label={t('rule.enabled')}
        checked={draft.enabled}
        onChange={(event) => set({ enabled: event.currentTarget.checked })}
      />
      <ProblemLine error={preview.error ?? keep.error} />
      {preview.data ? <PreviewShown preview={preview.data} /> : null}
      <div className="row">
        <Button
          variant="default"
          loading={preview.isPending}
          disabled={draft.unit === undefined}
          onClick={() => draft.unit !== undefined && preview.mutate(draft.unit)}
        >
          {t('rule.preview')}
        </Button>
        <Button type="submit" loading={keep.isPending} disabled={draft.unit === undefined}>
          {t('rule.save')}
        </Button>
      </div>
    </form>
  );
}

interface Part {
  readonly draft: RuleDraft;
  readonly set: Set;
}

function useMetrics() {
  const { pick } = useText();
  return Object.values(capabilities).flatMap(({ name, label, metrics }) =>
    Object.entries(metrics).map(([key, metric]) => ({
      value: `${name}.${key}`,
      label: `${pick(label)}: ${pick(metric.label)} (${metric.unit})`,
    })),
  );
}

function Watches({ draft, set }: Part) {
  const { t, pick } = useText();
  const metrics = useMetrics();
  const families = useQuery(familiesQuery);
  const compares = draft.operator === 'above' || draft.operator === 'below';
  return (
    <div className="form-grid">
      <Select
        label={t('rule.source')}
        value={draft.source}
        allowDeselect={false}
        data={[
          { value: 'metric', label: t('rule.source.metric') },
          { value: 'state', label: t('rule.source.state') },
        ]}
        onChange={(source) => set({ source: source === 'state' ? 'state' : 'metric' })}
      />
      {draft.source === 'metric' ? (
        <Select
          label={t('rule.metric')}
          required
          searchable
          value={draft.metric}
          data={metrics}
          onChange={(metric) => set({ metric })}
        />
      ) : (
        <TextInput
          label={t('rule.path')}
          required
          value={draft.path}
          onChange={(event) => set({ path: event.currentTarget.value })}
        />
      )}
      <Select
        label={t('rule.operator')}
        value={draft.operator}
        allowDeselect={false}
        data={(['above', 'below', 'equals', 'differs'] as const).map((value) => ({
          value,
          label: t(operatorKeys[value]),
        }))}
        onChange={(operator) => set({ operator: (operator ?? 'above') as RuleDraft['operator'] })}
      />
      <TextInput
        label={t('rule.threshold')}
        required
        value={draft.threshold}
        onChange={(event) => set({ threshold: event.currentTarget.value })}
      />
      {compares ? (
        <TextInput
          label={t('rule.clear')}
          inputMode="decimal"
          value={draft.clear}
          onChange={(event) => set({ clear: event.currentTarget.value })}
        />
      ) : null}
      <TextInput
        label={t('rule.forMinutes')}
        inputMode="numeric"
        value={draft.forMinutes}
        onChange={(event) => set({ forMinutes: event.currentTarget.value })}
      />
      <TextInput
        label={t('rule.times')}
        inputMode="numeric"
        value={draft.times}
        onChange={(event) => set({ times: event.currentTarget.value })}
      />
      {draft.times === '' ? null : (
        <TextInput
          label={t('rule.within')}
          inputMode="numeric"
          value={draft.within}
          onChange={(event) => set({ within: event.currentTarget.value })}
        />
      )}
      <Select
        label={t('rule.when')}
        value={draft.when}
        allowDeselect={false}
        data={(['always', 'lessons', 'outside-lessons'] as const).map((value) => ({
          value,
          label: t(whenKeys[value]),
        }))}
        onChange={(when) => set({ when: (when ?? 'always') as RuleDraft['when'] })}
      />
      <Select
        label={t('rule.family')}
        placeholder={t('rule.family.any')}
        clearable
        value={draft.family}
        data={(families.data?.rows ?? []).map(({ name, label }) => ({ value: name, label: pick(label) }))}
        onChange={(family) => set({ family })}
      />
      <Select
        label={t('rule.capability')}
        placeholder={t('rule.capability.any')}
        clearable
        searchable
        value={draft.capability}
        data={Object.values(capabilities).map(({ name, label }) => ({ value: name, label: pick(label) }))}
        onChange={(capability) => set({ capability })}
      />
    </div>
  );
}

const texts = ['titleVi', 'titleEn', 'nextVi', 'nextEn'] as const;

function Words({ draft, set }: Part) {
  const { t } = useText();
  return (
    <div className="form-grid">
      <Select
        label={t('problem.severity')}
        value={draft.severity}
        allowDeselect={false}
        data={severities.map((severity) => ({ value: severity, label: t(severityKeys[severity]) }))}
        onChange={(severity) => set({ severity: (severity ?? 'minor') as RuleDraft['severity'] })}
      />
      {texts.map((key) => (
        <TextInput
          key={key}
          label={t(textKeys[key])}
          required={key.endsWith('Vi')}
          value={draft[key]}
          onChange={(event) => set({ [key]: event.currentTarget.value })}
        />
      ))}
    </div>
  );
}
