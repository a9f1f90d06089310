/** The durations of the last runs, as a row of bars. */
import { Sparkline } from '../ui/graphs.tsx';
import { durationMs, lengthOf } from '../ui/instants.rules.ts';
import type { Schedule } from './schedule-fields.ts';

export function RunTimes({ of }: { readonly of: Schedule }) {
  const ended = (of.runs?.nodes ?? []).flatMap(({ duration }) => {
    const ms = duration === null ? undefined : durationMs(duration);
    return ms === undefined ? [] : [ms];
  });
  if (ended.length === 0) return <span className="text-muted">No run has ended yet.</span>;
  const sorted = [...ended].sort((one, other) => one - other);
  const middle = lengthOf(sorted[Math.floor(sorted.length / 2)] ?? 0);
  const longest = lengthOf(sorted.at(-1) ?? 0);
  const newest = lengthOf(ended[0] ?? 0);
  return (
    <span className="inline-flex flex-wrap items-center gap-x-3 gap-y-1">
      <Sparkline
        values={[...ended].reverse()}
        label={`Durations of the last ${ended.length} runs: newest ${newest}, median ${middle}, longest ${longest}`}
      />
      <span className="text-sm text-muted">
        last {newest}, median {middle}, longest {longest}
      </span>
    </span>
  );
}
