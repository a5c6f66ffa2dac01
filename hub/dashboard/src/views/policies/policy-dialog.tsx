import { Button, Group, Modal, MultiSelect, NumberInput, Select, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { PolicyCheck, PolicyView } from '../../../../../protocols/api/operation/policies.ts';
import { policiesApi } from '../../data/policies.ts';
import { queryClient } from '../../data/query-client.ts';
import { useFamilies } from '../../state/families.ts';
import type { TextKey } from '../../text/texts.ts';
import { useText } from '../../text/use-text.ts';
import { ProblemLine } from '../../ui/problem-panel.tsx';
import { UnitPicker } from '../../ui/unit-picker.tsx';
import { bodyOf, type Draft, draftOf, firstDraft, missedRules, type Template, templates } from './draft.ts';
import { CheckOutcome } from './effect.tsx';

const templateKeys: Readonly<Record<Template, TextKey>> = {
  lessons: 'policies.template.lessons',
  night: 'policies.template.night',
  gate: 'policies.template.gate',
};
const missedKeys: Readonly<Record<Draft['missed'], TextKey>> = {
  'run-if-within': 'policies.missed.run-if-within',
  'run-once': 'policies.missed.run-once',
  skip: 'policies.missed.skip',
};

interface PolicyDialogProps {
  /** The one to change; a new one without it. */
  readonly policy: PolicyView | undefined;
  readonly unit: number | undefined;
  readonly onClose: () => void;
}

/** A new or a changed policy in two steps: what it would do, and then the deed. */
export function PolicyDialog({ policy, unit: first, onClose }: PolicyDialogProps) {
  const { t } = useText();
  const [unit, setUnit] = useState(first);
  const [draft, setDraft] = useState(() => (policy && draftOf(policy)) ?? firstDraft);
  const [tried, setTried] = useState<{ draft: Draft; unit: number | undefined; result: PolicyCheck }>();
  const attempt = useMutation({
    mutationFn: () =>
      policiesApi.check({ unit: unit ?? 0, body: bodyOf(draft), ...(policy ? { replaces: policy.id } : {}) }),
    onSuccess: (result) => setTried({ draft, unit, result }),
  });
  const name = draft.name.trim() || t(templateKeys[draft.template]);
  const save = useMutation({
    mutationFn: () => {
      const body = bodyOf({ ...draft, name });
      return policy
        ? policiesApi.update(policy.id, { basedOn: policy.revision, name, body })
        : policiesApi.create({ unit: unit ?? 0, name, body });
    },
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ['policies'] });
      onClose();
    },
  });
  const result = tried?.draft === draft && tried.unit === unit ? tried.result : undefined;
  const isReady = unit !== undefined && (draft.template === 'gate' || draft.families.length > 0);
  const canSave = result !== undefined && result.faults.length === 0;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!isReady) return;
    if (canSave) save.mutate();
    else attempt.mutate();
  };
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={t(policy ? 'policies.edit' : 'policies.add')}
      closeButtonProps={{ 'aria-label': t('word.close') }}
    >
      <form className="stack" onSubmit={submit} noValidate>
        {policy ? (
          <p className="soft">{policy.unit.name}</p>
        ) : (
          <UnitPicker label={t('policies.unit')} value={unit} onChange={setUnit} />
        )}
        <Select
          label={t('policies.template')}
          allowDeselect={false}
          disabled={policy !== undefined}
          data={templates.map((value) => ({ value, label: t(templateKeys[value]) }))}
          value={draft.template}
          onChange={(value) => setDraft({ ...draft, template: templates.find((one) => one === value) ?? 'lessons' })}
        />
        <TextInput
          label={t('policies.name')}
          placeholder={t(templateKeys[draft.template])}
          maxLength={120}
          value={draft.name}
          onChange={(event) => setDraft({ ...draft, name: event.currentTarget.value })}
        />
        <Fields draft={draft} onChange={setDraft} />
        <CheckOutcome result={result} />
        <ProblemLine error={attempt.error ?? save.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t('word.cancel')}
          </Button>
          <Button type="submit" disabled={!isReady} loading={attempt.isPending || save.isPending}>
            {t(canSave ? 'policies.save' : 'policies.try')}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}

interface FieldsProps {
  readonly draft: Draft;
  readonly onChange: (draft: Draft) => void;
}

/** What the chosen template asks for. */
function Fields({ draft, onChange }: FieldsProps) {
  const { t } = useText();
  const families = useFamilies();
  const number = (key: 'before' | 'after' | 'stagger' | 'cooldown', label: TextKey, min: number, max: number) => (
    <NumberInput
      key={key}
      label={t(label)}
      min={min}
      max={max}
      allowDecimal={false}
      value={draft[key]}
      onChange={(value) => onChange({ ...draft, [key]: Number(value) || 0 })}
    />
  );
  if (draft.template === 'gate')
    return (
      <>
        <TextInput
          label={t('policies.token')}
          withAsterisk
          maxLength={80}
          value={draft.token}
          onChange={(event) => onChange({ ...draft, token: event.currentTarget.value })}
        />
        {number('cooldown', 'policies.cooldown', 1, 86_400)}
      </>
    );
  return (
    <>
      <MultiSelect
        label={t('policies.families')}
        placeholder={draft.families.length === 0 ? t('policies.families.choose') : ''}
        withAsterisk
        data={families.options(undefined)}
        value={[...draft.families]}
        onChange={(value) => onChange({ ...draft, families: value })}
      />
      {draft.template === 'lessons' ? (
        <Group grow>
          {number('before', 'policies.before', 0, 180)}
          {number('after', 'policies.after', 0, 180)}
        </Group>
      ) : (
        <TextInput
          type="time"
          label={t('policies.time')}
          value={draft.time}
          onChange={(event) => onChange({ ...draft, time: event.currentTarget.value })}
        />
      )}
      {number('stagger', 'policies.stagger', 0, 600)}
      <Select
        label={t('policies.missed')}
        allowDeselect={false}
        data={missedRules.map((value) => ({ value, label: t(missedKeys[value]) }))}
        value={draft.missed}
        onChange={(value) => onChange({ ...draft, missed: missedRules.find((one) => one === value) ?? 'skip' })}
      />
    </>
  );
}
