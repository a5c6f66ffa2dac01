import { ActionIcon, Button, Indicator, Popover } from '@mantine/core';
import { IconBell } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { notificationsApi } from '../../data/notifications-api.ts';
import { useText } from '../../text/use-text.ts';
import { Answer } from '../../ui/answer.tsx';
import { Entry } from './entry.tsx';
import { bellQuery } from './queries.ts';
import './notifications.css';

/** The bell of every page: how much is new, and the newest of it. */
export function Bell() {
  const { t } = useText();
  const client = useQueryClient();
  const [isOpen, setOpen] = useState(false);
  const read = useQuery(bellQuery);
  const unread = read.data?.unread ?? 0;
  const markRead = useMutation({
    mutationFn: () => notificationsApi.markRead(),
    onSuccess: () => client.invalidateQueries({ queryKey: ['notifications'] }),
  });
  const close = () => setOpen(false);
  return (
    <Popover width="min(24rem, 100vw)" position="bottom-end" shadow="md" trapFocus opened={isOpen} onChange={setOpen}>
      <Indicator label={unread > 99 ? '99+' : unread} size={18} offset={8} disabled={unread === 0} color="red">
        <Popover.Target>
          <ActionIcon
            variant="subtle"
            color="gray"
            size={44}
            aria-label={t('bell.open', { count: unread })}
            onClick={() => setOpen(!isOpen)}
          >
            <IconBell stroke={1.5} size={26} aria-hidden />
          </ActionIcon>
        </Popover.Target>
      </Indicator>
      <Popover.Dropdown className="stack" aria-label={t('bell.title')}>
        <Answer read={read} what={t('bell.what')} height={8}>
          {({ rows }) => (
            <div className="bell-list">
              {rows.length === 0 ? <p className="soft">{t('bell.none')}</p> : null}
              {rows.map((entry) => (
                <Entry key={entry.id} entry={entry} />
              ))}
            </div>
          )}
        </Answer>
        <div className="told-actions">
          {unread > 0 ? (
            <Button variant="default" size="sm" loading={markRead.isPending} onClick={() => markRead.mutate()}>
              {t('bell.readAll')}
            </Button>
          ) : null}
          <Link to="/notifications" onClick={close}>
            {t('bell.all')}
          </Link>
          <Link to="/notifications/settings" onClick={close}>
            {t('bell.settings')}
          </Link>
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
