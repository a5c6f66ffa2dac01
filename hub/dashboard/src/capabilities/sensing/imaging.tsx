import { SegmentedControl, Slider } from '@mantine/core';
import { useState } from 'react';
import type { CapabilityState } from '../../../../../protocols/fleet/capabilities/index.ts';
import { useOperation } from '../../state/operate.ts';
import type { TextKey } from '../../text/texts.ts';
import { useText } from '../../text/use-text.ts';
import { formatNumber } from '../../ui/format.ts';
import { CommandButton } from '../parts/command-button.tsx';
import { Facts } from '../parts/facts.tsx';
import type { WidgetProps } from '../parts/widget.ts';

type State = CapabilityState<'imaging'>;
type DayNight = NonNullable<State['dayNight']>;

const levels = [
  { level: 'brightness', name: 'imaging.brightness' },
  { level: 'contrast', name: 'imaging.contrast' },
  { level: 'saturation', name: 'imaging.saturation' },
  { level: 'sharpness', name: 'imaging.sharpness' },
] as const satisfies readonly { level: keyof State['ranges']; name: TextKey }[];

const dayNights: Readonly<Record<DayNight, TextKey>> = {
  day: 'imaging.day',
  night: 'imaging.night',
  auto: 'imaging.auto',
};

interface LevelProps {
  readonly name: TextKey;
  readonly level: (typeof levels)[number]['level'];
  readonly value: number;
  readonly range: { readonly min: number; readonly max: number };
}

function Level({ name, level, value, range }: LevelProps) {
  const { t, language } = useText();
  const { send, sending } = useOperation();
  // Where the thumb is while it is dragged; the device's own word stands everywhere else.
  const [dragged, setDragged] = useState<number>();
  return (
    <div>
      <span>
        {t(name)}: {formatNumber(dragged ?? value, language, 2)}
      </span>
      <Slider
        thumbLabel={t(name)}
        label={null}
        min={range.min}
        max={range.max}
        step={(range.max - range.min) / 100}
        value={dragged ?? value}
        disabled={sending}
        onChange={setDragged}
        onChangeEnd={(chosen) => {
          setDragged(undefined);
          send({ capability: 'imaging', name: 'set', args: { [level]: chosen } });
        }}
      />
    </div>
  );
}

/** What can only be read, in words. */
function useWords(state: Partial<State>) {
  const { t } = useText();
  return {
    dayNight: state.dayNight && t(dayNights[state.dayNight]),
    backlight: state.backlight === undefined ? undefined : t(state.backlight ? 'word.yes' : 'word.no'),
    exposure: state.exposure && t(state.exposure === 'auto' ? 'imaging.auto' : 'imaging.manual'),
  };
}

export function ImagingWidget({ state }: WidgetProps<'imaging'>) {
  const { t, language } = useText();
  const { can } = useOperation();
  const words = useWords(state);
  const canSet = can('imaging', 'set');
  const settable = levels.flatMap(({ level, name }) => {
    const range = state.ranges?.[level];
    return canSet && range ? [{ level, name, range, value: state[level] ?? range.min }] : [];
  });
  const fixed = levels.flatMap(({ level, name }) => {
    const value = state[level];
    const isSettable = settable.some((one) => one.level === level);
    return value === undefined || isSettable ? [] : [[t(name), formatNumber(value, language, 2)] as const];
  });
  return (
    <>
      <Facts
        rows={[
          ...fixed,
          [t('imaging.day-night'), words.dayNight],
          [t('imaging.backlight'), words.backlight],
          [t('imaging.exposure'), words.exposure],
        ]}
      />
      {settable.map(({ level, ...rest }) => (
        <Level key={level} level={level} {...rest} />
      ))}
      {canSet ? <Switches state={state} /> : null}
    </>
  );
}

function Switches({ state }: { readonly state: Partial<State> }) {
  const { t } = useText();
  const { send, sending } = useOperation();
  const { dayNight, backlight, exposure } = state.choices ?? {};
  const isAutomatic = state.exposure === 'auto';
  return (
    <>
      {dayNight === undefined ? null : (
        <SegmentedControl
          aria-label={t('imaging.day-night')}
          data={dayNight.map((value) => ({ value, label: t(dayNights[value]) }))}
          value={state.dayNight ?? ''}
          disabled={sending}
          onChange={(chosen) => send({ capability: 'imaging', name: 'set', args: { dayNight: chosen } })}
        />
      )}
      <div className="row">
        {backlight === undefined ? null : (
          <CommandButton capability="imaging" name="set" args={{ backlight: !state.backlight }}>
            {t(state.backlight ? 'imaging.backlight-off' : 'imaging.backlight-on')}
          </CommandButton>
        )}
        {exposure === undefined ? null : (
          <CommandButton capability="imaging" name="set" args={{ exposure: isAutomatic ? 'manual' : 'auto' }}>
            {t(isAutomatic ? 'imaging.exposure-manual' : 'imaging.exposure-auto')}
          </CommandButton>
        )}
      </div>
    </>
  );
}
