/** The steps of the tour; each appears when the previous one is done. */

import { Check } from 'lucide-react';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { ActionButton } from '../../actions/action-button.tsx';
import { closeCircuit } from '../../provider/provider-actions.ts';
import { Button, ButtonLink } from '../../ui/button.tsx';
import { Notice } from '../../ui/notice.tsx';
import { Status } from '../../ui/text.tsx';
import { Time } from '../../ui/time.tsx';
import { CIRCUIT_STATE } from '../../ui/words.ts';
import { DemoEntriesList, enqueueDemo, useDemoEntries } from './demo-entries.tsx';
import { advanceTour, breakSimulator, FAULTS, useTourState } from './tour-state.ts';

interface StepsProps {
  readonly circuit:
    | {
        readonly state: 'OPEN' | 'HALF_OPEN' | 'CLOSED';
        readonly cause: string | null;
        readonly nextProbeAt: string | null;
      }
    | undefined;
  readonly fault: string;
}

export function Steps({ circuit, fault }: StepsProps) {
  const { first, fault: broken, others, isMended } = useTourState();
  const six = useDemoEntries(others);
  const isDrained = six.data?.queuedCreations?.nodes.every(({ status }) => status === 'COMPLETED') ?? false;
  // Later changes of the circuit do not reopen the step.
  const isOver = isMended && isDrained;
  const isHeld = circuit !== undefined && circuit.state !== 'CLOSED';
  // Only steps that appear after the page was opened are scrolled to.
  const [before] = useState({ others, isMended });
  const shows = FAULTS.find((one) => one.fault === broken)?.shows;
  return (
    <ol className="grid gap-4">
      <Step number={1} title="Enqueue a demo account" isDone={first !== undefined}>
        {first === undefined ? (
          <DemoButton
            count={1}
            label="Enqueue a demo account"
            onEnqueued={([entryId]) => advanceTour({ first: entryId })}
          />
        ) : (
          <DemoEntriesList entryIds={[first]} />
        )}
      </Step>
      {first !== undefined && (
        <Step number={2} title="Break the identity provider" isDone={broken !== undefined}>
          <div className="flex flex-wrap gap-2">
            {FAULTS.map((one) => (
              <ActionButton
                key={one.fault}
                action={breakSimulator}
                input={{ fault: one.fault, reason: 'The tour' }}
                label={one.label}
                kind={broken === one.fault ? 'primary' : 'plain'}
                disabledBecause={isMended ? 'The fault is off. Start again to turn it on.' : undefined}
                onDone={() => advanceTour({ fault: one.fault })}
              />
            ))}
          </div>
        </Step>
      )}
      {broken !== undefined && (
        <Step number={3} title="Enqueue six more and watch" isDone={others.length > 0}>
          {others.length === 0 ? (
            <DemoButton
              count={6}
              label="Enqueue six demo accounts"
              onEnqueued={(entryIds) => advanceTour({ others: entryIds })}
            />
          ) : (
            <div className="grid gap-2">
              <p>{shows}</p>
              {circuit !== undefined && !isOver && (
                <p className="flex flex-wrap items-center gap-2">
                  The circuit: <Status of={CIRCUIT_STATE[circuit.state]} />
                  {circuit.cause !== null && <span className="text-muted">{circuit.cause}</span>}
                  {circuit.nextProbeAt !== null && (
                    <span className="text-muted">
                      next probe in <Time at={circuit.nextProbeAt} as="countdown" />
                    </span>
                  )}
                </p>
              )}
              <DemoEntriesList entryIds={others} />
            </div>
          )}
        </Step>
      )}
      {others.length > 0 && !six.isLoading && (
        <Step
          number={4}
          title={broken === 'SLOW' ? 'Turn the fault off' : 'Turn the fault off and watch the queue drain'}
          isDone={isOver}
          isScrolledTo={others !== before.others}
        >
          <div className="grid gap-2">
            <div className="flex flex-wrap gap-2">
              <ActionButton
                action={breakSimulator}
                input={{ fault: 'NONE', reason: 'The tour' }}
                label="Turn the fault off"
                kind={isMended ? 'plain' : 'primary'}
                disabledBecause={isMended && fault === 'NONE' ? 'The fault is off.' : undefined}
                onDone={() => advanceTour({ isMended: true })}
              />
              {isMended && isHeld && !isDrained && (
                <ActionButton action={closeCircuit} input={{}} initial={{ reason: 'The tour' }} kind="primary" />
              )}
            </div>
            {isMended && (
              <p>
                {isDrained
                  ? 'All accounts exist.'
                  : isHeld
                    ? 'The next probe closes the circuit and the waiting entries continue; or close it by hand.'
                    : 'An entry whose attempt failed waits for its retry. “Retry now” does not wait.'}
              </p>
            )}
          </div>
        </Step>
      )}
      {isOver && (
        <Step number={5} title="See what was recorded" isDone={false} isScrolledTo={!before.isMended}>
          <div className="flex flex-wrap gap-2">
            <ButtonLink isSmall href={`/queue/${others[0]}`}>
              An entry’s timeline
            </ButtonLink>
            <ButtonLink isSmall href="/provider">
              The circuit’s history
            </ButtonLink>
            <ButtonLink isSmall href="/schedules/ManagedAccountRetryJob">
              The fire ledger of a job
            </ButtonLink>
            <ButtonLink isSmall href="/audit">
              Who did what
            </ButtonLink>
          </div>
        </Step>
      )}
    </ol>
  );
}

function Step({
  number,
  title,
  isDone,
  isScrolledTo = false,
  children,
}: {
  readonly number: number;
  readonly title: string;
  readonly isDone: boolean;
  /** The step has just appeared and may be below the visible area. */
  readonly isScrolledTo?: boolean;
  readonly children: ReactNode;
}) {
  const place = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (isScrolledTo) place.current?.scrollIntoView({ block: 'nearest' });
  }, [isScrolledTo]);
  return (
    // The margin keeps the step clear of the toast at the bottom.
    <li ref={place} className="grid scroll-mt-16 scroll-mb-24 grid-cols-[1.5rem_1fr] gap-x-3 gap-y-2">
      <span
        aria-hidden
        className={`flex size-6 items-center justify-center rounded-full text-sm font-medium ${isDone ? 'bg-good-soft text-good' : 'bg-accent-soft text-accent'}`}
      >
        {isDone ? <Check className="size-4" /> : number}
      </span>
      <h3 className="font-medium">
        {title}
        {isDone && <span className="sr-only"> (done)</span>}
      </h3>
      <div className="col-start-2 min-w-0">{children}</div>
    </li>
  );
}

function DemoButton({
  count,
  label,
  onEnqueued,
}: {
  readonly count: number;
  readonly label: string;
  readonly onEnqueued: (entryIds: readonly string[]) => void;
}) {
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const enqueue = async (): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    try {
      onEnqueued(await enqueueDemo(count));
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
    setBusy(false);
  };
  return (
    <div className="grid justify-items-start gap-2">
      <Button kind="primary" isBusy={isBusy} onClick={() => void enqueue()}>
        {label}
      </Button>
      {problem !== undefined && (
        <Notice tone="bad" isUrgent>
          {problem}
        </Notice>
      )}
    </div>
  );
}
