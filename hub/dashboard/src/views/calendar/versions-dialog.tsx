import { Button, Modal } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { CalendarVersion, CalendarView } from '../../../../../protocols/api/operation/calendar.ts';
import { calendarApi, calendarVersionsQuery } from '../../data/calendar.ts';
import { useText } from '../../text/use-text.ts';
import { Answer } from '../../ui/answer.tsx';
import { formatInstant } from '../../ui/format.ts';
import { versionOf } from './items.ts';
import { LayerDialog } from './layer-dialog.tsx';

interface VersionsDialogProps {
  readonly view: CalendarView;
  readonly canEdit: boolean;
  readonly onClose: () => void;
}

/** Who changed what the unit sets, when and why; an earlier version can be put back. */
export function VersionsDialog({ view, canEdit, onClose }: VersionsDialogProps) {
  const { t } = useText();
  const read = useQuery(calendarVersionsQuery(view.unit.id));
  const [chosen, setChosen] = useState<CalendarVersion>();
  if (chosen)
    return (
      <LayerDialog
        title={t('calendar.restore.of', { version: chosen.version })}
        draft={chosen}
        onClose={onClose}
        send={(reason, dryRun) =>
          calendarApi.restore(view.unit.id, { version: chosen.version, basedOn: versionOf(view), reason, dryRun })
        }
      />
    );
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={t('calendar.history')}
      closeButtonProps={{ 'aria-label': t('word.close') }}
    >
      <Answer read={read} what={t('calendar.history.what')}>
        {({ rows }) =>
          rows.length === 0 ? (
            <p>{t('calendar.history.none')}</p>
          ) : (
            <ol className="calendar-rows">
              {rows.map((version) => (
                <Version
                  key={version.version}
                  version={version}
                  isNow={version.version === versionOf(view)}
                  {...(canEdit ? { onRestore: () => setChosen(version) } : {})}
                />
              ))}
            </ol>
          )
        }
      </Answer>
    </Modal>
  );
}

interface VersionProps {
  readonly version: CalendarVersion;
  readonly isNow: boolean;
  readonly onRestore?: () => void;
}

function Version({ version: { version, at, by, reason }, isNow, onRestore }: VersionProps) {
  const { t, language } = useText();
  return (
    <li>
      <div>
        <div>
          {t('calendar.version', { version })}, {formatInstant(Date.parse(at), language)}, {by}
        </div>
        <div className="soft small">{reason}</div>
      </div>
      {isNow ? (
        <span className="soft small">{t('calendar.version.now')}</span>
      ) : onRestore ? (
        <Button size="xs" variant="subtle" onClick={onRestore}>
          {t('calendar.restore')}
        </Button>
      ) : null}
    </li>
  );
}
