import { Button, Group, Modal, PasswordInput, Select, Textarea, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { type FormEvent, useCallback, useEffect, useState } from 'react';
import { api } from '../../data/api.ts';
import { useFamilies } from '../../state/families.ts';
import { announce } from '../../state/live.ts';
import { useMay } from '../../state/session.ts';
import { useText } from '../../text/use-text.ts';
import { ProblemLine } from '../../ui/problem-panel.tsx';
import { UnitPicker } from '../../ui/unit-picker.tsx';
import { FirstContact } from '../admin/first-contact.tsx';

/** Takes in a device that no discovery finds: a person says what it is and where, and sees at once whether it answers. */
export function AddDevice() {
  const { t } = useText();
  const may = useMay('adopt');
  const [opened, { open, close }] = useDisclosure(false);
  if (!may) return null;
  return (
    <>
      <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={open}>
        {t('device.add')}
      </Button>
      <Modal
        opened={opened}
        onClose={close}
        size="lg"
        closeOnClickOutside={false}
        title={t('device.add')}
        closeButtonProps={{ 'aria-label': t('word.close') }}
      >
        <AddForm onDone={close} />
      </Modal>
    </>
  );
}

interface Draft {
  readonly unit: number | undefined;
  readonly agent: string | null;
  readonly family: string | null;
  readonly name: string;
  readonly host: string;
  readonly port: string;
  readonly username: string;
  readonly password: string;
  readonly settings: string;
}

const blank: Draft = {
  unit: undefined,
  agent: null,
  family: null,
  name: '',
  host: '',
  port: '',
  username: '',
  password: '',
  settings: '',
};

/** Settings as an object; undefined for text that is none. */
function readSettings(text: string): Record<string, unknown> | undefined {
  if (text.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** What is sent; undefined while something is missing or cannot be read. */
function bodyOf({ unit, agent, family, name, host, port, username, password, settings: text }: Draft) {
  const settings = readSettings(text);
  if (unit === undefined || !agent || !family || name.trim() === '' || !settings) return undefined;
  const address =
    host.trim() === '' ? undefined : { host: host.trim(), ...(port === '' ? {} : { port: Number(port) }) };
  const credentials = {
    ...(username === '' ? {} : { username }),
    ...(password === '' ? {} : { password }),
  };
  return {
    agent,
    family,
    name: name.trim(),
    unit,
    settings,
    ...(address ? { address } : {}),
    ...(Object.keys(credentials).length > 0 ? { credentials } : {}),
  };
}

function AddForm({ onDone }: { readonly onDone: () => void }) {
  const { t } = useText();
  const [draft, setDraft] = useState(blank);
  const [isTried, setTried] = useState(false);
  const add = useMutation({
    mutationFn: (body: NonNullable<ReturnType<typeof bodyOf>>) => api.addDevice(body),
    onSuccess: () => announce('devices'),
  });
  const change = useCallback((part: Partial<Draft>) => setDraft((held) => ({ ...held, ...part })), []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    const body = bodyOf(draft);
    if (body) add.mutate(body);
  };
  if (add.data) return <FirstContact devices={[{ device: add.data.id, name: add.data.name }]} onDone={onDone} />;
  return (
    <form className="stack" onSubmit={submit} noValidate>
      <p className="soft">{t('device.add.text')}</p>
      <PlaceFields draft={draft} onChange={change} isTried={isTried} />
      <ConnectionFields draft={draft} onChange={change} isTried={isTried} />
      <ProblemLine error={add.error} />
      <Group justify="flex-end">
        <Button variant="default" onClick={onDone}>
          {t('word.cancel')}
        </Button>
        <Button type="submit" loading={add.isPending}>
          {t('device.add')}
        </Button>
      </Group>
    </form>
  );
}

interface FieldsProps {
  readonly draft: Draft;
  readonly onChange: (part: Partial<Draft>) => void;
  readonly isTried: boolean;
}

/** Where it stands, who looks after it, and what it is. */
function PlaceFields({ draft, onChange, isTried }: FieldsProps) {
  const { t } = useText();
  const families = useFamilies();
  const agents = useQuery({
    queryKey: ['agents-of', draft.unit],
    queryFn: async ({ signal }) => {
      const { school, id } = await schoolOf(draft.unit ?? 0, signal);
      return (await api.agents({ unit: school ?? id, limit: 50 }, signal)).rows;
    },
    enabled: draft.unit !== undefined,
  });
  const needed = (isMissing: boolean) => (isTried && isMissing ? t('units.add.required') : undefined);
  // A school nearly always has one agent: it is chosen by itself.
  const only = agents.data?.length === 1 ? agents.data[0]?.id : undefined;
  const chosen = draft.agent;
  useEffect(() => {
    if (chosen === null && only !== undefined) onChange({ agent: only });
  }, [chosen, only, onChange]);
  return (
    <>
      <UnitPicker
        label={t('device.edit.place')}
        value={draft.unit}
        onChange={(unit) => onChange({ unit, agent: null })}
        required
        error={needed(draft.unit === undefined)}
      />
      <Select
        label={t('devices.agent')}
        data={(agents.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
        value={chosen}
        onChange={(agent) => onChange({ agent })}
        disabled={draft.unit === undefined}
        placeholder={agents.data?.length === 0 ? t('device.add.noAgent') : ''}
        error={needed(chosen === null)}
        required
      />
      <Select
        label={t('devices.family')}
        data={families.options(undefined)}
        value={draft.family}
        onChange={(family) => onChange({ family })}
        searchable
        error={needed(draft.family === null)}
        required
      />
      <TextInput
        label={t('devices.name')}
        value={draft.name}
        maxLength={200}
        required
        error={needed(draft.name.trim() === '')}
        onChange={(event) => onChange({ name: event.currentTarget.value })}
      />
    </>
  );
}

/** A room's school has the agents; a school is its own. */
async function schoolOf(unit: number, signal: AbortSignal) {
  const { id, trail } = await api.unit(unit, signal);
  return { id, school: trail.find(({ kind }) => kind === 'school')?.id };
}

/** How it is reached, and what its driver must know beyond that. */
function ConnectionFields({ draft, onChange, isTried }: FieldsProps) {
  const { t } = useText();
  const isUnreadable = isTried && readSettings(draft.settings) === undefined;
  return (
    <>
      <Group grow>
        <TextInput
          label={t('device.edit.host')}
          value={draft.host}
          maxLength={255}
          onChange={(event) => onChange({ host: event.currentTarget.value })}
        />
        <TextInput
          label={t('device.edit.port')}
          inputMode="numeric"
          value={draft.port}
          maxLength={5}
          onChange={(event) => onChange({ port: event.currentTarget.value.replace(/\D/g, '') })}
        />
      </Group>
      <TextInput
        label={t('adopt.username')}
        autoComplete="off"
        value={draft.username}
        maxLength={200}
        onChange={(event) => onChange({ username: event.currentTarget.value })}
      />
      <PasswordInput
        label={t('adopt.password')}
        autoComplete="new-password"
        visibilityToggleButtonProps={{ 'aria-label': t('signIn.reveal') }}
        value={draft.password}
        maxLength={200}
        onChange={(event) => onChange({ password: event.currentTarget.value })}
      />
      <Textarea
        label={t('device.add.settings')}
        description={t('device.add.settings.help')}
        value={draft.settings}
        autosize
        minRows={2}
        maxRows={10}
        classNames={{ input: 'code' }}
        error={isUnreadable ? t('device.add.settings.wrong') : undefined}
        onChange={(event) => onChange({ settings: event.currentTarget.value })}
      />
    </>
  );
}
