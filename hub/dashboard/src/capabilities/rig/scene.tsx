import { Select } from '@mantine/core';
import { useOperation } from '../../state/operate.ts';
import { useText } from '../../text/use-text.ts';
import { CommandButton } from '../parts/command-button.tsx';
import type { WidgetProps } from '../parts/widget.ts';
import { useHolder } from './holder.ts';
import './rig.css';

interface Mixer {
  /** Absent where the device has one mixer only and does not name it. */
  readonly part?: string;
  readonly current?: string | undefined;
  readonly list: readonly string[];
}

/** Up to so many pictures each have a button. */
const mostButtons = 9;

/** What each mixer shows, and its prepared pictures. */
export function SceneWidget({ state }: WidgetProps<'scene'>) {
  const mixers: readonly Mixer[] = state.mixers ?? [{ list: state.list ?? [], current: state.current }];
  return mixers.map((mixer) => <MixerCard key={mixer.part ?? ''} mixer={mixer} />);
}

function MixerCard({ mixer: { part, current, list } }: { readonly mixer: Mixer }) {
  const { t } = useText();
  const { can, send, sending } = useOperation();
  const holder = useHolder();
  const args = (name: string) => ({ name, holder, ...(part === undefined ? {} : { part }) });
  return (
    <div className="rig-block">
      <div className="rig-head">
        <b>{part}</b>
        <span>{current ?? t('scene.none')}</span>
      </div>
      {list.length > mostButtons && can('scene', 'set') ? (
        <Select
          label={t('scene.show')}
          data={[...list]}
          value={current ?? null}
          disabled={sending}
          onChange={(name) => {
            if (name !== null) send({ capability: 'scene', name: 'set', args: args(name) });
          }}
        />
      ) : (
        <div className="row">
          {list.map((name) => (
            <CommandButton key={name} capability="scene" name="set" args={args(name)} disabled={name === current}>
              {name}
            </CommandButton>
          ))}
        </div>
      )}
    </div>
  );
}
