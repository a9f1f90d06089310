/** Instructions to change the master key; most steps are done on the machines. */

import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { wrapWithNewMasterKey } from '../access/access-actions.ts';
import { ActionButton } from '../actions/action-button.tsx';
import { Card, Facts } from '../ui/card.tsx';
import { Code, CopyIcon } from '../ui/copy.tsx';
import { Progress } from '../ui/graphs.tsx';
import { Notice } from '../ui/notice.tsx';
import { Status } from '../ui/text.tsx';
import { Time } from '../ui/time.tsx';
import { count, counted, type Wording } from '../ui/words.ts';
import type { Resealing } from './key-queries.ts';

const MAKE = 'openssl rand -base64 32';

interface CardProps {
  /** Ids of the master keys that the ring is wrapped with. */
  readonly masterKeyIds: readonly string[];
  readonly onDone: () => void;
}

export const MasterKeyCard = ({ masterKeyIds, onDone }: CardProps) => (
  <Card
    title="Master key"
    hint="It opens the key ring. It is not in the database and not in the API. Keep a copy apart from the backups."
  >
    <p>
      The ring is wrapped with{' '}
      {masterKeyIds.map((id) => (
        <Code key={id}>{id}</Code>
      ))}
      . To change it:
    </p>
    <ol className="mt-3 grid gap-3">
      <Step number={1} title="Create a new one">
        <span className="inline-flex items-center gap-1">
          <Code>{MAKE}</Code>
          <CopyIcon text={MAKE} label="Copy the command" />
        </span>{' '}
        Store it where the old one is kept.
      </Step>
      <Step number={2} title="Restart the nodes one by one with both">
        <Code>MASTER_KEY</Code> stays as it is, <Code>NEW_MASTER_KEY</Code> is the new one (or either with{' '}
        <Code>_FILE</Code>). Each node logs at its start that it holds two.
      </Step>
      <Step number={3} title="Wrap the ring with it">
        <p className="mb-2">In one transaction. Refused while a node runs without the new key.</p>
        <ActionButton action={wrapWithNewMasterKey} input={{}} onDone={onDone} />
      </Step>
      <Step number={4} title="Restart the nodes with the new one only">
        <Code>MASTER_KEY</Code> is the new one, <Code>NEW_MASTER_KEY</Code> is gone. Keep the old one as long as you
        keep backups made with it. With the embedded database the start does this automatically.
      </Step>
    </ol>
  </Card>
);

const Step = ({ number, title, children }: { number: number; title: string; children: ReactNode }) => (
  <li className="flex gap-3">
    <span
      aria-hidden
      className="flex size-6 shrink-0 items-center justify-center rounded-full bg-raised text-sm font-medium"
    >
      {number}
    </span>
    <div className="min-w-0 break-words">
      <p className="font-medium">{title}</p>
      <div className="text-muted">{children}</div>
    </div>
  </li>
);

/* The latest re-encryption: its progress, and the passwords that it could not decrypt. */

const STATUS: Readonly<Record<Resealing['status'], Wording>> = {
  RUNNING: { text: 'Running', tone: 'info' },
  FINISHED: { text: 'Finished', tone: 'good' },
  REPLACED: { text: 'Replaced by a newer one', tone: 'idle' },
};

export function LatestResealing({ resealing }: { readonly resealing: Resealing }) {
  const { status, totalCount, resealedCount, skippedCount, perSecond, actor, reason, createdAt, finishedAt, skips } =
    resealing;
  const handled = resealedCount + skippedCount;
  // Entries that completed meanwhile did not need re-encryption.
  const done = status === 'FINISHED' ? totalCount : handled;
  return (
    <section aria-label="Latest re-encryption" className="mt-3 grid gap-3 border-t pt-3">
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
    </section>
  );
}
