import { ActionIcon, Select, TextInput } from '@mantine/core';
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

function position(state: WidgetProps<'ptz'>['state'], language: 'vi' | 'en'): string | undefined {
  const axes = [state.pan, state.tilt, state.zoom].filter((axis) => axis !== undefined);
  return axes.length === 0 ? undefined : axes.map((axis) => formatNumber(axis, language, 2)).join(' / ');
}

export function PtzWidget({ state }: WidgetProps<'ptz'>) {
  const { t, pick, language } = useText();
  const { can, send, sending } = useOperation();
  const stop = findCapability('ptz')?.commands['stop'];
  const presets = state.presets ?? [];
  return (
    <>
      <Facts
        rows={[
          [
            t('ptz.position'),
            state.moving ? `${position(state, language) ?? ''} (${t('ptz.moving')})` : position(state, language),
          ],
        ]}
      />
      {can('ptz', 'move') ? (
        <fieldset className="ptz-pad" aria-label={t('ptz.pad')}>
          {moves.map(({ key, icon: Icon, area, args }) => (
            <ActionIcon
              key={area}
              variant="default"
              size={44}
              style={{ gridArea: area }}
              aria-label={t(key)}
              disabled={sending}
              onClick={() => send({ capability: 'ptz', name: 'move', args })}
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
              onClick={() => send({ capability: 'ptz', name: 'stop' })}
            >
              <IconPlayerStop size={20} aria-hidden />
            </ActionIcon>
          ) : null}
        </fieldset>
      ) : null}
      {can('ptz', 'goToPreset') && presets.length > 0 ? (
        <Select
          label={t('ptz.preset')}
          placeholder={t('ptz.choose')}
          data={presets.map(({ token, name }) => ({ value: token, label: name }))}
          value={null}
          onChange={(token) => {
            if (token !== null) send({ capability: 'ptz', name: 'goToPreset', args: { token } });
          }}
        />
      ) : null}
      <PresetEditor presets={presets} />
    </>
  );
}

/** Stores where the camera looks now under a new name, and forgets what was stored. */
function PresetEditor({ presets }: { readonly presets: readonly { readonly token: string; readonly name: string }[] }) {
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
            args={{ name: name.trim() }}
            disabled={sending || name.trim() === ''}
          />
        </div>
      ) : null}
      {can('ptz', 'removePreset') && presets.length > 0 ? (
        <Select
          label={t('ptz.remove-preset')}
          placeholder={t('ptz.choose')}
          data={presets.map((preset) => ({ value: preset.token, label: preset.name }))}
          value={null}
          onChange={(token) => {
            if (token !== null) send({ capability: 'ptz', name: 'removePreset', args: { token } });
          }}
        />
      ) : null}
    </>
  );
}
