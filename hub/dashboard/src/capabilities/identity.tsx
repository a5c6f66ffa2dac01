import { useText } from '../text/use-text.ts';
import { Facts } from './parts/facts.tsx';
import type { WidgetProps } from './parts/widget.ts';

export function IdentityWidget({ state }: WidgetProps<'identity'>) {
  const { t } = useText();
  return (
    <Facts
      rows={[
        [t('devices.vendor'), state.vendor],
        [t('devices.model'), state.model],
        [t('devices.serial'), state.serial],
        [t('devices.firmware'), state.firmware],
        [t('identity.hardware'), state.hardware],
        [t('identity.name'), state.name],
        [t('identity.macs'), state.macs?.join(', ')],
      ]}
    />
  );
}
