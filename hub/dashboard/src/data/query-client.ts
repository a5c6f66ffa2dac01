import { QueryClient } from '@tanstack/react-query';
import { toApiError } from './api-error.ts';

const retryWhileAwayMs = 5_000;

/** The page's memory of what the hub said. A read that found no hub is asked again every 5 s, without anyone's doing. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      gcTime: 5 * 60_000,
      networkMode: 'always',
      refetchOnWindowFocus: false,
      refetchOnReconnect: false,
      retry: (count, thrown) => count < 1 && ['away', 'broken'].includes(toApiError(thrown).kind),
      retryDelay: 800,
      refetchInterval: (query) =>
        query.state.status === 'error' && toApiError(query.state.error).kind === 'away' ? retryWhileAwayMs : false,
    },
    mutations: { networkMode: 'always', retry: false },
  },
});
