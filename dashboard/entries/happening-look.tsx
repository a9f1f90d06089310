/** Icon, tone, title and detail of each event in the timeline. */

import { Ban, CircleCheck, CircleX, Inbox, KeyRound, ListChecks, LoaderCircle, Undo2, UserRound } from 'lucide-react';
import { Link } from 'wouter';
import { Code, CopyIcon } from '../ui/copy.tsx';
import { Badge, Status } from '../ui/text.tsx';
import { Length, Time } from '../ui/time.tsx';
import { ATTEMPT_OUTCOME } from '../ui/words.ts';
import type { Act, Attempt, BulkChange, Entry } from './entry-query.ts';
import type { Happening } from './timeline.rules.ts';
import { BULK_ACTION, BULK_NOUN, circuitLook, DESTROYED_BECAUSE, type Look, pauseLook } from './waiting-look.tsx';

export function lookOf(happening: Happening, entry: Entry): Look {
  switch (happening.kind) {
    case 'enqueued': {
      const { by, runAt } = happening;
      return {
        icon: Inbox,
        tone: 'info',
        title: by === undefined ? 'Enqueued' : `Enqueued by ${by}`,
        detail: (
          <>
            {entry.createdBy !== null && <p>Requested by {entry.createdBy.fullName}.</p>}
            {runAt !== undefined && (
              <p>
                Not before <Time at={runAt} as="exact" />.
              </p>
            )}
          </>
        ),
      };
    }
    case 'attempt':
      return attemptLook(happening.attempt, entry);
    case 'circuit':
      return circuitLook(happening.transition, happening.wasOpenAlready);
    case 'pause':
      return pauseLook(happening.pausing, happening.wasAlready);
    case 'act':
      return actLook(happening.act);
    case 'bulk':
      return bulkLook(happening.change);
    case 'bulk-undone':
      return undoneLook(happening.change);
    case 'password-destroyed':
      return {
        icon: KeyRound,
        tone: 'idle',
        title: 'Password destroyed',
        detail:
          entry.passwordDestroyedBecause === null ? undefined : (
            <p>Because {DESTROYED_BECAUSE[entry.passwordDestroyedBecause]}.</p>
          ),
      };
    case 'completed':
      return {
        icon: CircleCheck,
        tone: 'good',
        title: 'Completed',
        detail: (
          <p>
            {entry.user === null
              ? 'The account was created; the user has been removed since.'
              : `${entry.user.fullName} is a user of ${entry.family?.name ?? 'the family'} now.`}
          </p>
        ),
      };
  }
}

function attemptLook(attempt: Attempt, { explanation }: Entry): Look {
  const { number, outcome, duration, errorCode, errorMessage, providerRequestId, node } = attempt;
  // The explanation above quotes the present error.
  const isQuoted = explanation?.blockers.some(({ message }) => message === errorMessage) === true;
  const wording = outcome === null ? undefined : ATTEMPT_OUTCOME[outcome];
  const where = node == null ? '' : ` on ${node.name}`;
  return {
    icon: outcome === null ? LoaderCircle : outcome === 'SUCCEEDED' ? CircleCheck : CircleX,
    tone: wording?.tone ?? 'info',
    title: (
      <>
        Attempt {number}
        {wording === undefined ? <Badge tone="info">Under way</Badge> : <Status of={wording} />}
        {errorCode !== null && <Code>{errorCode}</Code>}
      </>
    ),
    detail: (
      <>
        {errorMessage !== null && !isQuoted && <p className="max-w-prose text-text">{errorMessage}</p>}
        <p className="flex flex-wrap items-center gap-x-2 text-sm">
          {duration === null ? (
            <span>Begun{where}</span>
          ) : (
            <span>
              Took <Length of={duration} />
              {where}
            </span>
          )}
          {providerRequestId !== null && (
            <span className="inline-flex items-center gap-1">
              Provider’s request <Code isShort>{providerRequestId}</Code>
              <CopyIcon text={providerRequestId} label="Copy the provider’s id of the request" />
            </span>
          )}
        </p>
      </>
    ),
  };
}

const ACTS: Readonly<Record<string, string>> = {
  retryEntry: 'Retried',
  cancelEntry: 'Cancelled',
  applyBulkAction: 'Changed by a bulk action',
  undoBulkAction: 'Bulk action undone',
};

function actLook({ action, actor, outcome, reason }: Act): Look {
  const isRefused = outcome !== 'DONE';
  return {
    icon: isRefused ? Ban : UserRound,
    tone: 'idle',
    title: (
      <>
        {ACTS[action] ?? action} by {actor}
        {isRefused && <Badge tone="warn">Refused</Badge>}
      </>
    ),
    detail: reason === null ? undefined : <p className="max-w-prose">“{reason}”</p>,
  };
}

function bulkLook({ outcome, message, bulkAction }: BulkChange): Look {
  const { bulkActionId, action, actor, reason, runAt } = bulkAction;
  const isSkipped = outcome === 'SKIPPED';
  return {
    icon: ListChecks,
    tone: 'idle',
    title: isSkipped ? `Left out of a ${BULK_NOUN[action]} by ${actor}` : `${BULK_ACTION[action]} by ${actor}`,
    detail: (
      <>
        {runAt !== null && !isSkipped && (
          <p>
            Due at <Time at={runAt} as="exact" />.
          </p>
        )}
        {reason !== null && <p className="max-w-prose">“{reason}”</p>}
        {message !== null && (
          <p className="max-w-prose">
            {outcome === 'KEPT' && 'Its undo left the entry as it was. '}
            {message}
          </p>
        )}
        <ToBulkAction bulkActionId={bulkActionId} />
      </>
    ),
  };
}

function undoneLook({ undoneBy, undoReason, bulkAction: { bulkActionId, action } }: BulkChange): Look {
  return {
    icon: Undo2,
    tone: 'idle',
    title: `The ${BULK_NOUN[action]} was undone${undoneBy === null ? '' : ` by ${undoneBy}`}`,
    detail: (
      <>
        {undoReason !== null && <p className="max-w-prose">“{undoReason}”</p>}
        <ToBulkAction bulkActionId={bulkActionId} />
      </>
    ),
  };
}

const ToBulkAction = ({ bulkActionId }: { readonly bulkActionId: string }) => (
  <p className="text-sm">
    <Link href={`/bulk-actions/${bulkActionId}`} className="text-accent hover:underline">
      The bulk action
    </Link>
  </p>
);
