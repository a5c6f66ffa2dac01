import { Button, Checkbox, Group, MultiSelect, Select, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { causeSchema } from '../../../../../protocols/api/causes.ts';
import type { NotificationSettings, SubscriptionView } from '../../../../../protocols/api/operation/notifications.ts';
import { notificationsApi } from '../../data/notifications-api.ts';
import type { TextKey } from '../../text/texts.ts';
import { useText } from '../../text/use-text.ts';
import { ProblemLine } from '../../ui/problem-panel.tsx';
import { UnitPicker } from '../../ui/unit-picker.tsx';
import { WeekdaysField } from '../calendar/weekdays-field.tsx';
import { causeNames } from '../device/event-title.ts';
import { settingsQuery } from './queries.ts';

type Severity = SubscriptionView['severity'];
const severities: readonly Severity[] = ['critical', 'major', 'minor', 'notice'];

export const channelNames = {
  'in-app': 'notify.channel.in-app',
  email: 'notify.channel.email',
  zalo: 'notify.channel.zalo',
} as const satisfies Readonly<Record<SubscriptionView['channel'], TextKey>>;

export const fromNames = {
  critical: 'notify.from.critical',
  major: 'notify.from.major',
  minor: 'notify.from.minor',
  notice: 'notify.from.notice',
} as const satisfies Readonly<Record<Severity, TextKey>>;

const everyDay = [1, 2, 3, 4, 5, 6, 7];
const holds = ['', '0', '5', '15', '60'] as const;

interface Draft {
  readonly channel: SubscriptionView['channel'];
  readonly severity: Severity;
  readonly unit: number | undefined;
  readonly hold: string;
  readonly every: SubscriptionView['digest']['every'];
  readonly at: string;
  readonly isQuiet: boolean;
  readonly days: readonly number[];
  readonly kinds: readonly string[];
  readonly from: string;
  readonly to: string;
  readonly through: Severity | '';
}

function draftOf(subscription: SubscriptionView | undefined): Draft {
  const { quiet } = subscription ?? {};
  return {
    channel: subscription?.channel ?? 'in-app',
    severity: subscription?.severity ?? 'major',
    unit: subscription?.unit?.id,
    hold: subscription?.holdMinutes === undefined ? '' : String(subscription.holdMinutes),
    every: subscription?.digest.every ?? 'none',
    at: subscription?.digest.at ?? '07:00',
    isQuiet: quiet !== undefined,
    days: quiet?.days ?? everyDay,
    kinds: subscription?.kinds ?? [],
    from: quiet?.from ?? '21:00',
    to: quiet?.to ?? '06:00',
    through: quiet ? (quiet.breaksThrough ?? '') : 'critical',
  };
}

function bodyOf(draft: Draft): Parameters<typeof notificationsApi.subscribe>[0] {
  const { channel, severity, unit, hold, every, at, isQuiet, from, to, through, days, kinds } = draft;
  return {
    channel,
    severity,
    ...(unit === undefined ? {} : { unit }),
    ...(kinds.length === 0 ? {} : { kinds: [...kinds] }),
    ...(hold === '' ? {} : { holdMinutes: Number(hold) }),
    digest: { every, at },
    ...(isQuiet ? { quiet: { from, to, days: [...days], ...(through === '' ? {} : { breaksThrough: through }) } } : {}),
  };
}

/** One way to be told, with what it would have been last week. */
export function SubscriptionForm({
  channels,
  subscription,
  onDone,
}: {
  readonly channels: NotificationSettings['channels'];
  readonly subscription?: SubscriptionView;
  readonly onDone: () => void;
}) {
  const { t } = useText();
  const client = useQueryClient();
  const [draft, setDraft] = useState(() => draftOf(subscription));
  const preview = useMutation({ mutationFn: () => notificationsApi.preview(bodyOf(draft)) });
  const change = (part: Partial<Draft>) => {
    setDraft({ ...draft, ...part });
    preview.reset();
  };
  const save = useMutation({
    mutationFn: () =>
      subscription
        ? notificationsApi.changeSubscription(subscription.id, bodyOf(draft))
        : notificationsApi.subscribe(bodyOf(draft)),
    onSuccess: () => {
      onDone();
      return client.invalidateQueries(settingsQuery);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form className="stack" onSubmit={submit} noValidate>
      <Select
        label={t('notify.by')}
        data={channels.map((channel) => ({ value: channel, label: t(channelNames[channel]) }))}
        value={draft.channel}
        allowDeselect={false}
        onChange={(value) => change({ channel: channels.find((channel) => channel === value) ?? 'in-app' })}
      />
      <Select
        label={t('notify.severity')}
        data={severities.map((severity) => ({ value: severity, label: t(fromNames[severity]) }))}
        value={draft.severity}
        allowDeselect={false}
        onChange={(value) => change({ severity: severities.find((severity) => severity === value) ?? 'major' })}
      />
      <MultiSelect
        label={t('notify.kinds')}
        placeholder={draft.kinds.length === 0 ? t('notify.kinds.all') : ''}
        clearable
        data={causeSchema.shape.kind.options.map((kind) => ({ value: kind, label: t(causeNames[kind]) }))}
        value={[...draft.kinds]}
        onChange={(kinds) => change({ kinds })}
      />
      <UnitPicker
        label={t('notify.where')}
        placeholder={t('notify.everywhere')}
        clearable
        value={draft.unit}
        onChange={(unit) => change({ unit })}
      />
      <Select
        label={t('notify.hold')}
        description={t('notify.hold.help')}
        data={[...new Set([...holds, draft.hold])].map((value) => ({ value, label: holdText(value, t) }))}
        value={draft.hold}
        allowDeselect={false}
        onChange={(value) => change({ hold: value ?? '' })}
      />
      <DigestFields draft={draft} change={change} />
      <QuietFields draft={draft} change={change} />
      <Group>
        <Button variant="default" loading={preview.isPending} onClick={() => preview.mutate()}>
          {t('notify.preview')}
        </Button>
      </Group>
      <div role="status">
        {preview.data ? (
          <p>
            <strong>{t('notify.preview.result', { count: preview.data.messages })}</strong>{' '}
            {preview.data.spared > 0 ? t('notify.preview.spared', { count: preview.data.spared }) : null}
          </p>
        ) : null}
      </div>
      <ProblemLine error={save.error ?? preview.error} />
      <Group justify="flex-end">
        <Button variant="default" onClick={onDone}>
          {t('word.cancel')}
        </Button>
        <Button type="submit" disabled={draft.isQuiet && draft.days.length === 0} loading={save.isPending}>
          {t('word.save')}
        </Button>
      </Group>
    </form>
  );
}

function holdText(value: string, t: ReturnType<typeof useText>['t']): string {
  if (value === '') return t('notify.hold.standard');
  return value === '0' ? t('notify.hold.none') : t('notify.hold.minutes', { count: Number(value) });
}

interface FieldsProps {
  readonly draft: Draft;
  readonly change: (part: Partial<Draft>) => void;
}

function DigestFields({ draft, change }: FieldsProps) {
  const { t } = useText();
  return (
    <>
      <Select
        label={t('notify.digest')}
        data={[
          { value: 'none', label: t('notify.digest.none') },
          { value: 'hourly', label: t('notify.digest.hourly') },
          { value: 'daily', label: t('notify.digest.daily') },
        ]}
        value={draft.every}
        allowDeselect={false}
        onChange={(value) => change({ every: value === 'hourly' || value === 'daily' ? value : 'none' })}
      />
      {draft.every === 'daily' ? (
        <TextInput
          type="time"
          label={t('notify.digest.at')}
          value={draft.at}
          onChange={(event) => change({ at: event.currentTarget.value || '07:00' })}
        />
      ) : null}
    </>
  );
}

function QuietFields({ draft, change }: FieldsProps) {
  const { t } = useText();
  return (
    <fieldset className="stack">
      <legend>{t('notify.quiet')}</legend>
      <Checkbox
        label={t('notify.quiet.on')}
        checked={draft.isQuiet}
        onChange={(event) => change({ isQuiet: event.currentTarget.checked })}
      />
      {draft.isQuiet ? (
        <>
          <div className="two-fields">
            <TextInput
              type="time"
              label={t('notify.quiet.from')}
              value={draft.from}
              onChange={(event) => change({ from: event.currentTarget.value || '21:00' })}
            />
            <TextInput
              type="time"
              label={t('notify.quiet.to')}
              value={draft.to}
              onChange={(event) => change({ to: event.currentTarget.value || '06:00' })}
            />
          </div>
          <WeekdaysField label={t('notify.quiet.days')} value={draft.days} onChange={(days) => change({ days })} />
          <Select
            label={t('notify.quiet.through')}
            data={[
              { value: '', label: t('notify.quiet.through.none') },
              ...severities.map((severity) => ({ value: severity, label: t(fromNames[severity]) })),
            ]}
            value={draft.through}
            allowDeselect={false}
            onChange={(value) => change({ through: severities.find((severity) => severity === value) ?? '' })}
          />
        </>
      ) : null}
    </fieldset>
  );
}
