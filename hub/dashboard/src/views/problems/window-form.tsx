import { Button, Checkbox, SegmentedControl, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { problemsApi, windowsQuery } from '../../data/problems.ts';
import { useText } from '../../text/use-text.ts';
import { DevicePicker } from '../../ui/device-picker.tsx';
import { ProblemLine } from '../../ui/problem-panel.tsx';
import { UnitPicker } from '../../ui/unit-picker.tsx';
import { WeekdaysField } from '../calendar/weekdays-field.tsx';

interface Draft {
  readonly name: string;
  readonly unit: number | undefined;
  readonly device: string | undefined;
  readonly every: 'once' | 'weekly';
  readonly from: string;
  readonly to: string;
  readonly days: readonly number[];
  readonly dayFrom: string;
  readonly dayTo: string;
  readonly outsideLessons: boolean;
}

const first: Draft = {
  name: '',
  unit: undefined,
  device: undefined,
  every: 'once',
  from: '',
  to: '',
  days: [6],
  dayFrom: '18:00',
  dayTo: '22:00',
  outsideLessons: true,
};

type Body = Parameters<typeof problemsApi.openWindow>[0];

function bodyOf({ name, unit, device, every, from, to, days, dayFrom, dayTo, outsideLessons }: Draft): Body {
  const isWeekly = every === 'weekly';
  return {
    ...(device === undefined ? { unit } : { device }),
    name: name.trim(),
    // A weekly one holds from now on unless a day is named.
    startsAt: (from === '' ? new Date() : new Date(from)).toISOString(),
    ...(to === '' ? {} : { endsAt: new Date(to).toISOString() }),
    ...(isWeekly ? { weekly: { days: [...days], from: dayFrom, to: dayTo, outsideLessons } } : {}),
  };
}

function isReady({ name, unit, device, every, from, to, days, dayFrom, dayTo }: Draft): boolean {
  if (name.trim() === '' || (unit === undefined && device === undefined)) return false;
  return every === 'once' ? from !== '' && to !== '' : days.length > 0 && dayFrom !== '' && dayTo !== '';
}

/** A time of maintenance to plan: once or every week, for a place or for one device. */
export function WindowForm() {
  const { t } = useText();
  const queries = useQueryClient();
  const [draft, setDraft] = useState(first);
  const set = (more: Partial<Draft>) => setDraft({ ...draft, ...more });
  const open = useMutation({
    mutationFn: () => problemsApi.openWindow(bodyOf(draft)),
    onSuccess: async () => {
      set({ name: '' });
      await queries.invalidateQueries({ queryKey: windowsQuery.queryKey });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isReady(draft)) open.mutate();
  };
  return (
    <form className="card stack" onSubmit={submit}>
      <TextInput
        label={t('window.name')}
        maxLength={120}
        value={draft.name}
        onChange={(event) => set({ name: event.currentTarget.value })}
      />
      <div className="form-grid">
        <UnitPicker
          label={t('window.unit')}
          clearable
          value={draft.unit}
          onChange={(unit) => set({ unit, device: undefined })}
        />
        <DevicePicker
          key={draft.unit ?? 0}
          label={t('window.device')}
          unit={draft.unit}
          value={draft.device}
          onChange={(device) => set({ device })}
        />
      </div>
      <SegmentedControl
        aria-label={t('window.every')}
        data={[
          { value: 'once', label: t('window.once') },
          { value: 'weekly', label: t('window.weekly') },
        ]}
        value={draft.every}
        onChange={(every) => set({ every: every === 'weekly' ? 'weekly' : 'once' })}
      />
      {draft.every === 'weekly' ? <WeeklyFields draft={draft} set={set} /> : null}
      <div className="form-grid">
        <TextInput
          type="datetime-local"
          label={t(draft.every === 'weekly' ? 'window.fromDay' : 'window.from')}
          value={draft.from}
          onChange={(event) => set({ from: event.currentTarget.value })}
        />
        <TextInput
          type="datetime-local"
          label={t(draft.every === 'weekly' ? 'window.toDay' : 'window.to')}
          value={draft.to}
          onChange={(event) => set({ to: event.currentTarget.value })}
        />
      </div>
      <ProblemLine error={open.error} />
      <div>
        <Button type="submit" disabled={!isReady(draft)} loading={open.isPending}>
          {t('window.add')}
        </Button>
      </div>
    </form>
  );
}

interface WeeklyFieldsProps {
  readonly draft: Draft;
  readonly set: (more: Partial<Draft>) => void;
}

function WeeklyFields({ draft, set }: WeeklyFieldsProps) {
  const { t } = useText();
  return (
    <>
      <WeekdaysField label={t('calendar.days')} value={draft.days} onChange={(days) => set({ days })} />
      <div className="form-grid">
        <TextInput
          type="time"
          label={t('window.hourFrom')}
          value={draft.dayFrom}
          onChange={(event) => set({ dayFrom: event.currentTarget.value })}
        />
        <TextInput
          type="time"
          label={t('window.hourTo')}
          value={draft.dayTo}
          onChange={(event) => set({ dayTo: event.currentTarget.value })}
        />
      </div>
      <Checkbox
        label={t('window.outsideLessons')}
        checked={draft.outsideLessons}
        onChange={(event) => set({ outsideLessons: event.currentTarget.checked })}
      />
    </>
  );
}
