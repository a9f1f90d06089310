/** Whether what is shown is live; what was missed while it was not. */

import type { LiveStatus } from '../live/connection.rules.ts';
import { acknowledgeMissed } from '../live/stream.ts';
import { useLiveState } from '../live/use-live.ts';
import { Button } from '../ui/button.tsx';
import { lengthOf } from '../ui/instants.rules.ts';
import { Notice } from '../ui/notice.tsx';
import { useNow } from '../ui/now.ts';
import { Tooltip } from '../ui/tooltip.tsx';

const WORDS: Readonly<Record<LiveStatus, readonly [text: string, dot: string, more: string]>> = {
  live: ['Live', 'bg-good', 'Changes are shown as they happen.'],
  connecting: ['Connecting', 'bg-warn', 'The connection is being made.'],
  reconnecting: [
    'Reconnecting',
    'bg-bad',
    'There is no connection to the server. It is tried again by itself, and what is missed is made up for.',
  ],
  paused: ['Paused', 'bg-line-strong', 'Out of sight, so nothing is asked for.'],
};

export function Connection() {
  const { status } = useLiveState();
  const [text, dot, more] = WORDS[status];
  return (
    <Tooltip text={more}>
      <span role="status" className="inline-flex items-center gap-1.5 text-sm text-muted">
        <span
          aria-hidden
          className={`size-2 rounded-full ${dot} ${status === 'reconnecting' ? 'animate-pulse' : ''}`}
        />
        <span className="max-sm:sr-only">{text}</span>
      </span>
    </Tooltip>
  );
}

/** Above the page: that it is cut off, or what came while it was. */
export function ConnectionNotice() {
  const { status, missed, cutSince } = useLiveState();
  const now = useNow();
  // A cut of a moment is mended before anybody could read of it.
  const isCut = status === 'reconnecting' && cutSince !== undefined && now - cutSince > 2_000;
  return (
    <>
      {isCut && (
        <div className="px-4 pt-4 md:px-6">
          <Notice tone="warn">
            No connection to the server for {lengthOf(now - cutSince)}. What is shown is as old; it is tried again by
            itself.
          </Notice>
        </div>
      )}
      {/* That it is cut off is told in the bar above, and not each second. */}
      <div role="status">
        {missed !== undefined && !isCut && (
          <div className="px-4 pt-4 md:px-6">
            <Notice
              tone="info"
              actions={
                <Button isSmall onClick={acknowledgeMissed}>
                  All right
                </Button>
              }
            >
              Connected again. Changed meanwhile, and up to date now: {missed}.
            </Notice>
          </div>
        )}
      </div>
    </>
  );
}
