/** The running server processes, what they have in hand, and those that have lately gone. */
import { useState } from 'react';
import { usePermission } from '../../access/viewer.tsx';
import { useLiveQuery } from '../../live/use-live.ts';
import { Card, Figure } from '../../ui/card.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { Empty, Notice } from '../../ui/notice.tsx';
import { Page } from '../../ui/page.tsx';
import { Table } from '../../ui/table.tsx';
import { count } from '../../ui/words.ts';
import { type Drained, GONE_COLUMNS, livingColumns, type Node, NodesQuery } from './node-columns.tsx';
import { type Summary, summaryOf } from './nodes.rules.ts';

export default function NodesPage() {
  // Nothing tells of a node that stops beating: it is looked at.
  const result = useLiveQuery({
    query: NodesQuery,
    variables: {},
    everyMs: 3_000,
    isPaused: !usePermission('serverNodes').isAllowed,
  });
  // Whether it has ended yet or not: nobody may be left to say so.
  const [drainedLast, setDrainedLast] = useState<Drained>();
  return (
    <Page
      title="Nodes"
      description="Each is a server process. Any of them does any work; one that stops is taken over from."
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
              <Card title="Processes" isFlush>
                <dl className="flex flex-wrap gap-x-12 gap-y-3 border-b px-4 pb-4">
                  <Figure label="Running" value={count(summary.running)} />
                  <Figure label="Attempts in hand" value={count(summary.attempts)} />
                  <Figure label="Runs in hand" value={count(summary.runs)} />
                </dl>
                <Table
                  label="Nodes"
                  columns={livingColumns(summary.running, ({ isLastRunning, serverNode }) => {
                    if (isLastRunning) setDrainedLast(serverNode);
                    result.refresh();
                  })}
                  rows={summary.living}
                  keyOf={({ id }) => id}
                  empty={
                    <Empty title="No node is known to live.">
                      The one that answers this page stands here once it has said so in the database.
                    </Empty>
                  }
                />
              </Card>
              {summary.gone.length > 0 && (
                <Card
                  title="Gone"
                  hint="What one of them still held is taken over when its lease ends; no entry and no fire is lost."
                  isFlush
                >
                  <Table
                    label="Nodes that are gone"
                    columns={GONE_COLUMNS}
                    rows={summary.gone}
                    keyOf={({ id }) => id}
                  />
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
    You have drained the only node. It finishes what it has in hand and ends, and nobody answers this page until it is
    started again, which is done where it was started before. Then the page goes on by itself.
  </Notice>
);

function Meaning({ summary: { living, running, versions } }: { readonly summary: Summary<Node> }) {
  return (
    <>
      {running === 0 && living.length > 0 && (
        <Notice tone="bad">
          No node takes new work: entries wait, and fires are caught up with once one runs. Start one.
        </Notice>
      )}
      {running === 1 && (
        <Notice tone="info">
          One node runs, and does all the work. While it is stopped nothing is attempted; entries wait, and fires are
          caught up with when it is back. A second one that uses the same database takes over within seconds.
        </Notice>
      )}
      {versions.length > 1 && (
        <Notice tone="warn">
          Nodes of different versions run side by side: {versions.join(', ')}. That is fine while they are being
          replaced one after the other, and for no longer.
        </Notice>
      )}
    </>
  );
}
