import { Button } from '@mantine/core';
import { IconAlertOctagon, IconPlugConnectedX } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { type ApiError, toApiError } from '../data/api-error.ts';
import type { TextKey } from '../text/texts.ts';
import { useText } from '../text/use-text.ts';

const keys: Readonly<Record<ApiError['kind'], { readonly title: TextKey; readonly next: TextKey }>> = {
  away: { title: 'error.away.title', next: 'error.away.do' },
  'signed-out': { title: 'renewal.title', next: 'renewal.text' },
  forbidden: { title: 'error.forbidden.title', next: 'error.forbidden.do' },
  missing: { title: 'error.missing.title', next: 'error.missing.do' },
  limited: { title: 'error.limited.title', next: 'error.limited.do' },
  refused: { title: 'error.refused.title', next: 'error.refused.do' },
  broken: { title: 'error.broken.title', next: 'error.broken.do' },
  contract: { title: 'error.contract.title', next: 'error.contract.do' },
};

interface ProblemPanelProps {
  readonly error: unknown;
  /** What was asked for, in the reader's words. */
  readonly what: string;
  readonly retry?: (() => unknown) | undefined;
  readonly children?: ReactNode;
}

/** A failed read, in place of what it should have brought: what happened, to what, what to do, and the code to quote. */
export function ProblemPanel({ error, what, retry, children }: ProblemPanelProps) {
  const { t } = useText();
  const problem = toApiError(error);
  const Icon = problem.kind === 'away' ? IconPlugConnectedX : IconAlertOctagon;
  return (
    <div className="blank" role="alert" data-tone={problem.kind === 'away' ? 'unreachable' : 'fault'}>
      <Icon aria-hidden />
      <h2>{t(keys[problem.kind].title)}</h2>
      <p className="soft">{t('error.what', { what })}</p>
      <p>{t(keys[problem.kind].next)}</p>
      <p className="soft small code">
        {t('error.code', { code: problem.code })}
        {problem.kind === 'away' ? null : <>. {problem.message}</>}
      </p>
      {children}
      {retry ? (
        <Button variant="default" onClick={() => void retry()}>
          {t('error.retry')}
        </Button>
      ) : null}
    </div>
  );
}

/** A refused action, as a line beside the button that was pressed. */
export function ProblemLine({ error }: { readonly error: unknown }) {
  const { t } = useText();
  if (!error) return null;
  const problem = toApiError(error);
  return (
    <div className="notice" role="alert" data-tone="fault">
      <IconAlertOctagon aria-hidden />
      <div>
        <div>
          {t(keys[problem.kind].title)}. {t(keys[problem.kind].next)}
        </div>
        <div className="small">
          {problem.kind === 'away' ? null : <>{problem.message} </>}
          <span className="code">{t('error.code', { code: problem.code })}</span>
        </div>
      </div>
    </div>
  );
}
