import { useText } from '../../text/use-text.ts';
import { formatNumber, type Language } from '../../ui/format.ts';
import { Facts } from './facts.tsx';

/** Any value in plain words, as far as one can without knowing what it means. */
function plain(value: unknown, language: Language, words: { readonly yes: string; readonly no: string }): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return formatNumber(value, language, 3);
  if (typeof value === 'boolean') return value ? words.yes : words.no;
  return JSON.stringify(value).slice(0, 500);
}

/** A capability that this version of the page does not know yet, shown as it was reported. */
export function FallbackWidget({ state }: { readonly state: Readonly<Record<string, unknown>> }) {
  const { t, language } = useText();
  const words = { yes: t('word.yes'), no: t('word.no') };
  return <Facts rows={Object.entries(state).map(([key, value]) => [key, plain(value, language, words)] as const)} />;
}
