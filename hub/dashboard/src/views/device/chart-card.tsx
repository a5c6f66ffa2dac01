import { SegmentedControl, Select } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo, useState } from 'react';
import type { Device, Telemetry } from '../../../../../protocols/api/devices.ts';
import type { LiveEvent } from '../../../../../protocols/api/live.ts';
import { findCapability, findMetric } from '../../../../../protocols/fleet/capabilities/index.ts';
import { type Range, ranges, telemetryQuery } from '../../data/queries.ts';
import { metricsOf, rangeFor } from '../../state/chart-choice.ts';
import { now, useNow } from '../../state/clock.ts';
import { useLiveEvents } from '../../state/live.ts';
import { appendValue, emptySeries, type Series, seriesOf, summaryOf } from '../../state/series.ts';
import type { TextKey } from '../../text/texts.ts';
import { useText } from '../../text/use-text.ts';
import { Answer } from '../../ui/answer.tsx';
import { formatMeasure } from '../../ui/format.ts';
import { LineChart } from '../../ui/line-chart.tsx';

const rangeKeys = {
  '1h': 'chart.1h',
  '24h': 'chart.24h',
  '7d': 'chart.7d',
  '30d': 'chart.30d',
} as const satisfies Record<Range, TextKey>;
const rangeNames = ['1h', '24h', '7d', '30d'] as const;

/** A measure by its key, in words: `CPU, Máy chủ nhỏ`, with the part it belongs to when there are several. */
function useMetricName(): (key: string) => string {
  const { pick } = useText();
  return (key) => {
    const [path = '', part] = key.split('@', 2);
    const capability = findCapability(path.split('.')[0] ?? '');
    const metric = findMetric(path);
    if (!capability || !metric) return key;
    const name =
      pick(metric.label) === pick(capability.label)
        ? pick(metric.label)
        : `${pick(capability.label)}: ${pick(metric.label)}`;
    return part === undefined ? name : `${name} (${part})`;
  };
}

interface LiveTail {
  readonly base: Telemetry | undefined;
  readonly values: readonly { readonly at: number; readonly value: number }[];
}

const longestTail = 1_000;

/** The series that the hub gave, with the values that came live since. */
function useLiveSeries(device: string, metric: string, base: Telemetry | undefined, windowMs: number): Series {
  const [tail, setTail] = useState<LiveTail>({ base, values: [] });
  const hear = useCallback(
    (event: LiveEvent) => {
      if (event.type !== 'device-samples' || event.device !== device) return;
      const value = event.values[metric];
      if (value === undefined) return;
      const point = { at: Date.parse(event.at), value };
      setTail((held) => ({
        base,
        values: held.base === base ? [...held.values.slice(1 - longestTail), point] : [point],
      }));
    },
    [device, metric, base],
  );
  useLiveEvents(hear);
  return useMemo(() => {
    if (base?.metric !== metric) return emptySeries;
    const values = tail.base === base ? tail.values : [];
    return values.reduce(
      (series, { at, value }) => appendValue(series, at, value, windowMs),
      seriesOf(base.points, base.step),
    );
  }, [base, metric, tail, windowMs]);
}

/** One chosen measure over time, with the values of this very moment at its end. */
export function ChartCard({ device }: { readonly device: Device }) {
  const { t } = useText();
  const nameOf = useMetricName();
  const search = useSearch({ from: '/frame/devices/$device' });
  const navigate = useNavigate({ from: '/devices/$device' });
  // Chosen once: the drawing must not jump to another measure because a value has just become 0.
  const [offered] = useState(() => ({ metric: metricsOf(device, now())[0], range: rangeFor(device, now()) }));
  const metrics = metricsOf(device, now());
  const metric = search.metric ?? offered.metric ?? metrics[0];
  const range = search.range ?? offered.range;
  if (metric === undefined) return null;
  const options = [...new Set([...metrics, metric])].map((key) => ({ value: key, label: nameOf(key) }));
  return (
    <section className="card" id="chart">
      <div className="card-head">
        <h2>{t('chart.title')}</h2>
        <div className="row">
          <Select
            aria-label={t('chart.metric')}
            data={options}
            value={metric}
            allowDeselect={false}
            w="15rem"
            onChange={(next) =>
              void navigate({ search: { ...search, metric: next ?? undefined }, replace: true, resetScroll: false })
            }
          />
          <SegmentedControl
            aria-label={t('chart.range')}
            value={range}
            onChange={(next) => {
              const chosen = rangeNames.find((name) => name === next);
              void navigate({ search: { ...search, range: chosen }, replace: true, resetScroll: false });
            }}
            data={rangeNames.map((value) => ({ value, label: t(rangeKeys[value]) }))}
          />
        </div>
      </div>
      <Chart device={device.id} metric={metric} range={range} name={nameOf(metric)} />
    </section>
  );
}

interface ChartProps {
  readonly device: string;
  readonly metric: string;
  readonly range: Range;
  readonly name: string;
}

function Chart({ device, metric, range, name }: ChartProps) {
  const { t, language } = useText();
  const nowMs = useNow();
  const read = useQuery({ ...telemetryQuery(device, metric, range, now), placeholderData: keepPreviousData });
  const series = useLiveSeries(device, metric, read.data, ranges[range]);
  const unit = read.data?.unit ?? findMetric(metric)?.unit ?? '';
  const summary = summaryOf(series);
  const tell = (value: number) => formatMeasure(value, unit, language);
  const label = summary
    ? t('chart.summary', {
        metric: name,
        least: tell(summary.least),
        greatest: tell(summary.greatest),
        last: tell(summary.last),
      })
    : t('chart.none');
  return (
    <Answer read={read} what={t('chart.what')} height={16}>
      {() => (
        <div>
          {summary ? (
            <LineChart
              series={series}
              unit={unit}
              language={language}
              windowMs={ranges[range]}
              nowMs={nowMs}
              label={label}
            />
          ) : null}
          <p className="soft small number">{label}</p>
        </div>
      )}
    </Answer>
  );
}
