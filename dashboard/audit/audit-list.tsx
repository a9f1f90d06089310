/** The audit entries, newest first, by pages; newer entries are announced instead of inserted. */

import { usePermission } from '../access/viewer.tsx';
import { graphql, type ResultOf } from '../graphql/graphql.ts';
import { useLiveQuery } from '../live/use-live.ts';
import { Button } from '../ui/button.tsx';
import { type ListAddress, useFirstPageInstead } from '../ui/filters.tsx';
import { Empty, Loaded, Notice } from '../ui/notice.tsx';
import { Pager } from '../ui/page.tsx';
import { type Column, Table } from '../ui/table.tsx';
import { Badge } from '../ui/text.tsx';
import { Prose, Time } from '../ui/time.tsx';
import type { AuditAsked } from './audit-address.rules.ts';
import { TargetLink } from './audit-entry.tsx';
import { actionWords, changeWords } from './audit-words.rules.ts';

const Trail = graphql(`
  query AuditTrail($filter: AuditFilter, $first: Int, $after: String, $last: Int, $before: String) {
    auditEntries(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
      nodes { id sequence at actor actorKind role action targetType targetId outcome reason before after }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
`);
const Newest = graphql(`
  query NewestAudit($filter: AuditFilter) {
    auditEntries(filter: $filter, first: 1) { nodes { id sequence } }
  }
`);
type Entry = NonNullable<ResultOf<typeof Trail>['auditEntries']>['nodes'][number];

const COLUMNS: readonly Column<Entry>[] = [
  { name: 'No.', cell: ({ sequence }) => <span className="text-muted">{sequence}</span> },
  { name: 'When', cell: ({ at }) => <Time at={at} as="clock" /> },
  {
    name: 'Who',
    cell: ({ actor, actorKind, role }) => (
      <p className="max-w-60 min-w-0 break-words md:w-max">
        {actor} <span className="text-sm text-muted">{actorKind === 'SYSTEM' ? 'the server' : role}</span>
      </p>
    ),
  },
  {
    name: 'Action',
    isTitle: true,
    cell: ({ action, outcome }) => (
      <span className="inline-flex flex-wrap items-center gap-2">
        <span className="md:whitespace-nowrap">{actionWords(action)}</span>
        {outcome === 'DENIED' && <Badge tone="bad">Denied</Badge>}
      </span>
    ),
  },
  { name: 'On', cell: ({ targetType, targetId }) => <TargetLink type={targetType} id={targetId} /> },
  {
    name: 'Reason and change',
    isWide: true,
    cell: ({ action, reason, before, after }) => {
      const change = changeWords(action, before, after);
      return (
        <div className="min-w-0 max-md:line-clamp-3">
          {reason !== null && <p className="truncate max-md:whitespace-normal">{reason}</p>}
          {change !== '' && (
            <p className="truncate text-sm text-muted max-md:whitespace-normal">
              <Prose text={change} />
            </p>
          )}
        </div>
      );
    },
  },
];

interface ListProps {
  readonly address: ListAddress;
  readonly filter: AuditAsked['filter'];
  readonly onOpen: (id: string) => void;
}

const NEWER_EVERY_MS = 5_000;

export function AuditList({ address, filter, onOpen }: ListProps) {
  const { page, isFirstPage } = address;
  const isPaused = !usePermission('auditEntries').isAllowed;
  const result = useLiveQuery({ query: Trail, variables: { filter, ...page }, isPaused });
  useFirstPageInstead(address, result);
  // The live stream does not publish audit entries, so the newest one is polled.
  const newest = useLiveQuery({
    query: Newest,
    variables: { filter },
    everyMs: NEWER_EVERY_MS,
    isPaused: isPaused || !isFirstPage,
  });
  const top = result.data?.auditEntries?.nodes[0]?.sequence ?? 0;
  const isNewer = isFirstPage && !result.isRefreshing && (newest.data?.auditEntries?.nodes[0]?.sequence ?? 0) > top;
  return (
    <>
      <div aria-live="polite">
        {isNewer && (
          <div className="px-4 py-2">
            <Notice
              tone="info"
              actions={
                <Button isSmall onClick={result.refresh}>
                  Show them
                </Button>
              }
            >
              There are newer entries.
            </Notice>
          </div>
        )}
      </div>
      <Loaded result={result} height={32}>
        {({ auditEntries }) =>
          auditEntries !== null && (
            <>
              <Table
                label="Audit entries"
                columns={COLUMNS}
                rows={auditEntries.nodes}
                keyOf={({ id }) => id}
                onOpen={({ id }) => onOpen(id)}
                lookOf={({ outcome }) => (outcome === 'DENIED' ? 'bg-bad-soft/40' : '')}
                empty={<Nothing isFiltered={address.isFiltered} onClear={address.clear} />}
              />
              <Pager of={auditEntries.pageInfo} onPage={(to) => address.set(to, true)} />
            </>
          )
        }
      </Loaded>
    </>
  );
}

const Nothing = ({ isFiltered, onClear }: { isFiltered: boolean; onClear: () => void }) =>
  isFiltered ? (
    <Empty title="No entry matches these filters." actions={<Button onClick={onClear}>Clear the filters</Button>} />
  ) : (
    <Empty title="No entries yet.">
      Every change, every denied attempt, and what the server does on its own appears here with who, when and why.
    </Empty>
  );
