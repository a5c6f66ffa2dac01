import type { TextKey } from '../text/texts.ts';
import { useText } from '../text/use-text.ts';
import { Badge, Facts } from './parts/facts.tsx';
import type { WidgetProps } from './parts/widget.ts';

const states: Readonly<Record<string, { readonly text: TextKey; readonly tone: 'ok' | 'fault' | 'quiet' }>> = {
  connected: { text: 'tagreader.connected', tone: 'ok' },
  disconnected: { text: 'tagreader.disconnected', tone: 'fault' },
};
const unknown = { text: 'level.unknown', tone: 'quiet' } as const;

export function TagreaderWidget({ state }: WidgetProps<'tagreader'>) {
  const { t } = useText();
  return (
    <Facts
      rows={(state.antennas ?? []).map(({ id, state: antenna }) => {
        const { text, tone } = states[antenna] ?? unknown;
        return [
          t('tagreader.antenna', { id }),
          <Badge key={id} tone={tone}>
            {t(text)}
          </Badge>,
        ] as const;
      })}
    />
  );
}
