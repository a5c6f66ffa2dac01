import { Button, Group, NumberInput, Select, Switch } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { type Severity, severities } from '../../../../../protocols/api/operation/problems.ts';
import { type Escalation, escalationQuery, problemsApi } from '../../data/problems.ts';
import { useMay, useMe } from '../../state/session.ts';
import { useText } from '../../text/use-text.ts';
import { Answer } from '../../ui/answer.tsx';
import { ProblemLine } from '../../ui/problem-panel.tsx';
import { UnitPicker } from '../../ui/unit-picker.tsx';
import { severityKeys } from './severity-mark.tsx';

/** After how long more people are told of what nobody acknowledged, unit by unit. */
export function EscalationCard() {
  const { t } = useText();
  const { grants } = useMe();
  const [unit, setUnit] = useState(grants[0]?.unit.id);
  return (
    <section className="card stack">
      <h2>{t('escalation.title')}</h2>
      <p className="soft">{t('escalation.lead')}</p>
      <UnitPicker label={t('rule.unit')} value={unit} onChange={(next) => setUnit(next ?? unit)} />
      {unit === undefined ? null : <EscalationOf key={unit} unit={unit} />}
    </section>
  );
}

function EscalationOf({ unit }: { readonly unit: number }) {
  const { t } = useText();
  const read = useQuery(escalationQuery(unit));
  return (
    <Answer read={read} what={t('escalation.what')} height={10}>
      {(escalation) => <EscalationForm key={JSON.stringify(escalation)} unit={unit} escalation={escalation} />}
    </Answer>
  );
}

interface EscalationFormProps {
  readonly unit: number;
  readonly escalation: Escalation;
}

const mostSteps = 5;

function EscalationForm({ unit, escalation }: EscalationFormProps) {
  const { t } = useText();
  const queries = useQueryClient();
  const may = useMay('manage-rules');
  const [steps, setSteps] = useState(escalation.steps);
  const [workingTime, setWorkingTime] = useState(escalation.workingTime);
  const save = useMutation({
    mutationFn: () => problemsApi.setEscalation({ unit, steps, workingTime }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['escalation'] }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  const edit = (at: number, part: Partial<Escalation['steps'][number]>) =>
    setSteps(steps.map((step, index) => (index === at ? { ...step, ...part } : step)));
  const last = steps.at(-1);
  return (
    <form className="stack" onSubmit={submit}>
      <p className="small soft">
        {escalation.from ? t('escalation.from', { name: escalation.from.name }) : t('escalation.standard')}
      </p>
      {steps.length === 0 ? <p>{t('escalation.none')}</p> : null}
      {steps.map(({ afterMinutes, least }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a step is its place in the order
        <div className="form-grid" key={index}>
          <NumberInput
            label={t('escalation.after', { step: index + 1 })}
            min={1}
            max={20_160}
            allowDecimal={false}
            disabled={!may}
            value={afterMinutes}
            onChange={(value) => edit(index, { afterMinutes: Number(value) || 1 })}
          />
          <Select
            label={t('escalation.least')}
            allowDeselect={false}
            disabled={!may}
            data={severities.map((severity) => ({ value: severity, label: t(severityKeys[severity]) }))}
            value={least}
            onChange={(value) => edit(index, { least: (value ?? 'major') as Severity })}
          />
        </div>
      ))}
      <Switch
        label={t('escalation.workingTime')}
        checked={workingTime}
        disabled={!may}
        onChange={(event) => setWorkingTime(event.currentTarget.checked)}
      />
      <ProblemLine error={save.error} />
      {may ? (
        <Group gap="sm">
          <Button
            variant="default"
            disabled={steps.length >= mostSteps}
            onClick={() =>
              setSteps([...steps, { afterMinutes: (last?.afterMinutes ?? 0) + 30, least: last?.least ?? 'major' }])
            }
          >
            {t('escalation.add')}
          </Button>
          <Button variant="default" disabled={steps.length === 0} onClick={() => setSteps(steps.slice(0, -1))}>
            {t('escalation.drop')}
          </Button>
          <Button type="submit" loading={save.isPending}>
            {t('word.save')}
          </Button>
        </Group>
      ) : null}
    </form>
  );
}
