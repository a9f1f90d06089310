/** The circuit: its state, cause, next probe, and the actions to open or close it. */
import { ActionButton } from '../../actions/action-button.tsx';
import { closeCircuit, openCircuit } from '../../actions/provider-actions.ts';
import { Status } from '../../ui/badge.tsx';
import { Card } from '../../ui/card.tsx';
import { Code } from '../../ui/copy.tsx';
import { Time } from '../../ui/time.tsx';
import { CIRCUIT_STATE } from '../../ui/words.ts';
import { meaningOf } from './circuit.rules.ts';
import type { Circuit } from './provider-query.ts';

interface CircuitCardProps {
  readonly circuit: Circuit;
  readonly onDone: () => void;
}

export function CircuitCard({ circuit, onDone }: CircuitCardProps) {
  const { state, cause, reason, openedAt, openedBy, nextProbeAt } = circuit;
  const isClosed = state === 'CLOSED';
  return (
    <Card
      title="Circuit"
      hint="Stops attempts while the provider is down, so that no entry loses a retry."
      actions={
        <>
          <ActionButton
            action={openCircuit}
            input={{}}
            onDone={onDone}
            disabledBecause={state === 'OPEN' && openedBy !== null ? 'It is already open by hand.' : undefined}
          />
          <ActionButton
            action={closeCircuit}
            input={{}}
            kind={isClosed ? 'plain' : 'primary'}
            onDone={onDone}
            disabledBecause={isClosed ? 'It is closed.' : undefined}
          />
        </>
      }
    >
      <div className="grid gap-3">
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <Status of={CIRCUIT_STATE[state]} />
          {openedAt !== null && (
            <span>
              since <Time at={openedAt} as="exact" /> (<Time at={openedAt} />)
            </span>
          )}
        </div>
        <p>{meaningOf(circuit)}</p>
        {reason !== null && (
          <div className={`rounded-md px-3 py-2 ${state === 'OPEN' ? 'bg-bad-soft' : 'bg-warn-soft'}`}>
            <p className="font-medium">
              {openedBy === null ? 'Opened by failures' : `Opened by ${openedBy}`}{' '}
              {cause !== null && <Code>{cause}</Code>}
            </p>
            <p className="mt-0.5 break-words">{reason}</p>
          </div>
        )}
        {!isClosed && <NextProbe state={state} at={nextProbeAt} />}
      </div>
    </Card>
  );
}

function NextProbe({ state, at }: { readonly state: Circuit['state']; readonly at: string | null }) {
  if (state === 'HALF_OPEN') return <p className="text-muted">The probe waits for a due entry or for its answer.</p>;
  if (at === null) return <p className="text-muted">No probe: it was opened by hand without an end time.</p>;
  return (
    <p>
      Next probe:{' '}
      <strong className="text-lg">
        <Time at={at} as="countdown" />
      </strong>{' '}
      <span className="text-muted">
        (<Time at={at} as="clock" />, with the first entry that is due then)
      </span>
    </p>
  );
}
