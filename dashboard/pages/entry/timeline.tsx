/** Everything that happened to an entry, the newest first; its older attempts by the page. */
import { Ban, CircleCheck, CircleX, Inbox, KeyRound, LoaderCircle, ShieldOff, UserRound, Zap } from 'lucide-react';
import type { ReactNode } from 'react';
import { Badge, Status } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { Code, CopyIcon } from '../../ui/copy.tsx';
import { Length, Time } from '../../ui/time.tsx';
import { ATTEMPT_OUTCOME, type Tone } from '../../ui/words.ts';
import type { Act, Attempt, Entry, Transition } from './entry-query.ts';
import { DESTROYED_BECAUSE } from './facts.tsx';
import { Prose } from './prose.tsx';
import type { Happening } from './timeline.rules.ts';

interface TimelineProps {
  readonly entry: Entry;
  readonly happenings: readonly Happening[];
  /** Loads attempts before those that are shown; undefined when there are none. */
  readonly onEarlier: (() => void) | undefined;
  readonly isLoadingEarlier: boolean;
  /** What is not told, and why. */
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

interface Look {
  readonly icon: typeof Inbox;
  readonly tone: Tone;
  readonly title: ReactNode;
  readonly detail?: ReactNode;
}

const DOTS: Readonly<Record<Tone, string>> = {
  good: 'bg-good-soft text-good',
  warn: 'bg-warn-soft text-warn',
  bad: 'bg-bad-soft text-bad',
  info: 'bg-info-soft text-info',
  idle: 'bg-idle-soft text-muted',
};

function Item({ happening, entry }: { readonly happening: Happening; readonly entry: Entry }) {
  const { icon: Icon, tone, title, detail } = lookOf(happening, entry);
  return (
    <li className="group relative flex gap-3 pb-4 last:pb-0">
      <span aria-hidden className="absolute top-6 bottom-0 left-3 w-px bg-line group-last:hidden" />
      <span className={`flex size-6 shrink-0 items-center justify-center rounded-full ${DOTS[tone]}`}>
        <Icon aria-hidden className="size-3.5" />
      </span>
      <div className="min-w-0 flex-1">
        <div className="flex flex-wrap items-baseline justify-between gap-x-4">
          <div className="flex min-w-0 flex-wrap items-center gap-x-2 gap-y-1 pt-0.5 font-medium">{title}</div>
          <span className="text-sm text-muted">
            <Time at={happening.at} as="clock" />
          </span>
        </div>
        {detail !== undefined && <div className="mt-1 grid gap-1 break-words text-muted">{detail}</div>}
      </div>
    </li>
  );
}

function lookOf(happening: Happening, entry: Entry): Look {
  switch (happening.kind) {
    case 'enqueued': {
      const by = happening.by ?? entry.createdBy?.fullName;
      return {
        icon: Inbox,
        tone: 'info',
        title: by === undefined ? 'Enqueued' : `Enqueued by ${by}`,
        detail:
          happening.runAt === undefined ? undefined : (
            <p>
              Not to begin before <Time at={happening.runAt} as="exact" />.
            </p>
          ),
      };
    }
    case 'attempt':
      return attemptLook(happening.attempt);
    case 'circuit':
      return circuitLook(happening.transition, happening.wasOpenAlready);
    case 'act':
      return actLook(happening.act);
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
              ? 'The account was made; the user has been removed since.'
              : `${entry.user.fullName} is a user of ${entry.family?.name ?? 'the family'} now.`}
          </p>
        ),
      };
  }
}

function attemptLook({ number, outcome, duration, errorCode, errorMessage, providerRequestId, node }: Attempt): Look {
  const wording = outcome === null ? undefined : ATTEMPT_OUTCOME[outcome];
  const node_ = node == null ? '' : ` on ${node.name}`;
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
        {errorMessage !== null && (
          <p className="max-w-prose text-text">
            <Prose>{errorMessage}</Prose>
          </p>
        )}
        <p className="flex flex-wrap items-center gap-x-2 text-sm">
          {duration === null ? (
            <span>Begun{node_}</span>
          ) : (
            <span>
              Took <Length of={duration} />
              {node_}
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

function circuitLook({ to, cause, reason, actor }: Transition, wasOpenAlready: boolean): Look {
  const by = actor === null ? '' : ` by ${actor}`;
  const isOpening = to !== 'CLOSED';
  return {
    icon: isOpening ? ShieldOff : Zap,
    tone: isOpening ? 'warn' : 'good',
    title: (
      <>
        {wasOpenAlready
          ? `The circuit was open already${by}`
          : isOpening
            ? `The circuit opened${by}`
            : `The circuit closed${by}`}
        {cause !== null && <Code>{cause}</Code>}
      </>
    ),
    detail: reason === null ? undefined : <p className="max-w-prose">{reason}</p>,
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
