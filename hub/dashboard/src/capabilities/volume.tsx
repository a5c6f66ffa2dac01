import { Slider } from '@mantine/core';
import { IconMinus, IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { useOperation } from '../state/operate.ts';
import { useText } from '../text/use-text.ts';
import { formatNumber } from '../ui/format.ts';
import { CommandButton } from './parts/command-button.tsx';
import { Badge, Facts } from './parts/facts.tsx';
import type { WidgetProps } from './parts/widget.ts';

export function VolumeWidget({ state }: WidgetProps<'volume'>) {
  const { t, language } = useText();
  const { can, send, sending } = useOperation();
  // Where the thumb is while it is dragged; the device's own word stands everywhere else.
  const [dragged, setDragged] = useState<number>();
  return (
    <>
      <Facts
        rows={[[t('volume.level'), state.level === undefined ? undefined : formatNumber(state.level, language)]]}
      />
      {state.muted ? <Badge tone="attention">{t('volume.muted')}</Badge> : null}
      {can('volume', 'set') ? (
        <Slider
          thumbLabel={t('volume.level')}
          label={null}
          value={dragged ?? state.level ?? 0}
          disabled={sending}
          onChange={setDragged}
          onChangeEnd={(level) => {
            setDragged(undefined);
            send({ capability: 'volume', name: 'set', args: { level } });
          }}
        />
      ) : null}
      <div className="row">
        <CommandButton capability="volume" name="step" args={{ direction: 'down' }} label={t('volume.down')}>
          <IconMinus size={18} aria-hidden />
        </CommandButton>
        <CommandButton capability="volume" name="step" args={{ direction: 'up' }} label={t('volume.up')}>
          <IconPlus size={18} aria-hidden />
        </CommandButton>
        <CommandButton capability="volume" name="mute" args={{ muted: !state.muted }}>
          {state.muted ? t('volume.unmute') : undefined}
        </CommandButton>
      </div>
    </>
  );
}
