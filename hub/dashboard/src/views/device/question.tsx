import { Button, Group, Modal } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useState } from 'react';
import type { CommandCheck } from '../../../../../protocols/api/operation/commands.ts';
import { findCapability } from '../../../../../protocols/fleet/capabilities/index.ts';
import type { Wish } from '../../state/operate.ts';
import { useText } from '../../text/use-text.ts';
import { ProblemLine } from '../../ui/problem-panel.tsx';
import { type Care, ordinaryCare, ReasonField, SetAside, WaitField } from '../commands/care.tsx';

export interface PendingWish {
  readonly wish: Wish;
  readonly onMade: ((command: string) => void) | undefined;
}

interface QuestionProps {
  readonly pending: PendingWish;
  readonly check: CommandCheck;
  readonly device: string;
  readonly error: unknown;
  readonly sending: boolean;
  readonly onClose: () => void;
  readonly onYes: (care: Care) => void;
}

/** Whether what stands in the way was set aside by somebody who may. */
function isClear({ obstacles, exam, lesson, mayOverride }: CommandCheck, care: Care): boolean {
  const areOverruled = obstacles.every(({ mayForce }) => mayForce && mayOverride && care.force);
  const needsReason = care.force || care.evenInExam;
  if (exam && !(care.evenInExam && mayOverride)) return false;
  if (lesson && !exam && !care.evenInLesson) return false;
  return areOverruled && (!needsReason || care.reason.trim().length >= 3);
}

/** What a command does and what stands in its way, before it is given. */
export function Question({ pending, check, device, error, sending, onClose, onYes }: QuestionProps) {
  const { t, pick } = useText();
  const [care, setCare] = useState<Care>({ ...ordinaryCare, waitSeconds: check.away ? 3_600 : 60 });
  const command = findCapability(pending.wish.capability)?.commands[pending.wish.name];
  const fields = { care, onChange: setCare };
  const forceable = check.obstacles.length > 0 && check.obstacles.every(({ mayForce }) => mayForce);
  return (
    <Modal
      opened
      onClose={onClose}
      title={command ? t('command.confirm', { command: pending.wish.saying ?? pick(command.label), device }) : ''}
      closeButtonProps={{ 'aria-label': t('word.close') }}
    >
      <div className="stack">
        <p>{pick(check.effect)}</p>
        {check.idempotent ? null : <p className="soft small">{t('command.once')}</p>}
        <Obstacles check={check} />
        {forceable && check.mayOverride ? <SetAside {...fields} what="force" /> : null}
        {check.exam ? <SetAside {...fields} what="evenInExam" disabled={!check.mayOverride} /> : null}
        {check.lesson && !check.exam ? <SetAside {...fields} what="evenInLesson" /> : null}
        {check.away || check.needsApproval ? <WaitField {...fields} /> : null}
        {care.force || care.evenInExam || check.needsApproval ? (
          <ReasonField {...fields} required={care.force || care.evenInExam} />
        ) : null}
        <ProblemLine error={error} />
        <Group justify="flex-end">
          <Button variant="default" data-autofocus onClick={onClose}>
            {t('word.cancel')}
          </Button>
          <Button color="red.8" loading={sending} disabled={!isClear(check, care)} onClick={() => onYes(care)}>
            {t('command.confirm.do')}
          </Button>
        </Group>
      </div>
    </Modal>
  );
}

function Obstacles({ check }: { readonly check: CommandCheck }) {
  const { t, pick } = useText();
  const period = check.period ?? '';
  const notes = [
    ...(check.exam ? [t('command.exam', { period })] : []),
    ...(check.lesson && !check.exam ? [t('command.lesson', { period })] : []),
    ...(check.away ? [t('command.away')] : []),
    ...(check.needsApproval ? [t('command.approval')] : []),
  ];
  return (
    <>
      {check.obstacles.map(({ code, label, remedy, mayForce }) => (
        <div key={code} className="notice" role="alert" data-tone="attention">
          <IconAlertTriangle aria-hidden />
          <div>
            <b>{pick(label)}</b>
            <p>{pick(remedy)}</p>
            {mayForce ? null : <p className="small">{t('command.obstacle.never')}</p>}
            {mayForce && !check.mayOverride ? <p className="small">{t('command.obstacle.right')}</p> : null}
          </div>
        </div>
      ))}
      {notes.map((note) => (
        <div key={note} className="notice" role="status" data-tone="attention">
          <IconAlertTriangle aria-hidden />
          <span>{note}</span>
        </div>
      ))}
    </>
  );
}
