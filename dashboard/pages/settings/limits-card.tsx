/** The queue's limits, over all nodes together. */
import { ActionButton } from '../../actions/action-button.tsx';
import { setQueueLimits } from '../../actions/queue-actions.ts';
import { Card, Figure } from '../../ui/card.tsx';
import { Time } from '../../ui/time.tsx';
import { count } from '../../ui/words.ts';
import type { Control } from './control-query.ts';

interface CardProps {
  readonly limits: Control['limits'];
  readonly onDone: () => void;
}

export const LimitsCard = ({ limits, onDone }: CardProps) => {
  const { startsPerSecond, concurrency, burst, updatedAt, updatedBy } = limits;
  return (
    <Card
      title="Limits"
      hint="Protect the identity provider. They apply to all nodes together, immediately."
      actions={
        <ActionButton action={setQueueLimits} input={{}} initial={{ startsPerSecond, concurrency }} onDone={onDone} />
      }
    >
      <dl className="grid grid-cols-2 gap-4">
        <Figure
          label="Attempts per second"
          value={startsPerSecond === null ? 'No limit' : count(startsPerSecond)}
          note={
            startsPerSecond === null
              ? 'As fast as the nodes can.'
              : `At most ${count(startsPerSecond + (burst ?? 0))} in any second, including the burst.`
          }
        />
        <Figure
          label="Concurrent attempts"
          value={concurrency === null ? 'No limit' : count(concurrency)}
          note={concurrency === null ? 'As many as the nodes can run.' : 'Others wait for a free slot.'}
        />
      </dl>
      <p className="mt-3 text-sm text-muted">
        {updatedBy === null ? (
          'No limits were ever set.'
        ) : (
          <>
            Set <Time at={updatedAt} /> by {updatedBy}.
          </>
        )}
      </p>
    </Card>
  );
};
