/** The entry's timeline, newest first; older attempts are loaded by the page. */

import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { TONE_LOOKS } from '../ui/text.tsx';
import { Time } from '../ui/time.tsx';
import type { Entry } from './entry-query.ts';
import { lookOf } from './happening-look.tsx';
import type { Happening } from './timeline.rules.ts';

interface TimelineProps {
  readonly entry: Entry;
  readonly happenings: readonly Happening[];
  /** Loads earlier attempts; undefined when there are none. */
  readonly onEarlier: (() => void) | undefined;
  readonly isLoadingEarlier: boolean;
  /** What the timeline leaves out, and why. */
  readonly omissions: readonly string[];
}

export function Timeline({ entry, happenings, onEarlier, isLoadingEarlier, omissions }: TimelineProps) {
  return (
    <Card title="What happened" hint="Newest first.">
      <ol className="relative">
        {happenings.map((one) => (
          <Item key={one.key} happening={one} entry={entry} />
        ))}
      </ol>
      {onEarlier !== undefined && (
        <div className="mt-2 pl-9">
          <Button isSmall isBusy={isLoadingEarlier} onClick={onEarlier}>
            Earlier attempts
          </Button>
        </div>
      )}
      {omissions.map((text) => (
        <p key={text} className="mt-2 pl-9 text-sm text-muted">
          {text}
        </p>
      ))}
    </Card>
  );
}

function Item({ happening, entry }: { readonly happening: Happening; readonly entry: Entry }) {
  const { icon: Icon, tone, title, detail } = lookOf(happening, entry);
  return (
    <li className="group relative flex gap-3 pb-4 last:pb-0">
      <span aria-hidden className="absolute top-6 bottom-0 left-3 w-px bg-line group-last:hidden" />
      <span className={`flex size-6 shrink-0 items-center justify-center rounded-full ${TONE_LOOKS[tone]}`}>
        <Icon aria-hidden className="size-3.5" />
      </span>
      <div className="min-w-0 flex-1">
        <div className="flex flex-wrap items-baseline justify-between gap-x-4">
          <div className="flex min-w-0 flex-wrap items-center gap-x-2 gap-y-1 pt-0.5 font-medium">{title}</div>
          <span className="text-sm text-muted">
            <Time at={happening.at} as="clock" />
          </span>
        </div>
        {detail !== undefined && <div className="mt-1 grid grid-cols-1 gap-1 break-words text-muted">{detail}</div>}
      </div>
    </li>
  );
}
