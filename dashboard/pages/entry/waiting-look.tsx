/** How the timeline shows what held the entry back: the circuit, and pauses. */
import { CirclePause, CirclePlay, ShieldOff, Zap } from 'lucide-react';
import { Code } from '../../ui/copy.tsx';
import { Time } from '../../ui/time.tsx';
import type { Transition } from './entry-query.ts';
import type { Look } from './look.ts';
import type { Pausing } from './waits.rules.ts';

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
