import { Button, Modal, Select, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconTicket } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { z } from 'zod';
import type { voucherSchema } from '../../../../../protocols/api/vouchers.ts';
import { api } from '../../data/api.ts';
import { useMay } from '../../state/session.ts';
import type { TextKey } from '../../text/texts.ts';
import { useText } from '../../text/use-text.ts';
import { Moment } from '../../ui/age.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { ProblemLine } from '../../ui/problem-panel.tsx';
import { UnitPicker } from '../../ui/unit-picker.tsx';

type Voucher = z.output<typeof voucherSchema>;

const spans = [
  { hours: 1, key: 'voucher.hours.1' },
  { hours: 24, key: 'voucher.hours.24' },
  { hours: 168, key: 'voucher.hours.168' },
  { hours: 720, key: 'voucher.hours.720' },
] as const satisfies readonly { hours: number; key: TextKey }[];

/** Makes a voucher for one new agent; the code is on the screen until the dialog is closed, and never again. */
export function IssueVoucher({ unit }: { readonly unit?: number }) {
  const { t } = useText();
  const may = useMay('issue-voucher');
  const [opened, { open, close }] = useDisclosure(false);
  if (!may) return null;
  return (
    <>
      <Button leftSection={<IconTicket size={18} aria-hidden />} onClick={open}>
        {t('voucher.issue')}
      </Button>
      {/* A stray click beside the dialog must not lose a code that is shown only once. */}
      <Modal
        opened={opened}
        onClose={close}
        closeOnClickOutside={false}
        title={t('voucher.issue')}
        size="lg"
        closeButtonProps={{ 'aria-label': t('word.close') }}
      >
        <VoucherForm unit={unit} onDone={close} />
      </Modal>
    </>
  );
}

function VoucherForm({ unit: first, onDone }: { readonly unit: number | undefined; readonly onDone: () => void }) {
  const { t } = useText();
  const [unit, setUnit] = useState(first);
  const [name, setName] = useState('');
  const [hours, setHours] = useState(24);
  const [tried, setTried] = useState(false);
  const make = useMutation({
    mutationFn: (chosen: number) =>
      api.createVoucher({ unit: chosen, hours, ...(name.trim() === '' ? {} : { agentName: name.trim() }) }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (unit !== undefined) make.mutate(unit);
  };
  if (make.data) return <VoucherShown voucher={make.data} onDone={onDone} />;
  return (
    <form className="stack" onSubmit={submit}>
      <p>{t('voucher.text')}</p>
      <UnitPicker
        label={t('voucher.unit')}
        kind="school"
        value={unit}
        onChange={setUnit}
        required
        error={tried && unit === undefined ? t('units.add.required') : undefined}
      />
      <TextInput
        label={t('voucher.name')}
        value={name}
        maxLength={200}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Select
        label={t('voucher.hours')}
        data={spans.map((span) => ({ value: String(span.hours), label: t(span.key) }))}
        value={String(hours)}
        allowDeselect={false}
        onChange={(value) => setHours(Number(value ?? 24))}
      />
      <ProblemLine error={make.error} />
      <Button type="submit" loading={make.isPending}>
        {t('voucher.make')}
      </Button>
    </form>
  );
}

function VoucherShown({ voucher, onDone }: { readonly voucher: Voucher; readonly onDone: () => void }) {
  const { t } = useText();
  return (
    <div className="stack">
      <div className="notice" data-tone="attention">
        <IconTicket aria-hidden />
        <span>{t('voucher.once')}</span>
      </div>
      <p>
        {t('voucher.for', { unit: voucher.unit.name })}. {t('voucher.expires')}: <Moment at={voucher.expiresAt} />
      </p>
      <Shown label={t('voucher.code')} text={voucher.code} large />
      <Shown label={t('voucher.command')} text={voucher.command} />
      <Button onClick={onDone}>{t('voucher.done')}</Button>
    </div>
  );
}

function Shown({ label, text, large }: { readonly label: string; readonly text: string; readonly large?: boolean }) {
  return (
    <div className="shown">
      <div className="row" style={{ justifyContent: 'space-between' }}>
        <span className="soft small">{label}</span>
        <CopyButton text={text} />
      </div>
      <output className="code" style={large ? { fontSize: '1.25rem', fontWeight: 600 } : undefined}>
        {text}
      </output>
    </div>
  );
}
