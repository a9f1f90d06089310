/** Columns of the node tables: live nodes with their work in progress, stopped nodes with how they ended. */

import { ActionButton } from '../actions/action-button.tsx';
import { graphql, type ResultOf } from '../graphql/graphql.ts';
import { drainNode } from '../provider/provider-actions.ts';
import type { Column } from '../ui/table.tsx';
import { Status } from '../ui/text.tsx';
import { Time } from '../ui/time.tsx';
import { count, counted, NODE_END, NODE_STATE } from '../ui/words.ts';

export const NodesQuery = graphql(`
  query Nodes {
    serverNodes {
      id nodeId name hostName processId version state end startedAt lastBeatAt attemptsInHand runsInHand
      drain { askedBy askedAt reason }
    }
  }
`);
export type Node = NonNullable<ResultOf<typeof NodesQuery>['serverNodes']>[number];

/** A node with its drain. */
export type Drained = Pick<Node, 'id' | 'drain'>;

const NAME: Column<Node> = {
  name: 'Node',
  cell: ({ name, hostName, processId }) => (
    <div className="min-w-0 md:min-w-40">
      <p className="font-medium break-all">{name}</p>
      <p className="text-sm break-all text-muted">
        {hostName}, process {processId}
      </p>
    </div>
  ),
};

/** `running`: the number of running nodes; the drain dialog says if the node is the only one. */
export const livingColumns = (
  running: number,
  onDrained: (drained: { readonly isLastRunning: boolean; readonly serverNode: Drained }) => void,
): readonly Column<Node>[] => [
  NAME,
  {
    name: 'State',
    cell: (node) => (
      <div className="min-w-0">
        <Status of={NODE_STATE[node.state]} />
        {(node.drain !== null || node.state === 'DRAINING') && <Drain of={node} />}
      </div>
    ),
  },
  { name: 'Attempts running', align: 'right', cell: ({ attemptsInHand }) => count(attemptsInHand) },
  { name: 'Runs running', align: 'right', cell: ({ runsInHand }) => count(runsInHand) },
  { name: 'Version', cell: ({ version }) => version },
  { name: 'Started', cell: ({ startedAt }) => <Time at={startedAt} /> },
  { name: 'Last heartbeat', cell: ({ lastBeatAt }) => <Time at={lastBeatAt} /> },
  {
    name: 'Actions',
    isNameHidden: true,
    align: 'right',
    cell: ({ nodeId, name, state, drain }) => (
      <ActionButton
        action={drainNode}
        input={{ nodeId }}
        subject={running === 1 && state === 'RUNNING' ? `${name}, the only one that runs` : name}
        onDone={onDrained}
        disabledBecause={
          drain !== null || state === 'DRAINING'
            ? 'It is already draining.'
            : state === 'STARTING'
              ? 'It is starting; only a running node can be drained.'
              : undefined
        }
      />
    ),
  },
];

function Drain({ of: { drain, attemptsInHand, runsInHand } }: { readonly of: Node }) {
  const left = [
    attemptsInHand > 0 && counted(attemptsInHand, 'attempt', 'attempts'),
    runsInHand > 0 && counted(runsInHand, 'run', 'runs'),
  ].filter((part) => part !== false);
  return (
    <div className="mt-1 max-w-72 text-sm break-words text-muted">
      <p>
        {left.length === 0
          ? 'It is stopping now.'
          : `It ends when ${left.join(' and ')} ${left.length > 1 || attemptsInHand + runsInHand > 1 ? 'are' : 'is'} done.`}
      </p>
      <p>
        {drain === null ? (
          'Stopping on a signal.'
        ) : (
          <>
            Requested by {drain.askedBy ?? 'someone by SQL'} <Time at={drain.askedAt} />
            {drain.reason !== null && <>: {drain.reason}</>}
          </>
        )}
      </p>
    </div>
  );
}

export const GONE_COLUMNS: readonly Column<Node>[] = [
  NAME,
  { name: 'How it ended', cell: ({ end }) => end !== null && <Status of={NODE_END[end]} /> },
  {
    name: 'Why',
    cell: ({ end, drain }) => (
      <p className="max-w-prose min-w-0 break-words">
        {end === 'LOST' && <>It was killed, crashed, or was cut off from the database. </>}
        {end === 'STOPPED' && 'A signal.'}
        {drain !== null && (
          <>
            Drain requested by {drain.askedBy ?? 'someone by SQL'}
            {drain.reason !== null && <>: {drain.reason}</>}
          </>
        )}
      </p>
    ),
  },
  { name: 'Version', cell: ({ version }) => version },
  { name: 'Started', cell: ({ startedAt }) => <Time at={startedAt} as="clock" /> },
  { name: 'Last heartbeat', cell: ({ lastBeatAt }) => <Time at={lastBeatAt} /> },
];
