import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import type { CalendarView } from '../../../../../protocols/api/operation/calendar.ts';
import { calendarApi } from '../../data/calendar.ts';
import { useText } from '../../text/use-text.ts';
import { ItemFields } from './item-fields.tsx';
import { draftOf, isComplete, type Layer, type Section, versionOf, withNew } from './items.ts';
import { sectionKeys } from './keys.ts';
import { LayerDialog } from './layer-dialog.tsx';

interface EditDialogProps {
  readonly view: CalendarView;
  readonly section: Section;
  readonly today: string;
  readonly onClose: () => void;
}

/** Edits one part of what a unit sets. */
export function EditDialog({ view, section, today, onClose }: EditDialogProps) {
  const { t } = useText();
  const [draft, setDraft] = useState<Layer>(() => draftOf(view, section));
  return (
    <ChangeLayer
      view={view}
      layer={draft}
      title={t('calendar.edit.of', { what: t(sectionKeys[section]) })}
      size="xl"
      missing={isComplete(draft) ? undefined : t('calendar.fill')}
      onClose={onClose}
    >
      {section === 'exams' ? <p className="soft small">{t('calendar.exams.help')}</p> : null}
      <ItemFields section={section} draft={draft} onChange={setDraft} />
      <Button
        variant="default"
        leftSection={<IconPlus size={18} aria-hidden />}
        onClick={() => setDraft(withNew(draft, section, today, (number) => t('calendar.period.nth', { number })))}
      >
        {t('calendar.add')}
      </Button>
    </ChangeLayer>
  );
}

interface ChangeLayerProps extends Omit<Parameters<typeof LayerDialog>[0], 'send' | 'draft'> {
  readonly view: CalendarView;
  /** What the unit shall set; null takes all of it back. */
  readonly layer: Layer | null;
}

/** Puts a whole layer in the place of the one that stands. */
export function ChangeLayer({ view, layer, ...rest }: ChangeLayerProps) {
  return (
    <LayerDialog
      {...rest}
      draft={layer}
      send={(reason, dryRun) => calendarApi.change(view.unit.id, { layer, basedOn: versionOf(view), reason, dryRun })}
    />
  );
}
