import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Language } from '../ui/format.ts';
import type { TextKey } from './texts.ts';

/** A text that the hub or a capability brings in both languages. */
interface Bilingual {
  readonly vi: string;
  readonly en: string;
}

interface TextTools {
  readonly t: (key: TextKey, values?: Readonly<Record<string, string | number>>) => string;
  readonly language: Language;
  readonly pick: (text: Bilingual) => string;
}

/** The texts of the page in the reader's language. */
export function useText(): TextTools {
  const { t, i18n } = useTranslation();
  const language: Language = i18n.language === 'en' ? 'en' : 'vi';
  return useMemo(
    () => ({ t: (key, values) => t(key, { ...values }), language, pick: (text) => text[language] }),
    [t, language],
  );
}
