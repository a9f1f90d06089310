/** Why an entry is where it is, in plain words; what stands in its way, each with its cure beside it. */
import { CircleCheck, Hourglass, LoaderCircle, OctagonX, TriangleAlert } from 'lucide-react';
import { CureButton } from '../../actions/cure-button.tsx';
import { cancelEntry } from '../../actions/entry-actions.ts';
import { EnqueueAnew } from '../../entries/enqueue-anew.tsx';
import { TONE_LOOKS } from '../../ui/badge.tsx';
import { Code } from '../../ui/copy.tsx';
import { Prose } from '../../ui/prose.tsx';
import { Time } from '../../ui/time.tsx';
import type { Tone } from '../../ui/words.ts';
import type { Entry } from './entry-query.ts';
import { beyond } from './timeline.rules.ts';

type Blocker = NonNullable<Entry['explanation']>['blockers'][number];

const BLOCKERS: Readonly<Partial<Record<Blocker['__typename'], string>>> = {
  BackingOff: 'It waits for its next retry',
  ScheduledFor: 'It is to begin later',
  CircuitOpen: 'All attempts are held back',
  QueuePaused: 'The queue is paused',
  LeasedBy: 'A node has it in hand',
  RateLimited: 'A limit holds it back',
  NoLiveNode: 'No node is running',
  WaitingForTurn: 'It waits for its turn',
  RetriesUsedUp: 'Its retries are used up',
  PermanentError: 'It failed for a reason that stays',
  PasswordDestroyed: 'Its password is destroyed',
};

const LOOKS: Readonly<Record<Entry['status'], readonly [tone: Tone, lead: string, icon: typeof Hourglass]>> = {
  PENDING: ['info', 'The account is not made yet.', Hourglass],
  PROCESSING: ['warn', 'The account is being made right now.', LoaderCircle],
  COMPLETED: ['good', 'The account exists.', CircleCheck],
  FAILED: ['bad', 'The account was not made.', TriangleAlert],
  CANCELLED: ['idle', 'The account will not be made.', OctagonX],
};

interface ExplanationProps {
  readonly entry: Entry;
  readonly onDone: () => void;
}

export function Explanation({ entry, onDone }: ExplanationProps) {
  const { status, explanation, username } = entry;
  const [tone, lead, Icon] = LOOKS[status];
  const blockers = explanation?.blockers ?? [];
  const summary =
    explanation === null
      ? undefined
      : beyond(
          explanation.summary,
          blockers.map(({ message }) => message),
        );
  const first = blockers.findIndex(({ cure }) => cure !== null);
  return (
    <section aria-label="Explanation" className="overflow-hidden rounded-lg border bg-panel">
      <div className={`flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-3 ${TONE_LOOKS[tone]}`}>
        <Icon aria-hidden className={`size-5 shrink-0 ${status === 'PROCESSING' ? 'animate-spin' : ''}`} />
        <h2 className="min-w-0 flex-1 basis-60 text-lg font-semibold">
          {summary === undefined || summary === lead ? lead : <Prose text={`${lead} ${summary}`} />}
        </h2>
        {explanation !== null && explanation.nextChangeAt !== null && (
          <p className="text-right">
            <span className="text-sm">Something changes by itself in </span>
            <strong className="text-lg tabular-nums">
              <Time at={explanation.nextChangeAt} as="countdown" />
            </strong>
          </p>
        )}
      </div>
      {explanation === null && (
        <p className="px-4 py-3 text-muted">Why it is so could not be found out; the rest of the page holds.</p>
      )}
      {blockers.length > 0 && (
        <ul className="divide-y" aria-label="What stands in its way">
          {blockers.map(({ __typename, message, cure, ...rest }, index) => (
            <li key={`${__typename}-${message}`} className="flex flex-wrap items-center gap-x-6 gap-y-2 px-4 py-3">
              <div className="min-w-0 flex-1 basis-72">
                <p className="flex flex-wrap items-center gap-x-2 gap-y-1 font-medium">
                  {BLOCKERS[__typename] ?? 'Something stands in its way'}
                  {'code' in rest && <Code>{rest.code}</Code>}
                </p>
                <p className="max-w-prose break-words text-muted">
                  <Prose text={message} />
                </p>
              </div>
              {cure !== null && (
                <div className="flex flex-wrap gap-2">
                  <CureButton cure={cure} subject={username} isPrimary={index === first} onDone={onDone} />
                  {/* What is given up because of what it asks for is asked for otherwise. */}
                  {cure.mutation === cancelEntry.mutation && <EnqueueAnew entry={entry} />}
                </div>
              )}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
