import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import { type Language, languages } from '../ui/format.ts';
import { resourcesOf } from './texts.ts';

const storageKey = 'edufleet.language';

function storedLanguage(): Language {
  const stored = localStorage.getItem(storageKey);
  return languages.find((language) => language === stored) ?? 'vi';
}

/** Readies both languages; Vietnamese until the reader chose otherwise on this device. */
export async function startTexts(): Promise<void> {
  i18next.on('languageChanged', (language) => {
    document.documentElement.lang = language;
  });
  await i18next.use(initReactI18next).init({
    lng: storedLanguage(),
    fallbackLng: 'vi',
    resources: { vi: { translation: resourcesOf('vi') }, en: { translation: resourcesOf('en') } },
    keySeparator: false,
    nsSeparator: false,
    interpolation: { escapeValue: false },
  });
}

/** Switches the language at once and remembers it on this device. */
export function chooseLanguage(language: Language): void {
  localStorage.setItem(storageKey, language);
  void i18next.changeLanguage(language);
}
