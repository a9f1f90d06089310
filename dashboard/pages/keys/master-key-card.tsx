/** Instructions to change the master key; most steps are done on the machines. */
import type { ReactNode } from 'react';
import { wrapWithNewMasterKey } from '../../actions/access-actions.ts';
import { ActionButton } from '../../actions/action-button.tsx';
import { Card } from '../../ui/card.tsx';
import { Code, CopyIcon } from '../../ui/copy.tsx';

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
