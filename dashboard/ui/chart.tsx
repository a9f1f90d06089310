/** Draws values over time with uPlot, which is loaded when the first chart is shown. */

import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import type UPlot from 'uplot';
import { brief } from './instants.rules.ts';
import { usePreferences, useZone } from './preferences.ts';
import type { Tone } from './words.ts';

interface Series {
  readonly name: string;
  readonly tone: Tone | 'accent';
  readonly values: readonly (number | null)[];
  /** Draws bars from zero instead of a line. */
  readonly isBars?: boolean;
}

interface ChartProps {
  /** What the chart shows, in a sentence with the important figures: all that a screen reader gets. */
  readonly label: string;
  /** Seconds since 1970. */
  readonly times: readonly number[];
  readonly series: readonly Series[];
  /** Stacks the series as bars: each is drawn on top of those after it in the list. */
  readonly isStacked?: boolean;
  /** Formats a value: "12/s", "80 ms". */
  readonly format?: (value: number) => string;
}

const HEIGHT = 160;

const SYSTEM_DARK = window.matchMedia('(prefers-color-scheme: dark)');
function onSystemTheme(told: () => void): () => void {
  SYSTEM_DARK.addEventListener('change', told);
  return () => SYSTEM_DARK.removeEventListener('change', told);
}

export function Chart({ label, times, series, isStacked = false, format = String }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot>(undefined);
  const [hovered, setHovered] = useState<number>();
  const [isMissing, setMissing] = useState(false);
  const zone = useZone();
  const { theme } = usePreferences();
  const isSystemDark = useSyncExternalStore(onSystemTheme, () => SYSTEM_DARK.matches);
  const shape = series.map(({ name, tone, isBars }) => `${name}:${tone}:${isBars}`).join();
  const latest = useRef({ times, series, isStacked, format });
  latest.current = { times, series, isStacked, format };

  // biome-ignore lint/correctness/useExhaustiveDependencies: its data is set below; it is made anew when its shape, colours or zone change.
  useEffect(() => {
    const host = place.current;
    if (host === null) return;
    let isGone = false;
    let observer: ResizeObserver | undefined;
    const begin = ({ default: Plot }: { readonly default: typeof UPlot }): void => {
      if (isGone) return;
      const made = new Plot(optionsOf(Plot, host, latest.current, zone, setHovered), dataOf(latest.current), host);
      plot.current = made;
      observer = new ResizeObserver(() => made.setSize({ width: host.clientWidth, height: HEIGHT }));
      observer.observe(host);
    };
    // An updated server no longer has this file. The page states the important figures in words as well.
    void import('uplot').then(begin, () => {
      if (!isGone) setMissing(true);
    });
    return () => {
      isGone = true;
      observer?.disconnect();
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [shape, zone, theme, isSystemDark]);
  useEffect(() => plot.current?.setData(dataOf({ times, series, isStacked })), [times, series, isStacked]);

  const at = hovered === undefined ? undefined : times[hovered];
  return (
    <figure className="min-w-0">
      <div ref={place} role="img" aria-label={label} className="h-40 overflow-hidden" />
      <figcaption className="mt-1 flex min-h-5 flex-wrap gap-x-4 gap-y-1 text-xs text-muted">
        {series.map(({ name, tone, values }) => {
          const value = hovered === undefined ? undefined : values[hovered];
          return (
            <span key={name} className="inline-flex items-center gap-1.5">
              <span
                aria-hidden
                className="size-2 rounded-xs"
                style={{ backgroundColor: `var(--${tone === 'idle' ? 'line-strong' : tone})` }}
              />
              {name}
              {value != null && <strong className="text-text">{format(value)}</strong>}
            </span>
          );
        })}
        {isMissing && <span>The chart could not be drawn. Reload the page.</span>}
        {at !== undefined && <span>{brief(at * 1_000, Date.now(), zone)}</span>}
      </figcaption>
    </figure>
  );
}

/** Whole numbers, since there is no half entry. */
const STEPS = [1, 2, 5]
  .flatMap((first) => Array.from({ length: 10 }, (_, power) => first * 10 ** power))
  .sort((a, b) => a - b);

const clock = (seconds: number, step: number, zone: string | undefined): string =>
  new Intl.DateTimeFormat(undefined, {
    timeZone: zone,
    ...(step >= 86_400 ? { day: '2-digit', month: 'short' } : { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }),
  }).format(seconds * 1_000);

const dataOf = ({ times, series, isStacked }: Pick<ChartProps, 'times' | 'series' | 'isStacked'>): UPlot.AlignedData =>
  [
    times,
    ...series.map(({ values }, index) =>
      // The first series is drawn first and is the highest; those after it cover its lower part.
      isStacked === true
        ? values.map((_, at) => series.slice(index).reduce((sum, one) => sum + (one.values[at] ?? 0), 0))
        : values,
    ),
  ] as unknown as UPlot.AlignedData;

function optionsOf(
  Plot: typeof UPlot,
  host: HTMLElement,
  { series, format = String }: Pick<ChartProps, 'series' | 'format'>,
  zone: string | undefined,
  hover: (index: number | undefined) => void,
): UPlot.Options {
  const style = getComputedStyle(host);
  const probe = document.createElement('span');
  host.append(probe);
  // The browser resolves a light-dark() pair only where it is used.
  const colour = (name: string): string => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const axis = {
    stroke: colour('muted'),
    grid: { stroke: colour('line'), width: 1 },
    ticks: { show: false },
    font: `11px ${style.fontFamily}`,
  };
  const options: UPlot.Options = {
    width: host.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
    tzDate: (seconds) =>
      zone === undefined ? new Date(seconds * 1_000) : Plot.tzDate(new Date(seconds * 1_000), zone),
    scales: { y: { range: (_plot, _least, most) => [0, Math.max(most ?? 0, 1) * 1.1] } },
    axes: [
      { ...axis, size: 28, values: (_plot, ticks, _space, _gap, step) => ticks.map((at) => clock(at, step, zone)) },
      { ...axis, size: 48, incrs: STEPS, values: (_plot, ticks) => ticks.map(format) },
    ],
    series: [
      {},
      ...series.map(({ name, tone, isBars }) => {
        const stroke = colour(tone === 'idle' ? 'line-strong' : tone);
        return isBars === true && Plot.paths.bars !== undefined
          ? {
              label: name,
              stroke,
              fill: stroke,
              width: 0,
              points: { show: false },
              paths: Plot.paths.bars({ size: [0.8, 24] }),
            }
          : { label: name, stroke, width: 1.5, points: { show: false } };
      }),
    ],
    hooks: { setCursor: [({ cursor }) => hover(cursor.idx ?? undefined)] },
  };
  probe.remove();
  return options;
}
