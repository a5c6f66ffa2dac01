import { useText } from '../../text/use-text.ts';
import { formatNumber } from '../../ui/format.ts';
import { CommandButton } from '../parts/command-button.tsx';
import { Badge } from '../parts/facts.tsx';
import type { WidgetProps } from '../parts/widget.ts';
import { useHolder } from './holder.ts';
import './rig.css';

/** Each microphone and player: whether it is heard, how far its fader is open, and its button. */
export function SoundWidget({ state }: WidgetProps<'sound'>) {
  const { t, language } = useText();
  const holder = useHolder();
  const inputs = state.inputs ?? [];
  if (inputs.length === 0) return <p className="soft">{t('sound.none')}</p>;
  return inputs.map(({ part, name, muted, decibels }) => (
    <div key={`${part} ${name}`} className="rig-block">
      <div className="rig-head">
        <b>{name}</b>
        <span className="soft small number">
          {decibels === undefined ? t('sound.closed') : `${formatNumber(decibels, language, 1)} dB`}
        </span>
      </div>
      <div className="row">
        <Badge tone={muted ? 'attention' : 'ok'}>{t(muted ? 'sound.muted' : 'sound.heard')}</Badge>
        <CommandButton
          capability="sound"
          name="mute"
          args={{ part, input: name, muted: !muted, holder }}
          label={`${t(muted ? 'sound.open' : 'sound.mute')}: ${name}`}
        >
          {t(muted ? 'sound.open' : 'sound.mute')}
        </CommandButton>
      </div>
    </div>
  ));
}
