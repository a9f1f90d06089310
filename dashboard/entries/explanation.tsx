/** Why an entry is in its state, and each blocker with its cure. */

import { CircleCheck, Hourglass, LoaderCircle, OctagonX, TriangleAlert, UserPlus } from 'lucide-react';
import type { ReactNode } from 'react';
import { usePermission } from '../access/viewer.tsx';
import { CureButton } from '../actions/action-button.tsx';
import { Button, ButtonLink } from '../ui/button.tsx';
import { Card, Facts } from '../ui/card.tsx';
import { Code, Copied } from '../ui/copy.tsx';
import { TONE_LOOKS } from '../ui/text.tsx';
import { Time } from '../ui/time.tsx';
import { type Tone, USER_ROLE } from '../ui/words.ts';
import { anewAddress, type EntryToCopy } from './entry.rules.ts';
import { cancelEntry } from './entry-actions.ts';
import type { Entry } from './entry-query.ts';
import { DESTROYED_BECAUSE } from './waiting-look.tsx';

/* Leads to the form for a new account, filled in from an entry that cannot succeed as it is. */

interface EnqueueAnewProps {
  readonly entry: EntryToCopy;
  readonly label?: string;
  readonly isSmall?: boolean;
}

export function EnqueueAnew({ entry, label = 'Enqueue again', isSmall = true }: EnqueueAnewProps) {
  const { isAllowed, reason } = usePermission('enqueueAccount');
  return isAllowed ? (
    <ButtonLink isSmall={isSmall} icon={UserPlus} href={anewAddress(entry)}>
      {label}
    </ButtonLink>
  ) : (
    <Button isSmall={isSmall} icon={UserPlus} disabledBecause={reason}>
      {label}
    </Button>
  );
}

type Blocker = NonNullable<Entry['explanation']>['blockers'][number];

/** The title of each kind of blocker, and the label of its `at`. */
const BLOCKERS: Readonly<Partial<Record<Blocker['__typename'], readonly [title: string, at?: string]>>> = {
  BackingOff: ['Waiting for its next retry', 'Next retry'],
  ScheduledFor: ['Scheduled for later', 'Starts'],
  CircuitOpen: ['The circuit is open', 'Next probe'],
  QueuePaused: ['The queue is paused', 'Resumes'],
  LeasedBy: ['A node is attempting it', 'Lease ends'],
  RateLimited: ['A limit is reached', 'Next start'],
  NoLiveNode: ['No node is running'],
  WaitingForTurn: ['Waiting for a free worker'],
  RetriesUsedUp: ['All retries are used up'],
  PermanentError: ['Permanent error'],
  PasswordDestroyed: ['The password was destroyed'],
};
/** Kinds whose code is an error code. */
const FAILURES: readonly Blocker['__typename'][] = ['PermanentError', 'RetriesUsedUp'];

const LOOKS: Readonly<Record<Entry['status'], readonly [tone: Tone, lead: string, icon: typeof Hourglass]>> = {
  PENDING: ['info', 'The account is not created yet.', Hourglass],
  PROCESSING: ['warn', 'The account is being created.', LoaderCircle],
  COMPLETED: ['good', 'The account exists.', CircleCheck],
  FAILED: ['bad', 'The account was not created.', TriangleAlert],
  CANCELLED: ['idle', 'The account will not be created.', OctagonX],
};

interface ExplanationProps {
  readonly entry: Entry;
  readonly onDone: () => void;
}

export function Explanation({ entry, onDone }: ExplanationProps) {
  const { status, explanation, username } = entry;
  const [tone, lead, Icon] = LOOKS[status];
  const blockers = explanation?.blockers ?? [];
  const summary = explanation?.summary ?? lead;
  const first = blockers.findIndex(({ cure }) => cure !== null);
  return (
    <section aria-label="Explanation" className="overflow-hidden rounded-lg border bg-panel">
      <div className={`flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-3 ${TONE_LOOKS[tone]}`}>
        <Icon aria-hidden className={`size-5 shrink-0 ${status === 'PROCESSING' ? 'animate-spin' : ''}`} />
        <h2 className="min-w-0 flex-1 basis-60 text-lg font-semibold">
          {summary === lead ? lead : `${lead} ${summary}`}
        </h2>
        {explanation !== null && explanation.nextChangeAt !== null && (
          <p className="text-right">
            <span className="text-sm">Next change in </span>
            <strong className="text-lg tabular-nums">
              <Time at={explanation.nextChangeAt} as="countdown" />
            </strong>
          </p>
        )}
      </div>
      {explanation === null && (
        <p className="px-4 py-3 text-muted">The explanation could not be loaded; the rest of the page is current.</p>
      )}
      {blockers.length > 0 && (
        <ul className="divide-y" aria-label="What stands in its way">
          {blockers.map((blocker, index) => (
            <li
              key={`${blocker.__typename}-${blocker.message}`}
              className="flex flex-wrap items-center gap-x-6 gap-y-2 px-4 py-3"
            >
              <Obstacle blocker={blocker} />
              {blocker.cure !== null && (
                <div className="flex flex-wrap gap-2">
                  <CureButton cure={blocker.cure} subject={username} isPrimary={index === first} onDone={onDone} />
                  {/* An entry whose data is the problem is cancelled and enqueued again with other data. */}
                  {blocker.cure.mutation === cancelEntry.mutation && <EnqueueAnew entry={entry} />}
                </div>
              )}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Obstacle({ blocker }: { readonly blocker: Blocker }) {
  const { __typename, code, message, at } = blocker;
  const [title = 'Something stands in its way', end = 'Ends'] = BLOCKERS[__typename] ?? [];
  const since = 'openedAt' in blocker ? blocker.openedAt : 'pausedAt' in blocker ? blocker.pausedAt : null;
  return (
    <div className="min-w-0 flex-1 basis-72">
      <p className="flex flex-wrap items-center gap-x-2 gap-y-1 font-medium">
        {title}
        {FAILURES.includes(__typename) && <Code>{code}</Code>}
      </p>
      <p className="max-w-prose break-words text-muted">{message}</p>
      {(since !== null || at !== null) && (
        <p className="text-sm text-muted">
          {since !== null && (
            <>
              Since <Time at={since} as="clock" />.{' '}
            </>
          )}
          {at !== null && (
            <>
              {end}: <Time at={at} as="clock" />.
            </>
          )}
        </p>
      )}
    </div>
  );
}

/* The entry's details, and its ids to copy. */

type Fact = readonly [name: string, value: ReactNode];

export function EntryFacts({ entry }: { readonly entry: Entry }) {
  return (
    <div className="grid content-start gap-4">
      <Card title="Account">
        <Facts of={accountOf(entry)} />
      </Card>
      <Card title="Timing">
        <Facts of={courseOf(entry)} />
      </Card>
      <Card title="Ids">
        <Facts of={idsOf(entry)} />
        <p className="mt-2 text-sm text-muted">The entry’s id is also the account’s id at the identity provider.</p>
      </Card>
    </div>
  );
}

function accountOf(entry: Entry): Fact[] {
  const { fullName, role, family, createdBy, user } = entry;
  const by = createdBy === null ? undefined : `${createdBy.fullName} (${USER_ROLE[createdBy.role].toLowerCase()})`;
  const password = <Password entry={entry} />;
  return [
    ['Full name', fullName],
    ['Role', USER_ROLE[role]],
    ['Family', orGone(family?.name, 'It was deleted')],
    ['Asked for by', orGone(by, 'That user was deleted')],
    ['Password', password],
    ['User', orGone(user?.fullName, 'Not created yet')],
  ];
}

function courseOf({ createdAt, updatedAt, nextRetryAt, retryCount, maxRetries }: Entry): Fact[] {
  const enqueued = <Time at={createdAt} />;
  const changed = <Time at={updatedAt} />;
  const due = nextRetryAt === null ? orGone(undefined, 'No more attempts') : <Time at={nextRetryAt} />;
  return [
    ['Enqueued', enqueued],
    ['Last changed', changed],
    ['Due', due],
    ['Retries', `${retryCount} of ${maxRetries} in this series`],
  ];
}

function idsOf({ entryId, family, createdBy, user }: Entry): Fact[] {
  const ids: readonly (readonly [name: string, id: string | undefined, label: string])[] = [
    ['Entry', entryId, 'the entry’s id'],
    ['Family', family?.familyId, 'the family’s id'],
    ['Asked for by', createdBy?.userId, 'the id of who asked for it'],
    ['User', user?.userId, 'the user’s id'],
  ];
  return ids.flatMap(([name, id, label]) => {
    if (id === undefined) return [];
    const shown = <Copied key={name} of={id} label={label} />;
    return [[name, shown] as const];
  });
}

const orGone = (value: string | undefined, gone: string): ReactNode =>
  value ?? <span className="text-muted">{gone}</span>;

function Password({ entry: { passwordDestroyedAt, passwordDestroyedBecause } }: { readonly entry: Entry }) {
  if (passwordDestroyedAt === null) return <>Encrypted; destroyed when no longer needed</>;
  return (
    <>
      Destroyed <Time at={passwordDestroyedAt} />
      {passwordDestroyedBecause !== null && `, since ${DESTROYED_BECAUSE[passwordDestroyedBecause]}`}
    </>
  );
}
