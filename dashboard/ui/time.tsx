/**
 * Instants and durations in readable form. A tooltip shows the exact instant and its zone on hover or tap. It is not in
 * the tab order, since a table would add hundreds of stops: keyboard users can choose times in full instead.
 */

import { Fragment, useSyncExternalStore } from 'react';
import { serverNow } from '../graphql/client.ts';
import { brief, changesEvery, countdown, durationMs, exact, isSameZone, lengthOf, relative } from './instants.rules.ts';
import { usePreferences, useZone } from './preferences.ts';
import { splitInstants } from './text.rules.ts';
import { None } from './text.tsx';
import { Tooltip } from './tooltip.tsx';

/* The current time for components that show how far away an instant is, with one timer for all of them. */

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function listen(told: () => void): () => void {
  listeners.add(told);
  timer ??= setInterval(() => {
    if (document.visibilityState === 'visible') for (const one of listeners) one();
  }, 1_000);
  return () => {
    listeners.delete(told);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** The server's current time in milliseconds since 1970, updated every `stepMs` (whole seconds, at least 1 s). */
export const useNow = (stepMs = 1_000): number =>
  useSyncExternalStore(listen, () => Math.floor(serverNow() / stepMs) * stepMs);

interface TimeProps {
  /** RFC 3339; null shows a dash. */
  readonly at: string | null | undefined;
  /**
   * `relative`: "3 min. ago". `clock`: the time of day. `countdown`: the time left; `left`: only the time left, where
   * the instant is shown beside it. `zoned`: as `clock`, with the zone named if it is not the job's, for places that
   * do not name it once.
   */
  readonly as?: 'relative' | 'clock' | 'zoned' | 'exact' | 'countdown' | 'left';
  /** The zone of the job that it belongs to. */
  readonly jobZone?: string;
}

export function Time({ at, as = 'relative', jobZone }: TimeProps) {
  const ms = at == null ? Number.NaN : Date.parse(at);
  const now = useNow(as === 'countdown' || as === 'left' ? 1_000 : changesEvery(Math.abs(ms - serverNow()) || 0));
  const zone = useZone(jobZone);
  const isInFull = usePreferences().times === 'exact';
  if (at == null || Number.isNaN(ms)) return <None />;
  const full = exact(ms, zone);
  const text =
    as === 'left'
      ? countdown(ms, now)
      : as === 'countdown'
        ? `${countdown(ms, now)}${isInFull ? ` (${full})` : ''}`
        : as === 'exact' || isInFull
          ? full
          : as === 'clock' || as === 'zoned'
            ? brief(ms, now, zone, as === 'zoned' && !isSameZone(zone, jobZone))
            : relative(ms, now);
  return (
    <Tooltip isTapped text={[...new Set([full, exact(ms, 'UTC'), relative(ms, now)])].join(' · ')}>
      <time dateTime={at} className={as !== 'left' && (as === 'exact' || isInFull) ? undefined : 'whitespace-nowrap'}>
        {text}
      </time>
    </Tooltip>
  );
}

/** An ISO 8601 duration: "84 ms", "4 min 10 s"; null shows a dash. */
export function Length({ of }: { readonly of: string | null | undefined }) {
  const ms = of == null ? undefined : durationMs(of);
  if (ms === undefined) return <None />;
  return <span className="whitespace-nowrap">{lengthOf(ms)}</span>;
}

/* A sentence of the API, with its instants in the viewer's zone and the exact time in a tooltip, as everywhere. */

interface ProseProps {
  readonly text: string;
  /** The zone of the job that the sentence is about. */
  readonly jobZone?: string;
}

export const Prose = ({ text, jobZone }: ProseProps) =>
  splitInstants(text).map(({ start, text: piece, isInstant }) => (
    <Fragment key={start}>
      {isInstant ? <Time at={piece} as={jobZone === undefined ? 'clock' : 'zoned'} jobZone={jobZone} /> : piece}
    </Fragment>
  ));
