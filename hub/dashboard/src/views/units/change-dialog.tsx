import { Modal } from '@mantine/core';
import { useState } from 'react';
import type { Unit } from '../../../../../protocols/api/units.ts';
import type { TextKey } from '../../text/texts.ts';
import { useText } from '../../text/use-text.ts';
import { type ChangeKind, changeOf, type Draft, draftOf, type PlainKind } from './change-draft.ts';
import { ChangeFields } from './change-fields.tsx';
import { ChangeForm } from './change-form.tsx';
import { SplitForm } from './split-form.tsx';

export const changeKeys = {
  rename: 'change.rename',
  aliases: 'change.aliases',
  move: 'change.move',
  line: 'change.line',
  merge: 'change.merge',
  split: 'change.split',
  close: 'change.close',
} as const satisfies Record<ChangeKind, TextKey>;

const explained = {
  aliases: 'change.aliases.text',
  move: 'change.move.text',
  line: 'change.line.text',
  merge: 'change.merge.text',
  close: 'change.close.text',
} as const satisfies Partial<Record<ChangeKind, TextKey>>;

interface ChangeDialogProps {
  readonly unit: Unit;
  readonly kind: ChangeKind;
  readonly onClose: () => void;
}

/** One change of a unit, in a dialog of its own. */
export function ChangeDialog({ unit, kind, onClose }: ChangeDialogProps) {
  const { t } = useText();
  return (
    <Modal
      opened
      onClose={onClose}
      size={kind === 'split' ? 'xl' : 'md'}
      closeOnClickOutside={false}
      title={`${t(changeKeys[kind])}: ${unit.name}`}
      closeButtonProps={{ 'aria-label': t('word.close') }}
    >
      {kind === 'split' ? (
        <SplitForm unit={unit} onClose={onClose} />
      ) : (
        <OneChange unit={unit} kind={kind} onClose={onClose} />
      )}
    </Modal>
  );
}

function OneChange({ unit, kind, onClose }: ChangeDialogProps & { readonly kind: PlainKind }) {
  const { t } = useText();
  const [draft, setDraft] = useState<Draft>(() => draftOf(unit));
  const edit = (next: Partial<Draft>) => setDraft((held) => ({ ...held, ...next }));
  const note = kind === 'rename' ? undefined : t(explained[kind]);
  return (
    <ChangeForm unit={unit} change={changeOf(kind, unit, draft)} note={note} onClose={onClose}>
      <ChangeFields unit={unit} kind={kind} draft={draft} edit={edit} />
    </ChangeForm>
  );
}
