/** An entry just enqueued: its state, and its password, which is shown only here. */

import { useEffect, useRef } from 'react';
import { cancelEntry } from '../entries/entry-actions.ts';
import { EnqueueAnew } from '../entries/explanation.tsx';
import { graphql } from '../graphql/graphql.ts';
import { useLiveQuery } from '../live/use-live.ts';
import { Button, ButtonLink } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { CopyButton } from '../ui/copy.tsx';
import { Notice } from '../ui/notice.tsx';
import { Status } from '../ui/text.tsx';
import { ENTRY_STATUS } from '../ui/words.ts';
import { type Made, passwordAdvice, standing, whyItStandsSo } from './made.rules.ts';

const HowItGoes = graphql(`
  query HowItGoes($entryId: UUID!) {
    queuedCreation(entryId: $entryId) {
      id entryId username fullName role status
      family { id familyId }
      createdBy { id userId }
      explanation { summary blockers { message cure { mutation } } }
    }
  }
`);

interface MadeOneProps {
  readonly made: Made;
  /** Dismisses the result. */
  readonly onTaken: () => void;
  /** The form is shown above it, so it does not take the focus. */
  readonly isBeside?: boolean;
}

export function MadeOne({ made, onTaken, isBeside = false }: MadeOneProps) {
  const { entryId, username, fullName, password, isLost } = made;
  const { data } = useLiveQuery({
    query: HowItGoes,
    variables: { entryId },
    on: ['QUEUED_CREATION', 'CIRCUIT'],
    isAbout: ({ QUEUED_CREATION, CIRCUIT }) => CIRCUIT !== undefined || QUEUED_CREATION?.keys.has(entryId) === true,
  });
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!isBeside) place.current?.focus();
  }, [isBeside]);
  const entry = data?.queuedCreation;
  const status = entry?.status ?? 'PENDING';
  const advice = passwordAdvice(status);
  const isToTake = password !== null && advice.tone === 'warn';
  const isInVain = entry?.explanation?.blockers.some(({ cure }) => cure?.mutation === cancelEntry.mutation) === true;
  return (
    <Card title={standing(username, status)} hint={fullName}>
      <div ref={place} tabIndex={-1} className="grid max-w-3xl gap-4 outline-none">
        {entry != null && (
          <p className="flex flex-wrap items-center gap-x-3 gap-y-1" aria-live="polite">
            <Status of={ENTRY_STATUS[entry.status]} />
            <span className="min-w-0">{entry.explanation === null ? '' : whyItStandsSo(entry.explanation)}</span>
          </p>
        )}
        {password !== null && (
          <>
            <Notice tone={advice.tone}>{advice.text}</Notice>
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
            An earlier try already queued it, but its answer did not arrive. That generated password cannot be shown
            again: retry the entry with a new one, or set one at the identity provider once the account exists.
          </Notice>
        )}
        <div className="flex flex-wrap gap-2">
          {/* Enqueue again with other data when the cure is to cancel. */}
          {entry != null && isInVain && <EnqueueAnew entry={entry} />}
          <Button kind={isInVain ? 'plain' : 'primary'} onClick={onTaken}>
            {isBeside ? (isToTake ? 'I have it' : 'Done') : isToTake ? 'I have it: enqueue another' : 'Enqueue another'}
          </Button>
          <ButtonLink href={`/queue/${entryId}`}>Open the entry</ButtonLink>
        </div>
      </div>
    </Card>
  );
}
