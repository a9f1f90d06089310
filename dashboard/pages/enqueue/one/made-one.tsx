/** What was just enqueued: how it goes on, and its password for this once. */
import { useEffect, useRef } from 'react';
import { type EnumOf, graphql } from '../../../graphql/graphql.ts';
import { useLiveQuery } from '../../../live/use-live.ts';
import { Status } from '../../../ui/badge.tsx';
import { Button, ButtonLink } from '../../../ui/button.tsx';
import { Card } from '../../../ui/card.tsx';
import { CopyButton } from '../../../ui/copy.tsx';
import { Notice } from '../../../ui/notice.tsx';
import { Prose } from '../../../ui/prose.tsx';
import { ENTRY_STATUS } from '../../../ui/words.ts';

const HowItGoes = graphql(`
  query HowItGoes($entryId: UUID!) {
    queuedCreation(entryId: $entryId) { id entryId status explanation { summary } }
  }
`);

const HOW_IT_STANDS: Readonly<Record<EnumOf<'EntryStatus'>, string>> = {
  PENDING: 'is queued',
  PROCESSING: 'is queued',
  COMPLETED: 'is created',
  FAILED: 'was not created',
  CANCELLED: 'is cancelled',
};

export interface Made {
  readonly entryId: string;
  readonly username: string;
  readonly fullName: string;
  /** As the server made it; null when one was given, or when it can be shown no more. */
  readonly password: string | null;
  /** It was made by an earlier try whose answer did not arrive, and with it its password. */
  readonly isLost: boolean;
}

export function MadeOne({ made, onAnother }: { readonly made: Made; readonly onAnother: () => void }) {
  const { entryId, username, fullName, password, isLost } = made;
  const { data } = useLiveQuery({
    query: HowItGoes,
    variables: { entryId },
    on: ['QUEUED_CREATION', 'CIRCUIT'],
    isAbout: ({ QUEUED_CREATION, CIRCUIT }) => CIRCUIT !== undefined || QUEUED_CREATION?.keys.has(entryId) === true,
  });
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => place.current?.focus(), []);
  const entry = data?.queuedCreation;
  return (
    <Card title={`${username} ${HOW_IT_STANDS[entry?.status ?? 'PENDING']}`} hint={fullName}>
      <div ref={place} tabIndex={-1} className="grid max-w-3xl gap-4 outline-none">
        {entry != null && (
          <p className="flex flex-wrap items-center gap-x-3 gap-y-1" aria-live="polite">
            <Status of={ENTRY_STATUS[entry.status]} />
            <span className="min-w-0">
              <Prose text={entry.explanation?.summary ?? ''} />
            </span>
          </p>
        )}
        {password !== null && (
          <>
            <Notice tone="warn">
              Its password is shown this once. Copy it now and give it to whoever signs in with it; nobody can show it
              again.
            </Notice>
            <div className="flex flex-wrap items-center gap-3">
              <output aria-label="Password" className="rounded-md bg-raised px-3 py-2 font-mono text-lg break-all">
                {password}
              </output>
              <CopyButton text={password}>Copy the password</CopyButton>
            </div>
          </>
        )}
        {isLost && (
          <Notice tone="warn">
            It was queued by an earlier try whose answer did not arrive. The password that was made then cannot be shown
            again: retry the entry with a new one, or set one at the identity provider once the account is made.
          </Notice>
        )}
        <div className="flex flex-wrap gap-2">
          <Button kind="primary" onClick={onAnother}>
            {password === null ? 'Another one' : 'I have it: another one'}
          </Button>
          <ButtonLink href={`/queue/${entryId}`}>Look at the entry</ButtonLink>
        </div>
      </div>
    </Card>
  );
}
