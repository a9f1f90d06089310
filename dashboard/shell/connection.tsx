/** Whether the data shown is live, and what was missed while it was not. */

import { UNREACHED } from '../graphql/failures.rules.ts';
import { signInAddress } from '../graphql/signing-in.ts';
import type { LiveStatus } from '../live/connection.rules.ts';
import { acknowledgeMissed } from '../live/stream.ts';
import { retryAll, type Trouble, useWorstTrouble } from '../live/troubles.ts';
import { useLiveState } from '../live/use-live.ts';
import { Button } from '../ui/button.tsx';
import { lengthOf } from '../ui/instants.rules.ts';
import { Notice } from '../ui/notice.tsx';
import { useNow } from '../ui/time.tsx';
import { Tooltip } from '../ui/tooltip.tsx';

type Words = readonly [text: string, dot: string, more: string];

const WORDS: Readonly<Record<LiveStatus, Words>> = {
  live: ['Live', 'bg-good', 'Changes are shown as they happen.'],
  connecting: ['Connecting', 'bg-warn', 'Connecting.'],
  reconnecting: [
    'Reconnecting',
    'bg-bad',
    'No connection to the server. Reconnecting automatically; missed changes are loaded then.',
  ],
  paused: ['Paused', 'bg-line-strong', 'Paused while the window is hidden.'],
};

const FAILING: Words = ['Not up to date', 'bg-bad', 'A request failed and is retried automatically.'];
const SLOW: Words = ['Slow', 'bg-warn', 'The server is slow to answer.'];

export function Connection() {
  const { status } = useLiveState();
  const trouble = useWorstTrouble();
  const isTroubled = status === 'live' && trouble !== undefined;
  const [text, dot, more] = !isTroubled ? WORDS[status] : trouble.problem === undefined ? SLOW : FAILING;
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

/**
 * Above the page: what keeps it from being up to date, one problem at a time, or what was missed while disconnected.
 */
export function ConnectionNotice() {
  const { status, missed, cutSince } = useLiveState();
  const trouble = useWorstTrouble();
  const now = useNow();
  // A brief disconnect is over before the user could read about it.
  const isCut = status === 'reconnecting' && cutSince !== undefined && now - cutSince > 2_000;
  const isSignedOut = trouble?.isSignedOut === true;
  const problem = trouble?.problem?.startsWith(UNREACHED) === true ? undefined : trouble?.problem;
  return (
    <>
      {isCut && !isSignedOut && (
        <div className="px-4 pt-4 md:px-6">
          <Notice tone="warn">
            No connection to the server for {secondsOf(now - cutSince)}. This page shows older data.{' '}
            {problem ?? 'Reconnecting automatically.'}
          </Notice>
        </div>
      )}
      {trouble !== undefined && (isSignedOut || status !== 'reconnecting') && (
        <div className="px-4 pt-4 md:px-6">
          <TroubleNotice trouble={trouble} now={now} />
        </div>
      )}
      {/* The bar above announces the disconnect; announcing the notice would repeat it each second. */}
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
              Connected again. Updated since: {missed}.
            </Notice>
          </div>
        )}
      </div>
    </>
  );
}

const secondsOf = (ms: number): string => lengthOf(Math.round(ms / 1_000) * 1_000);

function TroubleNotice({ trouble, now }: { readonly trouble: Trouble; readonly now: number }) {
  const { problem, isSignedOut, since } = trouble;
  if (problem === undefined)
    return (
      <Notice tone="warn">
        The server is slow to answer: a request was sent {secondsOf(now - since)} ago. If six or more windows of this
        browser show the dashboard, they may wait for each other: close some.
      </Notice>
    );
  const tryAgain = (
    <Button isSmall onClick={retryAll}>
      Try again
    </Button>
  );
  return (
    <Notice
      tone="bad"
      isUrgent
      actions={
        isSignedOut ? (
          <>
            <Button isSmall onClick={() => window.location.assign(signInAddress())}>
              Sign in
            </Button>
            {tryAgain}
          </>
        ) : (
          tryAgain
        )
      }
    >
      {problem}
    </Notice>
  );
}
