import { Button, Group, Modal, TextInput } from '@mantine/core';
import { IconDownload, IconMailCheck } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { DeadLetter } from '../../../../../protocols/api/operation/notification-channels.ts';
import { csvLine, csvStart } from '../../data/csv.ts';
import { notificationsApi } from '../../data/notifications-api.ts';
import type { TextKey } from '../../text/texts.ts';
import { useText } from '../../text/use-text.ts';
import { Age, Moment } from '../../ui/age.tsx';
import { Answer } from '../../ui/answer.tsx';
import { Blank } from '../../ui/blank.tsx';
import { formatInstant } from '../../ui/format.ts';
import { Page } from '../../ui/page.tsx';
import { ProblemLine } from '../../ui/problem-panel.tsx';
import { saveFile } from '../devices/export-devices.ts';
import { AdminTabs } from '../frame/navigation.tsx';
import { channelsQuery, deadLetterList } from './queries.ts';
import './notifications.css';

const channelNames = {
  email: 'notify.channel.email',
  zalo: 'notify.channel.zalo',
  webhook: 'notify.channel.webhook',
} as const satisfies Readonly<Record<DeadLetter['channel'], TextKey>>;

/** What could not be delivered: why, how often it was tried, and what to do with it. */
export function DeadLettersPage() {
  const { t } = useText();
  const client = useQueryClient();
  const read = useInfiniteQuery(deadLetterList);
  const [discarding, setDiscarding] = useState<DeadLetter>();
  const rows = read.data?.pages.flatMap((page) => page.rows) ?? [];
  const refresh = async () => {
    await client.invalidateQueries(deadLetterList);
    await client.invalidateQueries(channelsQuery);
  };
  const resend = useMutation({
    mutationFn: (ids: readonly string[]) => notificationsApi.resend(ids),
    onSuccess: refresh,
  });
  return (
    <Page title={t('nav.deadLetters')}>
      <AdminTabs />
      {rows.length === 0 ? null : (
        <div className="told-actions">
          <Button
            variant="default"
            loading={resend.isPending}
            onClick={() => resend.mutate(rows.slice(0, 200).map(({ id }) => id))}
          >
            {t('letters.resendAll')}
          </Button>
          <ExportLetters rows={rows} />
        </div>
      )}
      <ProblemLine error={resend.error} />
      <Answer read={read} what={t('letters.what')} height={20}>
        {() => <Letters rows={rows} onResend={(letter) => resend.mutate([letter.id])} onDiscard={setDiscarding} />}
      </Answer>
      {read.hasNextPage ? (
        <Button variant="default" loading={read.isFetchingNextPage} onClick={() => void read.fetchNextPage()}>
          {t('list.more')}
        </Button>
      ) : null}
      <Modal
        opened={discarding !== undefined}
        onClose={() => setDiscarding(undefined)}
        title={t('letters.discard')}
        closeButtonProps={{ 'aria-label': t('word.close') }}
      >
        {discarding ? (
          <Discard
            letter={discarding}
            onDone={() => {
              setDiscarding(undefined);
              void refresh();
            }}
          />
        ) : null}
      </Modal>
    </Page>
  );
}

interface LettersProps {
  readonly rows: readonly DeadLetter[];
  readonly onResend: (letter: DeadLetter) => void;
  readonly onDiscard: (letter: DeadLetter) => void;
}

function Letters({ rows, onResend, onDiscard }: LettersProps) {
  const { t } = useText();
  if (rows.length === 0)
    return (
      <Blank icon={IconMailCheck} title={t('letters.none')} tone="ok">
        <p>{t('letters.none.do')}</p>
      </Blank>
    );
  return (
    <ul className="card told-rows">
      {rows.map((letter) => (
        <li key={letter.id}>
          <strong>{letter.subject}</strong>
          <div>
            {t('letters.to', { channel: t(channelNames[letter.channel]), recipient: letter.recipient })},{' '}
            <Age at={letter.endedAt} />
          </div>
          <div>
            {letter.problem} <span className="soft small code">{letter.code}</span>
          </div>
          <details>
            <summary>{t('letters.attempts', { count: letter.attempts.length })}</summary>
            <ul className="told-list small">
              {letter.attempts.map((attempt) => (
                <li key={attempt.at}>
                  <Moment at={attempt.at} />: {attempt.endedAt ? attempt.problem : t('letters.attempt.open')}
                </li>
              ))}
            </ul>
          </details>
          <div className="told-actions">
            <Button variant="default" size="sm" onClick={() => onResend(letter)}>
              {t('letters.resend')}
            </Button>
            <Button variant="default" size="sm" onClick={() => onDiscard(letter)}>
              {t('letters.discard')}
            </Button>
          </div>
        </li>
      ))}
    </ul>
  );
}

function Discard({ letter, onDone }: { readonly letter: DeadLetter; readonly onDone: () => void }) {
  const { t } = useText();
  const [reason, setReason] = useState('');
  const discard = useMutation({
    mutationFn: () => notificationsApi.discard([letter.id], reason.trim()),
    onSuccess: onDone,
  });
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (reason.trim().length >= 3) discard.mutate();
      }}
    >
      <p>{letter.subject}</p>
      <TextInput
        data-autofocus
        label={t('letters.reason')}
        value={reason}
        maxLength={300}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <ProblemLine error={discard.error} />
      <Group justify="flex-end">
        <Button variant="default" onClick={onDone}>
          {t('word.cancel')}
        </Button>
        <Button type="submit" color="red" disabled={reason.trim().length < 3} loading={discard.isPending}>
          {t('letters.discard')}
        </Button>
      </Group>
    </form>
  );
}

const columns = [
  'letters.col.when',
  'letters.col.channel',
  'letters.col.recipient',
  'letters.col.subject',
  'letters.col.code',
  'letters.col.problem',
  'letters.col.attempts',
] as const;

function ExportLetters({ rows }: { readonly rows: readonly DeadLetter[] }) {
  const { t, language } = useText();
  const save = () => {
    const separator = language === 'vi' ? ';' : ',';
    const lines = rows.map((letter) =>
      csvLine(
        [
          formatInstant(Date.parse(letter.endedAt), language),
          t(channelNames[letter.channel]),
          letter.recipient,
          letter.subject,
          letter.code,
          letter.problem,
          String(letter.attempts.length),
        ],
        separator,
      ),
    );
    const head = csvLine(
      columns.map((column) => t(column)),
      separator,
    );
    saveFile(new Blob([csvStart, head, ...lines], { type: 'text/csv;charset=utf-8' }), 'undelivered.csv');
  };
  return (
    <Button variant="default" leftSection={<IconDownload size={18} aria-hidden />} onClick={save}>
      {t('letters.export')}
    </Button>
  );
}
