/** Why an entry is in its state, and each blocker with its cure. */

import { CircleCheck, Hourglass, LoaderCircle, OctagonX, TriangleAlert, UserPlus } from 'lucide-react';
import { usePermission } from '../access/viewer.tsx';
import { CureButton } from '../actions/action-button.tsx';
import { Button, ButtonLink } from '../ui/button.tsx';
import { Card, Facts } from '../ui/card.tsx';
import { Code, Copied, CopyIcon } from '../ui/copy.tsx';
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
  readonly isPrimary?: boolean;
}

export function EnqueueAnew({ entry, label = 'Enqueue again', isPrimary = false }: EnqueueAnewProps) {
  const { isAllowed, reason } = usePermission('enqueueAccount');
  return isAllowed ? (
    <ButtonLink isSmall kind={isPrimary ? 'primary' : 'plain'} icon={UserPlus} href={anewAddress(entry)}>
      {label}
    </ButtonLink>
  ) : (
    <Button isSmall icon={UserPlus} disabledBecause={reason}>
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
                  {/* An entry whose data is the problem is enqueued again with other data, and cancelled. */}
                  {blocker.cure.mutation === cancelEntry.mutation && (
                    <EnqueueAnew entry={entry} isPrimary={index === first} />
                  )}
                  <CureButton
                    cure={blocker.cure}
                    subject={username}
                    isPrimary={index === first && blocker.cure.mutation !== cancelEntry.mutation}
                    onDone={onDone}
                  />
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

/* The entry's details, each id beside what it identifies. */

export function EntryFacts({ entry }: { readonly entry: Entry }) {
  const { entryId, role, family, createdBy, user, createdAt, updatedAt, retryCount, maxRetries } = entry;
  const by = createdBy === null ? undefined : `${createdBy.fullName} (${USER_ROLE[createdBy.role].toLowerCase()})`;
  return (
    <Card title="Details">
      <Facts
        of={[
          [
            'Family',
            <Named key="family" name={family?.name} id={family?.familyId} gone="It was deleted" what="family" />,
          ],
          ['Role', USER_ROLE[role]],
          [
            'Requested by',
            <Named key="by" name={by} id={createdBy?.userId} gone="That user was deleted" what="requester" />,
          ],
          ['User', <Named key="user" name={user?.fullName} id={user?.userId} gone="Not created yet" what="user" />],
          ['Password', <Password key="password" entry={entry} />],
          ['Enqueued', <Time key="enqueued" at={createdAt} />],
          ['Last changed', <Time key="changed" at={updatedAt} />],
          ['Retries', `${retryCount} of ${maxRetries}`],
          ['Entry id', <Copied key="id" of={entryId} label="the entry’s id" />],
        ]}
      />
      <p className="mt-2 text-sm text-muted">The entry’s id is also the account’s id at the identity provider.</p>
    </Card>
  );
}

interface NamedProps {
  readonly name: string | undefined;
  readonly id: string | undefined;
  /** Shown instead of a missing name. */
  readonly gone: string;
  readonly what: string;
}

const Named = ({ name, id, gone, what }: NamedProps) =>
  name === undefined ? (
    <span className="text-muted">{gone}</span>
  ) : (
    <span className="inline-flex max-w-full items-center gap-1">
      <bdi className="min-w-0 break-words">{name}</bdi>
      {id !== undefined && (
        <span className="-my-1.5">
          <CopyIcon text={id} label={`Copy the ${what}’s id`} />
        </span>
      )}
    </span>
  );

function Password({ entry: { passwordDestroyedAt, passwordDestroyedBecause } }: { readonly entry: Entry }) {
  if (passwordDestroyedAt === null) return <>Encrypted</>;
  return (
    <>
      Destroyed <Time at={passwordDestroyedAt} />
      {passwordDestroyedBecause !== null && `, since ${DESTROYED_BECAUSE[passwordDestroyedBecause]}`}
    </>
  );
}
