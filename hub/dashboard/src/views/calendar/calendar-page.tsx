import { ActionIcon, Button, Group, Menu } from '@mantine/core';
import { IconCalendar, IconChevronDown, IconChevronLeft, IconChevronRight } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import type { CalendarView } from '../../../../../protocols/api/operation/calendar.ts';
import { wallDateAt } from '../../../../../protocols/fleet/calendar/zone.ts';
import { calendarApi, calendarQuery, calendarTemplatesQuery } from '../../data/calendar.ts';
import { useNow } from '../../state/clock.ts';
import { useMay, useMe } from '../../state/session.ts';
import { useText } from '../../text/use-text.ts';
import { Answer } from '../../ui/answer.tsx';
import { Blank } from '../../ui/blank.tsx';
import { Page } from '../../ui/page.tsx';
import { UnitPicker } from '../../ui/unit-picker.tsx';
import { ChangeLayer, EditDialog } from './edit-dialog.tsx';
import { ImportDialog } from './import-dialog.tsx';
import { isSame, layerOf, sections } from './items.ts';
import { exportKeys } from './keys.ts';
import { Legend, Months } from './months.tsx';
import { CancelledCard, SectionCard, type Wish } from './section-card.tsx';
import { VersionsDialog } from './versions-dialog.tsx';
import './calendar.css';

type Opened = Wish | { readonly do: 'template' | 'clear' | 'import' | 'history' };

/** The school year of one unit: every day, the hours, and where each of it comes from. */
export function CalendarPage() {
  const { t } = useText();
  const search = useSearch({ from: '/frame/calendar' });
  const navigate = useNavigate({ from: '/calendar' });
  const { grants } = useMe();
  const today = wallDateAt('Asia/Ho_Chi_Minh', useNow());
  const unit = search.unit ?? grants[0]?.unit.id;
  const year = search.year ?? Number(today.slice(0, 4)) - (today.slice(5) < '08-01' ? 1 : 0);
  const read = useQuery({
    ...calendarQuery(unit ?? 0, year),
    enabled: unit !== undefined,
    placeholderData: keepPreviousData,
  });
  const go = (next: { unit?: number | undefined; year?: number }) =>
    void navigate({ search: { unit, year: search.year, ...next }, replace: true });
  const name = read.data?.unit.name;
  return (
    <Page title={name === undefined ? t('calendar.title') : t('calendar.of', { name })}>
      <p className="soft">{t('calendar.lead')}</p>
      <div className="toolbar calendar-toolbar">
        <UnitPicker label={t('calendar.unit')} hideLabel value={unit} onChange={(next) => go({ unit: next })} />
        <Group gap="xs" wrap="nowrap">
          <ActionIcon
            variant="default"
            size="lg"
            aria-label={t('calendar.year.before')}
            onClick={() => go({ year: year - 1 })}
          >
            <IconChevronLeft size={18} aria-hidden />
          </ActionIcon>
          <strong className="nowrap" aria-live="polite">
            {t('calendar.year', { from: year, to: year + 1 })}
          </strong>
          <ActionIcon
            variant="default"
            size="lg"
            aria-label={t('calendar.year.after')}
            onClick={() => go({ year: year + 1 })}
          >
            <IconChevronRight size={18} aria-hidden />
          </ActionIcon>
        </Group>
      </div>
      {unit === undefined ? (
        <Blank icon={IconCalendar} title={t('calendar.title')}>
          <p>{t('calendar.choose')}</p>
        </Blank>
      ) : (
        <Answer read={read} what={t('calendar.what')} height={30}>
          {(view) => <Shown key={view.unit.id} view={view} today={today} />}
        </Answer>
      )}
    </Page>
  );
}

function Shown({ view, today }: { readonly view: CalendarView; readonly today: string }) {
  const { t } = useText();
  const canEdit = useMay('manage-calendar');
  const [opened, setOpened] = useState<Opened>();
  const isUnknown = view.days.every(({ known }) => !known);
  return (
    <>
      <div className="calendar-actions">
        <Legend />
        <Actions view={view} canEdit={canEdit} onOpen={setOpened} />
      </div>
      {isUnknown ? (
        <div className="notice" role="status" data-tone="attention">
          <div>
            {t('calendar.unknown')} {canEdit ? t('calendar.unknown.do') : null}
          </div>
        </div>
      ) : null}
      <div className="calendar-layout">
        <Months days={view.days} today={today} />
        <div className="calendar-sections">
          {sections.map((section) => (
            <SectionCard key={section} view={view} section={section} canEdit={canEdit} onWish={setOpened} />
          ))}
          <CancelledCard view={view} canEdit={canEdit} onWish={setOpened} />
        </div>
      </div>
      {opened ? (
        <Dialog view={view} opened={opened} canEdit={canEdit} today={today} onClose={() => setOpened(undefined)} />
      ) : null}
    </>
  );
}

interface ActionsProps {
  readonly view: CalendarView;
  readonly canEdit: boolean;
  readonly onOpen: (opened: Opened) => void;
}

function Actions({ view, canEdit, onOpen }: ActionsProps) {
  const { t } = useText();
  return (
    <Group gap="xs">
      {canEdit ? (
        <>
          <Button variant="default" onClick={() => onOpen({ do: 'template' })}>
            {t('calendar.template')}
          </Button>
          <Button variant="default" onClick={() => onOpen({ do: 'import' })}>
            {t('calendar.import')}
          </Button>
        </>
      ) : null}
      <Menu position="bottom-end" withinPortal withInitialFocusPlaceholder={false}>
        <Menu.Target>
          <Button variant="default" rightSection={<IconChevronDown size={16} aria-hidden />}>
            {t('calendar.more')}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {(['xlsx', 'csv', 'ics'] as const).map((as) => (
            <Menu.Item key={as} component="a" href={calendarApi.exportAddress(view.unit.id, as, 'resolved')}>
              {t(exportKeys[as])}
            </Menu.Item>
          ))}
          <Menu.Item onClick={() => onOpen({ do: 'history' })}>{t('calendar.history')}</Menu.Item>
          {canEdit && view.own?.layer ? (
            <Menu.Item color="red" onClick={() => onOpen({ do: 'clear' })}>
              {t('calendar.clear')}
            </Menu.Item>
          ) : null}
        </Menu.Dropdown>
      </Menu>
    </Group>
  );
}

interface DialogProps {
  readonly view: CalendarView;
  readonly opened: Opened;
  readonly canEdit: boolean;
  readonly today: string;
  readonly onClose: () => void;
}

function Dialog({ view, opened, canEdit, today, onClose }: DialogProps) {
  const { t } = useText();
  const layer = layerOf(view);
  switch (opened.do) {
    case 'edit':
      return <EditDialog view={view} section={opened.section} today={today} onClose={onClose} />;
    case 'import':
      return <ImportDialog view={view} onClose={onClose} />;
    case 'history':
      return <VersionsDialog view={view} canEdit={canEdit} onClose={onClose} />;
    case 'template':
      return <TemplateDialog view={view} onClose={onClose} />;
    case 'clear':
      return <ChangeLayer view={view} layer={null} title={t('calendar.clear')} onClose={onClose} />;
    case 'inherit': {
      const { [opened.section]: _, ...rest } = layer;
      return <ChangeLayer view={view} layer={rest} title={t('calendar.inherit')} onClose={onClose} />;
    }
    case 'cancel': {
      const { item } = opened;
      const next = { ...layer, cancelled: [...layer.cancelled, item] };
      const title = t('calendar.cancel.of', { name: item.name });
      return <ChangeLayer view={view} layer={next} title={title} onClose={onClose} />;
    }
    case 'uncancel': {
      const { item } = opened;
      const next = { ...layer, cancelled: layer.cancelled.filter((one) => !isSame(item)(one)) };
      const title = t('calendar.uncancel.of', { name: item.name });
      return <ChangeLayer view={view} layer={next} title={title} onClose={onClose} />;
    }
  }
}

function TemplateDialog({ view, onClose }: { readonly view: CalendarView; readonly onClose: () => void }) {
  const { t, pick } = useText();
  const read = useQuery(calendarTemplatesQuery);
  const template = read.data?.rows[0];
  if (!template) return null;
  return (
    <ChangeLayer view={view} layer={template.layer} title={pick(template.name)} onClose={onClose}>
      <p>{t('calendar.template.text')}</p>
      <p className="soft small">{pick(template.note)}</p>
    </ChangeLayer>
  );
}
