/** The running server processes, and those that have lately gone. */
import { usePermission } from '../../access/viewer.tsx';
import { ActionButton } from '../../actions/action-button.tsx';
import { drainNode } from '../../actions/provider-actions.ts';
import { graphql, type ResultOf } from '../../graphql/graphql.ts';
import { useLiveQuery } from '../../live/use-live.ts';
import { Status } from '../../ui/badge.tsx';
import { Card } from '../../ui/card.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { Empty } from '../../ui/notice.tsx';
import { Page } from '../../ui/page.tsx';
import { type Column, Table } from '../../ui/table.tsx';
import { Time } from '../../ui/time.tsx';
import { NODE_STATE } from '../../ui/words.ts';

const Nodes = graphql(`
  query Nodes {
    serverNodes {
      id nodeId name hostName processId version state startedAt lastBeatAt attemptsInHand runsInHand
      drain { askedBy askedAt reason }
    }
  }
`);
type Node = NonNullable<ResultOf<typeof Nodes>['serverNodes']>[number];

const COLUMNS: readonly Column<Node>[] = [
  {
    name: 'Node',
    cell: ({ name, hostName, processId }) => (
      <div>
        <p className="font-medium">{name}</p>
        <p className="text-sm text-muted">
          {hostName}, process {processId}
        </p>
      </div>
    ),
  },
  { name: 'State', cell: ({ state }) => <Status of={NODE_STATE[state]} /> },
  { name: 'In hand', cell: ({ attemptsInHand, runsInHand }) => `${attemptsInHand} attempts, ${runsInHand} runs` },
  { name: 'Version', cell: ({ version }) => version },
  { name: 'Started', cell: ({ startedAt }) => <Time at={startedAt} /> },
  { name: 'Last heard of', cell: ({ lastBeatAt }) => <Time at={lastBeatAt} /> },
  {
    name: 'Actions',
    isNameHidden: true,
    align: 'right',
    cell: ({ nodeId, name, state, drain }) =>
      drain !== null ? (
        <span className="text-sm text-muted">{drain.reason ?? 'It is ending'}</span>
      ) : (
        <ActionButton
          action={drainNode}
          input={{ nodeId }}
          subject={name}
          disabledBecause={state === 'RUNNING' ? undefined : 'Only a running node can be drained.'}
        />
      ),
  },
];

export default function NodesPage() {
  // Nothing tells of a node that stops beating: it is looked at.
  const result = useLiveQuery({
    query: Nodes,
    variables: {},
    everyMs: 3_000,
    isPaused: !usePermission('serverNodes').isAllowed,
  });
  return (
    <Page
      title="Nodes"
      description="Each is a server process. Any of them does any work; one that stops is taken over from."
    >
      <Card title="Processes" isFlush>
        <Loaded result={result}>
          {({ serverNodes }) => (
            <Table
              label="Nodes"
              columns={COLUMNS}
              rows={serverNodes ?? []}
              keyOf={({ id }) => id}
              empty={<Empty title="No node is known." />}
            />
          )}
        </Loaded>
      </Card>
    </Page>
  );
}
