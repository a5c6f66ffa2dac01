import { IconAlertOctagon, IconLock } from '@tabler/icons-react';
import { toApiError } from '../../data/api-error.ts';
import type { TextKey } from '../../text/texts.ts';
import { useText } from '../../text/use-text.ts';
import { formatDuration } from '../../ui/format.ts';
import { ProblemLine } from '../../ui/problem-panel.tsx';

const words: Readonly<Record<string, TextKey>> = {
  'wrong-code': 'proof.wrongCode',
  'wrong-passkey': 'passkey.wrong',
  'passkey-required': 'passkey.required',
  'sign-in-expired': 'signIn.expired',
};

interface RefusalProps {
  readonly error: unknown;
  /** The e-mail address may be wrong too. */
  readonly isAtDoor?: boolean;
}

/** Why a password or a code was not taken, and what to do about it. */
export function Refusal({ error, isAtDoor = false }: RefusalProps) {
  const { t, language } = useText();
  if (!error) return null;
  const { code, kind, retryAfterSeconds: wait } = toApiError(error);
  if (kind === 'limited') {
    return (
      <div className="notice" role="alert" data-tone="attention">
        <IconLock aria-hidden />
        <span>
          {wait === undefined
            ? t('signIn.lockedUnknown')
            : t('signIn.locked', { wait: formatDuration(wait, language) })}
        </span>
      </div>
    );
  }
  const key = code === 'wrong-credentials' ? (isAtDoor ? 'signIn.wrong' : 'proof.wrongPassword') : words[code];
  if (key === undefined) return <ProblemLine error={error} />;
  return (
    <div className="notice" role="alert" data-tone="fault">
      <IconAlertOctagon aria-hidden />
      <span>{t(key)}</span>
    </div>
  );
}
