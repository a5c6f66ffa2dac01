import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { flatRangeOf } from '../state/chart-choice.ts';
import type { Series } from '../state/series.ts';
import { formatMeasure, formatTick, type Language } from './format.ts';

const zone = 'Asia/Ho_Chi_Minh';
const heightPx = 240;
/** So few points are drawn as dots too: one alone makes no line. */
const fewPoints = 12;

interface LineChartProps {
  readonly series: Series;
  readonly unit: string;
  readonly language: Language;
  /** Length of the time axis, milliseconds, ending at the newest point or now. */
  readonly windowMs: number;
  readonly nowMs: number;
  /** The drawing in words. */
  readonly label: string;
}

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function dataOf(series: Series): uPlot.AlignedData {
  return [[...series.times], [...series.mean], [...series.greatest], [...series.least]];
}

/** As uPlot would choose, but for what nobody would see. There are no ends without data. */
function rangeOf(least: number | null, greatest: number | null, unit: string): uPlot.Range.MinMax {
  if (least === null || greatest === null) return [null, null];
  const [bottom, top] = flatRangeOf(least, greatest) ?? uPlot.rangeNum(least, greatest, 0.1, true);
  // A share of a whole has nothing above the whole, unless it was measured there.
  return [bottom, unit === '%' && greatest <= 100 && top !== null ? Math.min(top, 100) : top];
}

/** Ends of the time axis, seconds. The newest value may be newer than the moment that ages are told by. */
function spanOf({ series, nowMs, windowMs }: LineChartProps): [number, number] {
  const end = Math.max(nowMs / 1000, series.times.at(-1) ?? 0);
  return [end - windowMs / 1000, end];
}

function optionsOf(props: LineChartProps, width: number): uPlot.Options {
  const within = props.windowMs <= 2 * 86_400_000 ? 'day' : 'month';
  const axis = { stroke: colour('--ink-soft'), grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false } };
  const font = "12px 'Be Vietnam Pro', system-ui, sans-serif";
  const accent = colour('--accent');
  return {
    width,
    height: heightPx,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), zone),
    legend: { show: false },
    cursor: { points: { size: 7 }, drag: { x: false, y: false } },
    scales: { y: { range: (_, least, greatest) => rangeOf(least, greatest, props.unit) } },
    axes: [
      {
        ...axis,
        font,
        space: 70,
        values: (_, splits) => splits.map((at) => formatTick(at * 1000, props.language, within)),
      },
      {
        ...axis,
        font,
        size: 72,
        values: (_, splits) => splits.map((value) => formatMeasure(value, props.unit, props.language)),
      },
    ],
    series: [
      {},
      { stroke: accent, width: 2, points: { show: (plot) => plot.data[0].length <= fewPoints, size: 5, fill: accent } },
      { stroke: 'transparent', points: { show: false } },
      { stroke: 'transparent', points: { show: false } },
    ],
    bands: [{ series: [2, 3], fill: `color-mix(in srgb, ${accent} 16%, transparent)` }],
  };
}

/** Mean over time as a line, least and greatest as a band around it. */
export function LineChart(props: LineChartProps) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const latest = useRef(props);
  latest.current = props;
  const scheme = useComputedColorScheme('light');
  const { unit, language, windowMs, series, nowMs } = props;

  useEffect(() => {
    const element = host.current;
    if (!element) return;
    // Read again when scheme, unit, language or window change: uPlot paints on a canvas, which follows no style sheet.
    const options = optionsOf({ ...latest.current, unit, language, windowMs }, element.clientWidth);
    const drawn = new uPlot(
      {
        ...options,
        scales: {
          ...options.scales,
          x: { range: () => spanOf({ ...latest.current, windowMs }) },
        },
      },
      dataOf(latest.current.series),
      element,
    );
    plot.current = drawn;
    const observer = new ResizeObserver(() => drawn.setSize({ width: element.clientWidth, height: heightPx }));
    observer.observe(element);
    element.dataset['scheme'] = scheme;
    return () => {
      observer.disconnect();
      drawn.destroy();
      plot.current = undefined;
    };
  }, [unit, language, windowMs, scheme]);

  useEffect(() => {
    // A moment later on the axis counts as a change, so the line wanders on even without news.
    if (nowMs > 0) plot.current?.setData(dataOf(series));
  }, [series, nowMs]);

  return <div ref={host} role="img" aria-label={props.label} style={{ width: '100%', minHeight: heightPx }} />;
}
