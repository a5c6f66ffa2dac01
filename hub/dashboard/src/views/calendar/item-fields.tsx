import { ActionIcon, Button, Checkbox, Chip, Group, Select, TextInput } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useText } from '../../text/use-text.ts';
import { type Layer, nextPeriod, type Period, type Section } from './items.ts';
import { kindKeys, kinds, weekdays } from './keys.ts';

interface ItemFieldsProps {
  readonly section: Section;
  readonly draft: Layer;
  readonly onChange: (draft: Layer) => void;
}

/** The items of one part of a calendar, each in fields of its own. */
export function ItemFields({ section, draft, onChange }: ItemFieldsProps) {
  switch (section) {
    case 'terms':
      return (
        <Rows items={draft.terms ?? []} onChange={(terms) => onChange({ ...draft, terms })}>
          {(item, edit) => <SpanFields item={item} edit={edit} />}
        </Rows>
      );
    case 'periods':
      return (
        <Rows items={draft.periods ?? []} onChange={(periods) => onChange({ ...draft, periods })}>
          {(item, edit) => <PeriodFields item={item} edit={edit} />}
        </Rows>
      );
    case 'daysOff':
      return (
        <Rows items={draft.daysOff} onChange={(daysOff) => onChange({ ...draft, daysOff })}>
          {(item, edit) => (
            <>
              <SpanFields item={item} edit={edit} />
              <KindField value={item.kind} onChange={(kind) => edit({ kind })} />
            </>
          )}
        </Rows>
      );
    case 'makeUpDays':
      return (
        <Rows items={draft.makeUpDays} onChange={(makeUpDays) => onChange({ ...draft, makeUpDays })}>
          {(item, edit) => <MakeUpFields item={item} edit={edit} />}
        </Rows>
      );
    case 'exams':
      return (
        <Rows items={draft.exams} onChange={(exams) => onChange({ ...draft, exams })}>
          {(item, edit) => (
            <>
              <SpanFields item={item} edit={edit} />
              <Sessions item={item} edit={edit} />
            </>
          )}
        </Rows>
      );
  }
}

interface Named {
  readonly name: string;
  readonly toConfirm?: boolean | undefined;
}

interface RowsProps<T extends Named> {
  readonly items: readonly T[];
  readonly onChange: (items: T[]) => void;
  readonly children: (item: T, edit: (part: Partial<T>) => void) => ReactNode;
  readonly isPlain?: boolean;
}

function Rows<T extends Named>({ items, onChange, children, isPlain }: RowsProps<T>) {
  const { t } = useText();
  const put = (index: number, item: T) => onChange(items.map((one, at) => (at === index ? item : one)));
  return items.map((item, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: an item has no name of its own that would not be typed over
    <fieldset className="calendar-item" key={index}>
      <TextInput
        label={t('calendar.name')}
        value={item.name}
        maxLength={80}
        withAsterisk
        onChange={(event) => put(index, { ...item, name: event.currentTarget.value })}
      />
      {children(item, (part) => put(index, { ...item, ...part }))}
      <Group justify="space-between" className="calendar-item-foot">
        {isPlain ? (
          <span />
        ) : (
          <Checkbox
            label={t('calendar.toConfirm')}
            checked={item.toConfirm ?? false}
            onChange={(event) => put(index, { ...item, toConfirm: event.currentTarget.checked })}
          />
        )}
        <ActionIcon
          variant="subtle"
          color="red"
          size="lg"
          aria-label={t('calendar.remove', { name: item.name })}
          onClick={() => onChange(items.filter((_, at) => at !== index))}
        >
          <IconTrash size={18} aria-hidden />
        </ActionIcon>
      </Group>
    </fieldset>
  ));
}

interface Editing<T> {
  readonly item: T;
  readonly edit: (part: Partial<T>) => void;
}

function SpanFields({ item, edit }: Editing<{ readonly from: string; readonly to: string }>) {
  const { t } = useText();
  return (
    <>
      <TextInput
        type="date"
        label={t('calendar.first')}
        value={item.from}
        onChange={(event) => {
          const from = event.currentTarget.value;
          // The last day goes along when it would lie before the first.
          edit({ from, ...(item.to < from ? { to: from } : {}) });
        }}
      />
      <TextInput
        type="date"
        label={t('calendar.last')}
        value={item.to}
        onChange={(event) => edit({ to: event.currentTarget.value })}
      />
    </>
  );
}

function KindField({
  value,
  onChange,
}: {
  readonly value: string;
  readonly onChange: (kind: (typeof kinds)[number]) => void;
}) {
  const { t } = useText();
  return (
    <Select
      label={t('calendar.kind')}
      data={kinds.map((kind) => ({ value: kind, label: t(kindKeys[kind]) }))}
      value={value}
      allowDeselect={false}
      onChange={(next) => onChange(kinds.find((kind) => kind === next) ?? 'holiday')}
    />
  );
}

function MakeUpFields({ item, edit }: Editing<Layer['makeUpDays'][number]>) {
  const { t } = useText();
  return (
    <>
      <TextInput
        type="date"
        label={t('calendar.date')}
        value={item.date}
        onChange={(event) => edit({ date: event.currentTarget.value })}
      />
      <Select
        label={t('calendar.as')}
        data={weekdays.map(({ day, name }) => ({ value: String(day), label: t(name) }))}
        value={String(item.as)}
        allowDeselect={false}
        onChange={(day) => edit({ as: Number(day) })}
      />
    </>
  );
}

function PeriodFields({ item, edit }: Editing<Period>) {
  const { t } = useText();
  return (
    <>
      <TextInput
        type="time"
        label={t('calendar.starts')}
        value={item.from}
        onChange={(event) => edit({ from: event.currentTarget.value.slice(0, 5) })}
      />
      <TextInput
        type="time"
        label={t('calendar.ends')}
        value={item.to}
        onChange={(event) => edit({ to: event.currentTarget.value.slice(0, 5) })}
      />
      <fieldset className="calendar-item-days" aria-label={t('calendar.days')}>
        <Chip.Group
          multiple
          value={item.days.map(String)}
          onChange={(days: string[]) => edit({ days: days.map(Number).sort((a, b) => a - b) })}
        >
          {weekdays.map(({ day, short }) => (
            <Chip key={day} value={String(day)} size="xs">
              {t(short)}
            </Chip>
          ))}
        </Chip.Group>
      </fieldset>
    </>
  );
}

function Sessions({ item, edit }: Editing<Layer['exams'][number]>) {
  const { t } = useText();
  const periods = item.periods ?? [];
  // Without any the part is absent: then the timetable counts.
  const put = (next: Period[]) =>
    edit({ periods: next.length === 0 ? undefined : next.map(({ toConfirm: _, ...period }) => period) });
  return (
    <div className="calendar-item-wide stack">
      <div className="small soft">{t('calendar.sessions')}</div>
      <Rows items={periods} onChange={put} isPlain>
        {(period, change) => <PeriodFields item={period} edit={change} />}
      </Rows>
      <Button
        variant="subtle"
        leftSection={<IconPlus size={16} aria-hidden />}
        onClick={() =>
          put([...periods, nextPeriod(periods, t('calendar.session.nth', { number: periods.length + 1 }))])
        }
      >
        {t('calendar.sessions.add')}
      </Button>
    </div>
  );
}
