import { useNow } from '../state/clock.ts';
import { useText } from '../text/use-text.ts';
import { formatAge, formatInstant, formatUntil, nothing } from './format.ts';

/** How long ago something was, with the exact moment on hover. A dash when it never was. */
export function Age({ at }: { readonly at: string | number | undefined }) {
  const { t, language } = useText();
  const now = useNow();
  if (at === undefined) return <span className="soft">{nothing}</span>;
  const ms = typeof at === 'number' ? at : Date.parse(at);
  return (
    <time className="number nowrap" dateTime={new Date(ms).toISOString()} title={formatInstant(ms, language)}>
      {formatAge(ms, now, language, t('word.justNow'))}
    </time>
  );
}

/** How long until a moment that lies ahead, counted down every few seconds. */
export function Until({ at }: { readonly at: string }) {
  const { language } = useText();
  const now = useNow();
  const ms = Date.parse(at);
  return (
    <time className="number nowrap" dateTime={at} title={formatInstant(ms, language)}>
      {formatUntil(ms, now, language)}
    </time>
  );
}

/** A date and time in Viet Nam. */
export function Moment({ at }: { readonly at: string | number }) {
  const { language } = useText();
  const ms = typeof at === 'number' ? at : Date.parse(at);
  return (
    <time className="number" dateTime={new Date(ms).toISOString()}>
      {formatInstant(ms, language)}
    </time>
  );
}
