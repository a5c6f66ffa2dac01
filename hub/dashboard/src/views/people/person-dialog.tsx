import { Button, Group, Modal, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconKey, IconUserPlus } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { Person } from '../../../../../protocols/api/access/people.ts';
import { api } from '../../data/api.ts';
import { announce } from '../../state/live.ts';
import { useMe } from '../../state/session.ts';
import { roleKeys } from '../../text/state-keys.ts';
import type { TextKey } from '../../text/texts.ts';
import { useText } from '../../text/use-text.ts';
import { CopyButton } from '../../ui/copy-button.tsx';
import { ProblemLine } from '../../ui/problem-panel.tsx';
import { bodyOf, draftsOf, emptyGrant, GrantsFields } from './grants-fields.tsx';

/** Lets somebody sign in; the password to hand out is on the screen until the dialog is closed. */
export function AddPerson() {
  const { t } = useText();
  const [opened, { open, close }] = useDisclosure(false);
  return (
    <>
      <Button leftSection={<IconUserPlus size={18} aria-hidden />} onClick={open}>
        {t('people.add')}
      </Button>
      <Modal
        opened={opened}
        onClose={close}
        closeOnClickOutside={false}
        title={t('people.add')}
        closeButtonProps={{ 'aria-label': t('word.close') }}
      >
        <AddForm onDone={close} />
      </Modal>
    </>
  );
}

function AddForm({ onDone }: { readonly onDone: () => void }) {
  const { t } = useText();
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [drafts, setDrafts] = useState<ReturnType<typeof draftsOf>>([emptyGrant(0)]);
  const [isTried, setTried] = useState(false);
  const grants = bodyOf(drafts);
  const add = useMutation({
    mutationFn: (body: Parameters<typeof api.createPerson>[0]) => api.createPerson(body),
    onSuccess: () => announce('people'),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (name.trim() !== '' && email.trim() !== '' && grants)
      add.mutate({ name: name.trim(), email: email.trim(), grants });
  };
  if (add.data) return <PasswordShown person={add.data.person} password={add.data.password} onDone={onDone} />;
  const missing = (text: string) => (isTried && text.trim() === '' ? t('units.add.required') : undefined);
  return (
    <form className="stack" onSubmit={submit} noValidate>
      <TextInput
        data-autofocus
        label={t('people.name')}
        value={name}
        maxLength={200}
        required
        error={missing(name)}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <TextInput
        type="email"
        inputMode="email"
        label={t('people.email')}
        value={email}
        maxLength={254}
        required
        error={missing(email)}
        onChange={(event) => setEmail(event.currentTarget.value)}
      />
      <GrantsFields drafts={drafts} onChange={setDrafts} isTried={isTried} />
      <ProblemLine error={add.error} />
      <Button type="submit" loading={add.isPending}>
        {t('people.add.do')}
      </Button>
    </form>
  );
}

interface PasswordShownProps {
  readonly person: Person;
  readonly password: string;
  readonly onDone: () => void;
}

function PasswordShown({ person, password, onDone }: PasswordShownProps) {
  const { t } = useText();
  return (
    <div className="stack">
      <div className="notice" data-tone="attention">
        <IconKey aria-hidden />
        <span>{t('people.password.once')}</span>
      </div>
      <div className="shown">
        <div className="row" style={{ justifyContent: 'space-between' }}>
          <span className="soft small">{t('people.password.of', { name: person.name })}</span>
          <CopyButton text={password} />
        </div>
        <output className="code" style={{ fontSize: '1.25rem', fontWeight: 600 }}>
          {password}
        </output>
      </div>
      <Button onClick={onDone}>{t('word.close')}</Button>
    </div>
  );
}

interface PersonDialogProps {
  readonly person: Person | undefined;
  readonly onClose: () => void;
}

/** What may be done about one person. */
export function PersonDialog({ person, onClose }: PersonDialogProps) {
  const { t } = useText();
  return (
    <Modal
      opened={person !== undefined}
      onClose={onClose}
      closeOnClickOutside={false}
      title={person?.name}
      closeButtonProps={{ 'aria-label': t('word.close') }}
    >
      {person ? <EditForm key={person.id} person={person} onDone={onClose} /> : null}
    </Modal>
  );
}

type Asking = 'password' | 'standing' | 'two-step';

function EditForm({ person, onDone }: { readonly person: Person; readonly onDone: () => void }) {
  const { t } = useText();
  const me = useMe();
  const [name, setName] = useState(person.name);
  const [drafts, setDrafts] = useState(draftsOf(person));
  const [isTried, setTried] = useState(false);
  const [asking, setAsking] = useState<Asking>();
  const done = () => {
    announce('people');
    onDone();
  };
  const save = useMutation({
    mutationFn: (body: Parameters<typeof api.updatePerson>[1]) => api.updatePerson(person.id, body),
    onSuccess: done,
  });
  const reset = useMutation({
    mutationFn: () => api.resetPassword(person.id),
    onSuccess: () => announce('people'),
  });
  const takeOff = useMutation({ mutationFn: () => api.resetTwoFactor(person.id), onSuccess: done });
  if (reset.data) return <PasswordShown person={person} password={reset.data.password} onDone={onDone} />;
  if (person.id === me.user.id) return <p>{t('people.self')}</p>;
  if (asking)
    return (
      <Confirm
        person={person}
        what={asking}
        isPending={save.isPending || reset.isPending || takeOff.isPending}
        error={save.error ?? reset.error ?? takeOff.error}
        onCancel={() => setAsking(undefined)}
        onConfirm={() => {
          if (asking === 'password') reset.mutate();
          else if (asking === 'two-step') takeOff.mutate();
          else save.mutate({ disabled: !person.disabled });
        }}
      />
    );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    const grants = bodyOf(drafts);
    if (name.trim() === '' || (drafts.length > 0 && !grants)) return;
    save.mutate({ name: name.trim(), ...(grants ? { grants } : {}) });
  };
  return (
    <form className="stack" onSubmit={submit} noValidate>
      <p className="soft">{person.email}</p>
      <TextInput
        label={t('people.name')}
        value={name}
        maxLength={200}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <GivenByProvider person={person} />
      <GrantsFields drafts={drafts} onChange={setDrafts} isTried={isTried} />
      <ProblemLine error={save.error} />
      <Group justify="space-between">
        <Group>
          <Button variant="default" onClick={() => setAsking('password')}>
            {t('people.password.reset')}
          </Button>
          <Button variant="default" onClick={() => setAsking('standing')}>
            {t(person.disabled ? 'people.enable' : 'people.disable')}
          </Button>
          {person.twoFactor || person.passkeys ? (
            <Button variant="default" onClick={() => setAsking('two-step')}>
              {t('people.twoStep.reset')}
            </Button>
          ) : null}
        </Group>
        <Button type="submit" loading={save.isPending}>
          {t('word.save')}
        </Button>
      </Group>
    </form>
  );
}

function GivenByProvider({ person }: { readonly person: Person }) {
  const { t } = useText();
  const given = person.grants.filter(({ source }) => source !== undefined);
  if (given.length === 0) return null;
  return (
    <div className="shown small">
      <p className="soft">{t('people.bySso.about')}</p>
      <ul>
        {given.map(({ role, unit }) => (
          <li key={`${role} ${unit.id}`}>{t('role.at', { role: t(roleKeys[role]), unit: unit.name })}</li>
        ))}
      </ul>
    </div>
  );
}

const confirmKeys = {
  password: ['people.password.reset.text', 'people.password.reset'],
  'two-step': ['people.twoStep.reset.text', 'people.twoStep.reset'],
  shut: ['people.disable.text', 'people.disable'],
  open: ['people.enable.text', 'people.enable'],
} as const satisfies Record<string, readonly [TextKey, TextKey]>;

interface ConfirmProps {
  readonly person: Person;
  readonly what: Asking;
  readonly isPending: boolean;
  readonly error: unknown;
  readonly onCancel: () => void;
  readonly onConfirm: () => void;
}

/** Says what will happen to the person before it does. */
function Confirm({ person, what, isPending, error, onCancel, onConfirm }: ConfirmProps) {
  const { t } = useText();
  const { name } = person;
  const isShut = what === 'standing' && !person.disabled;
  const [textKey, labelKey] = confirmKeys[what === 'standing' ? (isShut ? 'shut' : 'open') : what];
  return (
    <div className="stack">
      <p>{t(textKey, { name })}</p>
      <ProblemLine error={error} />
      <Group justify="flex-end">
        <Button variant="default" onClick={onCancel}>
          {t('word.cancel')}
        </Button>
        <Button {...(isShut ? { color: 'red' } : {})} loading={isPending} onClick={onConfirm}>
          {t(labelKey)}
        </Button>
      </Group>
    </div>
  );
}
