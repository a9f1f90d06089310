/** The server's nodes, their work in progress, and the nodes that stopped recently. */

import { useState } from 'react';
import { usePermission } from '../access/viewer.tsx';
import { useLiveQuery } from '../live/use-live.ts';
import { Card } from '../ui/card.tsx';
import { Empty, Loaded, Notice } from '../ui/notice.tsx';
import { Page } from '../ui/page.tsx';
import { Table } from '../ui/table.tsx';
import { type Drained, GONE_COLUMNS, livingColumns, type Node, NodesQuery } from './node-columns.tsx';
import { type Summary, summaryOf } from './nodes.rules.ts';

export default function NodesPage() {
  // The live stream does not publish a missing heartbeat, so the nodes are polled.
  const result = useLiveQuery({
    query: NodesQuery,
    variables: {},
    everyMs: 3_000,
    isPaused: !usePermission('serverNodes').isAllowed,
  });
  // Kept here because, after draining the only node, no server may be left to report it.
  const [drainedLast, setDrainedLast] = useState<Drained>();
  return (
    <Page
      title="Nodes"
      description="Each is a server process. All do the same work; when one stops, the others take over."
    >
      <Loaded result={result} height={16}>
        {({ serverNodes }) => {
          const nodes = (serverNodes ?? []).map((node) =>
            node.id === drainedLast?.id && node.state === 'RUNNING'
              ? ({ ...node, drain: drainedLast.drain, state: 'DRAINING' } as const)
              : node,
          );
          const summary = summaryOf(nodes);
          return (
            <>
              {drainedLast !== undefined && summary.running === 0 ? <DrainedLast /> : <Meaning summary={summary} />}
              <Card title="Nodes" isTitleHidden isFlush>
                <Table
                  label="Nodes"
                  columns={livingColumns(summary.running, ({ isLastRunning, serverNode }) => {
                    if (isLastRunning) setDrainedLast(serverNode);
                    result.refresh();
                  })}
                  rows={summary.living}
                  keyOf={({ id }) => id}
                  empty={
                    <Empty title="No node is running.">
                      The node that serves this page appears here after its first heartbeat.
                    </Empty>
                  }
                />
              </Card>
              {summary.gone.length > 0 && (
                <Card
                  title="Ended in the last 24 hours"
                  hint="The other nodes take over their work; no entry or fire is lost."
                  isFlush
                >
                  <Table label="Stopped nodes" columns={GONE_COLUMNS} rows={summary.gone} keyOf={({ id }) => id} />
                </Card>
              )}
            </>
          );
        }}
      </Loaded>
    </Page>
  );
}

const DrainedLast = () => (
  <Notice tone="warn">
    You have drained the only node. It finishes its work and exits. This page works again when a node is started.
  </Notice>
);

function Meaning({ summary: { living, running, versions } }: { readonly summary: Summary<Node> }) {
  return (
    <>
      {running === 0 && living.length > 0 && (
        <Notice tone="bad">
          No node takes new work. Entries wait, and missed fires are caught up later. Start a node.
        </Notice>
      )}
      {running === 1 && (
        <Notice tone="info">
          Only one node runs. While it is stopped, entries wait and fires are caught up later; a second node would take
          over within seconds.
        </Notice>
      )}
      {versions.length > 1 && (
        <Notice tone="warn">
          Nodes of different versions run side by side: {versions.join(', ')}. That is fine during a rolling upgrade
          only.
        </Notice>
      )}
    </>
  );
}
