import { Button, Group, Modal, Select, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { createUnitBody, type Unit } from '../../../../../protocols/api/units.ts';
import { api } from '../../data/api.ts';
import { queryClient } from '../../data/query-client.ts';
import { useMay } from '../../state/session.ts';
import { unitKeys } from '../../text/state-keys.ts';
import { useText } from '../../text/use-text.ts';
import { ProblemLine } from '../../ui/problem-panel.tsx';
import { UnitPicker } from '../../ui/unit-picker.tsx';

const kinds = createUnitBody.shape.kind;

/** What usually stands one level below. */
const below = {
  province: 'commune',
  commune: 'school',
  office: 'school',
  school: 'room',
  building: 'room',
  room: 'room',
} as const satisfies Record<Unit['kind'], (typeof kinds.options)[number]>;

/** Adds a commune, school, building or room below a unit. */
export function AddUnit({ parent }: { readonly parent: Unit | undefined }) {
  const { t } = useText();
  const may = useMay('manage-units');
  const [opened, { open, close }] = useDisclosure(false);
  if (!may) return null;
  return (
    <>
      <Button variant="default" leftSection={<IconPlus size={18} aria-hidden />} onClick={open}>
        {t('units.add')}
      </Button>
      <Modal
        opened={opened}
        onClose={close}
        title={t('units.add')}
        closeButtonProps={{ 'aria-label': t('word.close') }}
      >
        <UnitForm parent={parent} onDone={close} />
      </Modal>
    </>
  );
}

function UnitForm({ parent: first, onDone }: { readonly parent: Unit | undefined; readonly onDone: () => void }) {
  const { t } = useText();
  const [parent, setParent] = useState(first?.id);
  const [kind, setKind] = useState<(typeof kinds.options)[number]>(below[first?.kind ?? 'commune']);
  const [name, setName] = useState('');
  const [code, setCode] = useState('');
  const [tried, setTried] = useState(false);
  const add = useMutation({
    mutationFn: (unit: number) =>
      api.createUnit({ parent: unit, kind, name: name.trim(), ...(code.trim() === '' ? {} : { code: code.trim() }) }),
    onSuccess: async () => {
      await Promise.all(
        ['units', 'unit', 'unit-search'].map((topic) => queryClient.invalidateQueries({ queryKey: [topic] })),
      );
      onDone();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (parent !== undefined && name.trim() !== '') add.mutate(parent);
  };
  const needed = t('units.add.required');
  return (
    <form className="stack" onSubmit={submit} noValidate>
      <UnitPicker
        label={t('units.add.to')}
        value={parent}
        onChange={setParent}
        required
        error={tried && parent === undefined ? needed : undefined}
      />
      <Select
        label={t('units.add.kind')}
        data={kinds.options.map((value) => ({ value, label: t(unitKeys[value]) }))}
        value={kind}
        allowDeselect={false}
        onChange={(value) => setKind(kinds.catch(kind).parse(value))}
      />
      <TextInput
        data-autofocus
        label={t('units.add.name')}
        value={name}
        maxLength={200}
        withAsterisk
        error={tried && name.trim() === '' ? needed : undefined}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <TextInput
        label={t('units.add.code')}
        value={code}
        maxLength={40}
        onChange={(event) => setCode(event.currentTarget.value)}
      />
      <ProblemLine error={add.error} />
      <Group justify="flex-end">
        <Button variant="default" onClick={onDone}>
          {t('word.cancel')}
        </Button>
        <Button type="submit" loading={add.isPending}>
          {t('word.save')}
        </Button>
      </Group>
    </form>
  );
}
