import { NativeSelect, NumberInput, SegmentedControl, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { ConfigurationChangeResult } from '../../../../../protocols/api/operation/configuration.ts';
import { type Keeping, keepings } from '../../../../../protocols/fleet/configuration/setting.ts';
import { findSetting, settingKeys, settings } from '../../../../../protocols/fleet/configuration/settings.ts';
import { configurationApi, type Place } from '../../data/configuration.ts';
import { queryClient } from '../../data/query-client.ts';
import { useFamilies } from '../../state/families.ts';
import { useText } from '../../text/use-text.ts';
import { ProblemLine } from '../../ui/problem-panel.tsx';
import { ReasonField, TrialActions } from '../../ui/trial-form.tsx';
import { ChangeOutcome } from './change-outcome.tsx';
import { shapeOf, textOfValue, valueOfText } from './values.ts';

const keepingKeys = { heal: 'keeping.heal', 'power-on': 'keeping.power-on', report: 'keeping.report' } as const;

/** What is changed: one setting, or a new one that is still to be chosen. */
export interface WishDraft {
  readonly key: string;
  readonly value?: unknown;
  readonly keeping?: Keeping;
  /** The one family that it is for; all when absent. */
  readonly family?: string;
  /** A wish of this very place stands, and can be taken back. */
  readonly isHere?: boolean;
}

interface WishFormProps {
  readonly place: Place;
  readonly draft: WishDraft;
  readonly onClose: () => void;
}

/** Sets or takes back one wish in two steps: what it would come to, and then the deed. */
export function WishForm({ place, draft, onClose }: WishFormProps) {
  const { t, pick } = useText();
  const [key, setKey] = useState(draft.key);
  const [text, setText] = useState(textOfValue(draft.value));
  const [keeping, setKeeping] = useState<Keeping>(draft.keeping ?? findSetting(draft.key)?.keeping ?? 'report');
  const [family, setFamily] = useState(draft.family ?? '');
  const [isReleased, setReleased] = useState(false);
  const [reason, setReason] = useState('');
  const value = valueOfText(key, text);
  const change = { key, ...(isReleased ? {} : { value: value as never, keeping }) };
  const send = (dryRun: boolean) =>
    configurationApi.change(place, {
      changes: [change],
      reason: reason.trim(),
      dryRun,
      ...(family === '' ? {} : { family }),
    });
  const attempt = useMutation({ mutationFn: (_asked: string) => send(true) });
  const asked = JSON.stringify([change, family]);
  const tried: ConfigurationChangeResult | undefined = attempt.variables === asked ? attempt.data : undefined;
  const act = useMutation({
    mutationFn: () => send(false),
    onSuccess: async () => {
      await queryClient.invalidateQueries();
      onClose();
    },
  });
  const isReady = (isReleased || value !== undefined) && reason.trim().length >= 3;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!isReady) return;
    if (tried) act.mutate();
    else attempt.mutate(asked);
  };
  const choose = (next: string) => {
    setKey(next);
    setText('');
    setKeeping(findSetting(next)?.keeping ?? 'report');
  };
  const offered = settingKeys.filter((one) => settings[one].shared || 'device' in place);
  return (
    <form className="stack" onSubmit={submit} noValidate>
      <NativeSelect
        label={t('configuration.setting')}
        value={key}
        disabled={draft.value !== undefined}
        onChange={(event) => choose(event.currentTarget.value)}
        data={offered.map((one) => ({ value: one, label: pick(settings[one].label) }))}
      />
      {'unit' in place ? (
        <FamilyField family={family} isFixed={draft.value !== undefined} onChange={setFamily} />
      ) : null}
      {isReleased ? null : (
        <>
          <ValueField settingKey={key} text={text} onChange={setText} />
          <KeepingField keeping={keeping} onChange={setKeeping} />
        </>
      )}
      {draft.isHere ? <ReleaseField isReleased={isReleased} onChange={setReleased} /> : null}
      <ReasonField value={reason} onChange={setReason} />
      {tried ? <ChangeOutcome result={tried} /> : null}
      <ProblemLine error={attempt.variables === asked ? (attempt.error ?? act.error) : act.error} />
      <TrialActions
        isReady={isReady}
        isPending={attempt.isPending || act.isPending}
        submit={t(tried ? 'configuration.do' : 'configuration.try')}
        onClose={onClose}
      />
    </form>
  );
}

interface ReleaseFieldProps {
  readonly isReleased: boolean;
  readonly onChange: (isReleased: boolean) => void;
}

/** Whether the wish that stands here is set otherwise or taken back. */
function ReleaseField({ isReleased, onChange }: ReleaseFieldProps) {
  const { t } = useText();
  return (
    <SegmentedControl
      aria-label={t('configuration.release')}
      value={isReleased ? 'release' : 'set'}
      onChange={(chosen) => onChange(chosen === 'release')}
      data={[
        { value: 'set', label: t('configuration.set') },
        { value: 'release', label: t('configuration.release') },
      ]}
    />
  );
}

interface KeepingFieldProps {
  readonly keeping: Keeping;
  readonly onChange: (keeping: Keeping) => void;
}

function KeepingField({ keeping, onChange }: KeepingFieldProps) {
  const { t } = useText();
  return (
    <NativeSelect
      label={t('configuration.keeping')}
      value={keeping}
      onChange={(event) => onChange(keepings.find((one) => one === event.currentTarget.value) ?? 'report')}
      data={keepings.map((one) => ({ value: one, label: t(keepingKeys[one]) }))}
    />
  );
}

interface FamilyFieldProps {
  readonly family: string;
  readonly isFixed: boolean;
  readonly onChange: (family: string) => void;
}

/** For which kind of devices it is meant. */
function FamilyField({ family, isFixed, onChange }: FamilyFieldProps) {
  const { t } = useText();
  const families = useFamilies();
  return (
    <NativeSelect
      label={t('configuration.family')}
      value={family}
      disabled={isFixed}
      onChange={(event) => onChange(event.currentTarget.value)}
      data={[
        { value: '', label: t('configuration.family.all') },
        ...families.options(family === '' ? undefined : family),
      ]}
    />
  );
}

interface ValueFieldProps {
  readonly settingKey: string;
  readonly text: string;
  readonly onChange: (text: string) => void;
}

/** The field that fits the values of a setting. */
function ValueField({ settingKey, text, onChange }: ValueFieldProps) {
  const { t } = useText();
  const { kind, choices, min, max } = shapeOf(settingKey);
  const label = t('configuration.value');
  if (kind === 'boolean' || kind === 'choice') {
    const data =
      kind === 'choice'
        ? choices.map((choice) => ({ value: choice, label: choice }))
        : [
            { value: 'yes', label: t('configuration.yes') },
            { value: 'no', label: t('configuration.no') },
          ];
    return (
      <NativeSelect
        label={label}
        value={text}
        withAsterisk
        onChange={(event) => onChange(event.currentTarget.value)}
        data={[{ value: '', label: '' }, ...data]}
      />
    );
  }
  if (kind === 'number')
    return (
      <NumberInput
        label={label}
        value={text}
        withAsterisk
        onChange={(next) => onChange(String(next))}
        {...(min === undefined ? {} : { min })}
        {...(max === undefined ? {} : { max })}
      />
    );
  return (
    <TextInput
      label={label}
      value={text}
      withAsterisk
      {...(kind === 'list' ? { description: t('configuration.list.help') } : {})}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
