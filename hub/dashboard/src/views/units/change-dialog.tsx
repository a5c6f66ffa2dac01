import { Button, Group, Modal, Textarea, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { UnitChange } from '../../../../../protocols/api/organisation/changes.ts';
import type { Unit } from '../../../../../protocols/api/units.ts';
import { organisationApi } from '../../data/organisation.ts';
import { queryClient } from '../../data/query-client.ts';
import type { TextKey } from '../../text/texts.ts';
import { useText } from '../../text/use-text.ts';
import { ProblemLine } from '../../ui/problem-panel.tsx';
import { placeOf, UnitPicker } from '../../ui/unit-picker.tsx';

export type ChangeKind = 'rename' | 'move' | 'merge' | 'close';

export const changeKeys = {
  rename: 'change.rename',
  move: 'change.move',
  merge: 'change.merge',
  close: 'change.close',
} as const satisfies Record<ChangeKind, TextKey>;

const explained = {
  move: 'change.move.text',
  merge: 'change.merge.text',
  close: 'change.close.text',
} as const satisfies Partial<Record<ChangeKind, TextKey>>;

interface ChangeDialogProps {
  readonly unit: Unit;
  readonly kind: ChangeKind;
  readonly onClose: () => void;
}

/** What was filled in; undefined while something is missing. */
interface Draft {
  readonly name: string;
  readonly code: string;
  readonly parent: number | undefined;
  readonly from: readonly (number | undefined)[];
}

function changeOf(kind: ChangeKind, { name, code, parent, from }: Draft): UnitChange | undefined {
  if (kind === 'close') return { kind };
  if (kind === 'rename') return name.trim() === '' ? undefined : { kind, name: name.trim(), code: code.trim() || null };
  if (kind === 'move') return parent === undefined ? undefined : { kind, parent };
  const units = from.filter((id) => id !== undefined);
  return units.length === 0 ? undefined : { kind, from: units };
}

/** Changes a unit in two steps: what it would come to, and then the deed. */
export function ChangeDialog({ unit, kind, onClose }: ChangeDialogProps) {
  const { t } = useText();
  const [draft, setDraft] = useState<Draft>({
    name: unit.name,
    code: unit.code ?? '',
    parent: undefined,
    from: [undefined],
  });
  const [day, setDay] = useState('');
  const [reason, setReason] = useState('');
  const change = changeOf(kind, draft);
  const isReady = change !== undefined && reason.trim().length >= 3;
  const send = (dryRun: boolean) => {
    if (!change) return Promise.reject(new TypeError('nothing was filled in'));
    return organisationApi.change(unit.id, {
      change,
      reason: reason.trim(),
      dryRun,
      ...(day === '' ? {} : { effective: day }),
    });
  };
  const attempt = useMutation({ mutationFn: () => send(true) });
  const act = useMutation({
    mutationFn: () => send(false),
    onSuccess: async () => {
      await queryClient.invalidateQueries();
      onClose();
    },
  });
  const edit = (next: Partial<Draft>) => {
    setDraft({ ...draft, ...next });
    attempt.reset();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!isReady) return;
    if (attempt.data) act.mutate();
    else attempt.mutate();
  };
  const note = kind === 'rename' ? undefined : explained[kind];
  return (
    <Modal
      opened
      onClose={onClose}
      title={`${t(changeKeys[kind])}: ${unit.name}`}
      closeButtonProps={{ 'aria-label': t('word.close') }}
    >
      <form className="stack" onSubmit={submit} noValidate>
        {note ? <p>{t(note)}</p> : null}
        <ChangeFields kind={kind} draft={draft} edit={edit} />
        <TextInput
          type="date"
          label={t('change.day')}
          value={day}
          onChange={(event) => {
            setDay(event.currentTarget.value);
            attempt.reset();
          }}
        />
        <Textarea
          label={t('change.reason')}
          value={reason}
          maxLength={500}
          withAsterisk
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        {attempt.data ? (
          <div className="notice" role="status">
            <div>
              <div>{t('change.after', { place: placeOf(attempt.data.unit.trail) || attempt.data.unit.name })}</div>
              <div className="small">{t('change.effects', attempt.data.effects)}</div>
            </div>
          </div>
        ) : null}
        <ProblemLine error={attempt.error ?? act.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t('word.cancel')}
          </Button>
          <Button type="submit" disabled={!isReady} loading={attempt.isPending || act.isPending}>
            {attempt.data ? t('change.do') : t('change.try')}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}

interface FieldsProps {
  readonly kind: ChangeKind;
  readonly draft: Draft;
  readonly edit: (next: Partial<Draft>) => void;
}

function ChangeFields({ kind, draft, edit }: FieldsProps) {
  const { t } = useText();
  if (kind === 'rename')
    return (
      <>
        <TextInput
          data-autofocus
          label={t('change.name')}
          value={draft.name}
          maxLength={200}
          withAsterisk
          onChange={(event) => edit({ name: event.currentTarget.value })}
        />
        <TextInput
          label={t('change.code')}
          value={draft.code}
          maxLength={40}
          onChange={(event) => edit({ code: event.currentTarget.value })}
        />
      </>
    );
  if (kind === 'move')
    return (
      <UnitPicker label={t('change.parent')} value={draft.parent} onChange={(parent) => edit({ parent })} required />
    );
  if (kind === 'merge')
    return (
      <>
        {draft.from.map((value, index) => (
          <UnitPicker
            // biome-ignore lint/suspicious/noArrayIndexKey: rows are only added at the end
            key={index}
            label={t('change.from')}
            value={value}
            onChange={(next) => edit({ from: draft.from.map((one, at) => (at === index ? next : one)) })}
            required={index === 0}
          />
        ))}
        <Button variant="subtle" onClick={() => edit({ from: [...draft.from, undefined] })}>
          {t('change.from.more')}
        </Button>
      </>
    );
  return null;
}
