/** The simulator: its current fault, and buttons to turn faults on and off. */
import { usePermission } from '../../access/viewer.tsx';
import { ActionButton } from '../../actions/action-button.tsx';
import { setSimulatorFault } from '../../actions/provider-actions.ts';
import type { EnumOf } from '../../graphql/graphql.ts';
import { useLiveQuery } from '../../live/use-live.ts';
import { Status } from '../../ui/badge.tsx';
import { Card } from '../../ui/card.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { Length, Time } from '../../ui/time.tsx';
import { SIMULATOR_FAULT } from '../../ui/words.ts';
import { SimulatorQuery } from './provider-query.ts';

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
      hint="A stand-in for the identity provider. Turn on a fault to see how the server reacts; its accounts exist nowhere else."
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
                <ActionButton
                  action={setSimulatorFault}
                  input={{ fault: 'NONE' }}
                  initial={{ fault: 'NONE' }}
                  isInstant
                  label="Turn the fault off"
                  kind={simulator.fault === 'NONE' ? 'plain' : 'primary'}
                  onDone={done}
                  disabledBecause={simulator.fault === 'NONE' ? 'No fault is on.' : undefined}
                />
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
