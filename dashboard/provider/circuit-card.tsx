/** The circuit: its state, cause, next probe, and the actions to open or close it. */

import { usePermission } from '../access/viewer.tsx';
import { ActionButton } from '../actions/action-button.tsx';
import type { EnumOf } from '../graphql/graphql.ts';
import { useLiveQuery } from '../live/use-live.ts';
import { Card } from '../ui/card.tsx';
import { Code } from '../ui/copy.tsx';
import { Loaded } from '../ui/notice.tsx';
import { Status } from '../ui/text.tsx';
import { Length, Time } from '../ui/time.tsx';
import { CIRCUIT_STATE, SIMULATOR_FAULT } from '../ui/words.ts';
import { meaningOf } from './provider.rules.ts';
import { closeCircuit, openCircuit, setSimulatorFault } from './provider-actions.ts';
import { type Circuit, SimulatorQuery } from './provider-query.ts';

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
          {(state !== 'OPEN' || openedBy === null) && <ActionButton action={openCircuit} input={{}} onDone={onDone} />}
          {!isClosed && <ActionButton action={closeCircuit} input={{}} kind="primary" onDone={onDone} />}
        </>
      }
    >
      <div className="grid gap-3">
        <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <Status of={CIRCUIT_STATE[state]} />
          {openedAt !== null && (
            <span>
              since <Time at={openedAt} as="clock" /> (<Time at={openedAt} />)
            </span>
          )}
          <span>{meaningOf(circuit)}</span>
        </p>
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
  if (at === null) return null;
  return (
    <p>
      Next probe:{' '}
      <strong>
        <Time at={at} as="left" />
      </strong>{' '}
      <span className="text-muted">
        (<Time at={at} as="clock" />, with the first entry that is due then)
      </span>
    </p>
  );
}

/* The simulator: its current fault, and buttons to turn faults on and off. */

const FAULTS: readonly (readonly [fault: EnumOf<'SimulatorFault'>, label: string])[] = [
  ['UNAVAILABLE', 'Take it down'],
  ['INVALID_TOKEN', 'Refuse the token'],
  ['INVALID_USERNAME', 'Refuse usernames'],
  ['SLOW', 'Slow it down'],
];

export function SimulatorCard({ onDone }: { readonly onDone: () => void }) {
  const result = useLiveQuery({
    query: SimulatorQuery,
    variables: {},
    on: ['CIRCUIT'],
    everyMs: 10_000,
    isPaused: !usePermission('simulator').isAllowed,
  });
  const done = (): void => {
    result.refresh();
    onDone();
  };
  return (
    <Card
      title="Simulator"
      hint="Stands in for the identity provider; its accounts exist nowhere else. Turn on a fault to see how the server reacts."
    >
      <Loaded result={result} height={4}>
        {({ simulator }) =>
          simulator !== null && (
            <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-3">
              <div className="min-w-0">
                <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
                  <Status of={SIMULATOR_FAULT[simulator.fault]} />
                  {simulator.delay !== null && (
                    <span>
                      each call takes <Length of={simulator.delay} /> longer
                    </span>
                  )}
                </p>
                {simulator.changedAt !== null && (
                  <p className="mt-1 text-sm text-muted">
                    Set <Time at={simulator.changedAt} />
                    {simulator.changedBy !== null && <> by {simulator.changedBy}</>}
                    {simulator.reason !== null && <>: {simulator.reason}</>}
                  </p>
                )}
              </div>
              <div className="flex flex-wrap gap-2">
                {simulator.fault !== 'NONE' && (
                  <ActionButton
                    action={setSimulatorFault}
                    input={{ fault: 'NONE' }}
                    initial={{ fault: 'NONE' }}
                    isInstant
                    label="Turn the fault off"
                    kind="primary"
                    onDone={done}
                  />
                )}
                {FAULTS.map(([fault, label]) => (
                  <ActionButton
                    key={fault}
                    action={setSimulatorFault}
                    input={{}}
                    initial={{ fault, ...(fault === 'SLOW' && { delaySeconds: 3 }) }}
                    label={label}
                    onDone={done}
                    disabledBecause={
                      simulator.fault === fault && fault !== 'SLOW' ? 'This fault is already on.' : undefined
                    }
                  />
                ))}
              </div>
            </div>
          )
        }
      </Loaded>
    </Card>
  );
}
