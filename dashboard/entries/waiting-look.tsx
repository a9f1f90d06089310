/** How the timeline shows what held the entry back: the circuit, and pauses. */

import { CirclePause, CirclePlay, type LucideIcon, ShieldOff, Zap } from 'lucide-react';
import type { ReactNode } from 'react';
import { Code } from '../ui/copy.tsx';
import { Time } from '../ui/time.tsx';
import type { Tone } from '../ui/words.ts';
import type { BulkChange, Entry, Transition } from './entry-query.ts';
import type { Pausing } from './waits.rules.ts';

/* How the timeline shows an event. */

export interface Look {
  readonly icon: LucideIcon;
  readonly tone: Tone;
  readonly title: ReactNode;
  readonly detail?: ReactNode;
}

export function circuitLook({ to, cause, reason, actor, changedAt }: Transition, wasOpenAlready: boolean): Look {
  const isOpening = to !== 'CLOSED';
  const by = actor === null ? '' : ` by ${actor}`;
  return {
    icon: isOpening ? ShieldOff : Zap,
    tone: isOpening ? 'warn' : 'good',
    title: (
      <>
        {wasOpenAlready ? 'The circuit was already open' : `The circuit ${isOpening ? 'opened' : 'closed'}${by}`}
        {cause !== null && <Code>{cause}</Code>}
      </>
    ),
    detail: (
      <>
        {wasOpenAlready && (
          <p>
            Opened{by} at <Time at={changedAt} as="clock" />.
          </p>
        )}
        {/* An operator's reason is quoted; without an actor, the text is the server's. */}
        {reason !== null && <p className="max-w-prose">{actor === null ? reason : `“${reason}”`}</p>}
      </>
    ),
  };
}

const PAUSINGS: Readonly<Record<Pausing['kind'], string>> = {
  paused: 'was paused',
  changed: 'was given another pause',
  resumed: 'was resumed',
  'ran out': 'went on: its pause had an end',
};

export function pauseLook({ kind, isOfFamily, until, actor, reason }: Pausing, wasAlready: boolean): Look {
  const isHold = kind === 'paused' || kind === 'changed';
  const by = actor === undefined ? '' : ` by ${actor}`;
  const queue = isOfFamily ? 'The family’s queue' : 'The queue';
  return {
    icon: isHold ? CirclePause : CirclePlay,
    tone: isHold ? 'warn' : 'good',
    title: wasAlready
      ? `${queue} was already paused${actor === undefined ? '' : `, by ${actor}`}`
      : `${queue} ${PAUSINGS[kind]}${by}`,
    detail: (
      <>
        {until !== undefined && (
          <p>
            Until <Time at={until} as="exact" />.
          </p>
        )}
        {reason !== null && <p className="max-w-prose">“{reason}”</p>}
      </>
    ),
  };
}

/* Words for API values of one entry; those used on several pages are in ui/words.ts. */

export const DESTROYED_BECAUSE: Readonly<Record<NonNullable<Entry['passwordDestroyedBecause']>, string>> = {
  COMPLETED: 'the account was made',
  CANCELLED: 'the entry was cancelled and its undo period is over',
  RETENTION: 'the entry had failed and the retention period of its password is over',
  KEY_LOST: 'the master key was lost, so it can no longer be decrypted',
};

type BulkKind = BulkChange['bulkAction']['action'];

export const BULK_ACTION: Readonly<Record<BulkKind, string>> = {
  RETRY: 'Retried in bulk',
  CANCEL: 'Cancelled in bulk',
  SET_RUN_AT: 'Rescheduled in bulk',
};

/** The bulk action as a noun, for sentences about an exclusion or an undo. */
export const BULK_NOUN: Readonly<Record<BulkKind, string>> = {
  RETRY: 'bulk retry',
  CANCEL: 'bulk cancel',
  SET_RUN_AT: 'bulk change of times',
};
