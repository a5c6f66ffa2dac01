import { Button, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { NotificationChannels } from '../../../../../protocols/api/operation/notification-channels.ts';
import { notificationsApi } from '../../data/notifications-api.ts';
import { useText } from '../../text/use-text.ts';
import { Answer } from '../../ui/answer.tsx';
import { Page } from '../../ui/page.tsx';
import { ProblemLine } from '../../ui/problem-panel.tsx';
import { AdminTabs } from '../frame/navigation.tsx';
import { EndpointsCard } from './endpoints-card.tsx';
import { channelsQuery } from './queries.ts';
import { TestOutcome } from './test-outcome.tsx';
import './notifications.css';

/** The channels of the hub: mail server, official account of Zalo, webhooks. */
export function ChannelsPage() {
  const { t } = useText();
  const read = useQuery(channelsQuery);
  return (
    <Page title={t('nav.channels')}>
      <AdminTabs />
      <Answer read={read} what={t('channels.what')} height={20}>
        {(channels) => (
          <>
            <p>
              {t('channels.counts', { sent: channels.sentLastDay, waiting: channels.waiting, dead: channels.dead })}
            </p>
            <MailCard mail={channels.mail} />
            <ZaloCard zalo={channels.zalo} />
          </>
        )}
      </Answer>
      <EndpointsCard />
    </Page>
  );
}

function MailCard({ mail }: { readonly mail: NotificationChannels['mail'] }) {
  const { t } = useText();
  const test = useMutation({ mutationFn: () => notificationsApi.testMail() });
  return (
    <section className="card stack">
      <h2>{t('channels.mail')}</h2>
      <p>
        {mail.isSetUp
          ? t('channels.mail.on', { server: mail.server ?? '', from: mail.from ?? '' })
          : t('channels.mail.off')}
      </p>
      <TestOutcome result={test.data} />
      <ProblemLine error={test.error} />
      {mail.isSetUp ? (
        <div>
          <Button variant="default" loading={test.isPending} onClick={() => test.mutate()}>
            {t('channels.mail.test')}
          </Button>
        </div>
      ) : null}
    </section>
  );
}

function ZaloCard({ zalo }: { readonly zalo: NotificationChannels['zalo'] }) {
  const { t } = useText();
  const client = useQueryClient();
  const [token, setToken] = useState('');
  const test = useMutation({ mutationFn: () => notificationsApi.testZalo() });
  const link = useMutation({
    mutationFn: () => notificationsApi.linkZalo(token.trim()),
    onSuccess: () => {
      setToken('');
      return client.invalidateQueries(channelsQuery);
    },
  });
  if (!zalo.isSetUp)
    return (
      <section className="card stack">
        <h2>{t('channels.zalo')}</h2>
        <p>{t('channels.zalo.off')}</p>
      </section>
    );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (token.trim() !== '') link.mutate();
  };
  return (
    <section className="card stack">
      <h2>{t('channels.zalo')}</h2>
      <p>{t(zalo.isLinked ? 'channels.zalo.linked' : 'channels.zalo.unlinked')}</p>
      {zalo.problem === undefined ? null : (
        <div className="notice" data-tone="attention">
          <div>{zalo.problem}</div>
        </div>
      )}
      <form className="stack" onSubmit={submit}>
        <TextInput
          label={t('channels.zalo.token')}
          type="password"
          autoComplete="off"
          value={token}
          onChange={(event) => setToken(event.currentTarget.value)}
        />
        <TestOutcome result={test.data} />
        <ProblemLine error={link.error ?? test.error} />
        <div className="told-actions">
          <Button type="submit" loading={link.isPending}>
            {t('channels.zalo.link')}
          </Button>
          <Button variant="default" loading={test.isPending} onClick={() => test.mutate()}>
            {t('channels.zalo.test')}
          </Button>
        </div>
      </form>
    </section>
  );
}
