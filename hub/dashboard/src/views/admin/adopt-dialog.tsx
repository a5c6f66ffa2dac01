import { Button, Group, Modal, PasswordInput, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconCheck, IconX } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { z } from 'zod';
import type { adoptResult, ProposalView } from '../../../../../protocols/api/enrolment/proposals.ts';
import { api } from '../../data/api.ts';
import { useFamilies } from '../../state/families.ts';
import { announce } from '../../state/live.ts';
import type { TextKey } from '../../text/texts.ts';
import { useText } from '../../text/use-text.ts';
import { ProblemLine } from '../../ui/problem-panel.tsx';
import { UnitPicker } from '../../ui/unit-picker.tsx';
import { itemsOf, type Wishes } from './adopt-wishes.ts';
import { DeviceWishes } from './device-wishes.tsx';
import { FirstContact } from './first-contact.tsx';
import { addressOf, nameOfProposal } from './proposal-columns.tsx';

/** Beyond, a form would be longer than anybody fills in. */
const mostRows = 50;

type AdoptResult = z.output<typeof adoptResult>;

interface AdoptDialogProps {
  readonly opened: boolean;
  readonly proposals: readonly ProposalView[];
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** Takes proposals into the fleet in two steps: what would happen, then doing it. */
export function AdoptDialog({ opened, proposals, onClose, onDone }: AdoptDialogProps) {
  const { t } = useText();
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      size="lg"
      closeOnClickOutside={false}
      title={t('adopt.title', { count: proposals.length })}
      closeButtonProps={{ 'aria-label': t('word.close') }}
    >
      <AdoptForm proposals={proposals} onClose={onClose} onDone={onDone} />
    </Modal>
  );
}

function AdoptForm({ proposals, onClose, onDone }: Omit<AdoptDialogProps, 'opened'>) {
  const { t } = useText();
  const [wishes, setWishes] = useState<Wishes>({ unit: undefined, username: '', password: '', devices: new Map() });
  const adopt = useMutation({
    mutationFn: (dryRun: boolean) => api.adopt({ dryRun, items: itemsOf(proposals, wishes) }),
    onSuccess: (result) => {
      if (result.dryRun || result.refused.length > 0) return;
      notifications.show({ message: t('adopt.done', { count: result.adopted.length }), icon: <IconCheck size={18} /> });
      announce('proposals', 'devices');
    },
  });
  const change = (part: Partial<Wishes>) => {
    setWishes((held) => ({ ...held, ...part }));
    // What was previewed is no longer what would be done.
    if (adopt.data) adopt.reset();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    adopt.mutate(!ready);
  };
  const preview = adopt.data;
  if (preview && !preview.dryRun && preview.refused.length === 0)
    return <FirstContact devices={preview.adopted} onDone={onDone} />;
  const ready = preview !== undefined && preview.refused.length === 0 && preview.adopted.length > 0;
  return (
    <form className="stack" onSubmit={submit}>
      <UnitPicker label={t('adopt.unit')} value={wishes.unit} onChange={(unit) => change({ unit })} clearable />
      {proposals.some(({ needsCredentials }) => needsCredentials) ? (
        <Credentials wishes={wishes} onChange={change} />
      ) : null}
      {proposals.length > mostRows ? (
        <p className="soft small">{t('adopt.many', { most: mostRows })}</p>
      ) : (
        <DeviceWishes
          proposals={proposals}
          wishes={wishes}
          onChange={(id, wish) => change({ devices: new Map(wishes.devices).set(id, wish) })}
        />
      )}
      {preview ? <Preview result={preview} proposals={proposals} /> : null}
      <ProblemLine error={adopt.error} />
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {t('word.cancel')}
        </Button>
        <Button type="submit" loading={adopt.isPending}>
          {t(ready ? 'adopt.do' : 'adopt.preview')}
        </Button>
      </Group>
    </form>
  );
}

function Credentials({
  wishes,
  onChange,
}: {
  readonly wishes: Wishes;
  readonly onChange: (part: Partial<Wishes>) => void;
}) {
  const { t } = useText();
  return (
    <fieldset className="stack" style={{ border: 0, margin: 0, padding: 0 }}>
      <legend style={{ fontWeight: 500 }}>{t('adopt.credentials')}</legend>
      <p className="soft small">{t('adopt.credentials.help')}</p>
      <TextInput
        label={t('adopt.username')}
        autoComplete="off"
        value={wishes.username}
        maxLength={200}
        onChange={(event) => onChange({ username: event.currentTarget.value })}
      />
      <PasswordInput
        label={t('adopt.password')}
        autoComplete="new-password"
        visibilityToggleButtonProps={{ 'aria-label': t('signIn.reveal') }}
        value={wishes.password}
        maxLength={200}
        onChange={(event) => onChange({ password: event.currentTarget.value })}
      />
    </fieldset>
  );
}

const refusals: Readonly<Record<string, TextKey | undefined>> = {
  'not-found': 'adopt.refused.not-found',
  duplicate: 'adopt.refused.duplicate',
  'already-adopted': 'adopt.refused.already-adopted',
  'credentials-needed': 'adopt.refused.credentials-needed',
  'agent-full': 'adopt.refused.agent-full',
  'unit-refused': 'adopt.refused.unit-refused',
  'settings-refused': 'adopt.refused.settings-refused',
};

function Preview({ result, proposals }: { readonly result: AdoptResult; readonly proposals: readonly ProposalView[] }) {
  const { t, pick } = useText();
  const families = useFamilies();
  const byId = new Map(proposals.map((proposal) => [proposal.id, proposal]));
  const nameOf = (id: string) => {
    const proposal = byId.get(id);
    return proposal ? `${nameOfProposal(proposal, families)} (${addressOf(proposal.address)})` : id;
  };
  /** In the reader's words where there are some; a newer hub may have others. */
  const reasonOf = (code: string, message: string, id: string, field: string | undefined) => {
    const key = refusals[code];
    if (!key) return message;
    const family = byId.get(id)?.family ?? '';
    const label = families.settingsOf(family).find(({ name }) => name === field)?.label;
    return t(key, { setting: label ? pick(label) : (field ?? '') });
  };
  return (
    <div role="status" className="stack">
      {result.adopted.length > 0 ? (
        <div>
          <h3>{t('adopt.preview.will')}</h3>
          <ul className="preview-list">
            {result.adopted.map(({ proposal, name }) => (
              <li key={proposal} className="row">
                <IconCheck size={16} aria-hidden style={{ color: 'var(--ok)' }} />
                {name}
              </li>
            ))}
          </ul>
        </div>
      ) : null}
      {result.refused.length > 0 ? (
        <div>
          <h3>{t('adopt.preview.not')}</h3>
          <ul className="preview-list">
            {result.refused.map(({ proposal, code, message, field }) => (
              <li key={proposal}>
                <IconX size={16} aria-hidden style={{ color: 'var(--fault)', verticalAlign: '-0.2em' }} />{' '}
                {nameOf(proposal)}: {reasonOf(code, message, proposal, field)} <span className="code soft">{code}</span>
              </li>
            ))}
          </ul>
          <p className="small">{t('adopt.preview.allOrNone')}</p>
        </div>
      ) : null}
    </div>
  );
}
