import { Skeleton } from '@mantine/core';
import { IconClockExclamation } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useNow } from '../state/clock.ts';
import { useLink } from '../state/live.ts';
import { useText } from '../text/use-text.ts';
import { formatTime } from './format.ts';
import { ProblemPanel } from './problem-panel.tsx';

const graceMs = 4_000;

/** Whether figures on the page can no longer be vouched for: the hub has been silent for longer than a blink. */
function useSilent(): boolean {
  const link = useLink();
  const now = useNow();
  return link.downSince !== undefined && now - link.downSince > graceMs;
}

/** Says in place from when the figures are, once they are no longer up to date. */
function StaleNotice({ at, failed }: { readonly at: number; readonly failed: boolean }) {
  const { t, language } = useText();
  const silent = useSilent();
  if (at === 0 || (!silent && !failed)) return null;
  return (
    <div className="notice" role="status" data-tone="attention">
      <IconClockExclamation aria-hidden />
      <span>{t('stale.text', { time: formatTime(at, language) })}</span>
    </div>
  );
}

interface Read<T> {
  readonly data: T | undefined;
  readonly error: unknown;
  readonly isError: boolean;
  readonly dataUpdatedAt: number;
  readonly refetch: () => unknown;
}

interface AnswerProps<T> {
  readonly read: Read<T>;
  /** What is read, in the reader's words; for the loading and the error text. */
  readonly what: string;
  readonly children: (data: T) => ReactNode;
  /** Height of the placeholder while nothing is there yet, in rem. */
  readonly height?: number;
  /** The content takes the height that is left, for a list that scrolls inside. */
  readonly fill?: boolean;
}

/** One read with its four faces: loading, failed, there, and there but no longer fresh. */
export function Answer<T>({ read, what, children, height = 12, fill }: AnswerProps<T>) {
  const { t } = useText();
  const silent = useSilent();
  if (read.data === undefined) {
    if (read.isError) return <ProblemPanel error={read.error} what={what} retry={read.refetch} />;
    return (
      <div role="status">
        <span className="visually-hidden">{t('loading.what', { what })}</span>
        <Skeleton height={`${height}rem`} radius="lg" />
      </div>
    );
  }
  return (
    <>
      <StaleNotice at={read.dataUpdatedAt} failed={read.isError} />
      <div className="answer" data-fill={fill || undefined} data-stale={silent || read.isError || undefined}>
        {children(read.data)}
      </div>
    </>
  );
}
