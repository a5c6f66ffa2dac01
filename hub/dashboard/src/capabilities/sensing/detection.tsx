import { useText } from '../../text/use-text.ts';
import { Age } from '../../ui/age.tsx';
import { formatNumber } from '../../ui/format.ts';
import { Badge, Facts } from '../parts/facts.tsx';
import type { WidgetProps } from '../parts/widget.ts';

export function DetectionWidget({ state }: WidgetProps<'detection'>) {
  const { t, language } = useText();
  const detectors = state.detectors ?? [];
  const counters = state.counters ?? [];
  return (
    <>
      {detectors.length + counters.length === 0 ? <Badge tone="quiet">{t('detection.none')}</Badge> : null}
      {detectors
        .filter(({ active }) => active)
        .map(({ id, name }) => (
          <Badge key={id} tone="attention">
            {t('detection.inside', { name })}
          </Badge>
        ))}
      <Facts
        rows={[
          ...detectors.map(
            ({ id, name, kind, count, lastAt }) =>
              [
                t(kind === 'line' ? 'detection.line' : 'detection.field', { name }),
                <span key={id}>
                  {t('detection.times', { count })} {lastAt === undefined ? null : <Age at={lastAt} />}
                </span>,
              ] as const,
          ),
          ...counters.map(
            ({ name, kind, value }) =>
              [
                t(kind === 'inside' ? 'detection.occupancy' : 'detection.counter', { name }),
                formatNumber(value, language),
              ] as const,
          ),
        ]}
      />
    </>
  );
}
