import { Button, SegmentedControl } from '@mantine/core';
import { IconBell, IconChecks, IconSettings } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import type { NotificationView } from '../../../../../protocols/api/operation/notifications.ts';
import { notificationsApi } from '../../data/notifications-api.ts';
import { useText } from '../../text/use-text.ts';
import { Answer } from '../../ui/answer.tsx';
import { Blank } from '../../ui/blank.tsx';
import { Page } from '../../ui/page.tsx';
import { ProblemLine } from '../../ui/problem-panel.tsx';
import { Entry } from './entry.tsx';
import { entryList } from './queries.ts';

/** Everything that one was told, newest first. */
export function NotificationsPage() {
  const { t } = useText();
  const { state = 'all' } = useSearch({ from: '/frame/notifications' });
  const navigate = useNavigate({ from: '/notifications' });
  const client = useQueryClient();
  const read = useInfiniteQuery(entryList(state));
  const markRead = useMutation({
    mutationFn: (ids?: readonly string[]) => notificationsApi.markRead(ids),
    onSuccess: () => client.invalidateQueries({ queryKey: ['notifications'] }),
  });
  const unread = read.data?.pages[0]?.unread ?? 0;
  return (
    <Page
      title={t('bell.title')}
      actions={
        <>
          <Button
            variant="default"
            leftSection={<IconChecks size={18} aria-hidden />}
            disabled={unread === 0}
            loading={markRead.isPending}
            onClick={() => markRead.mutate(undefined)}
          >
            {t('bell.readAll')}
          </Button>
          <Button
            variant="default"
            leftSection={<IconSettings size={18} aria-hidden />}
            renderRoot={(props) => <Link to="/notifications/settings" {...props} />}
          >
            {t('bell.settings')}
          </Button>
        </>
      }
    >
      <SegmentedControl
        aria-label={t('bell.title')}
        value={state}
        onChange={(value) => void navigate({ search: value === 'unread' ? { state: value } : {}, replace: true })}
        data={[
          { value: 'all', label: t('bell.everything') },
          { value: 'unread', label: t('bell.unreadOnly') },
        ]}
      />
      <ProblemLine error={markRead.error} />
      <Answer read={read} what={t('bell.what')} height={20}>
        {({ pages }) => <Entries rows={pages.flatMap(({ rows }) => rows)} />}
      </Answer>
      {read.hasNextPage ? (
        <Button variant="default" loading={read.isFetchingNextPage} onClick={() => void read.fetchNextPage()}>
          {t('list.more')}
        </Button>
      ) : null}
    </Page>
  );
}

function Entries({ rows }: { readonly rows: readonly NotificationView[] }) {
  const { t } = useText();
  if (rows.length === 0)
    return (
      <Blank icon={IconBell} title={t('bell.none')} tone="quiet">
        <p>{t('bell.none.do')}</p>
      </Blank>
    );
  return (
    <div className="card stack">
      {rows.map((entry) => (
        <Entry key={entry.id} entry={entry} />
      ))}
    </div>
  );
}
