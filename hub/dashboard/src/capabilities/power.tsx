import type { TextKey } from '../text/texts.ts';
import { useText } from '../text/use-text.ts';
import { CommandButton } from './parts/command-button.tsx';
import { Badge } from './parts/facts.tsx';
import type { WidgetProps } from './parts/widget.ts';

const faces = {
  on: { key: 'power.on', tone: 'ok' },
  off: { key: 'power.off', tone: 'quiet' },
  warming: { key: 'power.warming', tone: 'attention' },
  cooling: { key: 'power.cooling', tone: 'attention' },
  unknown: { key: 'power.unknown', tone: 'quiet' },
} as const satisfies Record<string, { key: TextKey; tone: string }>;

export function PowerWidget({ state }: WidgetProps<'power'>) {
  const { t } = useText();
  const face = faces[state.state ?? 'unknown'];
  return (
    <>
      <Badge tone={face.tone}>{t(face.key)}</Badge>
      <div className="row">
        <CommandButton capability="power" name="on" disabled={state.state === 'on'} />
        <CommandButton capability="power" name="off" disabled={state.state === 'off'} />
        <CommandButton capability="power" name="reboot" />
        <CommandButton capability="power" name="reset" />
      </div>
    </>
  );
}
