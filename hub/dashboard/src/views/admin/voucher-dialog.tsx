import { Button, Group, Modal, NumberInput, Select, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconDownload, IconReplace, IconTicket } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { z } from 'zod';
import type { Agent } from '../../../../../protocols/api/agents.ts';
import type { voucherSchema } from '../../../../../protocols/api/enrolment/vouchers.ts';
import { fold } from '../../../../../protocols/api/fold.ts';
import { api } from '../../data/api.ts';
import { csvLine, csvStart } from '../../data/csv.ts';
import { announce } from '../../state/live.ts';
import { useMay } from '../../state/session.ts';
import type { TextKey } from '../../text/texts.ts';
import { useText } from '../../text/use-text.ts';
import { Moment } from '../../ui/age.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { PrintButton } from '../../ui/print-button.tsx';
import { ProblemLine } from '../../ui/problem-panel.tsx';
import { UnitPicker } from '../../ui/unit-picker.tsx';
import { saveFile } from '../devices/export-devices.ts';
import './admin.css';

type Voucher = z.output<typeof voucherSchema>;

const spans = [
  { hours: 1, key: 'voucher.hours.1' },
  { hours: 24, key: 'voucher.hours.24' },
  { hours: 168, key: 'voucher.hours.168' },
  { hours: 720, key: 'voucher.hours.720' },
  { hours: 2160, key: 'voucher.hours.2160' },
] as const satisfies readonly { hours: number; key: TextKey }[];

/** Makes a voucher by which new hardware takes the place of an agent. */
export function ReplaceHardware({ agent }: { readonly agent: Agent }) {
  const { t } = useText();
  const may = useMay('issue-voucher');
  const [opened, { open, close }] = useDisclosure(false);
  const make = useMutation({
    mutationFn: () => api.createVoucher({ unit: agent.unit.id, replaces: agent.id }),
    onSuccess: () => announce('vouchers'),
  });
  if (!may) return null;
  const end = () => {
    close();
    make.reset();
  };
  return (
    <>
      <Button variant="default" leftSection={<IconReplace size={18} aria-hidden />} onClick={open}>
        {t('agent.replace')}
      </Button>
      <Modal
        opened={opened}
        onClose={end}
        closeOnClickOutside={false}
        title={t('agent.replace')}
        size="lg"
        closeButtonProps={{ 'aria-label': t('word.close') }}
      >
        {make.data ? (
          <VoucherShown voucher={make.data} onDone={end} />
        ) : (
          <div className="stack">
            <p>{t('agent.replace.text', { name: agent.name })}</p>
            <ProblemLine error={make.error} />
            <Button onClick={() => make.mutate()} loading={make.isPending}>
              {t('voucher.make')}
            </Button>
          </div>
        )}
      </Modal>
    </>
  );
}

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
  const [count, setCount] = useState(1);
  const [tried, setTried] = useState(false);
  const text = name.trim();
  const make = useMutation({
    mutationFn: async (chosen: number) =>
      count > 1
        ? (await api.createVoucherBatch({ unit: chosen, hours, count, label: text })).vouchers
        : [await api.createVoucher({ unit: chosen, hours, ...(text === '' ? {} : { agentName: text }) })],
    onSuccess: () => announce('vouchers'),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (unit !== undefined && (count === 1 || text !== '')) make.mutate(unit);
  };
  const [only, ...others] = make.data ?? [];
  if (only && others.length === 0) return <VoucherShown voucher={only} onDone={onDone} />;
  if (only) return <BatchShown label={text} vouchers={[only, ...others]} onDone={onDone} />;
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
      <NumberInput
        label={t('voucher.count')}
        description={t('voucher.count.help')}
        value={count}
        min={1}
        max={1_000}
        allowDecimal={false}
        onChange={(value) => setCount(Math.min(1_000, Math.max(1, Math.round(Number(value) || 1))))}
      />
      <TextInput
        label={t(count > 1 ? 'voucher.label' : 'voucher.name')}
        value={name}
        maxLength={count > 1 ? 80 : 200}
        required={count > 1}
        error={tried && count > 1 && text === '' ? t('units.add.required') : undefined}
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
      <PrintVouchers vouchers={[voucher]} />
      <Button onClick={onDone}>{t('voucher.done')}</Button>
    </div>
  );
}

/** The codes are known here and nowhere else, so this is where they can be printed. */
function PrintVouchers({ vouchers }: { readonly vouchers: readonly Voucher[] }) {
  const { t } = useText();
  const codes = vouchers.map(({ code }) => code);
  return (
    <Group gap="sm">
      <PrintButton
        label={t('voucher.print.sheet')}
        name="phieu-ghi-danh"
        make={() => api.printVouchers({ layout: 'sheet', codes })}
      />
      <PrintButton
        label={t('voucher.print.label')}
        name="nhan-ghi-danh"
        make={() => api.printVouchers({ layout: 'label', codes })}
      />
    </Group>
  );
}

interface BatchShownProps {
  readonly label: string;
  readonly vouchers: readonly Voucher[];
  readonly onDone: () => void;
}

function BatchShown({ label, vouchers, onDone }: BatchShownProps) {
  const { t, language } = useText();
  const save = () => {
    const separator = language === 'vi' ? ';' : ',';
    const line = (values: readonly string[]) => csvLine(values, separator);
    const head = line([t('voucher.unit'), t('voucher.code'), t('voucher.expires'), t('voucher.command')]);
    const rows = vouchers.map(({ unit, code, expiresAt, command }) => line([unit.name, code, expiresAt, command]));
    saveFile(new Blob([csvStart, head, ...rows], { type: 'text/csv;charset=utf-8' }), `${fold(label)}.csv`);
  };
  return (
    <div className="stack">
      <div className="notice" data-tone="attention">
        <IconTicket aria-hidden />
        <span>{t('voucher.once')}</span>
      </div>
      <p>{t('voucher.batch', { count: vouchers.length })}</p>
      <PrintVouchers vouchers={vouchers} />
      <Button leftSection={<IconDownload size={18} aria-hidden />} onClick={save}>
        {t('voucher.save')}
      </Button>
      <ol className="code-list code">
        {vouchers.map(({ id, code }) => (
          <li key={id}>{code}</li>
        ))}
      </ol>
      <Button variant="default" onClick={onDone}>
        {t('voucher.done')}
      </Button>
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
