import { IconAlertOctagon } from '@tabler/icons-react';
import { isDismissed, isKnownHere, type PasskeySupport } from '../../data/passkey.ts';
import type { TextKey } from '../../text/texts.ts';
import { useText } from '../../text/use-text.ts';
import { Refusal } from './refusal.tsx';

interface PasskeyRefusalProps {
  readonly error: unknown;
  readonly isAtDoor?: boolean;
}

/** Why a passkey was not taken, by the browser or by the hub. */
export function PasskeyRefusal({ error, isAtDoor = false }: PasskeyRefusalProps) {
  const { t } = useText();
  if (!error) return null;
  if (!(error instanceof DOMException)) return <Refusal error={error} isAtDoor={isAtDoor} />;
  const key = isKnownHere(error)
    ? 'passkey.known'
    : isDismissed(error)
      ? 'passkey.dismissed'
      : 'passkey.why.no-browser';
  return (
    <div className="notice" role="alert" data-tone="attention">
      <IconAlertOctagon aria-hidden />
      <span>{t(key)}</span>
    </div>
  );
}

const reasons = {
  'plain-http': 'passkey.why.plain-http',
  'ip-address': 'passkey.why.ip-address',
  'no-browser': 'passkey.why.no-browser',
} as const satisfies Readonly<Record<Exclude<PasskeySupport, 'ready' | 'other-address'>, TextKey>>;

interface PasskeyObstacleNoteProps {
  readonly support: PasskeySupport;
  readonly origin: string;
}

/** Why there are no passkeys on this page, and what to do about it. */
export function PasskeyObstacleNote({ support, origin }: PasskeyObstacleNoteProps) {
  const { t } = useText();
  if (support === 'ready') return null;
  return (
    <div className="notice" data-tone="quiet">
      <IconAlertOctagon aria-hidden />
      <span>{support === 'other-address' ? t('passkey.why.other-address', { origin }) : t(reasons[support])}</span>
    </div>
  );
}
