import { useText } from '../text/use-text.ts';
import { formatDuration } from '../ui/format.ts';
import { Facts } from './parts/facts.tsx';
import type { WidgetProps } from './parts/widget.ts';

export function FirmwareWidget({ state, device }: WidgetProps<'firmware'>) {
  const { t, language } = useText();
  // Where it is measured, the measure stands above.
  const skew = 'firmware.clockSkew' in device.latest ? undefined : state.clockSkewSeconds;
  return (
    <Facts
      rows={[
        [t('firmware.version'), state.version],
        [
          t('firmware.updatable'),
          state.updatable === undefined ? undefined : t(state.updatable ? 'word.yes' : 'word.no'),
        ],
        [t('firmware.skew'), skew === undefined ? undefined : formatDuration(Math.abs(skew), language)],
      ]}
    />
  );
}
