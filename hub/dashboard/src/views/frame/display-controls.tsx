import { SegmentedControl, useMantineColorScheme } from '@mantine/core';
import { chooseLanguage } from '../../text/i18n.ts';
import { useText } from '../../text/use-text.ts';
import { languages } from '../../ui/format.ts';

/** Vietnamese or English, at once and without a reload. */
export function LanguageControl() {
  const { t, language } = useText();
  return (
    <SegmentedControl
      aria-label={t('account.language')}
      size="xs"
      value={language}
      onChange={(value) => chooseLanguage(languages.find((known) => known === value) ?? 'vi')}
      data={[
        { value: 'vi', label: 'Tiếng Việt' },
        { value: 'en', label: 'English' },
      ]}
    />
  );
}

/** Light, dark, or as the device does. */
export function ThemeControl() {
  const { t } = useText();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <SegmentedControl
      aria-label={t('account.theme')}
      size="xs"
      value={colorScheme}
      onChange={(value) => setColorScheme(value === 'light' || value === 'dark' ? value : 'auto')}
      data={[
        { value: 'light', label: t('account.light') },
        { value: 'dark', label: t('account.dark') },
        { value: 'auto', label: t('account.auto') },
      ]}
    />
  );
}
