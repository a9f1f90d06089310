/** How fast the queue goes, over all nodes together. */
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
      hint="To spare the identity provider. They hold for all nodes together, and at once."
      actions={
        <ActionButton action={setQueueLimits} input={{}} initial={{ startsPerSecond, concurrency }} onDone={onDone} />
      }
    >
      <dl className="grid grid-cols-2 gap-4">
        <Figure
          label="Attempts begun a second"
          value={startsPerSecond === null ? 'No limit' : count(startsPerSecond)}
          note={
            startsPerSecond === null
              ? 'As fast as the nodes can.'
              : `In any second at most ${count(startsPerSecond + (burst ?? 0))}: what was saved up may follow at once.`
          }
        />
        <Figure
          label="Attempts at a time"
          value={concurrency === null ? 'No limit' : count(concurrency)}
          note={
            concurrency === null ? 'As many as the nodes take in hand.' : 'Others wait until one of these has ended.'
          }
        />
      </dl>
      <p className="mt-3 text-sm text-muted">
        {updatedBy === null ? (
          'Nobody has set any yet.'
        ) : (
          <>
            Set <Time at={updatedAt} /> by {updatedBy}.
          </>
        )}
      </p>
    </Card>
  );
};
