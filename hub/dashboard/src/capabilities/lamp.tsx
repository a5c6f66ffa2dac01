import type { TextKey } from '../text/texts.ts';
import { useText } from '../text/use-text.ts';
import { Badge, Facts } from './parts/facts.tsx';
import { partName } from './parts/part-name.ts';
import type { WidgetProps } from './parts/widget.ts';

const levels = {
  warning: { key: 'level.warning', tone: 'attention' },
  error: { key: 'level.error', tone: 'fault' },
} as const satisfies Record<string, { key: TextKey; tone: string }>;

export function LampWidget({ state, device }: WidgetProps<'lamp'>) {
  const { t } = useText();
  const lamps = state.lamps ?? [];
  const measured = Object.keys(device.latest).map((key) => key.split('@', 1)[0]);
  return (
    <>
      {state.lamps?.length === 0 ? <p>{t('lamp.none')}</p> : null}
      <Facts
        rows={[
          ...lamps.map(
            (lamp, index) =>
              [
                t('lamp.lamp', { number: index + 1 }),
                <span key={t('lamp.lamp', { number: index + 1 })} className="number">
                  {measured.includes('lamp.hours') ? '' : `${t('lamp.hours', { hours: lamp.hours })}, `}
                  {t(lamp.on ? 'lamp.lit' : 'lamp.dark')}
                </span>,
              ] as const,
          ),
          [
            t('lamp.filter'),
            state.filterHours === undefined || measured.includes('lamp.filterHours')
              ? undefined
              : t('lamp.hours', { hours: state.filterHours }),
          ],
        ]}
      />
      {(state.errors ?? []).map(({ part, level }) => (
        <Badge key={part} tone={levels[level].tone}>
          {partName(part, t)}: {t(levels[level].key)}
        </Badge>
      ))}
    </>
  );
}
