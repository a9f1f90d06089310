/** The key ring: keys, rotation, re-encryption, retirement, and the master key. */

import { Check } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { resealEntries, rotateEncryptionKey } from '../access/access-actions.ts';
import type { AnyAction } from '../actions/action.ts';
import { ActionButton } from '../actions/action-button.tsx';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Loaded, Notice } from '../ui/notice.tsx';
import { Page } from '../ui/page.tsx';
import { type Step, sealedUnder, stepsOf } from './key.rules.ts';
import { LatestResealing, MasterKeyCard } from './key-cards.tsx';
import { type Resealing, useLatestResealing, useRing, useSealedCounts } from './key-queries.ts';
import { KeyTable } from './key-table.tsx';

/* The three steps of a rotation, the next one highlighted, and the latest re-encryption. */

interface CardProps {
  readonly steps: readonly Step[];
  readonly resealing: Resealing | null | undefined;
  readonly onDone: () => void;
}

const WORDS = { done: 'done', next: 'comes next', later: 'later' } as const;
/** Each old key is retired in the table. */
const ACTIONS: readonly (AnyAction | undefined)[] = [rotateEncryptionKey, resealEntries, undefined];

const RotationCard = ({ steps, resealing, onDone }: CardProps) => (
  <Card title="Rotation" hint="No downtime needed.">
    <ol className="grid gap-2">
      {steps.map(({ text, state }, index) => {
        const action = ACTIONS[index];
        return (
          <li
            key={text}
            aria-current={state === 'next' ? 'step' : undefined}
            className={`flex min-h-8 items-center gap-3 ${state === 'next' ? '' : 'text-muted'}`}
          >
            <span
              aria-hidden
              className={`flex size-6 shrink-0 items-center justify-center rounded-full text-sm font-medium ${
                state === 'done'
                  ? 'bg-good-soft text-good'
                  : state === 'next'
                    ? 'bg-accent-fill text-white'
                    : 'bg-raised'
              }`}
            >
              {state === 'done' ? <Check className="size-3.5" /> : index + 1}
            </span>
            <span className={`min-w-0 flex-1 ${state === 'next' ? 'font-medium' : ''}`}>
              {text} <span className="sr-only">({WORDS[state]})</span>
            </span>
            {action !== undefined && (
              <ActionButton
                action={action}
                input={{}}
                onDone={onDone}
                kind={state === 'next' && index > 0 ? 'primary' : 'plain'}
              />
            )}
          </li>
        );
      })}
    </ol>
    {resealing != null && <LatestResealing resealing={resealing} />}
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
        <Loaded result={latest} height={8}>
          {({ latestResealing }) => (
            <RotationCard
              steps={stepsOf({ keys, isResealing: status === 'RUNNING', sealedUnderOld })}
              resealing={latestResealing}
              onDone={onDone}
            />
          )}
        </Loaded>
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
