/** The key ring: keys, rotation, re-encryption, retirement, and the master key. */

import { Check } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { rotateEncryptionKey } from '../access/access-actions.ts';
import { ActionButton } from '../actions/action-button.tsx';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Loaded, Notice } from '../ui/notice.tsx';
import { Page } from '../ui/page.tsx';
import { type Step, sealedUnder, stepsOf } from './key.rules.ts';
import { MasterKeyCard, ResealingCard } from './key-cards.tsx';
import { useLatestResealing, useRing, useSealedCounts } from './key-queries.ts';
import { KeyTable } from './key-table.tsx';

/* The three steps of a rotation, with the next one highlighted. */

interface CardProps {
  readonly steps: readonly Step[];
  readonly onDone: () => void;
}

const WORDS = { done: 'done', next: 'comes next', later: 'later' } as const;

const RotationCard = ({ steps, onDone }: CardProps) => (
  <Card
    title="Rotation"
    hint="No downtime needed."
    actions={<ActionButton action={rotateEncryptionKey} input={{}} onDone={onDone} />}
  >
    <ol className="grid gap-2">
      {steps.map(({ text, state }, index) => (
        <li
          key={text}
          aria-current={state === 'next' ? 'step' : undefined}
          className={`flex items-start gap-3 ${state === 'next' ? '' : 'text-muted'}`}
        >
          <span
            aria-hidden
            className={`flex size-6 shrink-0 items-center justify-center rounded-full text-sm font-medium ${
              state === 'done' ? 'bg-good-soft text-good' : state === 'next' ? 'bg-accent-fill text-white' : 'bg-raised'
            }`}
          >
            {state === 'done' ? <Check className="size-3.5" /> : index + 1}
          </span>
          <span className={`min-w-0 pt-0.5 ${state === 'next' ? 'font-medium' : ''}`}>
            {text} <span className="sr-only">({WORDS[state]})</span>
          </span>
        </li>
      ))}
    </ol>
  </Card>
);

export default function KeysPage() {
  const ring = useRing();
  const latest = useLatestResealing();
  const sealed = useSealedCounts();
  const status = latest.data?.latestResealing?.status;
  useOnEnd(status === 'RUNNING', sealed.refresh);
  const onDone = (): void => {
    ring.refresh();
    latest.refresh();
    sealed.refresh();
  };
  const keys = ring.data?.encryptionKeys ?? [];
  const old = keys.filter(({ purpose, state }) => purpose === 'SEAL' && state === 'SUPERSEDED');
  const sealedUnderOld = sealedUnder(
    old.map(({ keyId }) => keyId),
    sealed.counts,
  );
  const masterKeyIds = [
    ...new Set(keys.filter(({ state }) => state !== 'RETIRED').map(({ masterKeyId }) => masterKeyId)),
  ];
  return (
    <Page title="Keys" description="The keys that encrypt passwords and sign the audit trail. Keys are never shown.">
      <Card
        title="Key ring"
        isFlush
        actions={
          <Button isSmall isBusy={sealed.isRefreshing} onClick={sealed.refresh}>
            Count again
          </Button>
        }
      >
        {sealed.problem !== undefined && (
          <div className="px-4 pb-3">
            <Notice tone="warn">The encrypted values could not be counted. {sealed.problem}</Notice>
          </div>
        )}
        <Loaded result={ring} height={16}>
          {() => <KeyTable keys={keys} counts={sealed.counts} onDone={onDone} />}
        </Loaded>
      </Card>
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <div className="grid gap-4">
          <RotationCard steps={stepsOf({ keys, isResealing: status === 'RUNNING', sealedUnderOld })} onDone={onDone} />
          <Loaded result={latest} height={8}>
            {({ latestResealing }) => <ResealingCard resealing={latestResealing} onDone={onDone} />}
          </Loaded>
        </div>
        <MasterKeyCard masterKeyIds={masterKeyIds} onDone={onDone} />
      </div>
    </Page>
  );
}

/** Calls `then` when `isGoingOn` changes from true to false. */
function useOnEnd(isGoingOn: boolean, then: () => void): void {
  const was = useRef(isGoingOn);
  useEffect(() => {
    if (was.current && !isGoingOn) then();
    was.current = isGoingOn;
  }, [isGoingOn, then]);
}
