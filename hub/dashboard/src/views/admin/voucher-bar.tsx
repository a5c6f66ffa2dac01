import { Button, Group, Modal, Textarea } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { VoucherRow } from '../../../../../protocols/api/enrolment/vouchers.ts';
import { api } from '../../data/api.ts';
import { announce } from '../../state/live.ts';
import type { TextKey } from '../../text/texts.ts';
import { useText } from '../../text/use-text.ts';
import { ProblemLine } from '../../ui/problem-panel.tsx';

type Deed = 'extend' | 'revoke';

const deeds: Readonly<Record<VoucherRow['state'], readonly Deed[]>> = {
  open: ['revoke'],
  late: ['extend', 'revoke'],
  expired: ['extend'],
  used: [],
  revoked: [],
};
const labels: Readonly<Record<Deed, TextKey>> = { extend: 'vouchers.extend', revoke: 'vouchers.revoke' };
const titles: Readonly<Record<Deed, TextKey>> = { extend: 'vouchers.extend.title', revoke: 'vouchers.revoke.title' };
const effects: Readonly<Record<Deed, TextKey>> = { extend: 'vouchers.extend.text', revoke: 'vouchers.revoke.text' };
const reasonLeast: Readonly<Record<Deed, number>> = { extend: 3, revoke: 0 };

interface VoucherBarProps {
  readonly state: VoucherRow['state'];
  readonly chosen: ReadonlySet<string>;
  readonly onDone: () => void;
}

/** What can be done with the vouchers that are chosen. */
export function VoucherBar({ state, chosen, onDone }: VoucherBarProps) {
  const { t } = useText();
  const [deed, setDeed] = useState<Deed>();
  return (
    <div className="select-bar" role="status">
      <b>{t('proposals.selected', { count: chosen.size })}</b>
      {deeds[state].map((one) => (
        <Button key={one} {...(one === 'revoke' ? { color: 'red' } : {})} onClick={() => setDeed(one)}>
          {t(labels[one])}
        </Button>
      ))}
      <Button variant="subtle" onClick={onDone}>
        {t('word.cancel')}
      </Button>
      <Modal
        opened={deed !== undefined}
        onClose={() => setDeed(undefined)}
        title={deed ? t(titles[deed], { count: chosen.size }) : ''}
        closeButtonProps={{ 'aria-label': t('word.close') }}
      >
        {deed ? <DeedForm deed={deed} chosen={chosen} onCancel={() => setDeed(undefined)} onDone={onDone} /> : null}
      </Modal>
    </div>
  );
}

interface DeedFormProps {
  readonly deed: Deed;
  readonly chosen: ReadonlySet<string>;
  readonly onCancel: () => void;
  readonly onDone: () => void;
}

function DeedForm({ deed, chosen, onCancel, onDone }: DeedFormProps) {
  const { t } = useText();
  const [text, setText] = useState('');
  const reason = text.trim();
  const act = useMutation<unknown>({
    mutationFn: () =>
      deed === 'extend'
        ? api.extendVouchers({ vouchers: [...chosen], hours: 24, reason })
        : api.revokeVouchers({ vouchers: [...chosen], ...(reason === '' ? {} : { reason }) }),
    onSuccess: () => {
      announce('vouchers');
      onDone();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    act.mutate();
  };
  return (
    <form className="stack" onSubmit={submit}>
      <p>{t(effects[deed])}</p>
      <Textarea
        data-autofocus
        label={t('refuse.reason')}
        value={text}
        maxLength={300}
        required={reasonLeast[deed] > 0}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <ProblemLine error={act.error} />
      <Group justify="flex-end">
        <Button variant="default" onClick={onCancel}>
          {t('word.cancel')}
        </Button>
        <Button
          type="submit"
          {...(deed === 'revoke' ? { color: 'red' } : {})}
          disabled={reason.length < reasonLeast[deed]}
          loading={act.isPending}
        >
          {t(labels[deed])}
        </Button>
      </Group>
    </form>
  );
}
