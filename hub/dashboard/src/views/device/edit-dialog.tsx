import { Button, Group, Modal, Select, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPencil } from '@tabler/icons-react';
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

/** Name, place and lifecycle, for whoever may adopt devices. */
export function EditDevice({ device }: { readonly device: Device }) {
  const { t } = useText();
  const may = useMay('adopt');
  const [opened, { open, close }] = useDisclosure(false);
  if (!may) return null;
  return (
    <>
      <Button variant="default" leftSection={<IconPencil size={18} aria-hidden />} onClick={open}>
        {t('device.edit')}
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
  const nameless = name.trim() === '';
  const save = useMutation({
    mutationFn: () => api.updateDevice(device.id, { name: name.trim(), unit, lifecycle }),
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
