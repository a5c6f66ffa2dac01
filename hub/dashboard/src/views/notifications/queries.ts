import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { notificationsApi } from '../../data/notifications-api.ts';

/** Everything below `notifications` is read anew when the bell rings. */
export const bellQuery = queryOptions({
  queryKey: ['notifications', 'bell'],
  queryFn: ({ signal }) => notificationsApi.list({ limit: 8 }, signal),
  staleTime: 30_000,
});

export const entryList = (state: 'all' | 'unread') =>
  infiniteQueryOptions({
    queryKey: ['notifications', 'list', state],
    queryFn: ({ pageParam, signal }) => notificationsApi.list({ state, cursor: pageParam, limit: 50 }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
  });

export const settingsQuery = queryOptions({
  queryKey: ['notification-settings'],
  queryFn: ({ signal }) => notificationsApi.settings(signal),
});

export const channelsQuery = queryOptions({
  queryKey: ['notification-channels'],
  queryFn: ({ signal }) => notificationsApi.channels(signal),
});

export const endpointsQuery = queryOptions({
  queryKey: ['notification-endpoints'],
  queryFn: ({ signal }) => notificationsApi.endpoints(signal),
});

export const deadLetterList = infiniteQueryOptions({
  queryKey: ['dead-letters'],
  queryFn: ({ pageParam, signal }) => notificationsApi.deadLetters({ cursor: pageParam, limit: 50 }, signal),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.next,
});
