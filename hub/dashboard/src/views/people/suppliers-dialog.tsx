import { Button, Group, Modal, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconBuildingStore } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { Supplier } from '../../../../../protocols/api/access/suppliers.ts';
import { api } from '../../data/api.ts';
import { suppliersQuery } from '../../data/queries.ts';
import { useText } from '../../text/use-text.ts';
import { Answer } from '../../ui/answer.tsx';
import { ProblemLine } from '../../ui/problem-panel.tsx';
import '../account/account.css';

/** The register of suppliers, with adding and changing. */
export function SuppliersDialog() {
  const { t } = useText();
  const [opened, { open, close }] = useDisclosure(false);
  return (
    <>
      <Button variant="default" leftSection={<IconBuildingStore size={18} aria-hidden />} onClick={open}>
        {t('supplier.title')}
      </Button>
      <Modal
        opened={opened}
        onClose={close}
        title={t('supplier.title')}
        closeButtonProps={{ 'aria-label': t('word.close') }}
      >
        <Register />
      </Modal>
    </>
  );
}

function Register() {
  const { t } = useText();
  const read = useQuery(suppliersQuery);
  const [editing, setEditing] = useState<Supplier | 'new'>();
  if (editing !== undefined)
    return <SupplierForm supplier={editing === 'new' ? undefined : editing} onDone={() => setEditing(undefined)} />;
  return (
    <div className="stack">
      <p className="soft">{t('supplier.about')}</p>
      <Answer read={read} what={t('supplier.what')} height={6}>
        {({ rows }) =>
          rows.length === 0 ? (
            <p>{t('supplier.none')}</p>
          ) : (
            <ul className="token-list">
              {rows.map((row) => (
                <li key={row.id}>
                  <div>
                    <div style={{ fontWeight: 600 }}>{row.name}</div>
                    <div className="soft small">
                      {row.code} · {t('supplier.devices', { count: row.devices })}
                      {row.contact === undefined ? null : <span> · {row.contact}</span>}
                    </div>
                  </div>
                  <Button
                    variant="default"
                    size="sm"
                    aria-label={`${t('supplier.edit')} ${row.name}`}
                    onClick={() => setEditing(row)}
                  >
                    {t('supplier.edit')}
                  </Button>
                </li>
              ))}
            </ul>
          )
        }
      </Answer>
      <Button onClick={() => setEditing('new')}>{t('supplier.add')}</Button>
    </div>
  );
}

function SupplierForm({ supplier, onDone }: { readonly supplier: Supplier | undefined; readonly onDone: () => void }) {
  const { t } = useText();
  const client = useQueryClient();
  const [code, setCode] = useState(supplier?.code ?? '');
  const [name, setName] = useState(supplier?.name ?? '');
  const [contact, setContact] = useState(supplier?.contact ?? '');
  const [isTried, setTried] = useState(false);
  const save = useMutation({
    mutationFn: () => {
      const body = { code: code.trim(), name: name.trim(), contact: contact.trim() };
      return supplier ? api.updateSupplier(supplier.id, body) : api.createSupplier(body);
    },
    onSuccess: async () => {
      await client.invalidateQueries(suppliersQuery);
      onDone();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (code.trim() !== '' && name.trim() !== '') save.mutate();
  };
  const missing = (text: string) => (isTried && text.trim() === '' ? t('units.add.required') : undefined);
  return (
    <form className="stack" onSubmit={submit} noValidate>
      <TextInput
        data-autofocus
        label={t('supplier.name')}
        value={name}
        maxLength={200}
        required
        error={missing(name)}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <TextInput
        label={t('supplier.code')}
        value={code}
        maxLength={30}
        required
        error={missing(code)}
        onChange={(event) => setCode(event.currentTarget.value)}
      />
      <TextInput
        label={t('supplier.contact')}
        value={contact}
        maxLength={300}
        onChange={(event) => setContact(event.currentTarget.value)}
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
