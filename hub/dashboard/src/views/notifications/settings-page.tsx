import { Button, Modal, Select, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconPlus } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { NotificationSettings, SubscriptionView } from '../../../../../protocols/api/operation/notifications.ts';
import { notificationsApi } from '../../data/notifications-api.ts';
import { useText } from '../../text/use-text.ts';
import { Answer } from '../../ui/answer.tsx';
import { Page } from '../../ui/page.tsx';
import { ProblemLine } from '../../ui/problem-panel.tsx';
import { settingsQuery } from './queries.ts';
import { channelNames, fromNames, SubscriptionForm } from './subscription-form.tsx';
import './notifications.css';

/** How one is told: by which channel, of what, and when not. */
export function NotificationSettingsPage() {
  const { t } = useText();
  const read = useQuery(settingsQuery);
  return (
    <Page title={t('bell.settings')}>
      <Answer read={read} what={t('notify.what')} height={20}>
        {(settings) => (
          <>
            <SubscriptionsCard settings={settings} />
            <PersonalCard key={settings.zaloUserId ?? ''} settings={settings} />
          </>
        )}
      </Answer>
    </Page>
  );
}

function SubscriptionsCard({ settings }: { readonly settings: NotificationSettings }) {
  const { t } = useText();
  const [editing, setEditing] = useState<SubscriptionView | 'new'>();
  const close = () => setEditing(undefined);
  return (
    <section className="card stack">
      <div className="card-head">
        <h2>{t('notify.mine')}</h2>
        <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={() => setEditing('new')}>
          {t('notify.add')}
        </Button>
      </div>
      {settings.subscriptions.length === 0 ? <p>{t('notify.standard')}</p> : null}
      <ul className="told-rows">
        {settings.subscriptions.map((subscription) => (
          <SubscriptionLine key={subscription.id} subscription={subscription} onEdit={() => setEditing(subscription)} />
        ))}
      </ul>
      <Modal
        opened={editing !== undefined}
        onClose={close}
        closeOnClickOutside={false}
        title={t('bell.settings')}
        closeButtonProps={{ 'aria-label': t('word.close') }}
      >
        {editing ? (
          <SubscriptionForm
            channels={settings.channels}
            {...(editing === 'new' ? {} : { subscription: editing })}
            onDone={close}
          />
        ) : null}
      </Modal>
    </section>
  );
}

function SubscriptionLine({
  subscription,
  onEdit,
}: {
  readonly subscription: SubscriptionView;
  readonly onEdit: () => void;
}) {
  const { t } = useText();
  const client = useQueryClient();
  const { channel, severity, unit, digest, quiet, id } = subscription;
  const remove = useMutation({
    mutationFn: () => notificationsApi.unsubscribe(id),
    onSuccess: () => client.invalidateQueries(settingsQuery),
  });
  const gathered =
    digest.every === 'daily'
      ? t('notify.digest.dailyAt', { at: digest.at })
      : t(digest.every === 'hourly' ? 'notify.digest.hourly' : 'notify.digest.none');
  return (
    <li>
      <strong>{t(channelNames[channel])}</strong>
      <div>
        {t(fromNames[severity])}. {unit ? unit.name : t('notify.everywhere')}
      </div>
      <div className="soft small">
        {gathered}
        {quiet ? <>. {t('notify.quiet.span', { from: quiet.from, to: quiet.to })}</> : null}
      </div>
      <ProblemLine error={remove.error} />
      <div className="told-actions">
        <Button variant="default" size="sm" onClick={onEdit}>
          {t('notify.edit')}
        </Button>
        <Button variant="default" size="sm" loading={remove.isPending} onClick={() => remove.mutate()}>
          {t('notify.remove')}
        </Button>
      </div>
    </li>
  );
}

function PersonalCard({ settings }: { readonly settings: NotificationSettings }) {
  const { t } = useText();
  const client = useQueryClient();
  const [language, setLanguage] = useState(settings.language);
  const [zaloUserId, setZaloUserId] = useState(settings.zaloUserId ?? '');
  const hasZalo = settings.channels.includes('zalo');
  const save = useMutation({
    mutationFn: () => notificationsApi.changeSettings({ language, ...(hasZalo ? { zaloUserId } : {}) }),
    onSuccess: () => {
      notifications.show({ message: t('notify.saved') });
      return client.invalidateQueries(settingsQuery);
    },
  });
  return (
    <form
      className="card stack"
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <h2>{t('notify.personal')}</h2>
      {settings.channels.includes('email') ? <p>{t('notify.email', { email: settings.email })}</p> : null}
      <Select
        label={t('notify.language')}
        data={[
          { value: 'vi', label: 'Tiếng Việt' },
          { value: 'en', label: 'English' },
        ]}
        value={language}
        allowDeselect={false}
        onChange={(value) => setLanguage(value === 'en' ? 'en' : 'vi')}
      />
      {hasZalo ? (
        <TextInput
          label={t('notify.zaloId')}
          description={t('notify.zaloId.help')}
          inputMode="numeric"
          value={zaloUserId}
          maxLength={30}
          onChange={(event) => setZaloUserId(event.currentTarget.value.replace(/\D/g, ''))}
        />
      ) : null}
      <ProblemLine error={save.error} />
      <div>
        <Button type="submit" loading={save.isPending}>
          {t('word.save')}
        </Button>
      </div>
    </form>
  );
}
