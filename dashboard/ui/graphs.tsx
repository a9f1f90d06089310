/** Small graphs within text and tables; each has a text alternative. */

import { Tooltip } from './tooltip.tsx';
import type { Tone } from './words.ts';

const FILLS: Readonly<Record<Tone, string>> = {
  good: 'fill-good',
  warn: 'fill-warn',
  bad: 'fill-bad',
  info: 'fill-info',
  idle: 'fill-line-strong',
};
const GROUNDS: Readonly<Record<Tone, string>> = {
  good: 'bg-good',
  warn: 'bg-warn',
  bad: 'bg-bad',
  info: 'bg-info',
  idle: 'bg-line-strong',
};

/** The number of bars that fill a graph; with fewer, the graph is narrower and the bars keep their width. */
const FULL = 12;

/** Values as bars, the newest on the right. */
export function Sparkline({
  values,
  label,
  tone = 'info',
}: {
  readonly values: readonly number[];
  readonly label: string;
  readonly tone?: Tone;
}) {
  const most = Math.max(...values, 1);
  const width = 4;
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${values.length * width} 20`}
      preserveAspectRatio="none"
      className="h-5"
      style={{ width: `${6 * Math.min(1, values.length / FULL)}rem` }}
    >
      {values.map((value, index) => {
        const height = value <= 0 ? 0.5 : Math.max(1.5, (value / most) * 19);
        return (
          <rect
            key={index}
            x={index * width}
            y={20 - height}
            width={width - 1}
            height={height}
            className={FILLS[tone]}
          />
        );
      })}
    </svg>
  );
}

export interface StripPart {
  readonly key: string;
  readonly tone: Tone;
  /** Describes this part in words. */
  readonly text: string;
}

/** The outcomes of the last few items, the newest on the right. */
export const Strip = ({ parts, label }: { readonly parts: readonly StripPart[]; readonly label: string }) => (
  <ol aria-label={label} className="flex h-5 items-stretch gap-px">
    {parts.map(({ key, tone, text }) => (
      <Tooltip key={key} text={text} isTapped>
        <li className={`w-1.5 rounded-[1px] ${GROUNDS[tone]}`}>
          <span className="sr-only">{text}</span>
        </li>
      </Tooltip>
    ))}
  </ol>
);

/** The colour of a part in a legend; its name stands beside it. */
export const Swatch = ({ tone }: { readonly tone: Tone }) => (
  <span aria-hidden className={`size-2 shrink-0 rounded-xs ${GROUNDS[tone]}`} />
);

/** Parts of a whole. */
export function Shares({
  parts,
  label,
}: {
  readonly parts: readonly { readonly name: string; readonly value: number; readonly tone: Tone }[];
  readonly label: string;
}) {
  const whole = parts.reduce((sum, { value }) => sum + value, 0);
  const words = parts.map(({ name, value }) => `${name} ${value}`).join(', ');
  return (
    <div
      role="img"
      aria-label={`${label}: ${words}`}
      className="flex h-2.5 w-full gap-px overflow-hidden rounded-full bg-raised"
    >
      {parts.map(({ name, value, tone }) =>
        value === 0 ? null : (
          <div key={name} className={GROUNDS[tone]} style={{ flexGrow: Math.max(value / whole, 0.008) }} />
        ),
      )}
    </div>
  );
}

/** A progress bar; without a total, an indeterminate one. */
export function Progress({
  done,
  total,
  label,
}: {
  readonly done: number;
  readonly total: number | null;
  readonly label: string;
}) {
  const share = total === null || total === 0 ? undefined : Math.min(1, done / total);
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={total ?? undefined}
      aria-valuenow={share === undefined ? undefined : Math.min(done, total ?? done)}
      className="h-2 w-full overflow-hidden rounded-full bg-raised"
    >
      <div
        className={`h-full rounded-full bg-accent-fill transition-[width] duration-300 ${share === undefined ? 'w-1/3 animate-pulse' : ''}`}
        style={share === undefined ? undefined : { width: `${share * 100}%` }}
      />
    </div>
  );
}
