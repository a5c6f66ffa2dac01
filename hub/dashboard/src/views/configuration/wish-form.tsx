import { Button, Group, NativeSelect, NumberInput, SegmentedControl, Textarea, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { ConfigurationChangeResult } from '../../../../../protocols/api/operation/configuration.ts';
import { type Keeping, keepings } from '../../../../../protocols/fleet/configuration/setting.ts';
import { findSetting, settingKeys, settings } from '../../../../../protocols/fleet/configuration/settings.ts';
import { configurationApi, type Place } from '../../data/configuration.ts';
import { queryClient } from '../../data/query-client.ts';
import { useText } from '../../text/use-text.ts';
import { ProblemLine } from '../../ui/problem-panel.tsx';
import { ChangeOutcome } from './change-outcome.tsx';
import { shapeOf, textOfValue, valueOfText } from './values.ts';

const keepingKeys = { heal: 'keeping.heal', 'power-on': 'keeping.power-on', report: 'keeping.report' } as const;

/** What is changed: one setting, or a new one that is still to be chosen. */
export interface WishDraft {
  readonly key: string;
  readonly value?: unknown;
  readonly keeping?: Keeping;
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
  const [isReleased, setReleased] = useState(false);
  const [reason, setReason] = useState('');
  const value = valueOfText(key, text);
  const change = isReleased ? { key } : { key, value: value as never, keeping };
  const send = (dryRun: boolean) =>
    configurationApi.change(place, { changes: [change], reason: reason.trim(), dryRun });
  const attempt = useMutation({ mutationFn: (_asked: string) => send(true) });
  const asked = JSON.stringify(change);
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
      {isReleased ? null : <ValueField settingKey={key} text={text} onChange={setText} />}
      {isReleased ? null : (
        <NativeSelect
          label={t('configuration.keeping')}
          value={keeping}
          onChange={(event) => setKeeping(keepings.find((one) => one === event.currentTarget.value) ?? 'report')}
          data={keepings.map((one) => ({ value: one, label: t(keepingKeys[one]) }))}
        />
      )}
      {draft.isHere ? (
        <SegmentedControl
          aria-label={t('configuration.release')}
          value={isReleased ? 'release' : 'set'}
          onChange={(chosen) => setReleased(chosen === 'release')}
          data={[
            { value: 'set', label: t('configuration.set') },
            { value: 'release', label: t('configuration.release') },
          ]}
        />
      ) : null}
      <Textarea
        label={t('change.reason')}
        value={reason}
        maxLength={500}
        withAsterisk
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      {tried ? <ChangeOutcome result={tried} /> : null}
      <ProblemLine error={attempt.variables === asked ? (attempt.error ?? act.error) : act.error} />
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {t('word.cancel')}
        </Button>
        <Button type="submit" disabled={!isReady} loading={attempt.isPending || act.isPending}>
          {tried ? t('configuration.do') : t('configuration.try')}
        </Button>
      </Group>
    </form>
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
