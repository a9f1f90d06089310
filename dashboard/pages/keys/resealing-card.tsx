/** The latest re-encryption: its progress, and the values it could not decrypt. */
import { Link } from 'wouter';
import { resealEntries } from '../../actions/access-actions.ts';
import { ActionButton } from '../../actions/action-button.tsx';
import { Status } from '../../ui/badge.tsx';
import { Card, Facts } from '../../ui/card.tsx';
import { Progress } from '../../ui/graphs.tsx';
import { Empty, Notice } from '../../ui/notice.tsx';
import { Time } from '../../ui/time.tsx';
import { count, counted, type Wording } from '../../ui/words.ts';
import type { Resealing } from './key-queries.ts';

const STATUS: Readonly<Record<Resealing['status'], Wording>> = {
  RUNNING: { text: 'Under way', tone: 'info' },
  FINISHED: { text: 'Finished', tone: 'good' },
  REPLACED: { text: 'Replaced by a newer one', tone: 'idle' },
};

interface CardProps {
  readonly resealing: Resealing | null;
  readonly onDone: () => void;
}

export const ResealingCard = ({ resealing, onDone }: CardProps) => (
  <Card
    title="Re-encryption"
    hint="Re-encrypts passwords and webhook secrets with the active key in the background."
    actions={<ActionButton action={resealEntries} input={{}} onDone={onDone} />}
  >
    {resealing === null ? (
      <Empty title="Never re-encrypted.">
        After a rotation, older values still use the old key. Re-encrypting moves them to the new key, so that the old
        one can be retired.
      </Empty>
    ) : (
      <Shown resealing={resealing} />
    )}
  </Card>
);

function Shown({ resealing }: { readonly resealing: Resealing }) {
  const { status, totalCount, resealedCount, skippedCount, perSecond, actor, reason, createdAt, finishedAt, skips } =
    resealing;
  const handled = resealedCount + skippedCount;
  // Entries that completed meanwhile did not need re-encryption.
  const done = status === 'FINISHED' ? totalCount : handled;
  return (
    <div className="grid gap-3">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <p>
          <strong>{count(resealedCount)}</strong> of {count(totalCount)} re-encrypted
          {skippedCount > 0 && `, ${count(skippedCount)} skipped`}
        </p>
        <Status of={STATUS[status]} />
      </div>
      <Progress done={done} total={Math.max(totalCount, 1)} label="Re-encrypted" />
      <Facts
        of={[
          [
            'Started',
            <>
              <Time at={createdAt} /> by {actor}
            </>,
          ],
          ['Ended', <Time key="ended" at={finishedAt} />],
          ['Reason', reason],
          ['At most', `${count(perSecond)} a second`],
        ]}
      />
      {skippedCount > 0 && (
        <Notice tone="warn">
          <p className="font-medium">
            {counted(skippedCount, 'password could', 'passwords could')} not be opened, and stayed as{' '}
            {skippedCount === 1 ? 'it is' : 'they are'}. Retry such an entry with a new password.
          </p>
          <ul className="mt-1 grid max-h-60 gap-1 overflow-y-auto text-text">
            {skips.map(({ problem, entry }) => (
              <li key={entry.entryId} className="min-w-0 break-words">
                <Link href={`/queue/${entry.entryId}`} className="text-accent hover:underline">
                  {entry.username}
                </Link>
                : {problem}
              </li>
            ))}
          </ul>
        </Notice>
      )}
    </div>
  );
}
