import { ActionIcon, NativeSelect, Select, TextInput } from '@mantine/core';
import {
  IconArrowDown,
  IconArrowLeft,
  IconArrowRight,
  IconArrowUp,
  IconPlayerStop,
  IconZoomIn,
  IconZoomOut,
} from '@tabler/icons-react';
import { useState } from 'react';
import { findCapability } from '../../../../protocols/fleet/capabilities/index.ts';
import { useOperation } from '../state/operate.ts';
import { useText } from '../text/use-text.ts';
import { formatNumber } from '../ui/format.ts';
import { CommandButton } from './parts/command-button.tsx';
import { Facts } from './parts/facts.tsx';
import type { WidgetProps } from './parts/widget.ts';

/** A short push, after which the camera stops by itself even if nothing more reaches it. */
const push = { pan: 0, tilt: 0, zoom: 0, durationMs: 400 } as const;

const moves = [
  { key: 'ptz.up', icon: IconArrowUp, area: 'up', args: { ...push, tilt: 0.5 } },
  { key: 'ptz.left', icon: IconArrowLeft, area: 'left', args: { ...push, pan: -0.5 } },
  { key: 'ptz.right', icon: IconArrowRight, area: 'right', args: { ...push, pan: 0.5 } },
  { key: 'ptz.down', icon: IconArrowDown, area: 'down', args: { ...push, tilt: -0.5 } },
  { key: 'ptz.in', icon: IconZoomIn, area: 'in', args: { ...push, zoom: 0.5 } },
  { key: 'ptz.out', icon: IconZoomOut, area: 'out', args: { ...push, zoom: -0.5 } },
] as const;

type State = WidgetProps<'ptz'>['state'];
type Aim = Pick<State, 'pan' | 'tilt' | 'zoom' | 'presets'>;
/** Names the camera that a command is for; empty where the device is one camera. */
type PartArgs = { readonly part?: string };

function position(aim: Aim, language: 'vi' | 'en'): string | undefined {
  const axes = [aim.pan, aim.tilt, aim.zoom].filter((axis) => axis !== undefined);
  return axes.length === 0 ? undefined : axes.map((axis) => formatNumber(axis, language, 2)).join(' / ');
}

/** One camera, or the chosen one of a rig with several. */
export function PtzWidget({ state }: WidgetProps<'ptz'>) {
  const { t, language } = useText();
  const { can, send } = useOperation();
  const [wanted, setWanted] = useState<string>();
  const cameras = state.cameras ?? [];
  const chosen = cameras.find(({ part }) => part === wanted) ?? cameras[0];
  const aim: Aim = chosen ?? state;
  const partArgs: PartArgs = chosen ? { part: chosen.part } : {};
  const presets = aim.presets ?? [];
  const at = position(aim, language);
  return (
    <>
      {cameras.length > 1 ? (
        <NativeSelect
          label={t('ptz.camera')}
          data={cameras.map(({ part }) => part)}
          value={chosen?.part ?? ''}
          onChange={({ currentTarget }) => setWanted(currentTarget.value)}
        />
      ) : null}
      <Facts rows={[[t('ptz.position'), state.moving ? `${at ?? ''} (${t('ptz.moving')})` : at]]} />
      {can('ptz', 'move') ? <MovePad partArgs={partArgs} /> : null}
      {can('ptz', 'goToPreset') && presets.length > 0 ? (
        <PresetChoice
          label={t('ptz.preset')}
          presets={presets}
          onChoose={(token) => send({ capability: 'ptz', name: 'goToPreset', args: { token, ...partArgs } })}
        />
      ) : null}
      <PresetEditor presets={presets} partArgs={partArgs} />
    </>
  );
}

function MovePad({ partArgs }: { readonly partArgs: PartArgs }) {
  const { t, pick } = useText();
  const { can, send, sending } = useOperation();
  const stop = findCapability('ptz')?.commands['stop'];
  return (
    <fieldset className="ptz-pad" aria-label={t('ptz.pad')}>
      {moves.map(({ key, icon: Icon, area, args }) => (
        <ActionIcon
          key={area}
          variant="default"
          size={44}
          style={{ gridArea: area }}
          aria-label={t(key)}
          disabled={sending}
          onClick={() => send({ capability: 'ptz', name: 'move', args: { ...args, ...partArgs } })}
        >
          <Icon size={20} aria-hidden />
        </ActionIcon>
      ))}
      {can('ptz', 'stop') ? (
        <ActionIcon
          variant="default"
          size={44}
          style={{ gridArea: 'stop' }}
          aria-label={stop ? pick(stop.label) : ''}
          onClick={() => send({ capability: 'ptz', name: 'stop', args: partArgs })}
        >
          <IconPlayerStop size={20} aria-hidden />
        </ActionIcon>
      ) : null}
    </fieldset>
  );
}

interface PresetsProps {
  readonly presets: readonly { readonly token: string; readonly name: string }[];
  readonly partArgs: PartArgs;
}

interface PresetChoiceProps extends Pick<PresetsProps, 'presets'> {
  readonly label: string;
  readonly onChoose: (token: string) => void;
}

function PresetChoice({ label, presets, onChoose }: PresetChoiceProps) {
  const { t } = useText();
  return (
    <Select
      label={label}
      placeholder={t('ptz.choose')}
      data={presets.map((preset) => ({ value: preset.token, label: preset.name }))}
      value={null}
      onChange={(token) => {
        if (token !== null) onChoose(token);
      }}
    />
  );
}

/** Stores where the camera looks now under a new name, and forgets what was stored. */
function PresetEditor({ presets, partArgs }: PresetsProps) {
  const { t } = useText();
  const { can, send, sending } = useOperation();
  const [name, setName] = useState('');
  return (
    <>
      {can('ptz', 'savePreset') ? (
        <div className="row">
          <TextInput
            aria-label={t('ptz.new-preset')}
            placeholder={t('ptz.new-preset')}
            maxLength={80}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <CommandButton
            capability="ptz"
            name="savePreset"
            args={{ name: name.trim(), ...partArgs }}
            disabled={sending || name.trim() === ''}
          />
        </div>
      ) : null}
      {can('ptz', 'removePreset') && presets.length > 0 ? (
        <PresetChoice
          label={t('ptz.remove-preset')}
          presets={presets}
          onChoose={(token) => send({ capability: 'ptz', name: 'removePreset', args: { token, ...partArgs } })}
        />
      ) : null}
    </>
  );
}
