import { Button, Group, Modal, PasswordInput, Select, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { type Icon, IconPencil } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { Device } from '../../../../../protocols/api/devices.ts';
import { lifecycleSchema } from '../../../../../protocols/api/health.ts';
import { api } from '../../data/api.ts';
import { queryClient } from '../../data/query-client.ts';
import { announce } from '../../state/live.ts';
import { useMay } from '../../state/session.ts';
import { lifecycleKeys } from '../../text/state-keys.ts';
import { useText } from '../../text/use-text.ts';
import { ProblemLine } from '../../ui/problem-panel.tsx';
import { UnitPicker } from '../../ui/unit-picker.tsx';
import { SupplierPicker } from '../people/supplier-picker.tsx';

interface EditDeviceProps {
  readonly device: Device;
  readonly label?: string;
  readonly icon?: Icon;
}

/** Name, place, lifecycle, address and credentials, for whoever may adopt devices. */
export function EditDevice({ device, label, icon: Face = IconPencil }: EditDeviceProps) {
  const { t } = useText();
  const may = useMay('adopt');
  const [opened, { open, close }] = useDisclosure(false);
  if (!may) return null;
  return (
    <>
      <Button variant="default" leftSection={<Face size={18} aria-hidden />} onClick={open}>
        {label ?? t('device.edit')}
      </Button>
      <Modal
        opened={opened}
        onClose={close}
        title={t('device.edit.title')}
        closeButtonProps={{ 'aria-label': t('word.close') }}
      >
        <EditForm device={device} onDone={close} />
      </Modal>
    </>
  );
}

function EditForm({ device, onDone }: { readonly device: Device; readonly onDone: () => void }) {
  const { t } = useText();
  const [name, setName] = useState(device.name);
  const [unit, setUnit] = useState<number | undefined>(device.unit.id);
  const [lifecycle, setLifecycle] = useState(device.lifecycle);
  const [supplier, setSupplier] = useState(device.supplier?.id);
  const [connection, setConnection] = useState<Connection>(connectionOf(device));
  const nameless = name.trim() === '';
  const save = useMutation({
    mutationFn: () =>
      api.updateDevice(device.id, {
        name: name.trim(),
        unit,
        lifecycle,
        ...(supplier === device.supplier?.id ? {} : { supplier: supplier ?? null }),
        ...changesOf(device, connection),
      }),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ['device', device.id] });
      announce('devices');
      onDone();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!nameless) save.mutate();
  };
  return (
    <form className="stack" onSubmit={submit}>
      <TextInput
        data-autofocus
        label={t('devices.name')}
        value={name}
        maxLength={200}
        onChange={(event) => setName(event.currentTarget.value)}
        error={nameless ? t('device.edit.name.missing') : undefined}
      />
      <UnitPicker label={t('device.edit.place')} value={unit} onChange={setUnit} />
      <Select
        label={t('devices.lifecycle')}
        data={lifecycleSchema.options.map((value) => ({ value, label: t(lifecycleKeys[value]) }))}
        value={lifecycle}
        allowDeselect={false}
        onChange={(value) => setLifecycle(lifecycleSchema.catch(device.lifecycle).parse(value))}
      />
      <SupplierPicker value={supplier} onChange={setSupplier} />
      <ConnectionFields device={device} value={connection} onChange={setConnection} />
      <ProblemLine error={save.error} />
      <Group justify="flex-end">
        <Button variant="default" onClick={onDone}>
          {t('word.cancel')}
        </Button>
        <Button type="submit" loading={save.isPending}>
          {t('word.save')}
        </Button>
      </Group>
    </form>
  );
}

interface Connection {
  readonly host: string;
  readonly port: string;
  readonly username: string;
  readonly password: string;
}

function connectionOf({ address }: Device): Connection {
  return { host: address?.host ?? '', port: String(address?.port ?? ''), username: '', password: '' };
}

/** Only what was touched is sent: a password that is not typed stays as it is. */
function changesOf(device: Device, { host, port, username, password }: Connection) {
  const before = connectionOf(device);
  const hasMoved = host.trim() !== '' && (host.trim() !== before.host || port !== before.port);
  return {
    ...(hasMoved ? { address: { host: host.trim(), ...(port === '' ? {} : { port: Number(port) }) } } : {}),
    ...(username === '' && password === ''
      ? {}
      : { credentials: { ...(username === '' ? {} : { username }), ...(password === '' ? {} : { password }) } }),
  };
}

interface ConnectionFieldsProps {
  readonly device: Device;
  readonly value: Connection;
  readonly onChange: (value: Connection) => void;
}

function ConnectionFields({ device, value, onChange }: ConnectionFieldsProps) {
  const { t } = useText();
  const change = (part: Partial<Connection>) => onChange({ ...value, ...part });
  return (
    <>
      {device.address ? (
        <Group grow>
          <TextInput
            label={t('device.edit.host')}
            value={value.host}
            maxLength={255}
            onChange={(event) => change({ host: event.currentTarget.value })}
          />
          <TextInput
            label={t('device.edit.port')}
            inputMode="numeric"
            value={value.port}
            maxLength={5}
            onChange={(event) => change({ port: event.currentTarget.value.replace(/\D/g, '') })}
          />
        </Group>
      ) : null}
      <TextInput
        label={t('adopt.username')}
        description={t(device.hasCredentials ? 'device.edit.credentials.kept' : 'device.edit.credentials.none')}
        autoComplete="off"
        value={value.username}
        maxLength={200}
        onChange={(event) => change({ username: event.currentTarget.value })}
      />
      <PasswordInput
        label={t('adopt.password')}
        autoComplete="new-password"
        visibilityToggleButtonProps={{ 'aria-label': t('signIn.reveal') }}
        value={value.password}
        maxLength={200}
        onChange={(event) => change({ password: event.currentTarget.value })}
      />
    </>
  );
}
