import { Button, Group, Modal, Select } from '@mantine/core';
import { IconPlayerPlay } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import type { BatchPreview, CommandTarget } from '../../../../../protocols/api/operation/commands.ts';
import { commandApi } from '../../data/commands.ts';
import { announce } from '../../state/live.ts';
import { useMay } from '../../state/session.ts';
import { useText } from '../../text/use-text.ts';
import { ProblemLine } from '../../ui/problem-panel.tsx';
import { type Care, careBody, ordinaryCare, ReasonField, SetAside, WaitField } from './care.tsx';
import { type Choice, choices } from './choices.ts';
import { Exclusions } from './exclusions.tsx';
import './commands.css';

interface BulkProps {
  readonly target: CommandTarget;
  /** Devices that match. */
  readonly total: number;
}

/** One command for all devices that the list shows: always a dry run first. */
export function BulkButton({ target, total }: BulkProps) {
  const { t } = useText();
  const mayCommand = useMay('command');
  const [opened, setOpened] = useState(false);
  if (!mayCommand || total === 0) return null;
  return (
    <>
      <Button variant="default" leftSection={<IconPlayerPlay size={18} aria-hidden />} onClick={() => setOpened(true)}>
        {t('bulk.open', { count: total })}
      </Button>
      <Modal
        opened={opened}
        onClose={() => setOpened(false)}
        title={t('bulk.title', { count: total })}
        size="lg"
        closeButtonProps={{ 'aria-label': t('word.close') }}
      >
        {opened ? <BulkForm target={target} onClose={() => setOpened(false)} /> : null}
      </Modal>
    </>
  );
}

function useChoiceGroups() {
  const { t, pick } = useText();
  return useMemo(() => {
    const groups = new Map<string, { value: string; label: string }[]>();
    for (const { value, capabilityLabel, label } of choices) {
      const group = pick(capabilityLabel);
      const item = { value, label: typeof label === 'string' ? t(label) : pick(label) };
      groups.set(group, [...(groups.get(group) ?? []), item]);
    }
    return [...groups].map(([group, items]) => ({ group, items }));
  }, [t, pick]);
}

function BulkForm({ target, onClose }: { readonly target: CommandTarget; readonly onClose: () => void }) {
  const { t } = useText();
  const navigate = useNavigate();
  const groups = useChoiceGroups();
  const [choice, setChoice] = useState<Choice>();
  const [care, setCare] = useState<Care>({ ...ordinaryCare, waitSeconds: 3_600 });
  const body = ({ capability, name, args }: Choice) => ({ target, capability, name, args, ...careBody(care) });
  const preview = useMutation({ mutationFn: (of: Choice) => commandApi.preview(body(of)) });
  const send = useMutation({
    mutationFn: (of: Choice) => commandApi.createBatch(body(of)),
    onSuccess: ({ id }) => {
      announce('commands');
      onClose();
      void navigate({ to: '/commands', search: { batch: id } });
    },
  });
  const change = (next: Care) => {
    setCare(next);
    if (next.reason === care.reason) preview.reset();
  };
  const seen = preview.data;
  const fields = { care, onChange: change };
  const hasReason = care.reason.trim().length >= 3;
  return (
    <div className="stack">
      <Select
        data-autofocus
        searchable
        label={t('bulk.choose')}
        data={groups}
        value={choice?.value ?? null}
        onChange={(value) => {
          setChoice(choices.find((one) => one.value === value));
          preview.reset();
        }}
      />
      <WaitField {...fields} />
      <ReasonField {...fields} required />
      {seen ? <Preview preview={seen} care={care} onChange={change} /> : null}
      <ProblemLine error={send.error ?? preview.error} />
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {t('word.cancel')}
        </Button>
        {seen && choice ? (
          <Button
            color="red.8"
            loading={send.isPending}
            disabled={seen.included === 0 || !hasReason}
            onClick={() => send.mutate(choice)}
          >
            {t(seen.needsApproval ? 'bulk.ask' : 'bulk.send', { count: seen.included })}
          </Button>
        ) : (
          <Button
            loading={preview.isPending}
            disabled={choice === undefined}
            onClick={() => choice && preview.mutate(choice)}
          >
            {t('bulk.preview')}
          </Button>
        )}
      </Group>
    </div>
  );
}

interface PreviewProps {
  readonly preview: BatchPreview;
  readonly care: Care;
  readonly onChange: (care: Care) => void;
}

function Preview({ preview, care, onChange }: PreviewProps) {
  const { t, pick, language } = useText();
  const fields = { care, onChange };
  const left = (code: string) => preview.exclusions.some((one) => one.code === code);
  const minutes = Math.ceil(preview.spreadSeconds / 60);
  const time = new Intl.NumberFormat(language, { style: 'unit', unit: 'minute', unitDisplay: 'long' }).format(minutes);
  return (
    <section className="stack" aria-live="polite">
      <p>{pick(preview.effect)}</p>
      <ul className="exclusions">
        <li>
          <b>{t('bulk.included', { count: preview.included, schools: preview.schools })}</b>
        </li>
        {preview.away > 0 ? <li>{t('bulk.away', { count: preview.away })}</li> : null}
        {minutes > 0 ? <li>{t('bulk.spread', { time })}</li> : null}
        {preview.needsApproval ? <li>{t('command.approval')}</li> : null}
      </ul>
      <Exclusions exclusions={preview.exclusions} />
      {left('lesson') || care.evenInLesson ? <SetAside {...fields} what="evenInLesson" /> : null}
      {left('exam') || care.evenInExam ? (
        <SetAside {...fields} what="evenInExam" disabled={!preview.mayOverride} />
      ) : null}
      {preview.exclusions.some(({ code }) => code.startsWith('precondition-')) || care.force ? (
        <SetAside {...fields} what="force" disabled={!preview.mayOverride} />
      ) : null}
    </section>
  );
}
